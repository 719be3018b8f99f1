//! Who decides, who may object, and what happens when nobody answers.

use super::Reaction;
use core::time::Duration;

/// The authority part of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Who decides on a rollback.
    pub roll_back: Decider,
    /// Who decides on a confirm.
    pub confirm: DecidedBy,
    /// Who answers a review.
    pub review: Option<ReviewTerms>,
    /// What follows when the watch ends undecided; never a confirm.
    pub undecided_at_the_end: Reaction,
    /// What follows when nothing can be seen, shortest time first; never a rollback.
    pub cannot_see: Vec<CannotSee>,
    /// Line of the plan that holds the roll-back authority, from 1; 0 where it is the default.
    pub plan_line: u32,
}

/// Shakedown itself or a named role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// Decided by the sealed criteria alone.
    Shakedown,
    /// Decided by a human in this role.
    Role(String),
}

/// Who decides on a rollback, and who may object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// Who decides.
    pub decided_by: DecidedBy,
    /// The objection window, if there is one.
    pub objection: Option<Objection>,
}

/// Roles that may object, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Roles; whoever holds names one of them.
    pub roles: Vec<String>,
    /// Time from the decision to the action.
    pub within: Duration,
}

/// Who answers a review and what follows when nobody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewTerms {
    /// Role.
    pub decided_by: String,
    /// Time to answer.
    pub within: Duration,
    /// What follows otherwise; never a rollback.
    pub otherwise: Reaction,
}

/// One step of the reaction to silence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotSee {
    /// How long nothing was seen.
    pub after: Duration,
    /// What follows.
    pub then: Reaction,
}
