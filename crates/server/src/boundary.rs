//! The boundaries between the steps of a keeper, named so that a test can end the process at each of them.

/// A moment between two steps at which a crash must lose and repeat nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Boundary {
    /// The lease is taken, nothing is loaded.
    LeaseTaken,
    /// The state is rebuilt from the ledger.
    Resumed,
    /// A look was fetched and is in memory only.
    Fetched,
    /// A step was computed and is in memory only.
    Stepped,
    /// The step's records are in the ledger.
    Recorded,
    /// An intent is in the ledger, its attempt is not.
    Ordered,
    /// The attempt is in the ledger, production is untouched.
    AttemptRecorded,
    /// Production has changed, the outcome is in memory only.
    Acted,
    /// The outcome is in the ledger.
    OutcomeRecorded,
    /// The watch is over, the lease still held.
    Over,
}

impl Boundary {
    /// All of them, in the order of a watch.
    pub const ALL: [Self; 10] = [
        Self::LeaseTaken,
        Self::Resumed,
        Self::Fetched,
        Self::Stepped,
        Self::Recorded,
        Self::Ordered,
        Self::AttemptRecorded,
        Self::Acted,
        Self::OutcomeRecorded,
        Self::Over,
    ];
}

/// Told of every boundary that is reached.
pub trait Boundaries: Send + Sync {
    /// Called at each boundary; a test may not return from here.
    fn reach(&self, boundary: Boundary);
}

/// What runs in production: nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBoundaries;

impl Boundaries for NoBoundaries {
    fn reach(&self, _: Boundary) {}
}
