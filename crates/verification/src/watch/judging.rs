//! Giving every row its word.

use super::Watch;
use crate::event::Event;
use crate::failing::{Asked, Failing};
use crate::row::{Row, dispersion_of};
use crate::summary::MilestoneKind;
use crate::verdict::{Because, Verdict, VerdictKind};
use std::sync::Arc;

impl Watch {
    /// Gives every row its word; words that change become events. Returns what must be reacted to.
    pub(super) fn judge(&mut self) -> Failing {
        let sealed = Arc::clone(&self.sealed);
        let plan = &sealed.plan;
        let moment = self.moment();
        let ask = |asked| {
            Failing::find(
                plan,
                &self.rows,
                moment.oldest,
                moment.ln_harm_needed,
                asked,
            )
        };
        let now = ask(Asked::Now);
        let words = ask(Asked::Word);
        let warming_up = self.warming_up();
        for at in 0..self.rows.len() {
            let (kind, because) = match words.because(at).or_else(|| now.because(at)) {
                Some(because) => (VerdictKind::Failing, because),
                None => {
                    let row = &self.rows[at];
                    row.calm_word(plan, &moment, warming_up, self.not_comparable(row))
                }
            };
            self.set_word(at, kind, because);
        }
        now
    }

    fn not_comparable(&self, row: &Row) -> Option<Because> {
        if !row.compares() {
            return None;
        }
        if let Some(side) = self.young {
            return Some(Because::YoungPods(side));
        }
        let plan = &self.sealed.plan;
        let dispersion = dispersion_of(plan);
        if let Some(share) = self.traffic.share_differs(plan, dispersion) {
            return Some(Because::ShareDiffers(share));
        }
        if row.id.slice.is_none() {
            let signal = plan.criteria[usize::from(row.id.criterion)].signal;
            return self
                .traffic
                .mix_differs(signal, dispersion)
                .map(Because::MixDiffers);
        }
        None
    }

    pub(super) fn set_word(&mut self, at: usize, kind: VerdictKind, because: Because) {
        let first = kind == VerdictKind::Failing
            && self.rows.iter().all(|row| row.kind != VerdictKind::Failing);
        if !self.rows[at].set_word(kind, because, self.at) {
            return;
        }
        if first {
            self.mark(MilestoneKind::Failing, self.at);
        }
        let verdict = self.verdict_of(at);
        self.out.push(Event::Verdict(verdict));
    }

    pub(crate) fn verdict_of(&self, at: usize) -> Verdict {
        let row = &self.rows[at];
        let plan = &self.sealed.plan;
        let signal = plan.criteria[usize::from(row.id.criterion)].signal;
        let latencies = self.latencies.get(&(signal, row.id.slice));
        row.verdict(plan, &self.moment(), latencies)
    }
}
