//! Watches played from start to end with constructed observations.
#![allow(clippy::unwrap_used)]

mod end_of_watch;
mod player;
mod reactions;
