//! Reads metrics pages and counts what they added.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use verification::time::Timestamp;

use crate::matching::Matching;
use crate::problems::Problems;
use crate::prometheus::SeriesPoints;
use crate::reader::{Outcome, Reader, SourceKind};
use crate::scrape::{TargetAnswer, summary};
use crate::signals::Kind;
use crate::trouble::Trouble;

impl Reader {
    /// Reads all pages of a source once. Samples get the time of the look, so the clocks of pods do not matter.
    pub(crate) async fn scrape(
        &mut self,
        source: usize,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let answers = self.pages(source, now).await;
        let targets = answers.len();
        let troubles: Vec<(&str, &Trouble)> = answers
            .iter()
            .filter_map(|answer| Some((answer.place.as_str(), answer.answer.as_ref().err()?)))
            .collect();
        let name = self.sources[source].name.clone();
        if let Some(message) = summary(&troubles, targets) {
            let refused = troubles.iter().any(|(_, trouble)| trouble.refused());
            problems.say(&name, message, refused);
        }
        let silent = troubles.len() == targets;
        self.take_pages(source, now, answers, problems);
        let failed: BTreeSet<usize> = (0..self.fetches.0.len())
            .filter(|id| silent && self.fetches.0[*id].source == source)
            .collect();
        self.consume(source, now.millis(), &failed, outcomes, problems);
    }

    /// All pages of a source.
    pub(crate) async fn pages(&self, source: usize, now: Timestamp) -> Vec<TargetAnswer> {
        let SourceKind::Scrape { scraper, .. } = &self.sources[source].kind else {
            return Vec::new();
        };
        let mut wanted: Vec<Matching> = self
            .fetches
            .0
            .iter()
            .filter(|fetch| fetch.source == source)
            .map(|fetch| fetch.matching.clone())
            .collect();
        if let Some(join) = self
            .by_label
            .as_ref()
            .and_then(|by_label| by_label.join.as_ref())
        {
            wanted.push(Matching::metric(&join.metric));
        }
        let wanted: Arc<[Matching]> = wanted.into();
        scraper.scrape(&wanted, now.millis()).await
    }

    /// Keeps what pages held.
    pub(crate) fn take_pages(
        &mut self,
        source: usize,
        now: Timestamp,
        answers: Vec<TargetAnswer>,
        problems: &mut Problems,
    ) {
        let at = now.millis();
        let mut info = Vec::new();
        let join = self
            .by_label
            .as_ref()
            .and_then(|by_label| by_label.join.clone());
        for page in answers.into_iter().filter_map(|answer| answer.answer.ok()) {
            for (labels, value) in page.series {
                if join
                    .as_ref()
                    .is_some_and(|join| join.metric == labels.metric())
                {
                    info.push(labels.clone());
                }
                for fetch in self
                    .fetches
                    .0
                    .iter_mut()
                    .filter(|fetch| fetch.source == source)
                {
                    if fetch.matching.matches(&labels) {
                        fetch.store.append(SeriesPoints {
                            labels: labels.clone(),
                            values: vec![(at, value)],
                            natives: Vec::new(),
                        });
                    }
                }
            }
            if let SourceKind::Scrape { families, .. } = &mut self.sources[source].kind {
                families.extend(page.families);
            }
        }
        for fetch in self
            .fetches
            .0
            .iter_mut()
            .filter(|fetch| fetch.source == source)
        {
            fetch.through = Some(at);
        }
        let begins = self.sources[source].known_from.is_none();
        self.sources[source].known_from.get_or_insert(at);
        if let Some(join) = join {
            self.join(&join, info.iter());
        }
        if begins {
            self.appearances_by_start(source, at);
        }
        self.note_values(source, problems);
        self.declared(source);
    }

    /// Pages have no history: which version is newest is told by when its oldest process began. Where a process does not
    /// tell, nothing can be told.
    fn appearances_by_start(&mut self, source: usize, now: i64) {
        let Some(by_label) = &self.by_label else {
            return;
        };
        let starts = &self.sources[source].starts;
        let mut appeared: BTreeMap<String, Option<i64>> = BTreeMap::new();
        for (id, fetch) in self.fetches.0.iter().enumerate() {
            if fetch.source != source {
                continue;
            }
            for (labels, series) in fetch.store.iter() {
                let Some(value) = by_label.value(labels).filter(|value| !value.is_empty()) else {
                    continue;
                };
                let oldest = appeared.entry(value.to_owned()).or_default();
                if starts.contains(&id)
                    && let Some((_, seconds)) = series.values.last()
                {
                    let began = (seconds * 1000.0) as i64;
                    *oldest = Some(oldest.map_or(began, |known| known.min(began)));
                }
            }
        }
        let told = appeared.values().all(Option::is_some);
        let appeared = appeared
            .into_iter()
            .map(|(value, began)| (value, began.filter(|_| told).unwrap_or(now)))
            .collect();
        if let Some(by_label) = &mut self.by_label {
            by_label.history(appeared, now);
        }
    }

    /// A bare metric that a page declares may be absent for want of events.
    fn declared(&mut self, source: usize) {
        let SourceKind::Scrape { families, .. } = &self.sources[source].kind else {
            return;
        };
        for signal in &mut self.signals {
            if let Kind::Counts(terms) = &mut signal.kind
                && terms.source == source
                && terms.part.matchers.is_empty()
            {
                terms.silence.known |= families.contains_key(&terms.part.metric);
            }
        }
    }
}
