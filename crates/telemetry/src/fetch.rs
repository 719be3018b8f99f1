//! What is read from a source: one selector with its samples, shared by all signals that name it.

use verification::observation::{Side, Sides};
use verification::terms::{Matcher, Selector, SideRule};

use crate::labels::NAME;
use crate::matching::Matching;
use crate::series_store::SeriesStore;
use crate::setup::SetupError;

/// Metric with the start of each process in seconds since the epoch, exported by nearly every client library.
pub(crate) const PROCESS_START: &str = "process_start_time_seconds";

/// One selector of one source.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) source: usize,
    /// The selector as PromQL.
    pub(crate) text: String,
    /// The same, to be applied here.
    pub(crate) matching: Matching,
    /// The side of all its series; `None` where a label tells.
    pub(crate) side: Option<Side>,
    pub(crate) store: SeriesStore,
    /// Samples up to here have been read, milliseconds since the epoch.
    pub(crate) through: Option<i64>,
}

/// All selectors of a plan, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetches(pub(crate) Vec<Fetch>);

impl Fetches {
    /// Adds a selector for both sides and returns where each side's samples are.
    pub(crate) fn add(
        &mut self,
        source: usize,
        selector: &Selector,
        rule: &SideRule,
        signal: &str,
    ) -> Result<Sides<usize>, SetupError> {
        match rule {
            SideRule::ByLabel { .. } => {
                let both = self.add_one(source, selector.clone(), None, signal)?;
                Ok(Sides {
                    canary: both,
                    baseline: both,
                })
            }
            SideRule::Matchers { canary, baseline } => Ok(Sides {
                canary: self.add_one(
                    source,
                    narrowed(selector, canary),
                    Some(Side::Canary),
                    signal,
                )?,
                baseline: self.add_one(
                    source,
                    narrowed(selector, baseline),
                    Some(Side::Baseline),
                    signal,
                )?,
            }),
        }
    }

    fn add_one(
        &mut self,
        source: usize,
        selector: Selector,
        side: Option<Side>,
        signal: &str,
    ) -> Result<usize, SetupError> {
        let text = promql(&selector);
        let known = self
            .0
            .iter()
            .position(|fetch| fetch.source == source && fetch.side == side && fetch.text == text);
        if let Some(at) = known {
            return Ok(at);
        }
        let matching = Matching::selector(&selector).map_err(|why| SetupError::Expression {
            signal: signal.to_owned(),
            selector: text.clone(),
            why,
        })?;
        self.0.push(Fetch {
            source,
            text,
            matching,
            side,
            store: SeriesStore::default(),
            through: None,
        });
        Ok(self.0.len() - 1)
    }
}

/// A selector with more matchers.
pub(crate) fn narrowed(selector: &Selector, matchers: &[Matcher]) -> Selector {
    let mut selector = selector.clone();
    selector.matchers.extend_from_slice(matchers);
    selector
}

/// A selector as PromQL. A metric may be an alternative of names, see [`histogram`].
fn promql(selector: &Selector) -> String {
    if selector.metric.is_empty() {
        let matchers: Vec<String> = selector.matchers.iter().map(ToString::to_string).collect();
        return format!("{{{}}}", matchers.join(","));
    }
    selector.to_string()
}

/// The selector of a histogram: the base name (native) and its buckets (classic), whichever there is.
pub(crate) fn histogram(of: &Selector) -> Selector {
    let base = regex::escape(&of.metric);
    let mut matchers = vec![Matcher {
        label: NAME.to_owned(),
        op: verification::terms::MatchOp::Matches,
        value: format!("{base}|{base}_bucket"),
    }];
    matchers.extend_from_slice(&of.matchers);
    Selector {
        metric: String::new(),
        matchers,
    }
}
