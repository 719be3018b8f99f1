//! Decisions: verbs, each with the authority it was taken under.

use crate::terms::Reaction;
use crate::time::Timestamp;
use crate::verdict::RowId;

/// A decision. `keep watching` is the absence of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What was decided.
    pub verb: Verb,
    /// When.
    pub at: Timestamp,
    /// Rows that led to it, strongest first; a rollback by Shakedown always has at least one.
    pub rows: Vec<RowId>,
    /// By whom.
    pub authority: By,
    /// When it takes effect, if somebody may still object.
    pub effective_at: Option<Timestamp>,
    /// Why it is not what the rows' criteria ask for, if so.
    pub instead: Option<Instead>,
}

/// The verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Take the new version out.
    RollBack,
    /// Wake a human.
    Page,
    /// Open a ticket.
    Ticket,
    /// Ask a human to judge.
    Review,
    /// A human stopped the automatic reaction.
    Hold,
    /// A human lifted a hold.
    Release,
    /// The new version stays.
    Confirm,
}

impl Verb {
    /// The word as screens and JSON write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll-back",
            Self::Page => "page",
            Self::Ticket => "ticket",
            Self::Review => "review",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Confirm => "confirm",
        }
    }
}

impl From<Reaction> for Verb {
    fn from(reaction: Reaction) -> Self {
        match reaction {
            Reaction::RollBack => Self::RollBack,
            Reaction::Page => Self::Page,
            Reaction::Ticket => Self::Ticket,
            Reaction::Review => Self::Review,
        }
    }
}

/// Who decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The sealed criteria.
    Criteria,
    /// The rule for silence.
    Silence,
    /// The end of the watch.
    End,
    /// The rule for a recovery that is not proven, or an action whose outcome is not known.
    Recovery,
    /// A human, with the reason given.
    Human {
        /// Name as given.
        name: String,
        /// Reason as given.
        reason: String,
    },
}

/// Why a lighter reaction was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The baseline is past the absolute limit too: a rollback would not help.
    BaselineToo,
    /// The plan leaves the rollback to a human.
    HumanDecides,
    /// A human holds the watch.
    Held,
    /// The plan names no action for it.
    NoAction,
}
