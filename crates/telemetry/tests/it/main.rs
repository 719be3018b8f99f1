//! Telemetry against servers that play faults, against a real Prometheus and against real pages.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod before;
mod counted_once;
mod fake_prometheus;
mod faults;
mod held;
mod native_page;
mod pages;
mod plans;
mod probing;
mod real_prometheus;
mod scraping;
mod shop;
mod sides;
mod silence;
mod sums;
