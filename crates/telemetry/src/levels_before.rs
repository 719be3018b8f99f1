//! What the baseline side measured before the deploy, for the seal.

use std::time::Duration;

use statistics::{Histogram, Sample};
use verification::observation::{BaselineLevel, Gap, Measured, Side};
use verification::slices::SliceTable;
use verification::time::Timestamp;

use crate::problems::Problems;
use crate::reader::{Outcome, Reader, SourceKind};
use crate::readings::SideTally;
use crate::series_store::SeriesStore;
use crate::sightings::Sightings;
use crate::signals::{Kind, Reading};
use crate::tally::Sum;

/// Points over which a level's mean is taken.
const POINTS: u32 = 60;

impl Reader {
    /// Reads what the baseline side measured in the time before now, and whether the canary side already has traffic.
    ///
    /// From a Prometheus server: increments over `over`, and the mean of 60 points for levels. From metrics pages: what they
    /// have counted since their processes began, levels as they stand; [`BaselineLevel::over`] then is the age of the oldest
    /// process, zero where it is not told. Probes have no history and are left out.
    ///
    /// What cannot be read is there as [`Measured::Nothing`]. The reader itself is left as it was.
    pub async fn levels_before(
        &mut self,
        now: Timestamp,
        over: Duration,
    ) -> (Vec<BaselineLevel>, bool) {
        let mut past = self.as_of(now, over);
        let mut problems = Problems::default();
        let mut outcomes: Vec<Outcome> = past
            .signals
            .iter()
            .map(|signal| Outcome::nothing(&signal.kind))
            .collect();
        let mut ages = Vec::new();
        for at in 0..past.sources.len() {
            match past.sources[at].kind {
                SourceKind::Prometheus { .. } => {
                    past.all_the_past(at, now, &mut outcomes, &mut problems)
                        .await;
                    past.mean_levels(at, now, over, &mut outcomes).await;
                    ages.push(over);
                }
                SourceKind::Scrape { .. } => {
                    let answers = past.pages(at, now).await;
                    past.take_pages(at, now, answers, &mut problems);
                    past.lifetimes(at, now, &mut outcomes);
                    ages.push(past.oldest(at, now));
                }
            }
        }
        let mut levels = Vec::new();
        let mut canary_has_traffic = false;
        for (signal, outcome) in past.signals.iter().zip(outcomes) {
            if let Some(source) = signal.source() {
                canary_has_traffic |= has_traffic(&outcome);
                levels.extend(baseline(signal, outcome, ages[source]));
            }
        }
        (levels, canary_has_traffic)
    }

    /// A reader that knows nothing yet and stands `over` before now.
    pub(crate) fn as_of(&self, now: Timestamp, over: Duration) -> Self {
        let mut past = self.clone();
        let begin = (now - self.terms.lateness - over).millis();
        for fetch in &mut past.fetches.0 {
            fetch.store = SeriesStore::default();
            fetch.through = None;
        }
        for source in &mut past.sources {
            source.sightings = Sightings::default();
            source.looked_at = None;
            source.down_at = None;
            source.known_from = None;
        }
        for signal in &mut past.signals {
            let source = signal.source().map(|at| &past.sources[at].kind);
            if matches!(source, Some(SourceKind::Prometheus { .. })) {
                signal.set_cursor(begin);
            }
        }
        past
    }

    /// Counts a Prometheus server up to now, however many stretches that takes.
    pub(crate) async fn all_the_past(
        &mut self,
        source: usize,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let goal = (now - self.terms.lateness).millis();
        while let Some(reached) = self
            .earliest_cursor(source)
            .filter(|reached| *reached < goal)
        {
            self.catch_up(source, now, outcomes, problems).await;
            if self.earliest_cursor(source) == Some(reached) {
                return;
            }
        }
    }

    async fn mean_levels(
        &mut self,
        source: usize,
        now: Timestamp,
        over: Duration,
        outcomes: &mut [Outcome],
    ) {
        let Ok((client, _)) = self.client(source, now) else {
            return;
        };
        let at = now - self.terms.lateness;
        let step = (over / POINTS).max(Duration::from_secs(1));
        for (signal, side, query) in self.level_queries(source) {
            let (Side::Baseline, Some(query), Outcome::Measured(sides)) =
                (side, query, &mut outcomes[signal])
            else {
                continue;
            };
            let Ok(answered) = client.range(&query, at - over, at, step).await else {
                continue;
            };
            let values: Vec<f64> = match answered.data.as_slice() {
                [series] => series
                    .values
                    .iter()
                    .map(|(_, value)| *value)
                    .filter(|value| value.is_finite())
                    .collect(),
                _ => Vec::new(),
            };
            sides.baseline = if values.is_empty() {
                Measured::Nothing(Gap::NoSeries)
            } else {
                Measured::Level(values.iter().sum::<f64>() / values.len() as f64)
            };
        }
    }

    /// Counts what pages have counted since their processes began.
    pub(crate) fn lifetimes(&mut self, source: usize, now: Timestamp, outcomes: &mut [Outcome]) {
        let through = now.millis();
        let sightings = Sightings::all_begun_before(through);
        for (at, outcome) in outcomes.iter_mut().enumerate() {
            if self.signals[at].source() != Some(source) {
                continue;
            }
            if let (Kind::Sum { of, .. }, Outcome::Measured(sides)) =
                (&self.signals[at].kind, &mut *outcome)
            {
                sides.canary = self.sum(of.canary, Side::Canary, now);
                sides.baseline = self.sum(of.baseline, Side::Baseline, now);
            } else {
                self.tally_lifetime(at, through, &sightings, outcome);
            }
        }
    }

    /// Age of a source's oldest process, zero where none is told.
    pub(crate) fn oldest(&self, source: usize, now: Timestamp) -> Duration {
        self.sources[source]
            .starts
            .iter()
            .flat_map(|id| self.fetches.0[*id].store.iter())
            .filter_map(|(_, series)| series.values.last())
            .map(|(_, seconds)| now.since(Timestamp::from_millis((seconds * 1000.0) as i64)))
            .max()
            .unwrap_or(Duration::ZERO)
    }
}

fn has_traffic(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Counts(sides) => sides
            .canary
            .tally
            .whole
            .is_some_and(|sample: Sample| sample.trials > 0),
        Outcome::Durations(sides) => sides
            .canary
            .tally
            .whole
            .as_ref()
            .is_some_and(|histogram: &Histogram| histogram.total() > 0),
        Outcome::Measured(_) => false,
    }
}

fn baseline(signal: &Reading, outcome: Outcome, over: Duration) -> Vec<BaselineLevel> {
    let level = |slice, measured| BaselineLevel {
        signal: signal.index,
        slice,
        measured,
        over,
    };
    match outcome {
        Outcome::Counts(sides) => by_slice(sides.baseline, |sample| sample.trials, level),
        Outcome::Durations(sides) => by_slice(sides.baseline, Histogram::total, level),
        Outcome::Measured(sides) => vec![level(None, sides.baseline)],
    }
}

fn by_slice<A: Sum>(
    side: SideTally<A>,
    weight: impl Fn(&A) -> u64,
    level: impl Fn(Option<String>, Measured) -> BaselineLevel,
) -> Vec<BaselineLevel> {
    let gap = side.gap();
    let mut levels = vec![level(
        None,
        side.tally
            .whole
            .map_or(Measured::Nothing(gap), Sum::measured),
    )];
    let mut slices: Vec<(String, A)> = side.tally.slices.into_iter().collect();
    slices.sort_by_key(|(_, amount)| std::cmp::Reverse(weight(amount)));
    slices.truncate(SliceTable::MOST);
    levels.extend(
        slices
            .into_iter()
            .map(|(name, amount)| level(Some(name), amount.measured())),
    );
    levels
}
