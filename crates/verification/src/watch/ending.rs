//! The end of a watch: confirmed on evidence, else a human is asked.

use super::{Phase, Watch};
use crate::decision::{By, Instead, Verb};
use crate::event::State;
use crate::summary::MilestoneKind;
use crate::terms::{DecidedBy, Reaction};
use crate::verdict::{Because, RowId, VerdictKind};
use std::sync::Arc;

impl Watch {
    /// Ends the watch: confirmed only if every required criterion has evidence of *within* from the last part of the watch alone, and none of its slices fails.
    pub(super) fn finish(&mut self) {
        let sealed = Arc::clone(&self.sealed);
        let proven = self.all_within();
        self.ended = Some(self.at);
        if proven && self.held_by.is_none() && sealed.plan.authority.confirm == DecidedBy::Shakedown
        {
            self.mark(MilestoneKind::Confirmed, self.at);
            self.decide(Verb::Confirm, Vec::new(), By::End, None, None);
            self.phase = Phase::Ended(State::Confirmed);
            return;
        }
        let state = if self.silence.blind {
            State::CannotSee
        } else {
            State::NeedsReview
        };
        let instead = if self.held_by.is_some() {
            Some(Instead::Held)
        } else {
            proven.then_some(Instead::HumanDecides)
        };
        // Proven but not for Shakedown to confirm: a human is asked, whatever follows an undecided end.
        let reaction = match sealed.plan.authority.undecided_at_the_end {
            Reaction::RollBack => Reaction::Review,
            _ if proven => Reaction::Review,
            other => other,
        };
        let rows = self.open_rows();
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

    fn all_within(&mut self) -> bool {
        let sealed = Arc::clone(&self.sealed);
        let moment = self.moment();
        let mut required = 0;
        let mut all = !self.silence.blind;
        for at in 0..self.rows.len() {
            let row = &self.rows[at];
            if !sealed.plan.criteria[usize::from(row.id.criterion)].required {
                continue;
            }
            if row.id.slice.is_some() {
                all &= row.kind != VerdictKind::Failing;
                continue;
            }
            required += 1;
            if row.kind != VerdictKind::Within {
                all = false;
            } else if !row.confirms(&sealed.plan, &moment) {
                all = false;
                self.set_word(at, VerdictKind::Undecided, Because::NotSeenLately);
            }
        }
        all && required > 0
    }

    /// Wholes that are not within, and slices that fail.
    fn open_rows(&self) -> Vec<RowId> {
        self.rows
            .iter()
            .filter(|row| match row.id.slice {
                None => row.kind != VerdictKind::Within,
                Some(_) => row.kind == VerdictKind::Failing,
            })
            .map(|row| row.id)
            .collect()
    }

    /// Asks for a review with the plan's terms where it has some; else the watch is over.
    pub(super) fn leave_to_humans(&mut self) {
        self.ended = Some(self.at);
        let state = State::NeedsReview;
        self.phase = match &self.sealed.plan.authority.review {
            Some(review) => Phase::Reviewing {
                until: self.at + review.within,
                state,
            },
            None => Phase::Ended(state),
        };
    }

    pub(super) fn advance_reviewing(&mut self) {
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
}
