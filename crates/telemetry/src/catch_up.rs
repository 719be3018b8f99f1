//! Reads a Prometheus server up to now, through whatever gap there is.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use verification::observation::Side;
use verification::terms::{MatchOp, Matcher, Selector};
use verification::time::Timestamp;

use crate::concurrently::concurrently;
use crate::fetch::PROCESS_START;
use crate::increments::{CONTINUES_WITHIN, LOOK_BACK};
use crate::problems::Problems;
use crate::prometheus::{Answered, PrometheusClient, SeriesPoints};
use crate::reader::{Outcome, Reader, SourceKind};
use crate::sides::{Appearance, ByLabel, alternatives, appearance};
use crate::signals::Kind;
use crate::silence::in_history;
use crate::trouble::Trouble;

/// Longest stretch that is asked for and held at once, in milliseconds.
const PIECE: i64 = 10 * 60 * 1000;
/// Shortest stretch into which a piece is split when its answer is too large, in milliseconds.
const SHORTEST_PIECE: i64 = 15 * 1000;
/// Most of a gap that one look reads, in milliseconds: a look must end.
const MOST_A_LOOK: i64 = 6 * 60 * 60 * 1000;
/// How much history is searched for the appearance of the newest version, at least.
const HISTORY: Duration = Duration::from_secs(24 * 3600);
/// Points over which that history is spread.
const HISTORY_POINTS: u32 = 288;

impl Reader {
    /// Reads and counts everything up to `now` less the lateness allowance.
    pub(crate) async fn catch_up(
        &mut self,
        source: usize,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let goal = (now - self.terms.lateness).millis();
        let mut reached = self.earliest_cursor(source).unwrap_or(goal);
        let goal = goal.min(reached.saturating_add(MOST_A_LOOK));
        loop {
            reached = reached.saturating_add(PIECE).min(goal);
            let failed = self.fetch_to(source, reached, now, problems).await;
            self.find_sides(source, reached, problems).await;
            self.ask_history(source, now).await;
            self.consume(source, reached, &failed, outcomes, problems);
            if reached >= goal || !failed.is_empty() {
                return;
            }
        }
    }

    /// The earliest moment up to which some signal of a source is counted; `None` before the first look.
    pub(crate) fn earliest_cursor(&self, source: usize) -> Option<i64> {
        self.signals
            .iter()
            .filter(|signal| signal.source() == Some(source))
            .filter_map(|signal| signal.cursor().flatten())
            .min()
    }

    /// The connection, unless the server wants to be left alone; then how much longer.
    pub(crate) fn client(
        &self,
        source: usize,
        now: Timestamp,
    ) -> Result<(PrometheusClient, usize), Trouble> {
        let SourceKind::Prometheus {
            client,
            concurrency,
            quiet_until,
            ..
        } = &self.sources[source].kind
        else {
            return Err(Trouble::Unreadable {
                place: self.sources[source].name.clone(),
                why: "it does not speak PromQL".to_owned(),
            });
        };
        match quiet_until {
            Some(until) if *until > now => Err(Trouble::Waiting {
                place: client.place().to_owned(),
                left: until.since(now),
            }),
            _ => Ok((client.clone(), *concurrency)),
        }
    }

    /// Notes a trouble of a server; one that wants fewer requests is left alone for a while.
    pub(crate) fn note_trouble(
        &mut self,
        source: usize,
        now: Timestamp,
        trouble: &Trouble,
        problems: &mut Problems,
    ) {
        let connection = &mut self.sources[source];
        problems.trouble(&connection.name, trouble);
        if let (Trouble::Busy { wait, .. }, SourceKind::Prometheus { quiet_until, .. }) =
            (trouble, &mut connection.kind)
        {
            *quiet_until = Some(now + *wait);
        }
    }

    /// Reads all selectors of a source up to `through` and returns those that failed.
    async fn fetch_to(
        &mut self,
        source: usize,
        through: i64,
        now: Timestamp,
        problems: &mut Problems,
    ) -> BTreeSet<usize> {
        let ids: Vec<usize> = (0..self.fetches.0.len())
            .filter(|id| self.fetches.0[*id].source == source)
            .collect();
        let (starts, counted): (Vec<usize>, Vec<usize>) = ids
            .into_iter()
            .partition(|id| self.sources[source].starts.contains(id));
        let failed = self.fetch(source, &counted, through, now, problems).await;
        // Without the jobs that the other series come from, every process of the server would be read.
        if self.by_label.is_some() && !self.narrow_starts(&counted, &starts) {
            return failed;
        }
        // Starts only help to tell births from returns: a signal does not wait for them.
        if failed.is_empty() {
            self.fetch(source, &starts, through, now, problems).await;
        }
        failed
    }

    async fn fetch(
        &mut self,
        source: usize,
        ids: &[usize],
        through: i64,
        now: Timestamp,
        problems: &mut Problems,
    ) -> BTreeSet<usize> {
        let due: Vec<usize> = ids
            .iter()
            .copied()
            .filter(|id| self.fetches.0[*id].through < Some(through))
            .collect();
        if due.is_empty() {
            return BTreeSet::new();
        }
        let (client, concurrency) = match self.client(source, now) {
            Ok(found) => found,
            Err(trouble) => {
                problems.trouble(&self.sources[source].name, &trouble);
                return due.into_iter().collect();
            }
        };
        let begin = self.begin(source, through);
        let tasks: Vec<_> = due
            .iter()
            .map(|id| {
                let fetch = &self.fetches.0[*id];
                let from = fetch.through.map_or(begin, |read| read.max(begin));
                pieces(client.clone(), fetch.text.clone(), from, through)
            })
            .collect();
        let answers = concurrently(concurrency, tasks).await;
        let mut failed = BTreeSet::new();
        for (id, answer) in due.into_iter().zip(answers) {
            match answer {
                Some(Ok(answered)) => {
                    for warning in &answered.warnings {
                        let message = format!(
                            "{} warns: {}",
                            client.place(),
                            crate::trouble::brief(warning)
                        );
                        problems.note(&self.sources[source].name, message);
                    }
                    let fetch = &mut self.fetches.0[id];
                    for series in answered.data {
                        fetch.store.append(series);
                    }
                    fetch.through = Some(through);
                    self.sources[source]
                        .known_from
                        .get_or_insert(begin + CONTINUES_WITHIN);
                }
                Some(Err(trouble)) => {
                    self.note_trouble(source, now, &trouble, problems);
                    failed.insert(id);
                }
                None => {
                    failed.insert(id);
                }
            }
        }
        failed
    }

    /// Where reading begins for a selector of which nothing is held. At the start of a watch it reaches back over the
    /// warm-up too, so that the age of pods is known.
    fn begin(&self, source: usize, through: i64) -> i64 {
        let warm_up = i64::try_from(self.terms.warm_up.as_millis()).unwrap_or(i64::MAX);
        let back = if self.sources[source].known_from.is_none() {
            LOOK_BACK.max(warm_up.saturating_add(2 * CONTINUES_WITHIN))
        } else {
            LOOK_BACK
        };
        self.earliest_cursor(source)
            .unwrap_or(through)
            .min(through)
            .saturating_sub(back)
    }

    /// Restricts the process starts to the jobs of the other series; `false` if there are none.
    fn narrow_starts(&mut self, counted: &[usize], starts: &[usize]) -> bool {
        let jobs: BTreeSet<String> = counted
            .iter()
            .flat_map(|id| self.fetches.0[*id].store.iter())
            .map(|(labels, _)| labels.get("job").to_owned())
            .filter(|job| !job.is_empty())
            .collect();
        if jobs.is_empty() {
            return false;
        }
        let mut selector = Selector {
            metric: PROCESS_START.to_owned(),
            matchers: vec![Matcher {
                label: "job".to_owned(),
                op: MatchOp::Matches,
                value: alternatives(&jobs),
            }],
        };
        if let Some(by_label) = self
            .by_label
            .as_ref()
            .filter(|by_label| by_label.join.is_none())
        {
            selector.matchers.push(Matcher {
                label: by_label.label.clone(),
                op: MatchOp::NotEqual,
                value: String::new(),
            });
        }
        let text = selector.to_string();
        for id in starts {
            self.fetches.0[*id].text.clone_from(&text);
        }
        true
    }

    /// Finds out which series belong to which side, where a label tells.
    async fn find_sides(&mut self, source: usize, through: i64, problems: &mut Problems) {
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
            match self.read_history(&client, source, at).await {
                Ok(appeared) => {
                    if let Some(by_label) = &mut self.by_label {
                        by_label.history(appeared);
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

    pub(crate) fn join<'a>(
        &mut self,
        join: &verification::terms::Join,
        info: impl Iterator<Item = &'a crate::labels::Labels>,
    ) {
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
        let resumed = self.consumed.is_some();
        let over = if resumed {
            HISTORY + self.terms.watch_for
        } else {
            HISTORY
        };
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
                // At the beginning of a watch, versions that are gone are nothing to compare with.
                let gone = times
                    .last()
                    .is_none_or(|last| at.millis() - last > 2 * step_millis);
                (!value.is_empty() && (resumed || !gone)).then_some((value, began))
            })
            .collect())
    }

    /// Asks the server about counters of events that have not been seen, once each.
    async fn ask_history(&mut self, source: usize, now: Timestamp) {
        for at in 0..self.signals.len() {
            let Kind::Counts(terms) = &self.signals[at].kind else {
                continue;
            };
            let seen = |id: usize| !self.fetches.0[id].store.is_empty();
            let here = terms.source == source;
            let events = seen(terms.events.canary) || seen(terms.events.baseline);
            if !here || terms.history_asked || terms.silence.known || events {
                continue;
            }
            let Ok((client, _)) = self.client(source, now) else {
                return;
            };
            let part = terms.part.clone();
            // A server that cannot say is asked again at the next look; until then the counter stays unknown.
            if let Ok(known) = in_history(&client, &part, now).await
                && let Kind::Counts(terms) = &mut self.signals[at].kind
            {
                terms.history_asked = true;
                terms.silence.known |= known;
            }
        }
    }
}

/// Reads one selector piece by piece, in smaller ones where an answer is too large.
async fn pieces(
    client: PrometheusClient,
    selector: String,
    mut from: i64,
    through: i64,
) -> Result<Answered<Vec<SeriesPoints>>, Trouble> {
    let mut whole = Answered {
        data: Vec::new(),
        warnings: Vec::new(),
    };
    let mut length = PIECE;
    while from < through {
        let to = from.saturating_add(length).min(through);
        match client.raw(&selector, from, to).await {
            Ok(answered) => {
                whole.data.extend(answered.data);
                whole.warnings.extend(answered.warnings);
                from = to;
            }
            Err(Trouble::TooLarge { .. }) if length > SHORTEST_PIECE => {
                length = (length / 2).max(SHORTEST_PIECE);
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(whole)
}
