//! Metrics pages: the Prometheus text format 0.0.4 and OpenMetrics 1.0.
//!
//! A page is taken whole or not at all. Half a page would look like counters that are absent, and absent may mean zero.

mod line;
mod page;

pub(crate) use page::{Format, Page, read_page};
