//! Counts of one interval.

use core::ops::AddAssign;

/// Events among trials of one side in one interval: errors among requests, retries per request, slow requests.
///
/// Counts are unsigned integers, so neither is ever negative or not a number. Sums saturate at `u64::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sample {
    /// Number of events. May exceed `trials` where one trial can cause several events (ratio margins only).
    pub events: u64,
    /// Number of trials, the exposure.
    pub trials: u64,
}

impl Sample {
    /// Returns events per trial, `None` without trials.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.trials > 0).then(|| self.events as f64 / self.trials as f64)
    }
}

impl AddAssign for Sample {
    fn add_assign(&mut self, other: Self) {
        self.events = self.events.saturating_add(other.events);
        self.trials = self.trials.saturating_add(other.trials);
    }
}

/// The same interval on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The side under test.
    pub canary: Sample,
    /// The side it is compared with, at the same time.
    pub baseline: Sample,
}

impl AddAssign for Pair {
    fn add_assign(&mut self, other: Self) {
        self.canary += other.canary;
        self.baseline += other.baseline;
    }
}

/// Direction in which a rate does damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Worse {
    /// More is worse: errors, slow requests.
    Higher,
    /// Fewer is worse: orders, successful requests.
    Lower,
}

impl Worse {
    /// +1 where a higher rate is worse, -1 where a lower one is.
    pub(crate) fn sign(self) -> f64 {
        match self {
            Self::Higher => 1.0,
            Self::Lower => -1.0,
        }
    }
}
