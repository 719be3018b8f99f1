//! Intents: complete orders that leave the runner nothing to choose, and what came of them.

use crate::terms::Reaction;
use crate::time::Timestamp;
use core::time::Duration;

/// Number of an intent within its watch, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntentId(pub u32);

/// An order to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Number.
    pub id: IntentId,
    /// Rises with every intent that writes production; runners refuse a smaller one than they have seen.
    pub generation: u32,
    /// What kind.
    pub reaction: Reaction,
    /// Name of the action or receiver in the connections file; `None` where the plan names none, and the ledger and screens are the only receivers.
    pub run: Option<String>,
    /// What it is applied to.
    pub target: Option<String>,
    /// Further settings for the receiver.
    pub settings: Vec<(String, String)>,
    /// When it was ordered.
    pub at: Timestamp,
    /// When an attempt makes no sense any more.
    pub deadline: Timestamp,
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which intent.
    pub intent: IntentId,
    /// How it ended.
    pub result: OutcomeKind,
    /// When it ended.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// One line: what was done or what went wrong, without secrets.
    pub detail: String,
}

/// How an intent ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Done, and read back where the action has a check.
    Done,
    /// Refused or failed; production is as it was.
    Failed,
    /// A crash or a lost answer, and no check to ask: nobody knows.
    Unknown,
}
