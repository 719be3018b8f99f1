//! Telemetry against servers that play faults, against a real Prometheus and against real pages.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod counted_once;
mod fake_prometheus;
mod faults;
mod plans;
mod shop;
mod silence;
mod sums;
