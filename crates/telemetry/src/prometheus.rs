//! The Prometheus HTTP API, as far as a watch needs it.
//!
//! Written here rather than taken from `prometheus-http-query`: that crate has neither native histograms nor warnings nor
//! `Retry-After`, and it reads bodies of any size.

mod answer;
mod client;
mod number;

pub use answer::Kind;
pub(crate) use answer::{NativePoint, SeriesPoints, VectorRow};
pub(crate) use client::{Answered, PrometheusClient};
