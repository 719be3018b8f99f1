//! The plan's signals, made ready to be read.

use std::collections::BTreeMap;

use verification::observation::{Side, Sides};
use verification::terms::{Plan, Selector, Signal, SignalKind};

use crate::fetch::{Fetches, histogram};
use crate::plain_selector::{SIDE, plain_selector};
use crate::probe::Probe;
use crate::setup::SetupError;
use crate::source::{Access, PROBE};
use crate::tally::Silence;

/// One signal.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) index: u16,
    pub(crate) name: String,
    pub(crate) for_each: Vec<String>,
    pub(crate) kind: Kind,
}

/// How a signal is read.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Counts(Counts),
    Durations(Durations),
    /// A level by PromQL: the source and the query.
    Query {
        source: usize,
        query: String,
    },
    /// A level on metrics pages.
    Sum {
        source: usize,
        of: Sides<usize>,
    },
    Probe(Box<Probe>),
}

/// A proportion or a count.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) source: usize,
    pub(crate) events: Sides<usize>,
    /// `None` where the pods' time is the exposure.
    pub(crate) trials: Option<Sides<usize>>,
    /// The counter of the events, without sides.
    pub(crate) part: Selector,
    /// Metrics of both counters.
    pub(crate) metrics: Vec<String>,
    pub(crate) silence: Silence,
    /// Whether the source's history has been asked about the events.
    pub(crate) history_asked: bool,
    /// Counted up to here, milliseconds since the epoch.
    pub(crate) cursor: Option<i64>,
}

/// A histogram.
#[derive(Clone, Debug)]
pub(crate) struct Durations {
    pub(crate) source: usize,
    pub(crate) of: Sides<usize>,
    /// Base name.
    pub(crate) metric: String,
    /// Counted up to here, milliseconds since the epoch.
    pub(crate) cursor: Option<i64>,
}

/// What tells one kind of source from the other here.
pub(crate) struct KnownSource {
    pub(crate) at: usize,
    pub(crate) speaks_promql: bool,
}

impl Reading {
    /// Makes a signal ready.
    pub(crate) fn new(
        index: u16,
        signal: &Signal,
        plan: &Plan,
        sources: &BTreeMap<String, KnownSource>,
        fetches: &mut Fetches,
        consumed_through: Option<i64>,
    ) -> Result<Self, SetupError> {
        let name = signal.name.clone();
        let not_a_probe = || SetupError::NotAProbe {
            signal: signal.name.clone(),
        };
        let kind = if let SignalKind::Probe(terms) = &signal.kind {
            if signal.source != PROBE {
                return Err(not_a_probe());
            }
            let probe =
                Probe::new(terms, &Access::default()).map_err(|error| SetupError::Access {
                    source_name: PROBE.to_owned(),
                    error,
                })?;
            Kind::Probe(Box::new(probe))
        } else {
            if signal.source == PROBE {
                return Err(not_a_probe());
            }
            let source = sources
                .get(&signal.source)
                .ok_or_else(|| SetupError::UnknownSource {
                    signal: signal.name.clone(),
                    source_name: signal.source.clone(),
                    known: sources.keys().cloned().collect::<Vec<_>>().join(", "),
                })?;
            // What a page held before this reader began is not known, so its first scrape is a start.
            let cursor = consumed_through.filter(|_| source.speaks_promql);
            Self::kind(signal, plan, source, fetches, cursor)?
        };
        Ok(Self {
            index,
            name,
            for_each: signal.for_each.clone(),
            kind,
        })
    }

    fn kind(
        signal: &Signal,
        plan: &Plan,
        source: &KnownSource,
        fetches: &mut Fetches,
        cursor: Option<i64>,
    ) -> Result<Kind, SetupError> {
        let mut add = |selector: &Selector| {
            fetches.add(source.at, selector, &plan.compare.sides, &signal.name)
        };
        let counts = |events, trials, part: &Selector, whole: Option<&Selector>| {
            Kind::Counts(Counts {
                source: source.at,
                events,
                trials,
                part: part.clone(),
                metrics: [Some(part), whole]
                    .into_iter()
                    .flatten()
                    .map(|selector| selector.metric.clone())
                    .collect(),
                silence: Silence::default(),
                history_asked: false,
                cursor,
            })
        };
        Ok(match &signal.kind {
            SignalKind::Proportion { part, whole } => {
                counts(add(part)?, Some(add(whole)?), part, Some(whole))
            }
            SignalKind::Count { of, per } => {
                let trials = per.as_ref().map(&mut add).transpose()?;
                counts(add(of)?, trials, of, per.as_ref())
            }
            SignalKind::Histogram { of } => Kind::Durations(Durations {
                source: source.at,
                of: add(&histogram(of))?,
                metric: of.metric.clone(),
                cursor,
            }),
            SignalKind::Level { query } => {
                let signal_name = || signal.name.clone();
                if !query.contains(SIDE) {
                    return Err(SetupError::NoSide {
                        signal: signal_name(),
                    });
                }
                if !signal.for_each.is_empty() {
                    return Err(SetupError::SplitLevel {
                        signal: signal_name(),
                    });
                }
                if source.speaks_promql {
                    Kind::Query {
                        source: source.at,
                        query: query.clone(),
                    }
                } else {
                    let selector = plain_selector(query).map_err(|why| SetupError::NotPlain {
                        signal: signal_name(),
                        why,
                    })?;
                    Kind::Sum {
                        source: source.at,
                        of: add(&selector)?,
                    }
                }
            }
            SignalKind::Probe(_) => {
                return Err(SetupError::NotAProbe {
                    signal: signal.name.clone(),
                });
            }
        })
    }

    /// The fetches of one side.
    pub(crate) fn fetches(&self, side: Side) -> Vec<usize> {
        match &self.kind {
            Kind::Counts(counts) => {
                let trials = counts.trials.iter().map(|trials| *trials.get(side));
                [*counts.events.get(side)]
                    .into_iter()
                    .chain(trials)
                    .collect()
            }
            Kind::Durations(durations) => vec![*durations.of.get(side)],
            Kind::Sum { of, .. } => vec![*of.get(side)],
            Kind::Query { .. } | Kind::Probe(_) => Vec::new(),
        }
    }

    /// The metrics that it counts.
    pub(crate) fn metrics(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Counts(counts) => counts.metrics.iter().map(String::as_str).collect(),
            Kind::Durations(durations) => vec![&durations.metric],
            Kind::Query { .. } | Kind::Sum { .. } | Kind::Probe(_) => Vec::new(),
        }
    }

    /// The source it is read from; `None` for probes.
    pub(crate) fn source(&self) -> Option<usize> {
        match &self.kind {
            Kind::Counts(counts) => Some(counts.source),
            Kind::Durations(durations) => Some(durations.source),
            Kind::Query { source, .. } | Kind::Sum { source, .. } => Some(*source),
            Kind::Probe(_) => None,
        }
    }

    /// Up to where it is counted, for signals that are counted.
    pub(crate) fn cursor(&self) -> Option<Option<i64>> {
        match &self.kind {
            Kind::Counts(counts) => Some(counts.cursor),
            Kind::Durations(durations) => Some(durations.cursor),
            Kind::Query { .. } | Kind::Sum { .. } | Kind::Probe(_) => None,
        }
    }

    /// Moves the end of what is counted.
    pub(crate) fn set_cursor(&mut self, through: i64) {
        match &mut self.kind {
            Kind::Counts(counts) => counts.cursor = Some(through),
            Kind::Durations(durations) => durations.cursor = Some(through),
            Kind::Query { .. } | Kind::Sum { .. } | Kind::Probe(_) => {}
        }
    }
}
