//! From the order's outcome to the proof that the rollback helped.

use super::looking::Readings;
use super::{Phase, Watch};
use crate::comparable::trials;
use crate::decision::{By, Verb};
use crate::event::{Event, State};
use crate::intent::{Outcome, OutcomeKind};
use crate::observation::{Gap, Measured, Tick};
use crate::recovery::{Recovery, RecoveryLimit, Shared};
use crate::summary::MilestoneKind;
use crate::terms::{Otherwise, Reaction};
use crate::time::Timestamp;
use crate::verdict::RowId;
use core::time::Duration;
use std::sync::Arc;

/// Time to prove a recovery, where the plan says nothing.
const RECOVER_WITHIN: Duration = Duration::from_secs(600);

impl Watch {
    pub(super) fn outcome(&mut self, outcome: &Outcome) {
        let Some(entry) = self
            .intents
            .iter_mut()
            .find(|(intent, known)| intent.id == outcome.intent && known.is_none())
        else {
            return;
        };
        entry.1 = Some(outcome.clone());
        let ordered_at = entry.0.at;
        let Phase::Executing { intent, .. } = self.phase else {
            return;
        };
        if intent != outcome.intent {
            return;
        }
        self.phases.execute = Some(outcome.at.since(ordered_at));
        match outcome.result {
            OutcomeKind::Failed => {
                self.leave_to_humans();
                self.decide_otherwise();
            }
            OutcomeKind::Unknown => {
                self.decide(Verb::Page, Vec::new(), By::Recovery, None, None);
                self.begin_recovery(outcome.at);
            }
            OutcomeKind::Done => {
                self.mark(MilestoneKind::RolledBack, outcome.at);
                self.begin_recovery(outcome.at);
            }
        }
    }

    fn decide_otherwise(&mut self) {
        let otherwise = self
            .sealed
            .plan
            .action(Reaction::RollBack)
            .map_or(Otherwise::Page, |terms| terms.otherwise);
        let verb = match otherwise {
            Otherwise::Page => Verb::Page,
            Otherwise::Ticket => Verb::Ticket,
        };
        self.decide(verb, Vec::new(), By::Recovery, None, None);
    }

    fn begin_recovery(&mut self, since: Timestamp) {
        let sealed = Arc::clone(&self.sealed);
        let terms = sealed.plan.action(Reaction::RollBack);
        let limits = self.what_must_recover(terms.and_then(|terms| terms.recovered_when));
        let deadline = since + terms.map_or(RECOVER_WITHIN, |terms| terms.within);
        let share_by = self.shared.map(|_| sealed.plan.judge_every);
        self.phase = Phase::Recovering {
            recovery: Box::new(Recovery::begin(since, deadline, share_by, &limits)),
        };
    }

    /// The criterion that the plan names, else the rows that failed, else everything that is required.
    fn what_must_recover(&self, named: Option<u16>) -> Vec<RecoveryLimit> {
        let whole = |criterion: u16| {
            move |id: RowId| {
                id == RowId {
                    criterion,
                    slice: None,
                }
            }
        };
        if let Some(criterion) = named {
            return self.recovery_limits(whole(criterion));
        }
        let failed = self
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.verb == Verb::RollBack)
            .map(|decision| decision.rows.as_slice())
            .unwrap_or_default();
        let of_failed = self.recovery_limits(|id| failed.contains(&id));
        if !of_failed.is_empty() {
            return of_failed;
        }
        self.recovery_limits(|id| {
            id.slice.is_none() && self.sealed.plan.criteria[usize::from(id.criterion)].required
        })
    }

    fn recovery_limits(&self, wanted: impl Fn(RowId) -> bool) -> Vec<RecoveryLimit> {
        self.rows
            .iter()
            .filter(|row| wanted(row.id))
            .filter_map(|row| row.recovery_limit(&self.sealed.plan))
            .collect()
    }

    /// Lets one look enter the proof. A look in which a source failed proves nothing; a canary without series has no traffic, if it could be seen before.
    pub(super) fn feed_recovery(&mut self, tick: &Tick) {
        let sealed = Arc::clone(&self.sealed);
        let canary_was_seen = self.canary_was_seen;
        let Phase::Recovering { recovery } = &mut self.phase else {
            return;
        };
        if !recovery.counts(tick.from) {
            return;
        }
        let interval = (tick.from, tick.through);
        let find = Readings::of(tick);
        // `None`: unknown. `Some(None)`: it has nothing.
        let canary = |measured| match measured {
            Measured::Nothing(Gap::NoSeries | Gap::Stale) if canary_was_seen => Some(None),
            Measured::Nothing(_) => None,
            measured => Some(Some(measured)),
        };
        let ids: Vec<RowId> = recovery.rows().collect();
        for id in ids {
            let signal = sealed.plan.criteria[usize::from(id.criterion)].signal;
            let Some(row) = self.rows.iter().find(|row| row.id == id) else {
                continue;
            };
            let Some(reading) = find.reading(signal, id.slice) else {
                continue;
            };
            let sides = reading.sides.clone();
            let Some(of_canary) = canary(sides.canary) else {
                continue;
            };
            if let Some(after) = row.after(of_canary.as_ref(), &sides.baseline) {
                recovery.feed(id, interval, after);
            }
        }
        if let Some(reading) = self.shared.and_then(|signal| find.reading(signal, None))
            && let Some(of_canary) = canary(reading.sides.canary.clone())
            && let Some(baseline) = trials(&reading.sides.baseline)
        {
            let canary = of_canary.as_ref().and_then(trials).unwrap_or(0);
            recovery.feed_share(
                interval,
                Shared {
                    canary,
                    service: canary.saturating_add(baseline),
                },
            );
        }
    }

    pub(super) fn advance_recovering(&mut self) {
        let ln_needed = self.budget.ln_safety_needed();
        let Phase::Recovering { recovery } = &self.phase else {
            return;
        };
        let proven = recovery.is_proven(ln_needed);
        if !proven && self.at < recovery.deadline {
            return;
        }
        let report = recovery.report(proven, self.at, ln_needed);
        self.recovery = Some(report.clone());
        self.out.push(Event::Recovery(report));
        self.ended = Some(self.at);
        self.phase = Phase::Ended(State::RolledBack);
        if proven {
            let executed = self
                .intents
                .iter()
                .rev()
                .find(|(intent, _)| intent.reaction == Reaction::RollBack)
                .and_then(|(_, outcome)| outcome.as_ref());
            self.phases.verify = executed.map(|outcome| self.at.since(outcome.at));
            self.mark(MilestoneKind::Recovered, self.at);
        } else {
            self.mark(MilestoneKind::NotRecovered, self.at);
            self.decide_otherwise();
        }
    }
}
