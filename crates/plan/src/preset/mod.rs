//! Plans written by the tool: the HTTP preset, and a first plan from what a source offers.

mod first_connections;
mod first_plan;
mod http;
mod offer;
mod recognise;
mod sides;
mod yaml_text;

pub use first_connections::{FirstConnections, FirstSource, first_connections};
pub use first_plan::{FirstPlan, first_plan};
pub use http::{FailedRequests, HttpMetrics, HttpPreset, Naming, RollBack, preset_http};
pub use offer::{MetricKind, Offer, OfferedMetric};
pub use recognise::recognise;
