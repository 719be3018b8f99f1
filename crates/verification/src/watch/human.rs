//! What a human does to a watch, and when that is refused.

use super::{Phase, Watch};
use crate::decision::{By, Verb};
use crate::event::{Event, HumanAct, HumanActKind, Refusal, State};
use crate::summary::MilestoneKind;
use crate::terms::Reaction;
use crate::verdict::VerdictKind;

impl Watch {
    pub(super) fn human(&mut self, act: &HumanAct) {
        self.acts.push((self.at, act.clone()));
        if let Some(refusal) = self.refusal(act.kind) {
            self.out.push(Event::Refused(refusal));
            return;
        }
        let by = By::Human {
            name: act.name.clone(),
            reason: act.reason.clone(),
        };
        match act.kind {
            HumanActKind::Hold => {
                if matches!(self.phase, Phase::Deciding { .. }) {
                    self.take_back_roll_back();
                }
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
                self.decide_roll_back(rows, by, None);
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

    fn refusal(&self, act: HumanActKind) -> Option<Refusal> {
        match (act, &self.phase) {
            (_, Phase::Executing { .. } | Phase::Recovering { .. }) => {
                Some(Refusal::AlreadyRollingBack)
            }
            (_, Phase::Ended(State::Confirmed | State::RolledBack))
            | (
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
        }
    }

    /// A hold during the objection window is the objection: the watch goes on looking, and what the criteria say when it is released is decided anew, window included.
    fn take_back_roll_back(&mut self) {
        self.phase = Phase::Watching;
        let rows = self
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.verb == Verb::RollBack)
            .map(|decision| decision.rows.clone())
            .unwrap_or_default();
        // Whoever objects knows about these rows: no page has to tell that the rollback is held.
        self.mark_reacted(&rows, Reaction::Page);
    }
}
