//! Reads a Prometheus server up to now, through whatever gap there is.

use std::collections::BTreeSet;

use verification::terms::{MatchOp, Matcher, Selector};
use verification::time::Timestamp;

use crate::concurrently::concurrently;
use crate::fetch::PROCESS_START;
use crate::increments::{CONTINUES_WITHIN, LOOK_BACK};
use crate::problems::Problems;
use crate::prometheus::{Answered, PrometheusClient, SeriesPoints};
use crate::reader::{Outcome, Reader, SourceKind};
use crate::sides::alternatives;
use crate::trouble::Trouble;

/// Longest stretch that is asked for and held at once, in milliseconds.
const PIECE: i64 = 10 * 60 * 1000;
/// Shortest stretch into which a piece is split when its answer is too large, in milliseconds.
const SHORTEST_PIECE: i64 = 15 * 1000;
/// Most of a gap that one look reads, in milliseconds: a look must end.
const MOST_A_LOOK: i64 = 6 * 60 * 60 * 1000;
/// By how much a server's clock may be behind ours without a word, in milliseconds.
const MUCH_BEHIND: i64 = 5 * 1000;

impl Reader {
    /// Reads and counts everything up to `now` less the lateness allowance.
    pub(crate) async fn catch_up(
        &mut self,
        source: usize,
        now: Timestamp,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let present = match self.present(source, now, problems).await {
            Ok(present) => present,
            Err(trouble) => {
                self.note_trouble(source, now, &trouble, problems);
                self.sources[source].down_at = Some(now);
                let failed = (0..self.fetches.0.len()).collect();
                let reached = (now - self.terms.lateness).millis();
                self.consume(source, reached, &failed, outcomes, problems);
                return;
            }
        };
        let mut reached = self.earliest_cursor(source).unwrap_or(present);
        // A watch that has just begun stands at its beginning until the lateness allowance has passed.
        let goal = present.min(reached.saturating_add(MOST_A_LOOK));
        loop {
            reached = reached.saturating_add(PIECE).min(goal);
            let failed = self.fetch_to(source, reached, now, problems).await;
            self.find_sides(source, reached, present, problems).await;
            self.ask_history(source, now).await;
            self.consume(source, reached, &failed, outcomes, problems);
            if reached >= goal || !failed.is_empty() {
                return;
            }
        }
    }

    /// The moment up to which samples can be expected to be there: now, or the server's now where its clock is behind ours,
    /// less the lateness allowance. One that went by our clock alone would find every sample too late. Asking for the time
    /// also finds out with one request instead of many that a server is down.
    async fn present(
        &self,
        source: usize,
        now: Timestamp,
        problems: &mut Problems,
    ) -> Result<i64, Trouble> {
        let (client, _) = self.client(source, now)?;
        let behind = match client.instant("time()", None).await {
            Ok(answered) => answered.data.first().map_or(0, |row| {
                let theirs = row.value * 1000.0;
                if theirs.is_finite() {
                    now.millis() - theirs as i64
                } else {
                    0
                }
            }),
            // A server that is there but cannot tell the time may still have what is needed.
            Err(Trouble::Rejected { .. } | Trouble::Unreadable { .. }) => 0,
            Err(trouble) => return Err(trouble),
        };
        if behind > MUCH_BEHIND {
            let message = format!(
                "the clock of {} is {} s behind ours: what it holds is read that much later; set both clocks",
                client.place(),
                behind / 1000
            );
            problems.note(&self.sources[source].name, message);
        }
        Ok((now - self.terms.lateness).millis() - behind.max(0))
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
