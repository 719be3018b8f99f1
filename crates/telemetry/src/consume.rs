//! Counts what has been read, signal by signal.

use std::collections::BTreeSet;

use verification::observation::{Side, Sides};

use crate::increments::LOOK_BACK;
use crate::problems::Problems;
use crate::reader::{Outcome, Reader};
use crate::readings::SideTally;
use crate::sightings::Sightings;
use crate::signals::Kind;
use crate::silence::{is_eager, names_statuses};
use crate::tally::{Interval, Sum, Trials, counts, durations};

/// How long both sides wait for one whose query failed, in milliseconds. Counting one side alone would compare different
/// stretches of time, and an incident that hit both would look like one side's; but a canary on fire must not wait long.
const HOLD_BOTH: i64 = 60 * 1000;

/// How much of a signal is kept waiting when one of its two counters cannot be read, in milliseconds. Beyond it the stretch
/// is given up, so that memory stays bounded.
const GIVE_UP: i64 = 15 * 60 * 1000;

const SIDES: [Side; 2] = [Side::Canary, Side::Baseline];

impl Reader {
    /// Counts every signal of a source up to `through`, except those that `failed` fetches leave incomplete.
    pub(crate) fn consume(
        &mut self,
        source: usize,
        through: i64,
        failed: &BTreeSet<usize>,
        outcomes: &mut [Outcome],
        problems: &mut Problems,
    ) {
        let sightings = self.sightings(source);
        if let Some(known_from) = self.sources[source].known_from {
            self.ages.note(&sightings, known_from, through);
        }
        for (at, outcome) in outcomes.iter_mut().enumerate() {
            if self.signals[at].source() == Some(source) && self.signals[at].cursor().is_some() {
                self.consume_signal(at, through, failed, &sightings, outcome, problems);
            }
        }
        let silent = !failed.is_empty()
            && self
                .fetches
                .0
                .iter()
                .enumerate()
                .filter(|(id, fetch)| {
                    fetch.source == source && !self.sources[source].starts.contains(id)
                })
                .all(|(id, _)| failed.contains(&id));
        let connection = &mut self.sources[source];
        connection.sightings = sightings;
        // Where nothing was found out the pods are those that were seen last.
        if !silent {
            connection.looked_at = Some(through);
        }
        self.forget(source, through);
    }

    /// Drops samples that no later count can need.
    fn forget(&mut self, source: usize, through: i64) {
        let earliest = self
            .signals
            .iter()
            .filter(|signal| signal.source() == Some(source))
            .filter_map(|signal| signal.cursor().flatten())
            .min()
            .unwrap_or(through);
        for fetch in self
            .fetches
            .0
            .iter_mut()
            .filter(|fetch| fetch.source == source)
        {
            fetch.store.forget_before(earliest - LOOK_BACK);
        }
    }

    fn sightings(&self, source: usize) -> Sightings {
        let mut sightings = Sightings::default();
        let starts = &self.sources[source].starts;
        for (id, fetch) in self.fetches.0.iter().enumerate() {
            if fetch.source != source {
                continue;
            }
            for (labels, series) in fetch.store.iter() {
                let side = self.side_of(fetch.side, labels);
                if starts.contains(&id) {
                    sightings.note_start(labels, side, series, &self.terms.pod_label);
                } else {
                    sightings.note(labels, side, series, &self.terms.pod_label);
                }
            }
        }
        sightings.sort();
        sightings
    }

    fn consume_signal(
        &mut self,
        at: usize,
        through: i64,
        failed: &BTreeSet<usize>,
        sightings: &Sightings,
        outcome: &mut Outcome,
        problems: &mut Problems,
    ) {
        let signal = &self.signals[at];
        let fails = |side: Side| signal.fetches(side).iter().any(|id| failed.contains(id));
        let failing: Vec<Side> = SIDES.into_iter().filter(|side| fails(*side)).collect();
        let cursor = signal.cursor().flatten();
        let from = cursor.unwrap_or(through);
        let held_for = through - from;
        let hold = match failing.len() {
            0 => false,
            1 => cursor.is_some() && held_for <= HOLD_BOTH,
            _ => true,
        };
        for side in if hold { &SIDES[..] } else { &failing } {
            outcome.fail(*side);
        }
        if hold {
            let ahead = SIDES
                .iter()
                .flat_map(|side| signal.fetches(*side))
                .any(|id| self.fetches.0[id].through >= Some(through));
            if cursor.is_some() && held_for > GIVE_UP && ahead {
                if let Some(source) = signal.source() {
                    let message = format!(
                        "{} s of signal `{}` are given up: one of its counters could not be read for that long",
                        held_for / 1000,
                        signal.name
                    );
                    problems.note(&self.sources[source].name, message);
                }
                self.signals[at].set_cursor(through);
            }
            return;
        }
        self.update_silence(at);
        // Before the beginning of a watch, and after a clock was set back, there is nothing to count.
        let from = from.min(through);
        for side in SIDES.into_iter().filter(|side| !failing.contains(side)) {
            self.tally(
                at,
                side,
                Interval { from, through },
                cursor.is_none(),
                sightings,
                outcome,
            );
        }
        self.signals[at].set_cursor(through.max(cursor.unwrap_or(through)));
    }

    fn tally(
        &self,
        at: usize,
        side: Side,
        interval: Interval,
        begins: bool,
        sightings: &Sightings,
        outcome: &mut Outcome,
    ) {
        let signal = &self.signals[at];
        let naming = self.naming(signal);
        match (&signal.kind, outcome) {
            (Kind::Counts(terms), Outcome::Counts(sides)) => {
                let events = self.lines(*terms.events.get(side), side);
                let trials = terms.trials.map_or(Trials::PodTime(side), |trials| {
                    Trials::Counter(self.lines(*trials.get(side), side))
                });
                let tally = counts(&events, &trials, sightings, naming, terms.silence, interval);
                extend(sides, side, tally, begins);
            }
            (Kind::Durations(terms), Outcome::Durations(sides)) => {
                let lines = self.lines(*terms.of.get(side), side);
                extend(
                    sides,
                    side,
                    durations(&lines, sightings, naming, interval),
                    begins,
                );
            }
            _ => {}
        }
    }

    /// Sums both sides over all that was read at `at`, by sightings that make every series begin just before.
    pub(crate) fn tally_lifetime(
        &mut self,
        at: usize,
        through: i64,
        sightings: &Sightings,
        outcome: &mut Outcome,
    ) {
        self.update_silence(at);
        let interval = Interval {
            from: through - 1,
            through,
        };
        for side in SIDES {
            self.tally(at, side, interval, false, sightings, outcome);
        }
    }

    /// What absence of a signal's events means, from all that is at hand.
    fn update_silence(&mut self, at: usize) {
        let Kind::Counts(terms) = &self.signals[at].kind else {
            return;
        };
        let mut silence = terms.silence;
        for side in SIDES {
            let events = &self.fetches.0[*terms.events.get(side)].store;
            silence.known |= !events.is_empty();
            silence.eager |= events.iter().any(|(_, series)| is_eager(series));
            if let Some(trials) = terms.trials
                && !silence.known
            {
                let trials = &self.fetches.0[*trials.get(side)].store;
                silence.known =
                    names_statuses(&terms.part, trials.iter().map(|(labels, _)| labels));
            }
        }
        if let Kind::Counts(terms) = &mut self.signals[at].kind {
            terms.silence = silence;
        }
    }
}

fn extend<A: Sum>(
    sides: &mut Sides<SideTally<A>>,
    side: Side,
    mut tally: crate::tally::Tally<A>,
    begins: bool,
) {
    // The first look only begins: whatever is there is a first sample.
    tally.traces.first |= begins && tally.traces.present;
    let sum = match side {
        Side::Canary => &mut sides.canary,
        Side::Baseline => &mut sides.baseline,
    };
    sum.tally.extend(tally);
}
