//! What is measured.

use super::Selector;
use core::time::Duration;

/// A named measurement taken on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Name, unique in the plan.
    pub name: String,
    /// Name of the connection that it is read from.
    pub source: String,
    /// What it is made of.
    pub kind: SignalKind,
    /// Labels whose values make slices; empty where the signal is not split.
    pub for_each: Vec<String>,
    /// Line of the plan that declares it, from 1; 0 where a preset made it.
    pub plan_line: u32,
}

/// What a signal is made of. Counters are named by selector and their increments are made by `telemetry`.
#[derive(Clone, Debug, PartialEq)]
pub enum SignalKind {
    /// Events among trials of the same kind: failed among all requests. `part` is a subset of `whole`.
    Proportion {
        /// Counter of the events.
        part: Selector,
        /// Counter of all trials.
        whole: Selector,
    },
    /// Events for an exposure: orders per request. `of` need not be a subset of `per`.
    Count {
        /// Counter of the events.
        of: Selector,
        /// Counter of the exposure; without it the side's pods times seconds are the exposure.
        per: Option<Selector>,
    },
    /// A latency histogram, classic or native; seconds or any other unit that the metric has.
    Histogram {
        /// Base name of the histogram.
        of: Selector,
    },
    /// A level from a free PromQL expression that holds `$side`.
    Level {
        /// The expression.
        query: String,
    },
    /// A smoke test over HTTP; a failed try is an event, a try a trial.
    Probe(ProbeTerms),
}

/// What an HTTP probe asks for and expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeTerms {
    /// Address on the canary.
    pub url: String,
    /// The same on the baseline, if there is one.
    pub baseline_url: Option<String>,
    /// Status that counts as an answer.
    pub status: u16,
    /// Text that the body must contain.
    pub body_contains: Option<String>,
    /// Longest time an answer may take.
    pub answers_within: Duration,
    /// Shortest time for which the certificate must still be valid.
    pub certificate_valid_for: Option<Duration>,
}

impl SignalKind {
    /// The plan's word for the kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proportion { .. } => "proportion",
            Self::Count { .. } => "count",
            Self::Histogram { .. } => "histogram",
            Self::Level { .. } => "level",
            Self::Probe(_) => "probe",
        }
    }
}
