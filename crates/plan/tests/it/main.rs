//! Integration tests of the crate.
#![allow(clippy::unwrap_used)]

mod arbitrary;
mod drawing;
mod examples;
mod files;
mod generated;
mod no_evidence;
mod playing;
mod presets;
mod resolving;
mod sample_connections;
mod sample_plans;
