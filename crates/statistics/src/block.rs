//! The absolute form: each look is one block of two Bernoulli samples.

use crate::betting::Gains;
use crate::codec::{StateError, put_f64, take_f64};
use crate::design::Design;
use crate::grid::{BELOW, BETWEEN, BLOCK, block_excess, block_weight};
use crate::line::{Line, Side};
use crate::sample::{Pair, Sample, Worse};

/// Bets on both sides' counts against the nearest point of the null line (Turner, Ly and Grünwald, arXiv 2106.02693,
/// theorem 1; arXiv 2302.11401 for other convex nulls).
///
/// The alternative `(q1, q0)` of a look is fixed before it is seen and rests on the *baseline's* past alone, so a canary
/// error can never make later bets kinder. The factor of one side is `(q/r)^k ((1-q)/(1-r))^(n-k)`; its expectation under
/// another null point `r'` is at most `exp(n (r'-r)(q-r)/(r(1-r)))`, and the two exponents add up to minus the slope of the
/// divergence from the nearest point towards `(r1', r0')`, which convexity makes non-positive.
///
/// Assumes events are a subset of trials: more events than trials are counted as all trials.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    line: Line,
    side: Side,
    /// Count what did not happen: turns "lower is worse" into "higher is worse".
    complement: bool,
    /// Harm: distances above the line in probability units. Safety: unused.
    excess: [f64; BLOCK],
    /// The design's limit, in probability units.
    difference: f64,
    dispersion: f64,
    /// Whether the prior is knowledge. Where it is not, the first look only teaches: a bet on a baseline rate that is far
    /// from the truth costs more than a look.
    trusted: bool,
    /// Trials in which the prior saw its half event.
    prior_trials: f64,
    /// What is known of the baseline before the next look: discounted counts.
    events: f64,
    trials: f64,
}

/// Share of the weight of past looks that survives a look: the baseline rate is remembered over about 32 looks, short enough
/// to follow a day's rhythm at a look a minute, long enough to average counting noise.
const MEMORY: f64 = 31.0 / 32.0;

/// The prior of the baseline rate weighs as much as this many observed events, for ever: after hours without an error the
/// first one must not come as a proof.
const PRIOR_EVENTS: f64 = 0.5;

/// Rate of the prior where none is known: between a quiet and a noisy service, outweighed by the first look.
const PRIOR_RATE: f64 = 0.01;

/// Lowest rate that a prior claims: one event in a million trials.
const LOWEST_RATE: f64 = 1e-6;

/// Rates are kept this far from 0 and 1, so that no bet is ever infinite.
const EDGE: f64 = 1e-12;

/// Safety alternatives below the null, given in natural-log units of a rate, count this many limits for each unit: from a
/// tenth of the limit to eight limits.
const BELOW_LIMITS: f64 = 5.0;

/// A harm bet goes at most this share of the way from the line to certainty.
const REACH: f64 = 0.9;

impl Block {
    /// Bets of a design on one side of its line. `difference` replaces the design's own when a range is looked for; the
    /// scale of the alternatives stays the design's.
    pub(crate) fn new(
        design: &Design,
        dispersion: f64,
        allowance: f64,
        side: Side,
        difference: f64,
    ) -> Self {
        let complement = design.worse == Worse::Lower;
        let known = design.usable_rate().filter(|rate| *rate < 1.0);
        let rate = known.map_or(
            PRIOR_RATE,
            |rate| if complement { 1.0 - rate } else { rate },
        );
        Self {
            line: Line::new(design, allowance, side, difference),
            side,
            complement,
            excess: block_excess(design.margin.difference),
            difference: design.margin.difference,
            dispersion,
            trusted: known.is_some(),
            prior_trials: PRIOR_EVENTS / rate.max(LOWEST_RATE),
            events: 0.0,
            trials: 0.0,
        }
    }

    pub(crate) fn weight(&self, j: usize) -> f64 {
        match self.side {
            Side::Harm => block_weight(j),
            Side::Safety => BETWEEN[j].1,
        }
    }

    pub(crate) fn count(&self) -> usize {
        match self.side {
            Side::Harm => BLOCK,
            Side::Safety => BETWEEN.len(),
        }
    }

    /// Writes each alternative's gain in nats, then learns the baseline; `false` where the interval cannot carry evidence.
    /// `looks` is the number of looks that were summed into this one.
    pub(crate) fn look(&mut self, pair: &Pair, looks: u64, gains: &mut Gains) -> bool {
        let (k0, n0) = self.counts(&pair.baseline);
        let (k1, n1) = self.counts(&pair.canary);
        let speaks = n1 > 0.0 && n0 > 0.0;
        if speaks {
            if self.trusted || self.trials > 0.0 {
                let q0 = (PRIOR_EVENTS + self.events) / (self.prior_trials + self.trials);
                self.gains(q0.clamp(EDGE, 1.0 - EDGE), (k1, n1), (k0, n0), gains);
            } else {
                gains.fill(0.0);
            }
        }
        if n0 > 0.0 {
            let memory = if looks == 1 {
                MEMORY
            } else {
                libm::pow(MEMORY, looks as f64)
            };
            self.events = memory * self.events + k0;
            self.trials = memory * self.trials + n0;
        }
        speaks
    }

    /// Writes the gains of `(events, trials)` of the canary and of the baseline, when `q0` is the baseline rate bet on.
    fn gains(&self, q0: f64, canary: (f64, f64), baseline: (f64, f64), gains: &mut Gains) {
        for (j, gain) in gains.iter_mut().enumerate().take(self.count()) {
            *gain = self
                .alternative(j, q0)
                .map_or(0.0, |q1| self.gain(q1, q0, canary, baseline));
        }
    }

    /// Writes the expected gains per trial of both sides, once the baseline rate is known.
    pub(crate) fn expected(
        &self,
        canary_rate: f64,
        baseline_rate: f64,
        share: f64,
        gains: &mut Gains,
    ) {
        let turn = |rate: f64| if self.complement { 1.0 - rate } else { rate }.clamp(0.0, 1.0);
        let q0 = turn(baseline_rate).clamp(EDGE, 1.0 - EDGE);
        let (canary, baseline) = (
            turn(canary_rate) * share,
            turn(baseline_rate) * (1.0 - share),
        );
        self.gains(q0, (canary, share), (baseline, 1.0 - share), gains);
    }

    /// `(share KL(q1‖r1) + (1-share) KL(q0‖r0)) / φ` with `r` the nearest point of the null.
    pub(crate) fn information(&self, canary_rate: f64, baseline_rate: f64, share: f64) -> f64 {
        let turn =
            |rate: f64| if self.complement { 1.0 - rate } else { rate }.clamp(EDGE, 1.0 - EDGE);
        let (q1, q0) = (turn(canary_rate), turn(baseline_rate));
        let beyond = match self.side {
            Side::Harm => q1 > self.line.at(q0),
            Side::Safety => q1 < self.line.at(q0),
        };
        if !beyond {
            return 0.0;
        }
        self.gain(
            q1,
            q0,
            (q1 * share, share),
            (q0 * (1.0 - share), 1.0 - share),
        )
    }

    fn counts(&self, sample: &Sample) -> (f64, f64) {
        let events = sample.events.min(sample.trials);
        let events = if self.complement {
            sample.trials - events
        } else {
            events
        };
        (events as f64, sample.trials as f64)
    }

    /// The canary's rate under alternative `j`, `None` where the line leaves no room for one.
    fn alternative(&self, j: usize, q0: f64) -> Option<f64> {
        let line = self.line.at(q0);
        match self.side {
            Side::Harm => {
                let line = line.max(0.0);
                (line < 1.0 - EDGE).then(|| line + self.excess[j].min(REACH * (1.0 - line)))
            }
            Side::Safety => {
                let line = line.min(1.0);
                if line <= EDGE {
                    return None;
                }
                let gap = line - q0;
                let q1 = if gap > 0.0 {
                    // Better than the baseline, but not by more than half of its rate.
                    (q0 + BETWEEN[j].0 * gap).max(q0 * 0.5)
                } else {
                    // Relative to the rate where it is small, to the limit where that is.
                    let relative = line * -libm::expm1(-BELOW[j].0);
                    line - relative.min(BELOW_LIMITS * BELOW[j].0 * self.difference)
                };
                Some(q1.max(EDGE * 0.5))
            }
        }
    }

    fn gain(&self, q1: f64, q0: f64, (k1, n1): (f64, f64), (k0, n0): (f64, f64)) -> f64 {
        let Some((r1, r0)) = self.line.nearest(q1, n1, q0, n0) else {
            return 0.0;
        };
        let canary = k1 * libm::log(q1 / r1) + (n1 - k1) * libm::log((1.0 - q1) / (1.0 - r1));
        let baseline = k0 * libm::log(q0 / r0) + (n0 - k0) * libm::log((1.0 - q0) / (1.0 - r0));
        (canary + baseline) / self.dispersion
    }

    /// Takes over what other bets have learned of the baseline.
    pub(crate) fn inherit(&mut self, other: &Self) {
        (self.events, self.trials) = (other.events, other.trials);
    }

    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        put_f64(out, self.events);
        put_f64(out, self.trials);
    }

    pub(crate) fn load(&mut self, input: &mut &[u8]) -> Result<(), StateError> {
        let (events, trials) = (take_f64(input)?, take_f64(input)?);
        let possible = events >= 0.0 && trials >= events && trials.is_finite();
        if !possible {
            return Err(StateError::Impossible);
        }
        (self.events, self.trials) = (events, trials);
        Ok(())
    }
}
