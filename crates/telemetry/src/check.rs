//! Whether each selector returns data, and how much, before a watch begins.

use std::collections::BTreeMap;
use std::time::Duration;

use verification::observation::{Gap, Measured, Side, SourceProblem};
use verification::time::Timestamp;

use crate::increments::LOOK_BACK;
use crate::labels::Labels;
use crate::problems::Problems;
use crate::prometheus::Kind as MetricKind;
use crate::reader::{Outcome, Reader, SourceKind};
use crate::readings::SideTally;
use crate::series_store::Series;
use crate::signals::{Kind, Reading};
use crate::tally::Sum;

/// Stretch over which rates are taken from a Prometheus server.
const OVER: Duration = Duration::from_secs(600);

/// What one signal's selectors return on one side.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectorCheck {
    /// Signal.
    pub signal: u16,
    /// Side.
    pub side: Side,
    /// Series that were found, events and trials together.
    pub series: usize,
    /// What is wrong and what to do, in one line.
    pub problem: Option<String>,
    /// Events a second; of a histogram none.
    pub events_per_second: Option<f64>,
    /// Trials a second: requests, pod-milliseconds for a count without `per`, values of a histogram.
    pub trials_per_second: Option<f64>,
    /// The level, of a level signal.
    pub level: Option<f64>,
    /// Age of the newest sample.
    pub newest_age: Option<Duration>,
}

/// A first sample is this much after the beginning of a stretch at most, where the server scrapes at a usual interval.
const NEARLY: Duration = Duration::from_secs(60);

impl Reader {
    /// Checks every selector on both sides. Rates are those of the last ten minutes on a Prometheus server, and those since
    /// the oldest process began on metrics pages. Probes are tried once.
    ///
    /// A side without series is a problem here; whether that is to be expected (no canary before the deploy) is for the
    /// caller to know. The reader itself is left as it was.
    pub async fn check(&mut self, now: Timestamp) -> Vec<SelectorCheck> {
        let mut past = self.as_of(now, OVER);
        let mut problems = Problems::default();
        let mut outcomes: Vec<Outcome> = past
            .signals
            .iter()
            .map(|signal| Outcome::nothing(&signal.kind))
            .collect();
        let mut over = Vec::new();
        for at in 0..past.sources.len() {
            match past.sources[at].kind {
                SourceKind::Prometheus { .. } => {
                    past.all_the_past(at, now, &mut outcomes, &mut problems)
                        .await;
                    over.push(OVER);
                }
                SourceKind::Scrape { .. } => {
                    let answers = past.pages(at, now).await;
                    for answer in &answers {
                        if let Err(trouble) = &answer.answer {
                            problems.trouble(&past.sources[at].name, trouble);
                        }
                    }
                    past.take_pages(at, now, answers, &mut problems);
                    past.lifetimes(at, now, &mut outcomes);
                    over.push(past.oldest(at, now));
                }
            }
        }
        past.levels(now, &mut outcomes, &mut problems).await;
        past.probes(now, &mut outcomes, &mut problems).await;
        let problems = problems.into_inner();
        let kinds = past.metric_kinds(now).await;
        let mut checks = Vec::new();
        for (signal, outcome) in past.signals.iter().zip(&outcomes) {
            for side in [Side::Canary, Side::Baseline] {
                let over = signal
                    .source()
                    .map_or(Duration::ZERO, |source| over[source]);
                let mut check = past.check_side(signal, side, outcome, over, now);
                let own = past.own_problem(signal, &problems);
                let of_kind = past.wrong_kind(signal, &kinds);
                let gap = check.problem.take();
                check.problem = of_kind.or(if gap.is_some() { own } else { None }).or(gap);
                checks.push(check);
            }
        }
        checks
    }

    /// How long the counts of a side took to come together: the stretch that was asked for, or less where a server has not
    /// known the series for as long. What is kept of the samples tells that for the last [`LOOK_BACK`] only.
    fn counted_for(
        &self,
        signal: &Reading,
        lines: &[(&Labels, &Series)],
        over: Duration,
        now: Timestamp,
    ) -> Duration {
        let source = signal.source().map(|at| &self.sources[at].kind);
        let first = lines.iter().flat_map(|(_, series)| series.times()).min();
        match (source, first) {
            (Some(SourceKind::Prometheus { .. }), Some(first)) => {
                let known = (now - self.terms.lateness).since(Timestamp::from_millis(first));
                if known + NEARLY < Duration::from_millis(LOOK_BACK.unsigned_abs()) {
                    known
                } else {
                    over
                }
            }
            _ => over,
        }
    }

    fn check_side(
        &self,
        signal: &Reading,
        side: Side,
        outcome: &Outcome,
        over: Duration,
        now: Timestamp,
    ) -> SelectorCheck {
        let lines: Vec<_> = signal
            .fetches(side)
            .into_iter()
            .flat_map(|id| self.lines(id, side))
            .collect();
        let newest = lines.iter().filter_map(|(_, series)| series.newest()).max();
        let seconds = self.counted_for(signal, &lines, over, now).as_secs_f64();
        let rate = |count: u64| (seconds > 0.0).then(|| count as f64 / seconds);
        let mut check = SelectorCheck {
            signal: signal.index,
            side,
            series: lines.len(),
            problem: None,
            events_per_second: None,
            trials_per_second: None,
            level: None,
            newest_age: newest.map(|at| now.since(Timestamp::from_millis(at))),
        };
        let gap = match outcome {
            Outcome::Counts(sides) => {
                let side = sides.get(side);
                let sum = side.tally.whole;
                check.events_per_second = sum.and_then(|sum| rate(sum.events));
                check.trials_per_second = sum.and_then(|sum| rate(sum.trials));
                nothing(side)
            }
            Outcome::Durations(sides) => {
                let side = sides.get(side);
                check.trials_per_second =
                    side.tally.whole.as_ref().and_then(|sum| rate(sum.total()));
                nothing(side)
            }
            Outcome::Measured(sides) => match sides.get(side) {
                Measured::Level(level) => {
                    check.level = Some(*level);
                    None
                }
                Measured::Counts(sample) => (sample.events > 0).then_some(Gap::SourceFailed),
                Measured::Durations(_) => None,
                // A probe without an address for the baseline is no problem.
                Measured::Nothing(_) if signal.source().is_none() => None,
                Measured::Nothing(gap) => Some(*gap),
            },
        };
        check.problem = gap.map(|gap| self.gap_in_words(signal, side, gap));
        check
    }

    fn gap_in_words(&self, signal: &Reading, side: Side, gap: Gap) -> String {
        let selector = signal
            .fetches(side)
            .last()
            .map(|id| self.fetches.0[*id].text.clone())
            .unwrap_or_default();
        match (gap, &signal.kind) {
            (Gap::PartNeverSeen, Kind::Counts(terms)) => format!(
                "`{}` has never matched anything, so its absence is not zero: check its name and labels",
                terms.part
            ),
            (Gap::NoSeries, Kind::Query { query, .. }) => {
                format!(
                    "`{query}` gives nothing on the {} side: check it with the side's matchers in place of $side",
                    side.word()
                )
            }
            (Gap::NoSeries, _) => format!(
                "`{selector}` matches no series on the {} side: check its name, its labels and how the sides are told apart",
                side.word()
            ),
            (gap, _) => format!(
                "`{}` on the {} side: {}",
                signal.name,
                side.word(),
                gap.words()
            ),
        }
    }

    /// What went wrong with a signal's source.
    fn own_problem(&self, signal: &Reading, problems: &[SourceProblem]) -> Option<String> {
        let source = signal
            .source()
            .map_or(crate::source::PROBE, |at| self.sources[at].name.as_str());
        problems
            .iter()
            .filter(|problem| problem.source == source)
            // Probes of several signals share one source.
            .find(|problem| {
                signal.source().is_some()
                    || problem.message.starts_with(&format!("{}: ", signal.name))
            })
            .map(|problem| problem.message.clone())
    }

    /// What each source says its metrics are.
    async fn metric_kinds(&self, now: Timestamp) -> Vec<BTreeMap<String, MetricKind>> {
        let mut kinds = Vec::new();
        for (at, source) in self.sources.iter().enumerate() {
            let mut found = BTreeMap::new();
            match &source.kind {
                SourceKind::Scrape { families, .. } => {
                    found.extend(
                        families
                            .iter()
                            .map(|(name, (kind, _))| (name.clone(), *kind)),
                    );
                }
                SourceKind::Prometheus { .. } => {
                    let Ok((client, _)) = self.client(at, now) else {
                        kinds.push(found);
                        continue;
                    };
                    let metrics: std::collections::BTreeSet<&str> = self
                        .signals
                        .iter()
                        .filter(|signal| signal.source() == Some(at))
                        .flat_map(Reading::metrics)
                        .collect();
                    for metric in metrics {
                        // Many compatible servers have no metadata; then nothing is said.
                        if let Ok(rows) = client.metadata(Some(metric)).await {
                            found.extend(
                                rows.into_iter()
                                    .filter_map(|(name, rows)| Some((name, rows.first()?.kind))),
                            );
                        }
                    }
                }
            }
            kinds.push(found);
        }
        kinds
    }

    fn wrong_kind(
        &self,
        signal: &Reading,
        kinds: &[BTreeMap<String, MetricKind>],
    ) -> Option<String> {
        let kinds = &kinds[signal.source()?];
        let wanted = match &signal.kind {
            Kind::Counts(_) => "counter",
            Kind::Durations(_) => "histogram",
            Kind::Query { .. } | Kind::Sum { .. } | Kind::Probe(_) => return None,
        };
        signal.metrics().into_iter().find_map(|metric| {
            let word = match kinds.get(metric)? {
                MetricKind::Gauge => "gauge",
                MetricKind::Summary => "summary",
                MetricKind::Info => "info metric",
                _ => return None,
            };
            Some(format!(
                "`{metric}` is a {word}, not a {wanted}: its increments mean nothing; name a {wanted} or use kind: level"
            ))
        })
    }
}

fn nothing<A: Sum>(side: &SideTally<A>) -> Option<Gap> {
    side.tally.whole.is_none().then(|| side.gap())
}
