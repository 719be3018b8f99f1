//! Watches played from start to end with constructed observations.
#![allow(clippy::unwrap_used)]

mod admission;
mod comparability;
mod deciding;
mod end_of_watch;
mod latency;
mod player;
mod properties;
mod reactions;
mod recovering;
mod silence;
