//! From the decision to roll back to the order.

use super::{Phase, Watch};
use crate::decision::{By, Verb};
use crate::failing::Failing;
use crate::sight::patience;
use crate::summary::MilestoneKind;
use crate::terms::Reaction;
use crate::verdict::RowId;
use core::time::Duration;

/// How long after its deadline an order may still be without an outcome before a human is told.
const OVERDUE: Duration = Duration::from_secs(30);

impl Watch {
    /// Notes since when there has been reason for a rollback, whoever decides on it, and when anything failed first.
    pub(super) fn note_detection(&mut self, failing: &Failing) {
        if failing.roll_back.is_empty() {
            self.detected_at = None;
        } else if self.detected_at.is_none() {
            self.detected_at = Some(self.at);
            self.phases.detect = self.canary_first.map(|seen| self.at.since(seen));
        }
        if !failing.lighter.is_empty() && self.phases.detect.is_none() {
            self.phases.detect = self.canary_first.map(|seen| self.at.since(seen));
        }
    }

    pub(super) fn decide_roll_back_by_criteria(&mut self, failing: &Failing) {
        let rows: Vec<RowId> = failing
            .roll_back
            .iter()
            .map(|&(at, _)| self.rows[at].id)
            .collect();
        let window = self
            .sealed
            .plan
            .authority
            .roll_back
            .objection
            .as_ref()
            .map(|objection| objection.within);
        self.decide_roll_back(rows.clone(), By::Criteria, window);
        // Whoever may object must hear of it while there is time, unless a page about these rows has just gone out.
        if window.is_some() && !self.has_reacted(&rows, Reaction::Page) {
            self.mark_reacted(&rows, Reaction::Page);
            self.decide(Verb::Page, rows, By::Criteria, None, None);
        }
    }

    pub(super) fn decide_roll_back(
        &mut self,
        rows: Vec<RowId>,
        authority: By,
        window: Option<Duration>,
    ) {
        let effective_at = window.map(|window| self.at + window);
        self.canary_was_seen = self.canary_seen.is_some_and(|seen| {
            self.consumed_through
                .is_some_and(|through| through.since(seen) <= patience(&self.sealed.plan))
        });
        self.mark(MilestoneKind::RollBackDecided, self.at);
        self.decide(Verb::RollBack, rows, authority, effective_at, None);
        self.phase = Phase::Deciding {
            effective_at: effective_at.unwrap_or(self.at),
        };
    }

    /// While somebody may object, judging goes on: whoever may object sees what is true now. The decision stands, though, until somebody does.
    pub(super) fn advance_deciding(&mut self) {
        let failing = self.judge();
        self.react(&failing, None);
    }

    pub(super) fn order_roll_back(&mut self) {
        let intent = self.order(Reaction::RollBack);
        let (id, overdue_at) = (intent.id, intent.deadline + OVERDUE);
        self.phases.decide = self.detected_at.map(|detected| self.at.since(detected));
        self.phase = Phase::Executing {
            intent: id,
            overdue_at: Some(overdue_at),
        };
    }

    /// An order whose outcome never comes must not be waited for in silence.
    pub(super) fn advance_executing(&mut self) {
        let at = self.at;
        if let Phase::Executing { overdue_at, .. } = &mut self.phase
            && overdue_at.is_some_and(|overdue| at >= overdue)
        {
            *overdue_at = None;
            self.decide(Verb::Page, Vec::new(), By::Recovery, None, None);
        }
    }
}
