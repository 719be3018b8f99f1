//! The ledger from outside: what it writes, what it survives, what it refuses.
#![allow(clippy::unwrap_used)]

mod chain;
mod encoding;
mod leases;
mod samples;
mod strategies;
