//! The ratio form: how the events of an interval split between the sides.

use crate::betting::Gains;
use crate::grid::{BELOW, BETWEEN, MOST, split_excess, split_weight};
use crate::sample::Pair;

/// Likelihood-ratio bets on the split of events, for alternatives at fixed distances from the null ratio.
///
/// With `θ` the canary's share of the events under the null, an alternative that multiplies the canary's rate by a further
/// `e^λ` gains `k1 λ - (k1 + k0) ln(1 + θ(e^λ - 1))` nats. Under the null this never gains in expectation, for Poisson
/// counts and for Bernoulli trials of any rate alike: with `D = ln(1 + θ(e^λ - 1))`,
/// `E[e^{k1(λ-D) - k0 D}] ≤ exp(n1 r1(e^{λ-D} - 1) + n0 r0(e^{-D} - 1))`, which is 1 on the null line and less inside.
/// For common proportions the true split varies less than assumed (by `1 - rate`): the test is then slower than it could be,
/// never faster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    /// λ of each alternative.
    excess: [f64; MOST],
    /// `e^λ - 1`.
    growth: [f64; MOST],
    weights: [f64; MOST],
    count: usize,
    /// The null ratio.
    ratio: f64,
    dispersion: f64,
}

impl Split {
    /// Bets against "at or inside". `null` is the null in natural-log units towards the worse side, `sign` that side.
    pub(crate) fn harm(null: f64, sign: f64, dispersion: f64, expected_rate: Option<f64>) -> Self {
        // A grid from the expected rate speaks of added damage; a rate that falls has no such scale.
        let rate = expected_rate.filter(|_| sign > 0.0);
        let excess = split_excess(null, rate);
        Self::new(
            null,
            sign,
            dispersion,
            excess
                .into_iter()
                .enumerate()
                .map(|(j, excess)| (excess, split_weight(j))),
        )
    }

    /// Bets against "at or past".
    pub(crate) fn safety(null: f64, sign: f64, dispersion: f64) -> Self {
        if null > 0.0 {
            Self::new(
                null,
                sign,
                dispersion,
                BETWEEN
                    .iter()
                    .map(|&(position, weight)| (position * null - null, weight)),
            )
        } else {
            Self::new(
                null,
                sign,
                dispersion,
                BELOW.iter().map(|&(distance, weight)| (-distance, weight)),
            )
        }
    }

    fn new(
        null: f64,
        sign: f64,
        dispersion: f64,
        alternatives: impl Iterator<Item = (f64, f64)>,
    ) -> Self {
        let mut bets = Self {
            excess: [0.0; MOST],
            growth: [0.0; MOST],
            weights: [0.0; MOST],
            count: 0,
            ratio: libm::exp(sign * null),
            dispersion,
        };
        for (distance, weight) in alternatives.take(MOST) {
            let excess = sign * distance;
            bets.excess[bets.count] = excess;
            bets.growth[bets.count] = libm::expm1(excess);
            bets.weights[bets.count] = weight;
            bets.count += 1;
        }
        bets
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn weight(&self, j: usize) -> f64 {
        self.weights[j]
    }

    /// Writes each alternative's gain in nats; `false` where the interval cannot carry evidence.
    pub(crate) fn look(&self, pair: &Pair, gains: &mut Gains) -> bool {
        if pair.canary.trials == 0 || pair.baseline.trials == 0 {
            return false;
        }
        let (canary, baseline) = (&pair.canary, &pair.baseline);
        let counts = (canary.events as f64, canary.trials as f64);
        self.gains(
            counts,
            (baseline.events as f64, baseline.trials as f64),
            gains,
        );
        true
    }

    /// Writes the gains of `(events, trials)` of the canary and of the baseline; also of expected counts.
    pub(crate) fn gains(&self, (k1, n1): (f64, f64), (k0, n0): (f64, f64), gains: &mut Gains) {
        let events = k1 + k0;
        if events == 0.0 {
            gains[..self.count].fill(0.0);
            return;
        }
        let exposure = n1 * self.ratio;
        let share = exposure / (exposure + n0);
        for (j, gain) in gains.iter_mut().enumerate().take(self.count) {
            *gain = (k1 * self.excess[j] - events * libm::log1p(share * self.growth[j]))
                / self.dispersion;
        }
    }

    /// `m KL(θ‖θ_null) / φ` for expected events per trial `k1`, `k0` of the sides, `m = k1 + k0`.
    pub(crate) fn information(&self, k1: f64, k0: f64, share: f64) -> f64 {
        let events = k1 + k0;
        let exposure = share * self.ratio;
        let null = exposure / (exposure + (1.0 - share));
        let beyond = (k1 - events * null) * self.excess[0];
        if !(events > 0.0 && beyond > 0.0) {
            return 0.0;
        }
        let part = |count: f64, share: f64| {
            if count > 0.0 {
                count * libm::log(count / (events * share))
            } else {
                0.0
            }
        };
        (part(k1, null) + part(k0, 1.0 - null)) / self.dispersion
    }
}
