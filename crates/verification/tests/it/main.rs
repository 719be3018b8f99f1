//! Watches played from start to end with constructed observations.
#![allow(clippy::unwrap_used)]

mod admission;
mod chance;
mod checkpoint_size;
mod checkpoints;
mod comparability;
mod deciding;
mod end_of_watch;
mod false_alarms;
mod humans;
mod latency;
mod no_evidence;
mod player;
mod properties;
mod quiet;
mod reactions;
mod recovering;
mod shown;
mod silence;
mod weather;
