//! Integration tests of the crate.
#![allow(clippy::unwrap_used)]

mod files;
mod resolving;
mod sample_connections;
mod sample_plans;
