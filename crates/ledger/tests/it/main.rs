//! The ledger from outside: what it writes, what it survives, what it refuses.
#![allow(clippy::unwrap_used)]

mod encoding;
mod samples;
mod strategies;
