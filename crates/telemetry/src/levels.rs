//! Levels and probes: read at the moment of the look, nothing to be counted up.

use verification::observation::{Gap, Measured, Side, Sides};
use verification::terms::{Matcher, SideRule};
use verification::time::Timestamp;

use crate::concurrently::concurrently;
use crate::plain_selector::SIDE;
use crate::probe::measured;
use crate::problems::Problems;
use crate::prometheus::{Answered, VectorRow};
use crate::reader::{Outcome, Reader};
use crate::signals::Kind;
use crate::source::PROBE;

/// Probes under way at once.
const PROBES_AT_ONCE: usize = 16;

impl Reader {
    /// Reads every level.
    pub(crate) async fn levels(
        &mut self,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        for source in 0..self.sources.len() {
            self.queried_levels(source, now, outcomes, problems).await;
        }
        for (signal, outcome) in self.signals.iter().zip(outcomes) {
            if let (Kind::Sum { of, source }, Outcome::Measured(sides)) = (&signal.kind, outcome)
                && self.sources[*source].looked_at == Some(now.millis())
            {
                *sides = Sides {
                    canary: self.sum(of.canary, Side::Canary, now),
                    baseline: self.sum(of.baseline, Side::Baseline, now),
                };
            }
        }
    }

    pub(crate) fn sum(&self, id: usize, side: Side, now: Timestamp) -> Measured {
        let values: Vec<f64> = self
            .lines(id, side)
            .into_iter()
            .filter_map(|(_, series)| series.values.last())
            .filter(|(at, _)| *at == now.millis())
            .map(|(_, value)| *value)
            .collect();
        if values.is_empty() {
            return Measured::Nothing(Gap::NoSeries);
        }
        level(values.iter().sum())
    }

    async fn queried_levels(
        &mut self,
        source: usize,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let queries = self.level_queries(source);
        let mut tasks = Vec::new();
        let mut asked = Vec::new();
        // A server that has just been found down is not asked again for each of them.
        let due = !queries.is_empty() && self.sources[source].down_at != Some(now);
        let found = due.then(|| self.client(source, now));
        let (client, concurrency) = match found {
            None => return,
            Some(Ok(found)) => found,
            Some(Err(trouble)) => {
                problems.trouble(&self.sources[source].name, &trouble);
                return;
            }
        };
        let at = now - self.terms.lateness;
        for (signal, side, query) in queries {
            let Some(query) = query else {
                set(
                    &mut outcomes[signal],
                    side,
                    Measured::Nothing(Gap::NoSeries),
                );
                continue;
            };
            let client = client.clone();
            asked.push((signal, side));
            tasks.push(async move { client.instant(&query, Some(at)).await });
        }
        let answers = concurrently(concurrency, tasks).await;
        for ((signal, side), answer) in asked.into_iter().zip(answers) {
            match answer {
                Some(Ok(answered)) => {
                    let value = self.level_of(source, signal, answered, problems);
                    set(&mut outcomes[signal], side, value);
                }
                Some(Err(trouble)) => self.note_trouble(source, now, &trouble, problems),
                None => {}
            }
        }
    }

    /// Every level query of a source by signal and side; no query where the side has no matchers yet.
    pub(crate) fn level_queries(&self, source: usize) -> Vec<(usize, Side, Option<String>)> {
        let mut queries = Vec::new();
        for (at, signal) in self.signals.iter().enumerate() {
            let Kind::Query { source: own, query } = &signal.kind else {
                continue;
            };
            if *own != source {
                continue;
            }
            for side in [Side::Canary, Side::Baseline] {
                let matchers = self.matchers(side);
                queries.push((
                    at,
                    side,
                    matchers.map(|matchers| with_side(query, &matchers)),
                ));
            }
        }
        queries
    }

    fn matchers(&self, side: Side) -> Option<Vec<Matcher>> {
        match (&self.terms.sides, &self.by_label) {
            (SideRule::Matchers { canary, baseline }, _) => Some(match side {
                Side::Canary => canary.clone(),
                Side::Baseline => baseline.clone(),
            }),
            (SideRule::ByLabel { .. }, Some(by_label)) => by_label.matchers(side),
            (SideRule::ByLabel { .. }, None) => None,
        }
    }

    fn level_of(
        &self,
        source: usize,
        signal: usize,
        answered: Answered<Vec<VectorRow>>,
        problems: &mut Problems,
    ) -> Measured {
        let name = &self.sources[source].name;
        for warning in &answered.warnings {
            problems.note(
                name,
                format!("the server warns: {}", crate::trouble::brief(warning)),
            );
        }
        match answered.data.as_slice() {
            [] => Measured::Nothing(Gap::NoSeries),
            [row] => level(row.value),
            rows => {
                problems.note(
                    name,
                    format!(
                        "the query of signal `{}` gives {} series instead of one: wrap it in sum, max or avg",
                        self.signals[signal].name,
                        rows.len()
                    ),
                );
                Measured::Nothing(Gap::SourceFailed)
            }
        }
    }

    /// Tries every probe once.
    pub(crate) async fn probes(
        &self,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let mut tried = Vec::new();
        let mut tasks = Vec::new();
        for (at, signal) in self.signals.iter().enumerate() {
            if let Kind::Probe(probe) = &signal.kind {
                let probe = probe.clone();
                tried.push(at);
                tasks.push(async move { probe.look(now).await });
            }
        }
        let attempts = concurrently(PROBES_AT_ONCE, tasks).await;
        for (at, attempt) in tried.into_iter().zip(attempts) {
            let Some(attempt) = attempt else { continue };
            for attempt in [&attempt.canary, &attempt.baseline].into_iter().flatten() {
                if let Err(failure) = attempt {
                    problems.note(PROBE, format!("{}: {failure}", self.signals[at].name));
                }
            }
            outcomes[at] = Outcome::Measured(Sides {
                canary: measured(attempt.canary.as_ref()),
                baseline: measured(attempt.baseline.as_ref()),
            });
        }
    }
}

fn level(value: f64) -> Measured {
    if value.is_finite() {
        Measured::Level(value)
    } else {
        Measured::Nothing(Gap::NotANumber)
    }
}

fn set(outcome: &mut Outcome, side: Side, value: Measured) {
    if let Outcome::Measured(sides) = outcome {
        match side {
            Side::Canary => sides.canary = value,
            Side::Baseline => sides.baseline = value,
        }
    }
}

/// A free query with the matchers of one side.
fn with_side(query: &str, matchers: &[Matcher]) -> String {
    let text: Vec<String> = matchers.iter().map(ToString::to_string).collect();
    query.replace(SIDE, &text.join(","))
}
