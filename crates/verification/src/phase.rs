//! The way of a watch from looking to its end: decide, act, prove the recovery, ask.

use crate::decision::{By, Instead, Verb};
use crate::event::{Event, HumanAct, HumanActKind, Refusal, State};
use crate::intent::{IntentId, Outcome, OutcomeKind};
use crate::observation::{Gap, Measured, Tick};
use crate::recovery::{Recovery, RecoveryLimit};
use crate::summary::MilestoneKind;
use crate::terms::{DecidedBy, Otherwise, Reaction};
use crate::time::Timestamp;
use crate::verdict::{Because, RowId, VerdictKind};
use crate::watch::{Watch, find_reading};
use core::time::Duration;
use std::sync::Arc;

/// How long a message may be tried to be delivered, where the plan says nothing.
pub(crate) const MESSAGE_DEADLINE: Duration = Duration::from_secs(600);
/// How long nothing may be seen before the state says so, where the plan says nothing.
pub(crate) const CANNOT_SEE_DEFAULT: Duration = Duration::from_secs(600);
/// Time to prove a recovery, where the plan says nothing.
const RECOVER_WITHIN: Duration = Duration::from_secs(600);

/// Where a watch stands.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Looking and judging.
    Watching,
    /// A rollback is decided; it is ordered at this time unless somebody objects.
    Deciding { effective_at: Timestamp },
    /// The rollback is ordered.
    Executing { intent: IntentId },
    /// The recovery is being proven.
    Recovering { recovery: Box<Recovery> },
    /// Over but for the answer to a review.
    Reviewing { until: Timestamp, state: State },
    /// Over.
    Ended(State),
}

impl Watch {
    /// Lets time and evidence take effect.
    pub(crate) fn advance(&mut self) {
        if matches!(self.phase, Phase::Watching) {
            self.advance_watching();
        }
        if let Phase::Deciding { effective_at } = self.phase
            && self.held_by.is_none()
            && self.at >= effective_at
        {
            self.order_roll_back();
        }
        self.advance_recovering();
        self.advance_reviewing();
    }

    fn advance_watching(&mut self) {
        let failing = self.judge();
        if failing.roll_back.is_empty() {
            self.react(&failing, None);
        } else {
            let blocked = self.roll_back_blocked();
            self.react(&failing, blocked);
            if blocked.is_none() {
                let rows = failing
                    .roll_back
                    .iter()
                    .map(|&(at, _)| self.rows[at].id)
                    .collect();
                self.decide_roll_back(rows, By::Criteria);
                return;
            }
        }
        self.watch_silence();
        if self.at >= self.ends() {
            self.finish();
        }
    }

    fn decide_roll_back(&mut self, rows: Vec<RowId>, authority: By) {
        let window = match &authority {
            By::Human { .. } => None,
            _ => self
                .sealed
                .plan
                .authority
                .roll_back
                .objection
                .as_ref()
                .map(|objection| objection.within),
        };
        let effective_at = window.map(|window| self.at + window);
        self.phases.detect = self.canary_first.map(|seen| self.at.since(seen));
        self.detected_at = Some(self.at);
        self.mark(MilestoneKind::RollBackDecided, self.at);
        self.decide(Verb::RollBack, rows, authority, effective_at, None);
        self.phase = Phase::Deciding {
            effective_at: effective_at.unwrap_or(self.at),
        };
    }

    fn order_roll_back(&mut self) {
        let intent = self.order(Reaction::RollBack);
        self.phases.decide = self.detected_at.map(|detected| self.at.since(detected));
        self.phase = Phase::Executing { intent };
    }

    /// Ends the watch: confirmed only if every required criterion has evidence of *within* from the last part of the watch alone.
    fn finish(&mut self) {
        let sealed = Arc::clone(&self.sealed);
        let ln_needed = self.ln_safety_needed();
        let mut required = 0;
        let mut all = true;
        for at in 0..self.rows.len() {
            let row = &self.rows[at];
            if row.id.slice.is_some()
                || !sealed.plan.criteria[usize::from(row.id.criterion)].required
            {
                continue;
            }
            required += 1;
            if row.kind != VerdictKind::Within {
                all = false;
            } else if !row.confirms(self.at, ln_needed) {
                all = false;
                self.set_word(at, VerdictKind::Undecided, Because::NotSeenLately);
            }
        }
        let confirmed = all && required > 0 && self.held_by.is_none() && !self.blind;
        self.ended = Some(self.at);
        if confirmed && sealed.plan.authority.confirm == DecidedBy::Shakedown {
            self.mark(MilestoneKind::Confirmed, self.at);
            self.decide(Verb::Confirm, Vec::new(), By::End, None, None);
            self.phase = Phase::Ended(State::Confirmed);
            return;
        }
        let state = if self.blind {
            State::CannotSee
        } else {
            State::NeedsReview
        };
        let reaction = if confirmed {
            Reaction::Review
        } else {
            sealed.plan.authority.undecided_at_the_end
        };
        let reaction = if reaction == Reaction::RollBack {
            Reaction::Review
        } else {
            reaction
        };
        let instead = if confirmed {
            Some(Instead::HumanDecides)
        } else {
            self.held_by.is_some().then_some(Instead::Held)
        };
        let rows = self
            .rows
            .iter()
            .filter(|row| row.kind != VerdictKind::Within && row.id.slice.is_none())
            .map(|row| row.id)
            .collect();
        self.mark(MilestoneKind::ReviewAsked, self.at);
        self.decide(reaction.into(), rows, By::End, None, instead);
        self.phase = match &sealed.plan.authority.review {
            Some(review) if reaction == Reaction::Review => Phase::Reviewing {
                until: self.at + review.within,
                state,
            },
            _ => Phase::Ended(state),
        };
    }

    fn advance_reviewing(&mut self) {
        let Phase::Reviewing { until, state } = self.phase else {
            return;
        };
        if self.at < until {
            return;
        }
        self.phase = Phase::Ended(state);
        let otherwise = self
            .sealed
            .plan
            .authority
            .review
            .as_ref()
            .map(|review| review.otherwise);
        if let Some(reaction) = otherwise.filter(|reaction| *reaction != Reaction::RollBack) {
            self.decide(reaction.into(), Vec::new(), By::End, None, None);
        }
    }

    pub(crate) fn human(&mut self, act: &HumanAct) {
        self.acts.push((self.at, act.clone()));
        let by = By::Human {
            name: act.name.clone(),
            reason: act.reason.clone(),
        };
        let refusal = match (act.kind, &self.phase) {
            (_, Phase::Executing { .. } | Phase::Recovering { .. }) => {
                Some(Refusal::AlreadyRollingBack)
            }
            (_, Phase::Ended(State::Confirmed | State::RolledBack)) => Some(Refusal::Ended),
            (
                HumanActKind::Hold | HumanActKind::Release,
                Phase::Ended(_) | Phase::Reviewing { .. },
            ) => Some(Refusal::Ended),
            (HumanActKind::Release, _) if self.held_by.is_none() => Some(Refusal::NotHeld),
            (HumanActKind::RollBack, _)
                if self.sealed.plan.action(Reaction::RollBack).is_none() =>
            {
                Some(Refusal::NoAction)
            }
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.out.push(Event::Refused(refusal));
            return;
        }
        match act.kind {
            HumanActKind::Hold => {
                self.held_by = Some(act.name.clone());
                self.mark(MilestoneKind::Held, self.at);
                self.decide(Verb::Hold, Vec::new(), by, None, None);
            }
            HumanActKind::Release => {
                self.held_by = None;
                self.mark(MilestoneKind::Released, self.at);
                self.decide(Verb::Release, Vec::new(), by, None, None);
            }
            HumanActKind::RollBack => {
                let rows = self
                    .rows
                    .iter()
                    .filter(|row| row.kind == VerdictKind::Failing)
                    .map(|row| row.id)
                    .collect();
                self.ended = None;
                self.held_by = None;
                self.decide_roll_back(rows, by);
            }
            HumanActKind::Confirm => {
                self.held_by = None;
                self.ended = Some(self.at);
                self.mark(MilestoneKind::Confirmed, self.at);
                self.decide(Verb::Confirm, Vec::new(), by, None, None);
                self.phase = Phase::Ended(State::Confirmed);
            }
        }
    }

    pub(crate) fn outcome(&mut self, outcome: &Outcome) {
        let Some(entry) = self
            .intents
            .iter_mut()
            .find(|(intent, known)| intent.id == outcome.intent && known.is_none())
        else {
            return;
        };
        entry.1 = Some(outcome.clone());
        let ordered_at = entry.0.at;
        let Phase::Executing { intent } = self.phase else {
            return;
        };
        if intent != outcome.intent {
            return;
        }
        self.phases.execute = Some(outcome.at.since(ordered_at));
        match outcome.result {
            OutcomeKind::Failed => {
                self.ended = Some(self.at);
                self.phase = Phase::Ended(State::NeedsReview);
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
        let named = terms.and_then(|terms| terms.recovered_when);
        let decided = self
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.verb == Verb::RollBack)
            .map(|decision| decision.rows.clone());
        let limits: Vec<RecoveryLimit> = match named {
            Some(criterion) => self.recovery_limits(|id| {
                id == RowId {
                    criterion,
                    slice: None,
                }
            }),
            None => {
                let failing = decided.unwrap_or_default();
                let of_failing = self.recovery_limits(|id| failing.contains(&id));
                if of_failing.is_empty() {
                    self.recovery_limits(|id| {
                        id.slice.is_none()
                            && sealed.plan.criteria[usize::from(id.criterion)].required
                    })
                } else {
                    of_failing
                }
            }
        };
        let deadline = since + terms.map_or(RECOVER_WITHIN, |terms| terms.within);
        self.phase = Phase::Recovering {
            recovery: Box::new(Recovery::begin(since, deadline, &limits)),
        };
    }

    fn recovery_limits(&self, wanted: impl Fn(RowId) -> bool) -> Vec<RecoveryLimit> {
        self.rows
            .iter()
            .filter(|row| wanted(row.id))
            .filter_map(|row| row.recovery_limit(&self.sealed.plan))
            .collect()
    }

    /// Lets one look enter the proof. A look in which a source failed proves nothing; a canary without series has no traffic.
    pub(crate) fn feed_recovery(&mut self, tick: &Tick) {
        let sealed = Arc::clone(&self.sealed);
        let Phase::Recovering { recovery } = &mut self.phase else {
            return;
        };
        if !recovery.counts(tick.from) {
            return;
        }
        let ids: Vec<RowId> = recovery.rows().collect();
        let mut share = None;
        for id in ids {
            let signal = sealed.plan.criteria[usize::from(id.criterion)].signal;
            let Some(row) = self.rows.iter().find(|row| row.id == id) else {
                continue;
            };
            let Some(reading) = find_reading(tick, signal, id.slice) else {
                continue;
            };
            let canary = match &reading.sides.canary {
                Measured::Nothing(Gap::SourceFailed | Gap::NotANumber | Gap::FirstSample) => {
                    continue;
                }
                Measured::Nothing(_) => None,
                measured => Some(measured),
            };
            let Some(service) = row.service_sample(canary, &reading.sides.baseline) else {
                continue;
            };
            recovery.feed(id, service);
            if share.is_none() {
                let baseline = row
                    .service_sample(None, &reading.sides.baseline)
                    .map_or(0, |sample| sample.trials);
                share = Some((service.trials.saturating_sub(baseline), service.trials));
            }
        }
        if let Some((canary, service)) = share {
            recovery.feed_share(canary, service);
        }
    }

    fn advance_recovering(&mut self) {
        let ln_needed = self.ln_safety_needed();
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
