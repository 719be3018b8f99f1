//! Which rows are failing: the budget is asked once for all of them.

use crate::budget::rolls_back;
use crate::log_sum::log_sum;
use crate::row::{Claim, Row};
use crate::terms::Plan;
use crate::time::Timestamp;
use crate::verdict::{Because, VerdictKind};

/// `ln 20`: rows that fail only together must each speak for themselves at one in twenty, so that no row is called failing on the word of the others.
const ALONE: f64 = 2.995_732_273_553_991;

/// The rows that are failing at this look, by index.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Failing {
    /// The smallest set of roll-back rows whose weighted e-values together reach `1/alpha`, strongest first, and levels past their limit throughout.
    pub(crate) roll_back: Vec<(usize, Because)>,
    /// Rows that fail by themselves and ask for something lighter; `true` where a rollback was asked for but the baseline is past the value too.
    pub(crate) lighter: Vec<(usize, Because, bool)>,
}

/// What is asked of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What must be reacted to now: the last stretch must be past the limit too.
    Now,
    /// Which rows carry the word: one that has it keeps it as long as the evidence stands, so that words do not flicker with every look.
    Word,
}

impl Failing {
    /// Asks every row and the budget. `ln_needed` is `ln(1/alpha)`.
    pub(crate) fn find(
        plan: &Plan,
        rows: &[Row],
        oldest: Timestamp,
        ln_needed: f64,
        asked: Asked,
    ) -> Self {
        let mut found = Self::default();
        let mut candidates: Vec<Candidate> = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            let grave = rolls_back(&plan.criteria[usize::from(row.id.criterion)]);
            match row.claim(oldest) {
                Claim::Nothing => {}
                Claim::Throughout { baseline_too } if grave && !baseline_too => {
                    found.roll_back.push((at, Because::PastLimitThroughout));
                }
                Claim::Throughout { baseline_too } => {
                    found
                        .lighter
                        .push((at, Because::PastLimitThroughout, grave && baseline_too));
                }
                Claim::Evidence {
                    ln_harm,
                    sustained,
                    ln_catastrophic,
                    baseline_too,
                } => {
                    let stands = asked == Asked::Word && row.kind == VerdictKind::Failing;
                    let main = if sustained || stands {
                        ln_harm
                    } else {
                        f64::NEG_INFINITY
                    };
                    let ln_e = log_sum(main, ln_catastrophic);
                    let candidate = Candidate {
                        at,
                        ln_e,
                        ln_weighted: ln_e + libm::log(row.weight),
                        because: if ln_catastrophic > main {
                            Because::Collapse
                        } else {
                            Because::PastLimit
                        },
                    };
                    if grave && !baseline_too {
                        candidates.push(candidate);
                    } else if candidate.ln_weighted >= ln_needed {
                        found.lighter.push((at, candidate.because, grave));
                    }
                }
            }
        }
        found.roll_back.extend(together(candidates, ln_needed));
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

/// A row that asks for a rollback.
struct Candidate {
    at: usize,
    ln_e: f64,
    ln_weighted: f64,
    because: Because,
}

/// The smallest set that reaches the bar together, and every further row that reaches it alone: the smallest set names the cause, the rest is no less true.
fn together(mut candidates: Vec<Candidate>, ln_needed: f64) -> Vec<(usize, Because)> {
    candidates.retain(|candidate| candidate.ln_e >= ALONE);
    candidates.sort_by(|a, b| {
        b.ln_weighted
            .total_cmp(&a.ln_weighted)
            .then(a.at.cmp(&b.at))
    });
    let mut sum = f64::NEG_INFINITY;
    let reaching = candidates.iter().position(|candidate| {
        sum = log_sum(sum, candidate.ln_weighted);
        sum >= ln_needed
    });
    let Some(last) = reaching else {
        return Vec::new();
    };
    candidates
        .iter()
        .enumerate()
        .filter(|(place, candidate)| *place <= last || candidate.ln_weighted >= ln_needed)
        .map(|(_, candidate)| (candidate.at, candidate.because))
        .collect()
}
