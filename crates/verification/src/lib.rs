//! The heart of Shakedown: plan terms, verdicts, decisions, recovery.
//!
//! [`Watch::step`] moves a watch forward. It is pure: no clock, no input or output, no randomness. The same inputs give the same events.

pub mod decision;
pub mod event;
pub mod exit;
pub mod intent;
pub mod observation;
pub mod recovery;
pub mod seal;
pub mod slices;
pub mod summary;
pub mod terms;
pub mod time;
pub mod verdict;
