//! Always-valid ranges: which margins the evidence rules out.

use crate::betting::{Betting, severity};
use crate::design::{Design, Starts};
use crate::evidence::Evidence;
use crate::line::Side;

/// An always-valid range of the difference between the sides, in the units of the margin: a difference in probability units
/// towards the worse side for absolute margins (negative: the canary is better), a ratio of rates for ratio margins.
///
/// `lower` always answers harm and `upper` safety. Harm speaks about some time of the watch, safety about the watch as a
/// whole: where the difference came and went, `lower` can lie past `upper`, and both are right. Where a *lower* rate is worse and the margin is a ratio, more damage is a
/// smaller ratio, so `lower` is then the larger number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// The largest damage that the harm process rules in: it rejects every smaller margin. `None`: nothing ruled out.
    pub lower: Option<f64>,
    /// The smallest damage that the safety process rules out. `None`: nothing ruled out.
    pub upper: Option<f64>,
}

/// Precision of an end, relative to the margin for differences, relative to the ratio for ratios.
const PRECISION: f64 = 1e-6;

/// Ratios are searched between `e^-14` and `e^14`, about one in a million and a million.
const WIDEST_LN_RATIO: f64 = 14.0;

/// Differences of probabilities lie between -1 and 1; the ends themselves leave no line to test.
const WIDEST_DIFFERENCE: f64 = 1.0 - 1e-9;

impl Evidence {
    /// Returns the range that agrees with the tests: `lower` is the largest margin that a harm process over the blocks
    /// rejects at `ln_harm_threshold`, `upper` the smallest that a safety process over them rejects at
    /// `ln_safety_threshold`. The search begins at the design's own margin, so a test that rejects it always has the range
    /// on the same side.
    ///
    /// While every block is one look (the first 64 looks) these are the processes themselves; afterwards blocks hold several
    /// looks and the ends can differ slightly from what the processes, look by look, would give.
    /// Covers the truth at all looks with probability `1 - e^-ln_harm_threshold - e^-ln_safety_threshold` under the
    /// assumptions of [`crate::Harm`] and [`crate::Safety`], pod allowance and dispersion included.
    ///
    /// Cost: some thirty replays of up to 64 blocks, one millisecond for ratios and four for absolute limits: for screens and records, not for every look.
    #[must_use]
    pub fn range(
        &self,
        design: &Design,
        ln_harm_threshold: f64,
        ln_safety_threshold: f64,
    ) -> Range {
        if self.blocks().is_empty() || design.noise().is_none() {
            return Range::default();
        }
        let limit = severity(design);
        let (widest, scale) = if design.margin.is_absolute() {
            (WIDEST_DIFFERENCE, design.margin.difference)
        } else {
            (WIDEST_LN_RATIO, 1.0)
        };
        let search = |direction: f64, excess: &dyn Fn(f64) -> f64| {
            last_rejected(direction * limit, widest, scale, &|x| excess(direction * x)).map(|x| {
                // The limit itself comes back as it was written.
                if x == direction * limit {
                    limit
                } else {
                    direction * x
                }
            })
        };
        let lower = search(1.0, &|x| {
            self.replay(Betting::at(design, Side::Harm, x), design.starts) - ln_harm_threshold
        });
        let upper = search(-1.0, &|x| {
            self.replay(Betting::at(design, Side::Safety, x), Starts::NONE) - ln_safety_threshold
        });
        let in_margin_units = |x: f64| {
            if design.margin.is_absolute() {
                x
            } else if x == limit {
                design.margin.ratio
            } else {
                libm::exp(design.worse.sign() * x)
            }
        };
        Range {
            lower: lower.map(in_margin_units),
            upper: upper.map(in_margin_units),
        }
    }
}

/// Returns the largest `x` found with `excess(x) ≥ 0`, for an `excess` that is falling as a whole: from `limit` outwards in
/// doubling steps to a bracket, then by false position (the Illinois rule) with a bisection every third step, down to
/// `PRECISION · scale`. `None` where nothing down to `-widest` is rejected.
pub(crate) fn last_rejected(
    limit: f64,
    widest: f64,
    scale: f64,
    excess: &dyn Fn(f64) -> f64,
) -> Option<f64> {
    let at_limit = excess(limit);
    let mut step = scale * 0.25;
    let (mut low, mut low_excess, mut high, mut high_excess);
    if at_limit >= 0.0 {
        (low, low_excess) = (limit, at_limit);
        loop {
            if low >= widest {
                return Some(low);
            }
            high = (low + step).min(widest);
            high_excess = excess(high);
            if high_excess < 0.0 {
                break;
            }
            (low, low_excess) = (high, high_excess);
            step *= 2.0;
        }
    } else {
        (high, high_excess) = (limit, at_limit);
        loop {
            if high <= -widest {
                return None;
            }
            low = (high - step).max(-widest);
            low_excess = excess(low);
            if low_excess >= 0.0 {
                break;
            }
            (high, high_excess) = (low, low_excess);
            step *= 2.0;
        }
    }
    let mut moved_low = None;
    // Every third step halves the bracket, so this many reach the precision from any bracket.
    for round in 0..150 {
        let width = high - low;
        if width <= PRECISION * scale {
            break;
        }
        let guess = low + width * (low_excess / (low_excess - high_excess));
        let middle = low + width * 0.5;
        let x = if round % 3 == 2 || !(guess > low && guess < high) {
            middle
        } else {
            guess
        };
        let at = excess(x);
        if at >= 0.0 {
            (low, low_excess) = (x, at);
            if moved_low == Some(true) {
                high_excess *= 0.5;
            }
            moved_low = Some(true);
        } else {
            (high, high_excess) = (x, at);
            if moved_low == Some(false) {
                low_excess *= 0.5;
            }
            moved_low = Some(false);
        }
    }
    Some(low)
}
