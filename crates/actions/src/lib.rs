//! Writes production: weights of a traffic splitter or of HAProxy, commands, webhooks to pages, tickets and reviews.
//!
//! A [`Runner`] carries out an [`Order`] and chooses nothing: what, on which target, with which generation and until when stands in the intent, how stands
//! in the [`ActionConfig`]. [`Runner::settle`] takes an order to its outcome, also after a crash. Nothing here reads telemetry, and no secret appears in
//! what it returns.

mod address;
mod attempt;
mod command;
mod config;
mod generations;
mod haproxy;
mod http_exchange;
mod one_line;
mod order;
mod placeholder;
mod problem;
mod remembered;
mod runner;
mod secret;
mod settle;
mod splitter;
mod time_left;
mod webhook;

pub use address::{Address, AddressProblem};
pub use attempt::{Attempted, Checked};
pub use config::{
    ActionConfig, CommandConfig, CommandLine, HaproxyAddress, HaproxyConfig, ServerState,
    SplitterConfig, Variable, WebhookConfig,
};
pub use generations::{Generations, Stale};
pub use order::{Message, Order};
pub use problem::{ConfigProblem, ProbeProblem};
pub use runner::{LONGEST_TIME_LIMIT, Runner};
pub use secret::Secret;
pub use webhook::{
    GENERATION_HEADER, IDEMPOTENCY_HEADER, SIGNATURE_HEADER, SignatureProblem, TIMESTAMP_HEADER,
    verify_signature,
};
