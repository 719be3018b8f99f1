//! What is done about silence (DESIGN.md 6, rule 4): never a rollback.

use super::Watch;
use crate::decision::By;
use crate::summary::MilestoneKind;
use crate::terms::Reaction;
use crate::time::Timestamp;
use crate::verdict::RowId;
use core::time::Duration;
use std::sync::Arc;

/// How long nothing may be seen before the state says so, where the plan says nothing.
const CANNOT_SEE_DEFAULT: Duration = Duration::from_secs(600);

/// How far the reaction to silence has gone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Silence {
    /// Whether something that must be seen has not been seen for too long.
    pub(crate) blind: bool,
    /// Steps of the plan that were taken.
    pub(crate) steps: u32,
    /// Since when everything that must be seen is seen.
    pub(crate) clear_since: Option<Timestamp>,
}

impl Watch {
    /// Reacts to required rows that cannot be seen for longer than the plan allows. A source that comes and goes is reacted to once: only when all was seen for as long as
    /// the first step allows for darkness, the steps begin anew.
    pub(super) fn watch_silence(&mut self) {
        let sealed = Arc::clone(&self.sealed);
        let plan = &sealed.plan;
        let any_required = plan.criteria.iter().any(|criterion| criterion.required);
        let dark: Vec<(RowId, Duration)> = self
            .rows
            .iter()
            .filter(|row| {
                let needed = !any_required || plan.criteria[usize::from(row.id.criterion)].required;
                needed && row.is_dark(self.at, plan)
            })
            .map(|row| (row.id, row.sight.dark_for(self.at, plan)))
            .collect();
        let longest = dark.iter().map(|&(_, time)| time).max().unwrap_or_default();
        let steps = &plan.authority.cannot_see;
        let first = steps.first().map_or(CANNOT_SEE_DEFAULT, |step| step.after);
        let blind = !dark.is_empty() && longest >= first;
        if blind && !self.silence.blind {
            self.mark(MilestoneKind::CannotSee, self.at);
            if self.phases.detect.is_none() {
                self.phases.detect = self.canary_first.map(|seen| self.at.since(seen));
            }
        }
        self.silence.blind = blind;
        if dark.is_empty() {
            let since = *self.silence.clear_since.get_or_insert(self.at);
            if self.at.since(since) >= first {
                self.silence.steps = 0;
            }
        } else {
            self.silence.clear_since = None;
        }
        while let Some(step) = steps.get(self.silence.steps as usize) {
            if dark.is_empty() || longest < step.after {
                break;
            }
            self.silence.steps += 1;
            let rows = dark
                .iter()
                .filter(|&&(_, time)| time >= step.after)
                .map(|&(id, _)| id)
                .collect();
            let then = if step.then == Reaction::RollBack {
                Reaction::Page
            } else {
                step.then
            };
            self.decide(then.into(), rows, By::Silence, None, None);
        }
    }
}
