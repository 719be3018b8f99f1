//! Integration tests of the crate.
#![allow(clippy::unwrap_used)]

mod examples;
mod files;
mod generated;
mod resolving;
mod sample_connections;
mod sample_plans;
