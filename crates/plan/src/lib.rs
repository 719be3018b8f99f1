//! Plans and connections: YAML text in, terms and problems out.
//!
//! The crate is pure: it touches no file, asks no clock and opens no connection. All problems of a text are found at once, each with
//! its place, what is wrong, and what to do.

mod connections;
mod decode;
mod excerpt;
mod fields;
mod lints;
mod place;
mod play;
mod preset;
mod problem;
mod reader;
mod reference;
mod render;
mod resolve;
mod samples;
mod sarif;
mod schema;
mod selector;
mod suggestion;
mod table;
mod tree;
mod units;
mod values;

pub use connections::{
    Action, CommandAction, Connections, Credentials, HaproxyAction, HaproxyAddress, Header,
    HeaderValue, ParsedConnections, PrometheusSource, ScrapeSource, ScrapeTarget, Secret,
    ServerState, Source, SplitterAction, WebhookAction, WebhookUrl, connections,
};
pub use decode::{Parsed, Reference, ReferenceTo, parse};
pub use place::Span;
pub use play::{TestResult, run_tests};
pub use preset::{
    FailedRequests, FirstConnections, FirstPlan, FirstSource, HttpMetrics, HttpPreset, MetricKind,
    Naming, Offer, OfferedMetric, RollBack, first_connections, first_plan, preset_http, recognise,
};
pub use problem::{Code, Problem, Severity, Subject};
pub use reference::plan_reference_markdown;
pub use render::{Style, counted, render};
pub use resolve::{receiver, resolve};
pub use sarif::sarif;
pub use schema::{schema_connections, schema_plan};
