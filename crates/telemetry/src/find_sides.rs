//! Which value of a label is the canary's, by what a server knows.

use std::collections::BTreeMap;
use std::time::Duration;

use verification::observation::Side;
use verification::terms::Join;
use verification::time::Timestamp;

use crate::labels::Labels;
use crate::problems::Problems;
use crate::prometheus::PrometheusClient;
use crate::reader::{Reader, SourceKind};
use crate::sides::{Appearance, ByLabel, appearance};
use crate::trouble::Trouble;

/// How much history before the watch is searched for the appearance of the newest version.
const HISTORY: Duration = Duration::from_secs(24 * 3600);
/// Points over which that history is spread.
const HISTORY_POINTS: u32 = 288;

impl Reader {
    /// Finds out which series belong to which side, where a label tells.
    pub(crate) async fn find_sides(
        &mut self,
        source: usize,
        through: i64,
        present: i64,
        problems: &mut Problems,
    ) {
        let Some(by_label) = &self.by_label else {
            return;
        };
        let SourceKind::Prometheus {
            client,
            history_read,
            ..
        } = &self.sources[source].kind
        else {
            return;
        };
        let (client, history_read) = (client.clone(), *history_read);
        let name = self.sources[source].name.clone();
        let at = Timestamp::from_millis(through);
        if let Some(join) = by_label.join.clone() {
            let query = format!("{}{{{}!=\"\"}}", join.metric, by_label.label);
            match client.instant(&query, Some(at)).await {
                Ok(answered) => self.join(&join, answered.data.iter().map(|row| &row.labels)),
                Err(trouble) => problems.trouble(&name, &trouble),
            }
        }
        if self.by_label.as_ref().is_some_and(ByLabel::wants_history) && !history_read {
            // As of now, even where the samples that are read lie further back.
            match self
                .read_history(&client, source, Timestamp::from_millis(present))
                .await
            {
                Ok(appeared) => {
                    if let Some(by_label) = &mut self.by_label {
                        by_label.history(appeared, present);
                    }
                    if let SourceKind::Prometheus { history_read, .. } =
                        &mut self.sources[source].kind
                    {
                        *history_read = true;
                    }
                }
                // Without history the first value would pass for old and the second for new.
                Err(trouble) => {
                    problems.trouble(&name, &trouble);
                    return;
                }
            }
        }
        self.note_values(source, problems);
    }

    pub(crate) fn join<'a>(&mut self, join: &Join, info: impl Iterator<Item = &'a Labels>) {
        if let Some(by_label) = &mut self.by_label {
            let label = by_label.label.clone();
            let rows: Vec<(Vec<String>, String)> = info
                .map(|labels| (ByLabel::key(join, labels), labels.get(&label).to_owned()))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            by_label.joined(rows);
        }
    }

    /// Notes values of the sides' label that show up in what was read.
    pub(crate) fn note_values(&mut self, source: usize, problems: &mut Problems) {
        let Some(by_label) = &self.by_label else {
            return;
        };
        let mut values: BTreeMap<String, i64> = BTreeMap::new();
        for fetch in self.fetches.0.iter().filter(|fetch| fetch.source == source) {
            for (labels, series) in fetch.store.iter() {
                let (Some(value), Some(first)) = (by_label.value(labels), series.times().min())
                else {
                    continue;
                };
                if value.is_empty() {
                    continue;
                }
                let known = values.entry(value.to_owned()).or_insert(first);
                *known = first.min(*known);
            }
        }
        let name = self.sources[source].name.clone();
        if let Some(by_label) = &mut self.by_label {
            let appearances = by_label.seen(&values);
            if let Some(message) = by_label.undecided() {
                problems.note(&name, message);
            }
            for appearance in appearances {
                if let Appearance::LeftOut(value) = appearance {
                    problems.note(
                        &name,
                        format!(
                            "another {} appeared ({value}): it belongs to neither side of this watch",
                            by_label.label
                        ),
                    );
                }
            }
        }
    }

    /// When each value of the sides' label appeared, by the server's history.
    async fn read_history(
        &self,
        client: &PrometheusClient,
        source: usize,
        at: Timestamp,
    ) -> Result<BTreeMap<String, i64>, Trouble> {
        let Some(by_label) = &self.by_label else {
            return Ok(BTreeMap::new());
        };
        let selector = match &by_label.join {
            Some(join) => join.metric.clone(),
            // Trials rather than events: they are there from the first request.
            None => match self
                .signals
                .iter()
                .filter(|signal| signal.source() == Some(source))
                .find_map(|signal| signal.fetches(Side::Baseline).last().copied())
            {
                Some(id) => self.fetches.0[id].text.clone(),
                None => return Ok(BTreeMap::new()),
            },
        };
        let over = HISTORY + self.terms.watch_for;
        let step = over / HISTORY_POINTS;
        let step_millis = i64::try_from(step.as_millis()).unwrap_or(i64::MAX / 2);
        let query = format!("count by ({}) ({selector})", by_label.label);
        let from = at - over;
        let answered = client.range(&query, from, at, step).await?;
        Ok(answered
            .data
            .iter()
            .filter_map(|series| {
                let times: Vec<i64> = series.values.iter().map(|(at, _)| *at).collect();
                let began = appearance(&times, from.millis())?;
                let value = series.labels.get(&by_label.label).to_owned();
                // Versions that are gone are nothing to compare with.
                let gone = times
                    .last()
                    .is_none_or(|last| at.millis() - last > 2 * step_millis);
                (!value.is_empty() && !gone).then_some((value, began))
            })
            .collect())
    }
}
