//! What was observed: sums of one interval by signal, slice and side.

use crate::time::Timestamp;
use core::time::Duration;
use statistics::{Histogram, Sample};

/// A value for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sides<T> {
    /// The new version.
    pub canary: T,
    /// The old version.
    pub baseline: T,
}

/// The two sides by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The new version.
    Canary,
    /// The old version.
    Baseline,
}

impl Side {
    /// The word used everywhere.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Canary => "canary",
            Self::Baseline => "baseline",
        }
    }
}

impl<T> Sides<T> {
    /// The value of one side.
    pub const fn get(&self, side: Side) -> &T {
        match side {
            Side::Canary => &self.canary,
            Side::Baseline => &self.baseline,
        }
    }
}

/// All that one look brought in: the samples with times in `(from, through]`, each counted once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tick {
    /// End of the interval consumed before.
    pub from: Timestamp,
    /// End of the interval consumed now.
    pub through: Timestamp,
    /// Slices that appear for the first time; they get the next free ids of their signal.
    pub new_slices: Vec<SliceName>,
    /// Readings in the order (signal, slice), the whole before its slices.
    pub readings: Vec<Reading>,
    /// Pods of each side.
    pub pods: Sides<PodSet>,
    /// Time of the newest sample of each side.
    pub newest: Sides<Option<Timestamp>>,
    /// Versions, where they are seen for the first time or have changed.
    pub versions: Option<Sides<Option<String>>>,
    /// What went wrong while fetching.
    pub problems: Vec<SourceProblem>,
    /// Increments that were made after a counter reset.
    pub resets: u32,
}

/// A slice that got an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceName {
    /// Signal.
    pub signal: u16,
    /// The label values, joined by a comma; `(others)` for what is pooled.
    pub name: String,
}

/// One signal, or one slice of it, on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Signal.
    pub signal: u16,
    /// Slice id; `None` is the whole signal.
    pub slice: Option<u16>,
    /// What each side measured in the interval.
    pub sides: Sides<Measured>,
}

/// What one side measured in the interval.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// Events among trials, or events for an exposure.
    Counts(Sample),
    /// Durations (or sizes) by bucket.
    Durations(Histogram),
    /// A level at the end of the interval.
    Level(f64),
    /// Nothing that could be counted.
    Nothing(Gap),
}

/// Why there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The source gave no answer that could be used.
    SourceFailed,
    /// The source answered, but no series matched.
    NoSeries,
    /// The counter of the part has never matched anywhere: absent is not zero.
    PartNeverSeen,
    /// Series exist, but no new sample arrived.
    Stale,
    /// The value was not a number.
    NotANumber,
    /// A first sample: nothing to subtract from yet.
    FirstSample,
}

impl Gap {
    /// Says the gap in words that fit after "no data:".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::SourceFailed => "the source did not answer",
            Self::NoSeries => "no series matches",
            Self::PartNeverSeen => "the counter of the part has never been seen",
            Self::Stale => "no new samples",
            Self::NotANumber => "the value is not a number",
            Self::FirstSample => "waiting for a second sample",
        }
    }
}

/// The pods of one side at one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PodSet {
    /// How many were seen.
    pub count: u32,
    /// How many of them are younger than the plan's warm-up.
    pub young: u32,
    /// A number that changes whenever the set of pods changes.
    pub fingerprint: u32,
}

/// What went wrong with one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceProblem {
    /// Name of the source in the connections file.
    pub source: String,
    /// What happened and where, in one line, without secrets.
    pub message: String,
    /// Whether this is about access (permission, unknown credentials) and will not mend by itself.
    pub refused: bool,
}

/// The level of one signal before the deploy, measured on the baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct BaselineLevel {
    /// Signal.
    pub signal: u16,
    /// Slice by name.
    pub slice: Option<String>,
    /// What was measured.
    pub measured: Measured,
    /// Over which time.
    pub over: Duration,
}
