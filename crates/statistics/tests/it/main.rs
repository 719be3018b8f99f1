//! The promises of the crate, tested from outside: guarantees by enumeration and by simulation, monotonicity, exactness.
#![allow(clippy::unwrap_used)]

mod absolute_limit;
mod chance;
mod enumeration;
mod error_rates;
mod histograms;
mod monotone;
mod numbers;
mod ranges;
mod reference;
mod required_time;
mod single_stream;
mod state;
mod terms;
