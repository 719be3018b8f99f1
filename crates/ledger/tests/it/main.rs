//! The ledger from outside: what it writes, what it survives, what it refuses.
#![allow(clippy::unwrap_used)]

mod chain;
mod crash;
mod encoding;
mod export;
mod group;
mod leases;
mod opening;
mod samples;
mod spill;
mod steps;
mod strategies;
