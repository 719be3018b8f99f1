//! A verdict on one criterion. It cannot be built without its explanation.

use crate::observation::{Gap, Side, Sides};
use crate::terms::{Limit, Measure, Noise, Rule};
use crate::time::Timestamp;
use core::time::Duration;
use statistics::Range;

/// Which criterion, and which slice of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    /// Index of the criterion in the plan.
    pub criterion: u16,
    /// Slice id of the criterion's signal; `None` is the whole.
    pub slice: Option<u16>,
}

/// The five words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VerdictKind {
    /// Past the limit, long enough.
    Failing,
    /// The range straddles the limit.
    Undecided,
    /// Nothing can be seen.
    NoData,
    /// The sides differ in age, mix or share.
    NotComparable,
    /// The whole range is on the good side of the limit.
    Within,
}

impl VerdictKind {
    /// The word as screens and JSON write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Failing => "failing",
            Self::Undecided => "undecided",
            Self::NoData => "no data",
            Self::NotComparable => "not comparable",
            Self::Within => "within",
        }
    }
}

/// A verdict with all that explains it.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The row.
    pub row: RowId,
    /// The word.
    pub kind: VerdictKind,
    /// Since when the word stands.
    pub since: Timestamp,
    /// Why.
    pub because: Because,
    /// The numbers.
    pub numbers: Numbers,
    /// How they were made.
    pub method: Method,
}

/// The reason in one term; wording is made from it in `report`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Because {
    /// Evidence that the limit is passed, and the last `sustained-for` is past it too.
    PastLimit,
    /// The catastrophic process fired: far past any limit.
    Collapse,
    /// Every reading of the last `sustained-for` is past the limit (levels).
    PastLimitThroughout,
    /// Evidence that the limit is kept.
    KeepsLimit,
    /// Not enough evidence either way.
    NotEnoughEvidence,
    /// Evidence is there, but the last `sustained-for` is not past the limit.
    NotSustained,
    /// Early evidence of within is not repeated in the last part of the watch.
    NotSeenLately,
    /// Still warming up.
    WarmingUp,
    /// One side has nothing to count.
    Missing {
        /// Which side.
        side: Side,
        /// Why.
        gap: Gap,
        /// Since when.
        since: Timestamp,
    },
    /// Nothing has arrived yet.
    NothingYet,
    /// The latency threshold cannot be placed.
    NoThreshold(ThresholdProblem),
    /// Pods of one side only are younger than the warm-up.
    YoungPods(Side),
    /// The route mix differs by this total variation.
    MixDiffers(f64),
    /// The canary's share of traffic is not what the plan says: observed share.
    ShareDiffers(f64),
}

/// Why a latency threshold cannot be placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThresholdProblem {
    /// No latencies of the baseline are known yet.
    NoHistory,
    /// The limit is smaller than a bucket; the smallest that works, in the signal's unit.
    BelowABucket(f64),
    /// The shifted quantile lies past the last finite bucket.
    BeyondLastBucket,
}

/// The numbers of a verdict. Rates are fractions, quantiles in the signal's unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers {
    /// Number of each side, since the best-supported start.
    pub level: Sides<Option<f64>>,
    /// Canary minus baseline (or canary over baseline minus 1 for relative limits).
    pub difference: Option<f64>,
    /// Always-valid range of the difference, same unit.
    pub range: Option<Range>,
    /// Difference over the last `sustained-for` alone.
    pub lately: Option<f64>,
    /// Trials (or latencies) of each side that entered.
    pub exposure: Sides<u64>,
    /// Events of each side that entered (past the threshold for latencies).
    pub events: Sides<u64>,
    /// Looks in which the row had nothing to count.
    pub gaps: u32,
    /// Looks that counted.
    pub looks: u32,
    /// Logarithm of the harm evidence.
    pub ln_harm: f64,
    /// What it must reach by itself.
    pub ln_harm_needed: f64,
    /// Logarithm of the safety evidence.
    pub ln_safety: f64,
    /// What it must reach.
    pub ln_safety_needed: f64,
    /// About how much longer until this is decided, at the present traffic.
    pub remaining: Option<Duration>,
}

/// How the numbers were made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Method {
    /// Family.
    pub family: Family,
    /// Rule and limit as sealed.
    pub rule: Rule,
    /// Measure as sealed.
    pub measure: Measure,
    /// Noise that was allowed for.
    pub noise: Noise,
    /// Where the noise comes from.
    pub noise_from: NoiseFrom,
    /// Allowance for pods, natural-log units.
    pub pod_allowance: f64,
    /// Share of the false-alarm budget of this row.
    pub weight: f64,
    /// Threshold of a latency comparison: baseline above the first against canary above the second.
    pub thresholds: Option<(f64, f64)>,
    /// Line of the plan, from 1; 0 for a preset.
    pub plan_line: u32,
}

/// Family of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Conditional-binomial mixture against a ratio limit.
    Ratio,
    /// Two-sample block factor against an absolute limit.
    Difference,
    /// Shifted stochastic dominance of latencies.
    Dominance,
    /// One stream against a fixed value.
    SingleStream,
    /// Every reading of a stretch.
    Throughout,
}

/// Where the noise figures come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoiseFrom {
    /// Neither history nor plan: assumed.
    Assumed,
    /// The plan says so.
    Declared,
}

/// The limit in words' terms: value in display unit is made by `report`.
#[must_use]
pub const fn limit_of(rule: Rule) -> Option<Limit> {
    match rule {
        Rule::AgainstBaseline { limit, .. } => Some(limit),
        Rule::NeverAbove(_) | Rule::NeverBelow(_) => None,
    }
}
