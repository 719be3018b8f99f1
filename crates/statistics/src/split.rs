//! The ratio form: how the events of an interval split between the sides.

use crate::betting::Gains;
use crate::grid::{BELOW, BETWEEN, split_excess, split_weight};
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
    bets: Box<[Bet]>,
    /// The null ratio.
    ratio: f64,
    dispersion: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bet {
    /// λ.
    excess: f64,
    /// `e^λ - 1`.
    growth: f64,
    weight: f64,
}

impl Split {
    /// Bets against "at or inside". `null` is the null in natural-log units towards the worse side, `sign` that side.
    pub(crate) fn harm(null: f64, sign: f64, dispersion: f64, expected_rate: Option<f64>) -> Self {
        // A grid from the expected rate speaks of added damage; a rate that falls has no such scale.
        let rate = expected_rate.filter(|_| sign > 0.0);
        let excess = split_excess(null, rate).into_iter().enumerate();
        Self::new(
            null,
            sign,
            dispersion,
            excess.map(|(j, excess)| (excess, split_weight(j))),
        )
    }

    /// Bets against "at or past".
    pub(crate) fn safety(null: f64, sign: f64, dispersion: f64) -> Self {
        if null > 0.0 {
            let between = BETWEEN
                .iter()
                .map(|&(position, weight)| (position * null - null, weight));
            Self::new(null, sign, dispersion, between)
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
        let bets = alternatives
            .map(|(distance, weight)| {
                let excess = sign * distance;
                Bet {
                    excess,
                    growth: libm::expm1(excess),
                    weight,
                }
            })
            .collect();
        Self {
            bets,
            ratio: libm::exp(sign * null),
            dispersion,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.bets.len()
    }

    pub(crate) fn weight(&self, j: usize) -> f64 {
        self.bets[j].weight
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
            gains.fill(0.0);
            return;
        }
        let share = self.null_share(n1, n0);
        for (gain, bet) in gains.iter_mut().zip(&self.bets) {
            *gain = (k1 * bet.excess - events * libm::log1p(share * bet.growth)) / self.dispersion;
        }
    }

    /// The canary's share of the events under the null.
    fn null_share(&self, n1: f64, n0: f64) -> f64 {
        let exposure = n1 * self.ratio;
        exposure / (exposure + n0)
    }

    /// `m KL(θ‖θ_null) / φ` for expected events per trial `k1`, `k0` of the sides, `m = k1 + k0`; 0 on the null's side.
    pub(crate) fn information(&self, k1: f64, k0: f64, share: f64) -> f64 {
        let events = k1 + k0;
        let null = self.null_share(share, 1.0 - share);
        let towards = self.bets.first().map_or(0.0, |bet| bet.excess);
        if events <= 0.0 || (k1 - events * null) * towards <= 0.0 {
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
