//! What is done for a reaction. How the named action works stands in the connections file, not here.

use super::Reaction;
use core::time::Duration;

/// One action of the plan.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionTerms {
    /// The reaction it serves.
    pub reaction: Reaction,
    /// Name of the action or receiver in the connections file, as `haproxy/checkout`.
    pub run: String,
    /// What it is applied to, where the action needs to be told.
    pub target: Option<String>,
    /// Index of the criterion that proves the recovery; without one, the criteria that failed prove it. Roll-back only.
    pub recovered_when: Option<u16>,
    /// Time from the action's outcome to the proof of recovery. Roll-back only.
    pub within: Duration,
    /// What follows when the proof is missing by then.
    pub otherwise: Otherwise,
    /// Oldest rehearsal that still counts, if the plan asks for rehearsals.
    pub drilled_within: Option<Duration>,
    /// Further settings for the receiver (labels, channel), in the plan's order.
    pub settings: Vec<(String, String)>,
}

/// What follows a rollback without proof of recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Wake a human.
    Page,
    /// Open a ticket.
    Ticket,
}
