//! Integration tests of the crate.
#![allow(clippy::unwrap_used)]

mod files;
mod sample_plans;
