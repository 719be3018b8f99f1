//! What is judged: one sentence of the plan with sign, unit and duration.

use super::{Reaction, Worse};
use core::time::Duration;

/// One criterion.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    /// Name, unique in the plan; usable wherever a criterion is asked for.
    pub name: String,
    /// Index of the signal in [`super::Plan::signals`].
    pub signal: u16,
    /// Which number of the signal is judged.
    pub measure: Measure,
    /// The rule with its limit.
    pub rule: Rule,
    /// How long the limit must be passed.
    pub sustained_for: Duration,
    /// What follows, gravest first; never empty.
    pub then: Vec<Reaction>,
    /// Whether a confirm needs evidence of *within* from this criterion.
    pub required: bool,
    /// Line of the plan, from 1; 0 where a preset made it.
    pub plan_line: u32,
}

/// Which number of a signal is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// Events per trial or per exposure.
    Rate,
    /// A quantile of a histogram, in (0, 1): 0.99 for p99.
    Quantile(f64),
    /// The level itself.
    Level,
}

/// How the number is judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Canary against baseline at the same moment.
    AgainstBaseline {
        /// The bad direction.
        worse: Worse,
        /// How much worse the canary may be.
        limit: Limit,
    },
    /// The canary's number stays at or below the value (fraction, seconds, or the level's unit).
    NeverAbove(f64),
    /// The canary's number stays at or above the value.
    NeverBelow(f64),
}

/// How much worse the canary may be; always non-negative, the bad direction stands in the rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Difference of two rates as a fraction: `+0.5pp` is 0.005.
    Points(f64),
    /// Relative change as a fraction: `+10%` is 0.1, `-25%` is 0.25.
    Relative(f64),
    /// Difference of two quantiles or levels in the signal's own unit: `+40ms` is 0.04 seconds.
    Amount(f64),
}
