//! Reads a plan's signals from their sources, look by look.

use std::collections::BTreeMap;
use std::time::Duration;

use statistics::{Histogram, Sample};
use verification::observation::{Gap, Measured, Side, Sides, Tick};
use verification::slices::SliceTable;
use verification::terms::{CanaryChoice, MatchOp, Matcher, Plan, Selector, SideRule, SignalKind};
use verification::time::Timestamp;

use crate::fetch::{Fetches, PROCESS_START};
use crate::problems::Problems;
use crate::prometheus::{Kind as MetricKind, PrometheusClient};
use crate::readings::{SideTally, readings};
use crate::scrape::Scraper;
use crate::setup::SetupError;
use crate::sides::ByLabel;
use crate::sightings::{PodAges, Sightings, newest};
use crate::signals::{Kind, KnownSource, Reading};
use crate::source::{PROBE, SourceConfig};
use crate::tally::{Lines, Naming};

/// Longest time between two readings of a metrics page, with room for a late one below the staleness limit of five minutes.
const RAREST_SCRAPE: Duration = Duration::from_secs(4 * 60);

/// Reads a plan's signals. It holds the last ten minutes of samples; everything else it knows can be read again.
///
/// Memory grows with the number of series that the plan's selectors match, times their samples in ten minutes; never with
/// the length of the watch or of a gap.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) terms: ReaderTerms,
    pub(crate) sources: Vec<Source>,
    pub(crate) fetches: Fetches,
    pub(crate) signals: Vec<Reading>,
    pub(crate) by_label: Option<ByLabel>,
    pub(crate) ages: PodAges,
    pub(crate) consumed: Option<i64>,
    versions_told: Option<Sides<Option<String>>>,
}

/// What a reader needs of its plan.
#[derive(Clone, Debug)]
pub(crate) struct ReaderTerms {
    pub(crate) sides: SideRule,
    pub(crate) pod_label: String,
    pub(crate) lateness: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) watch_for: Duration,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) kind: SourceKind,
    pub(crate) sightings: Sightings,
    /// Time of the newest look that found anything out.
    pub(crate) looked_at: Option<i64>,
    /// Time of the newest look that found it down.
    pub(crate) down_at: Option<Timestamp>,
    /// Pods that were there up to this moment may be of any age.
    pub(crate) known_from: Option<i64>,
    /// Where the starts of processes are.
    pub(crate) starts: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    Prometheus {
        client: PrometheusClient,
        concurrency: usize,
        /// The server asked to be left alone until then.
        quiet_until: Option<Timestamp>,
        /// Whether the history of the sides' label has been read.
        history_read: bool,
    },
    Scrape {
        scraper: Scraper,
        /// What the pages say about their metrics.
        families: BTreeMap<String, (MetricKind, String)>,
    },
}

/// What a signal came to in a look.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Counts(Sides<SideTally<Sample>>),
    Durations(Sides<SideTally<Histogram>>),
    Measured(Sides<Measured>),
}

impl Outcome {
    pub(crate) fn nothing(kind: &Kind) -> Self {
        match kind {
            Kind::Counts(_) => Self::Counts(Sides::default()),
            Kind::Durations(_) => Self::Durations(Sides::default()),
            Kind::Query { .. } | Kind::Sum { .. } | Kind::Probe(_) => Self::Measured(Sides {
                canary: Measured::Nothing(Gap::SourceFailed),
                baseline: Measured::Nothing(Gap::SourceFailed),
            }),
        }
    }

    /// Marks a side as not readable in this look.
    pub(crate) fn fail(&mut self, side: Side) {
        match (self, side) {
            (Self::Counts(sides), Side::Canary) => sides.canary.failed = true,
            (Self::Counts(sides), Side::Baseline) => sides.baseline.failed = true,
            (Self::Durations(sides), Side::Canary) => sides.canary.failed = true,
            (Self::Durations(sides), Side::Baseline) => sides.baseline.failed = true,
            (Self::Measured(_), _) => {}
        }
    }
}

impl Reader {
    /// Prepares to read a plan's signals. Nothing is asked of any source yet.
    ///
    /// `consumed_through` is the end of the last interval that was recorded, after a restart; without it the first look only
    /// begins. A Prometheus source then goes on exactly there; a metrics page has no memory, so its first scrape is a new
    /// start.
    ///
    /// # Errors
    /// If the plan names a source that does not exist or asks something of it that it cannot give, or if a connection cannot
    /// be set up (address, certificates, headers).
    pub fn new(
        plan: &Plan,
        sources: &BTreeMap<String, SourceConfig>,
        consumed_through: Option<Timestamp>,
    ) -> Result<Self, SetupError> {
        let plan = &narrowed_to_sources(plan, sources);
        let consumed = consumed_through.map(Timestamp::millis);
        let used = |name: &str| plan.signals.iter().any(|signal| signal.source == name);
        let mut known = BTreeMap::new();
        let mut connections = Vec::new();
        for (name, config) in sources
            .iter()
            .filter(|(name, _)| *name != PROBE && used(name))
        {
            known.insert(
                name.clone(),
                KnownSource {
                    at: connections.len(),
                    speaks_promql: matches!(config, SourceConfig::Prometheus(_)),
                },
            );
            connections.push(Source::new(name, config)?);
        }
        let mut fetches = Fetches::default();
        let mut signals = Vec::new();
        for (at, signal) in plan.signals.iter().enumerate() {
            let index = u16::try_from(at).unwrap_or(u16::MAX);
            let reading = Reading::new(index, signal, plan, &known, &mut fetches, consumed)?;
            let scraped = known
                .get(&signal.source)
                .is_some_and(|source| !source.speaks_promql);
            if scraped && plan.judge_every > RAREST_SCRAPE {
                return Err(SetupError::LooksTooRare {
                    source_name: signal.source.clone(),
                    judge_every: plan.judge_every,
                });
            }
            signals.push(reading);
        }
        for (at, source) in connections.iter_mut().enumerate() {
            source.starts = starts(at, &plan.compare.sides, &mut fetches)?;
        }
        if let SideRule::ByLabel {
            label,
            canary: CanaryChoice::Newest,
            join: None,
        } = &plan.compare.sides
            && signals.iter().all(|signal| signal.cursor().is_none())
        {
            return Err(SetupError::NothingShowsSides {
                label: label.clone(),
            });
        }
        Ok(Self {
            terms: ReaderTerms {
                sides: plan.compare.sides.clone(),
                pod_label: plan.compare.pod_label.clone(),
                lateness: plan.lateness,
                warm_up: plan.warm_up,
                watch_for: plan.watch_for,
            },
            sources: connections,
            fetches,
            signals,
            by_label: ByLabel::new(&plan.compare.sides),
            ages: PodAges::default(),
            consumed,
            versions_told: None,
        })
    }

    /// Takes over the versions that were recorded before a restart, so that the canary stays the one that was chosen then.
    /// Without this the choice is made anew from history, as at the beginning.
    pub fn resume_versions(&mut self, versions: &Sides<Option<String>>) {
        if let (Some(by_label), Some(canary)) = (&mut self.by_label, &versions.canary) {
            by_label.resume(canary, versions.baseline.as_deref());
        }
        self.versions_told = Some(versions.clone());
    }

    /// Looks at every source once. Never fails: what goes wrong is in the tick, as problems and as gaps.
    ///
    /// Samples with times in `(through of the tick before, now − lateness]` are counted, each once. Where nothing could be
    /// read at all, `through` stays where it was and the next look reads the whole gap, at most six hours of it a look.
    ///
    /// Dropping the future ends all requests; the reader must then be made anew, from what was recorded.
    pub async fn look(&mut self, now: Timestamp, slices: &SliceTable) -> Tick {
        let mut problems = Problems::default();
        let outcomes = self.read(now, &mut problems).await;
        let (from, through) = self.advance(now);
        let mut tick = Tick {
            from: Timestamp::from_millis(from),
            through: Timestamp::from_millis(through),
            ..Tick::default()
        };
        for (signal, outcome) in self.signals.iter().zip(outcomes) {
            let (names, list) = (&mut tick.new_slices, &mut tick.readings);
            match outcome {
                Outcome::Counts(sides) => {
                    tick.resets += resets(&sides);
                    readings(
                        signal.index,
                        sides,
                        |sample| sample.trials,
                        slices,
                        names,
                        list,
                    );
                }
                Outcome::Durations(sides) => {
                    tick.resets += resets(&sides);
                    readings(signal.index, sides, Histogram::total, slices, names, list);
                }
                Outcome::Measured(sides) => list.push(verification::observation::Reading {
                    signal: signal.index,
                    slice: None,
                    sides,
                }),
            }
        }
        tick.pods = self.both(|side| self.pods(side));
        tick.newest = self.both(|side| self.newest(side));
        let versions = self.versions();
        if versions != self.versions_told.clone().unwrap_or_default() {
            tick.versions = Some(versions.clone());
            self.versions_told = Some(versions);
        }
        tick.problems = problems.into_inner();
        tick
    }

    /// Reads everything that is due, without naming slices.
    pub(crate) async fn read(&mut self, now: Timestamp, problems: &mut Problems) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = self
            .signals
            .iter()
            .map(|signal| Outcome::nothing(&signal.kind))
            .collect();
        for at in 0..self.sources.len() {
            match self.sources[at].kind {
                SourceKind::Prometheus { .. } => {
                    self.catch_up(at, now, &mut outcomes, problems).await;
                }
                SourceKind::Scrape { .. } => {
                    self.scrape(at, now, &mut outcomes, problems).await;
                }
            }
        }
        self.levels(now, &mut outcomes, problems).await;
        self.probes(now, &mut outcomes, problems).await;
        outcomes
    }

    /// Moves the end of what is consumed to where the signals are, and returns both ends.
    fn advance(&mut self, now: Timestamp) -> (i64, i64) {
        let on_prometheus = |signal: &&Reading| {
            signal
                .source()
                .is_some_and(|at| matches!(self.sources[at].kind, SourceKind::Prometheus { .. }))
        };
        let cursors: Vec<Option<i64>> = self
            .signals
            .iter()
            .filter(on_prometheus)
            .filter_map(Reading::cursor)
            .collect();
        // Pages are read now; what a server holds is read with the lateness allowance.
        let reached = if !cursors.is_empty() {
            cursors.into_iter().flatten().max()
        } else if self
            .sources
            .iter()
            .any(|source| matches!(source.kind, SourceKind::Scrape { .. }))
        {
            Some(now.millis())
        } else {
            Some((now - self.terms.lateness).millis())
        };
        let from = self
            .consumed
            .or(reached)
            .unwrap_or_else(|| (now - self.terms.lateness).millis());
        let through = reached.map_or(from, |reached| reached.max(from));
        // Nothing was ever read: the watch has not begun, and a restart must begin it too.
        if self.consumed.is_some() || reached.is_some() {
            self.consumed = Some(through);
        }
        (from, through)
    }

    fn both<T>(&self, of: impl Fn(Side) -> T) -> Sides<T> {
        Sides {
            canary: of(Side::Canary),
            baseline: of(Side::Baseline),
        }
    }

    fn pods(&self, side: Side) -> verification::observation::PodSet {
        let warm_up = i64::try_from(self.terms.warm_up.as_millis()).unwrap_or(i64::MAX);
        let sources = self
            .sources
            .iter()
            .filter_map(|source| Some((&source.sightings, source.looked_at?)));
        self.ages.pod_set(sources, side, warm_up)
    }

    fn newest(&self, side: Side) -> Option<Timestamp> {
        let counted: Vec<usize> = self
            .signals
            .iter()
            .flat_map(|signal| signal.fetches(side))
            .collect();
        newest(counted.into_iter().flat_map(|id| {
            self.lines(id, side)
                .into_iter()
                .filter_map(|(_, series)| series.newest())
        }))
    }

    /// Series of one fetch that belong to a side.
    pub(crate) fn lines(&self, id: usize, side: Side) -> Lines<'_> {
        let fetch = &self.fetches.0[id];
        fetch
            .store
            .iter()
            .filter(|(labels, _)| self.side_of(fetch.side, labels) == Some(side))
            .collect()
    }

    pub(crate) fn side_of(
        &self,
        fixed: Option<Side>,
        labels: &crate::labels::Labels,
    ) -> Option<Side> {
        fixed.or_else(|| self.by_label.as_ref()?.side(labels))
    }

    pub(crate) fn naming<'a>(&'a self, signal: &'a Reading) -> Naming<'a> {
        Naming {
            pod_label: &self.terms.pod_label,
            for_each: &signal.for_each,
        }
    }

    fn versions(&self) -> Sides<Option<String>> {
        if let Some(by_label) = &self.by_label {
            let (canary, baseline) = by_label.versions();
            return Sides { canary, baseline };
        }
        self.both(|side| self.version_by_label(side))
    }

    /// Where sides are told apart by matchers: what the usual labels say.
    fn version_by_label(&self, side: Side) -> Option<String> {
        const USUAL: [&str; 4] = [
            "version",
            "service_version",
            "app_version",
            "app_kubernetes_io_version",
        ];
        USUAL.into_iter().find_map(|label| {
            let values: std::collections::BTreeSet<&str> = self
                .signals
                .iter()
                .flat_map(|signal| signal.fetches(side))
                .flat_map(|id| self.lines(id, side))
                .map(|(labels, _)| labels.get(label))
                .filter(|value| !value.is_empty())
                .collect();
            (!values.is_empty()).then(|| values.into_iter().collect::<Vec<_>>().join(", "))
        })
    }
}

impl Source {
    fn new(name: &str, config: &SourceConfig) -> Result<Self, SetupError> {
        let access = |error| SetupError::Access {
            source_name: name.to_owned(),
            error,
        };
        let kind = match config {
            SourceConfig::Prometheus(config) => SourceKind::Prometheus {
                client: PrometheusClient::new(config).map_err(access)?,
                concurrency: config.concurrency,
                quiet_until: None,
                history_read: false,
            },
            SourceConfig::Scrape(config) if config.targets.is_empty() => {
                return Err(SetupError::NoTargets {
                    source_name: name.to_owned(),
                });
            }
            SourceConfig::Scrape(config) => SourceKind::Scrape {
                scraper: Scraper::new(config).map_err(access)?,
                families: BTreeMap::new(),
            },
        };
        Ok(Self {
            name: name.to_owned(),
            kind,
            sightings: Sightings::default(),
            looked_at: None,
            down_at: None,
            known_from: None,
            starts: Vec::new(),
        })
    }
}

/// The fetches that bring the starts of processes.
fn starts(source: usize, rule: &SideRule, fetches: &mut Fetches) -> Result<Vec<usize>, SetupError> {
    let mut selector = Selector {
        metric: PROCESS_START.to_owned(),
        matchers: Vec::new(),
    };
    if let SideRule::ByLabel {
        label, join: None, ..
    } = rule
    {
        // Otherwise every process that the server knows would be read.
        selector.matchers.push(Matcher {
            label: label.clone(),
            op: MatchOp::NotEqual,
            value: String::new(),
        });
    }
    let ids = fetches.add(source, &selector, rule, PROCESS_START)?;
    Ok(if ids.canary == ids.baseline {
        vec![ids.canary]
    } else {
        vec![ids.canary, ids.baseline]
    })
}

fn resets<A>(sides: &Sides<SideTally<A>>) -> u32 {
    let of = |side: &SideTally<A>| side.tally.traces.resets;
    of(&sides.canary).saturating_add(of(&sides.baseline))
}

/// The plan with every selector narrowed by its source's own matchers.
fn narrowed_to_sources(plan: &Plan, sources: &BTreeMap<String, SourceConfig>) -> Plan {
    let mut plan = plan.clone();
    for signal in &mut plan.signals {
        let Some(SourceConfig::Prometheus(config)) = sources.get(&signal.source) else {
            continue;
        };
        let narrow =
            |selector: &mut Selector| selector.matchers.extend_from_slice(&config.matchers);
        match &mut signal.kind {
            SignalKind::Proportion { part, whole } => {
                narrow(part);
                narrow(whole);
            }
            SignalKind::Count { of, per } => {
                narrow(of);
                per.iter_mut().for_each(narrow);
            }
            SignalKind::Histogram { of } => narrow(of),
            SignalKind::Level { .. } | SignalKind::Probe(_) => {}
        }
    }
    plan
}
