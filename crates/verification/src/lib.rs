//! The heart of Shakedown: plan terms, verdicts, decisions, recovery.
//!
//! [`Watch::step`] moves a watch forward. It is pure: no clock, no input or output, no randomness. The same inputs give the same events.

mod absolute;
mod blocks;
mod budget;
pub mod checkpoint;
mod comparable;
mod comparison;
pub mod decision;
pub mod detectability;
pub mod event;
pub mod exit;
mod failing;
pub mod intent;
mod latencies;
mod levels;
mod log_sum;
pub mod observation;
mod pods;
mod range;
pub mod recovery;
mod row;
pub mod seal;
mod sight;
pub mod slices;
pub mod summary;
pub mod terms;
pub mod time;
pub mod verdict;
mod watch;
mod window;

pub use watch::Watch;
