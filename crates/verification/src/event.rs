//! What goes into a watch and what comes out of it: the only two kinds of things a ledger holds of it.

use crate::decision::Decision;
use crate::intent::{Intent, Outcome};
use crate::observation::Tick;
use crate::recovery::RecoveryReport;
use crate::time::Timestamp;
use crate::verdict::Verdict;

/// What goes in.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Observations of one look, or a look that brought none.
    Tick(Tick),
    /// A human act.
    Human(HumanAct),
    /// What came of an intent.
    Outcome(Outcome),
    /// Time alone: a deadline has come between two looks.
    Clock,
}

/// A human act, with the reason that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HumanAct {
    /// What.
    pub kind: HumanActKind,
    /// Who, as given.
    pub name: String,
    /// Why, as given.
    pub reason: String,
}

/// What a human may do to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HumanActKind {
    /// Stop automatic reactions.
    Hold,
    /// Lift a hold.
    Release,
    /// Roll back now.
    RollBack,
    /// Let the new version stay.
    Confirm,
}

/// What comes out. The same inputs give the same events, byte for byte.
#[allow(
    clippy::large_enum_variant,
    reason = "a step gives few events, and each is written out at once"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A row changed its word.
    Verdict(Verdict),
    /// Something was decided.
    Decision(Decision),
    /// Something is ordered.
    Intent(Intent),
    /// The watch changed its state.
    State(StateChange),
    /// The recovery was proven or given up.
    Recovery(RecoveryReport),
    /// A human act was refused.
    Refused(Refusal),
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// The new state.
    pub state: State,
    /// When.
    pub at: Timestamp,
    /// Whether the watch is over.
    pub ended: bool,
}

/// The state of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Looking.
    Watching,
    /// Nothing can be seen of a required criterion for too long.
    CannotSee,
    /// A human holds it.
    Held,
    /// A rollback is decided or under way, or its recovery is being proven.
    RollingBack,
    /// Rolled back; the recovery report says whether it helped.
    RolledBack,
    /// Ended without enough evidence.
    NeedsReview,
    /// The new version stays.
    Confirmed,
}

impl State {
    /// The word as JSON writes it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Watching => "watching",
            Self::CannotSee => "cannot-see",
            Self::Held => "held",
            Self::RollingBack => "rolling-back",
            Self::RolledBack => "rolled-back",
            Self::NeedsReview => "needs-review",
            Self::Confirmed => "confirmed",
        }
    }
}

/// Why a human act was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The watch is over.
    Ended,
    /// The rollback has already been ordered.
    AlreadyRollingBack,
    /// Nothing is held.
    NotHeld,
    /// The plan names no roll-back action.
    NoAction,
}
