//! What is fixed before the first look.

use crate::margin::Margin;
use crate::sample::Worse;

/// Everything a process needs to know before it sees data. Fix it before the first look and never change it.
///
/// A design with a value outside its range gives processes that stay at `ln E = 0`: no evidence, never a false decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Design {
    /// The limit.
    pub margin: Margin,
    /// The direction of damage.
    pub worse: Worse,
    /// Over-dispersion φ of the counts, finite; values under 1 count as 1. Every likelihood ratio is tempered by `1/φ`.
    pub dispersion: f64,
    /// Allowance for persistent differences between pods, in natural-log units of the rate, finite; values under 0 count
    /// as 0. See [`crate::pod_allowance`].
    pub pod_allowance: f64,
    /// When harm may begin, other than at the first look.
    pub starts: Starts,
    /// The baseline rate as known *before* the first look (never from the data under test). It only shapes the grid of
    /// alternatives and the first guess of the baseline, hence the power; any value keeps the guarantee.
    /// With an absolute limit the first look bets on it: where it is off by several times, evidence since the first look
    /// suffers and only later starts recover. Leave it out rather than guess.
    pub expected_rate: Option<f64>,
}

impl Design {
    /// Usable dispersion and allowance, or `None` where a value makes no sense and the process must stay silent.
    pub(crate) fn noise(&self) -> Option<(f64, f64)> {
        (self.margin.is_valid() && self.dispersion.is_finite() && self.pod_allowance.is_finite())
            .then(|| (self.dispersion.max(1.0), self.pod_allowance.max(0.0)))
    }

    /// The expected rate where it is a usable positive number.
    pub(crate) fn usable_rate(&self) -> Option<f64> {
        self.expected_rate
            .filter(|rate| rate.is_finite() && *rate > 0.0)
    }
}

/// The looks at which late harm may begin: every `every` looks, `count` times, each with prior mass `1/count`.
///
/// Only looks with traffic on both sides are counted. After `count` starts no further one opens, so a watch that runs on
/// longer than planned keeps its guarantee and loses power against the latest beginnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Starts {
    /// Looks between two possible starts; 0 counts as 1.
    pub every: u32,
    /// Number of possible starts; 0 puts all the weight on "since the first look".
    pub count: u32,
}

impl Starts {
    /// Number of starts that a watch is divided into: every 15 minutes of 72 hours. A start costs `ln count` nats, and
    /// finer starts than this gain less delay than they cost.
    const MOST: u32 = 288;

    /// Returns the starts for a watch of `looks` looks: at most 288 of them, evenly spread.
    #[must_use]
    pub fn over(looks: u32) -> Self {
        let every = (looks / Self::MOST).max(1);
        Self {
            every,
            count: looks.div_ceil(every),
        }
    }

    /// No later starts: harm is looked for since the first look only.
    pub const NONE: Self = Self { every: 1, count: 0 };
}
