//! Which rows are failing: the budget is asked once for all of them.

use crate::row::{Claim, Row, is_grave, log_sum};
use crate::terms::Plan;
use crate::time::Timestamp;
use crate::verdict::Because;

/// The rows that are failing at this look, by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Failing {
    /// The smallest set of roll-back rows whose weighted e-values together reach `1/alpha`, strongest first, and levels past their limit throughout.
    pub(crate) roll_back: Vec<(usize, Because)>,
    /// Rows that fail by themselves and ask for something lighter; `true` where a rollback was asked for but the baseline is past the value too.
    pub(crate) lighter: Vec<(usize, Because, bool)>,
}

impl Failing {
    /// Asks every row and the budget. `ln_needed` is `ln(1/alpha)`.
    pub(crate) fn find(plan: &Plan, rows: &[Row], now: Timestamp, ln_needed: f64) -> Self {
        let mut found = Self::default();
        let mut candidates: Vec<(usize, f64, bool)> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let claim = row.claim(now);
            let grave = is_grave(plan, row);
            match claim {
                Claim {
                    throughout: true,
                    baseline_too,
                    ..
                } if grave && !baseline_too => {
                    found.roll_back.push((at, Because::PastLimitThroughout));
                }
                Claim {
                    throughout: true,
                    baseline_too,
                    ..
                } => {
                    found
                        .lighter
                        .push((at, Because::PastLimitThroughout, grave && baseline_too));
                }
                Claim {
                    ln_weighted: Some(ln_weighted),
                    collapse,
                    baseline_too,
                    ..
                } => {
                    if grave && !baseline_too {
                        candidates.push((at, ln_weighted, collapse));
                    } else if ln_weighted >= ln_needed {
                        found.lighter.push((at, because(collapse), grave));
                    }
                }
                Claim { .. } => {}
            }
        }
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut sum = f64::NEG_INFINITY;
        for (taken, candidate) in candidates.iter().enumerate() {
            sum = log_sum(sum, candidate.1);
            if sum >= ln_needed {
                found.roll_back.extend(
                    candidates[..=taken]
                        .iter()
                        .map(|&(at, _, collapse)| (at, because(collapse))),
                );
                break;
            }
        }
        // Every further roll-back row that reaches the bar alone is failing too: the smallest set names the cause, the rest is no less true.
        for &(at, ln_weighted, collapse) in &candidates {
            if ln_weighted >= ln_needed && !found.roll_back.iter().any(|&(known, _)| known == at) {
                found.roll_back.push((at, because(collapse)));
            }
        }
        found
    }

    pub(crate) fn because(&self, at: usize) -> Option<Because> {
        let grave = self
            .roll_back
            .iter()
            .find(|(known, _)| *known == at)
            .map(|(_, because)| *because);
        grave.or_else(|| {
            self.lighter
                .iter()
                .find(|(known, _, _)| *known == at)
                .map(|(_, because, _)| *because)
        })
    }
}

const fn because(collapse: bool) -> Because {
    if collapse {
        Because::Collapse
    } else {
        Because::PastLimit
    }
}
