//! Taking one look in.

use super::{Phase, Watch};
use crate::comparable::young_side;
use crate::comparison::Admission;
use crate::latencies::Latencies;
use crate::observation::{Measured, Reading, Sides, Tick};
use crate::pods::Pods;
use crate::row::dispersion_of;
use crate::summary::{MilestoneKind, Silent};
use crate::terms::{Measure, Plan, SignalKind};
use std::sync::Arc;

impl Watch {
    pub(super) fn look(&mut self, tick: &Tick) {
        self.looks = self.looks.saturating_add(1);
        self.slices.admit(tick);
        self.note_pods_and_versions(tick);
        self.note_silence(tick);
        // What was consumed before is never counted again; where the intervals overlap it cannot be told apart, and a lost look is the lesser harm.
        let again = self
            .consumed_through
            .is_some_and(|through| tick.from < through);
        self.consumed_through = Some(
            self.consumed_through
                .map_or(tick.through, |before| before.max(tick.through)),
        );
        if again {
            return;
        }
        if tick
            .readings
            .iter()
            .any(|reading| !matches!(reading.sides.canary, Measured::Nothing(_)))
        {
            self.canary_seen = Some(tick.through);
        }
        if self.canary_first.is_none() && canary_has_traffic(self.plan(), tick) {
            self.canary_first = Some(tick.from);
            self.mark(MilestoneKind::CanarySeen, tick.through);
        }
        match &self.phase {
            Phase::Watching | Phase::Deciding { .. } => self.feed_rows(tick),
            Phase::Recovering { .. } => self.feed_recovery(tick),
            Phase::Executing { .. } | Phase::Reviewing { .. } | Phase::Ended(_) => {}
        }
    }

    fn note_pods_and_versions(&mut self, tick: &Tick) {
        self.last_pods = Sides {
            canary: tick.pods.canary.count,
            baseline: tick.pods.baseline.count,
        };
        for (known, seen) in [
            (&mut self.newest.canary, tick.newest.canary),
            (&mut self.newest.baseline, tick.newest.baseline),
        ] {
            *known = (*known).max(seen);
        }
        if let Some(versions) = &tick.versions {
            self.versions = versions.clone();
        }
    }

    fn note_silence(&mut self, tick: &Tick) {
        if self.silent.is_empty() && tick.problems.is_empty() {
            return;
        }
        let known = core::mem::take(&mut self.silent);
        for problem in &tick.problems {
            let since = known
                .iter()
                .find(|silent| silent.problem.source == problem.source)
                .map_or(tick.from.max(self.started), |silent| silent.since);
            if !self
                .silent
                .iter()
                .any(|silent| silent.problem.source == problem.source)
            {
                self.silent.push(Silent {
                    since,
                    problem: problem.clone(),
                });
            }
        }
    }

    fn feed_rows(&mut self, tick: &Tick) {
        let sealed = Arc::clone(&self.sealed);
        let plan = &sealed.plan;
        let warm = self.warm_until().is_some_and(|until| tick.from >= until);
        if warm
            && !self
                .timeline
                .iter()
                .any(|milestone| milestone.what == MilestoneKind::WarmedUp)
        {
            self.mark(MilestoneKind::WarmedUp, tick.from);
        }
        if self.canary_first.is_some() {
            self.traffic.add(tick, self.shared, warm);
        }
        self.open_slices(tick);
        self.young = if warm { young_side(tick) } else { None };
        let dispersion = dispersion_of(plan);
        let comparable =
            self.young.is_none() && self.traffic.share_differs(plan, dispersion).is_none();
        let mixed: Vec<bool> = (0..plan.signals.len())
            .map(|signal| {
                u16::try_from(signal)
                    .ok()
                    .and_then(|signal| self.traffic.mix_differs(signal, dispersion))
                    .is_some()
            })
            .collect();
        let late = tick.from >= self.last_part_starts();
        let pods = if self.canary_first.is_some() {
            self.pods.see(tick.pods)
        } else {
            Pods::UNKNOWN
        };
        let oldest = self.moment().oldest;
        let admission = |signal: u16, slice: Option<u16>| {
            let mixed = slice.is_none() && mixed[usize::from(signal)];
            Admission {
                judged: warm && comparable && !mixed,
                mixed,
                late,
                pods,
                oldest,
            }
        };
        let find = Readings::of(tick);
        let mut latencies = core::mem::take(&mut self.latencies);
        for (&(signal, slice), known) in &mut latencies {
            let sides = find.reading(signal, slice).map(|reading| &reading.sides);
            let judged = admission(signal, slice).judged;
            known.feed(tick, sides, judged, oldest);
        }
        let mut rows = core::mem::take(&mut self.rows);
        for row in &mut rows {
            let signal = plan.criteria[usize::from(row.id.criterion)].signal;
            let reading = find.reading(signal, row.id.slice);
            row.feed(plan, tick, reading, &admission(signal, row.id.slice));
        }
        self.rows = rows;
        self.latencies = latencies;
    }

    /// Latencies are kept where a criterion is about them.
    pub(super) fn keep_latencies(&mut self, criterion: u16, slice: Option<u16>) {
        let plan = &self.sealed.plan;
        let terms = &plan.criteria[usize::from(criterion)];
        if !matches!(terms.measure, Measure::Quantile(_)) {
            return;
        }
        let longest = plan
            .criteria
            .iter()
            .filter(|other| {
                other.signal == terms.signal && matches!(other.measure, Measure::Quantile(_))
            })
            .map(|other| other.sustained_for)
            .max()
            .unwrap_or_default();
        self.latencies
            .entry((terms.signal, slice))
            .or_insert_with(|| Latencies::new(longest));
    }
}

/// Finds readings of a tick, whose order is by signal and slice.
pub(super) struct Readings<'tick> {
    readings: &'tick [Reading],
    in_order: bool,
}

impl<'tick> Readings<'tick> {
    pub(super) fn of(tick: &'tick Tick) -> Self {
        Self {
            readings: &tick.readings,
            in_order: tick
                .readings
                .is_sorted_by_key(|reading| (reading.signal, reading.slice)),
        }
    }

    pub(super) fn reading(&self, signal: u16, slice: Option<u16>) -> Option<&'tick Reading> {
        let key = (signal, slice);
        if self.in_order {
            self.readings
                .binary_search_by_key(&key, |reading| (reading.signal, reading.slice))
                .ok()
                .map(|at| &self.readings[at])
        } else {
            self.readings
                .iter()
                .find(|reading| (reading.signal, reading.slice) == key)
        }
    }
}

pub(super) fn has_traffic(measured: &Measured) -> bool {
    match measured {
        Measured::Counts(sample) => sample.trials > 0,
        Measured::Durations(histogram) => histogram.total() > 0,
        Measured::Level(level) => level.is_finite(),
        Measured::Nothing(_) => false,
    }
}

/// Whether the canary serves. Probes are sent by us and levels need no traffic, so they say so only in plans that count nothing else.
fn canary_has_traffic(plan: &Plan, tick: &Tick) -> bool {
    let counts = |signal: u16| {
        plan.signals.get(usize::from(signal)).is_some_and(|signal| {
            !matches!(signal.kind, SignalKind::Probe(_) | SignalKind::Level { .. })
        })
    };
    let any = (0..plan.signals.len()).any(|signal| u16::try_from(signal).is_ok_and(counts));
    tick.readings
        .iter()
        .filter(|reading| !any || counts(reading.signal))
        .any(|reading| has_traffic(&reading.sides.canary))
}
