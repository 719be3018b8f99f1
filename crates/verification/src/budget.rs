//! How the false-alarm budget is shared.
//!
//! A roll-back needs the weighted average of e-values to reach `1/alpha`; any other reaction needs its own weighted e-value to reach it.
//! As all weights together are at most 1, the average of *all* e-values bounds both, so the share of watches with any false alarm is at most
//! alpha (Vovk and Wang, "E-values: calibration, combination and applications", Ann. Stat. 2021: averages of e-values are e-values under any dependence).

use crate::terms::{Measure, Plan, Reaction, Rule, SignalKind};
use statistics::Worse;

/// Share of alpha that pays for the allowance for pods: the chance that a pod effect is larger than allowed.
const PODS: f64 = 0.1;
/// The same of beta. Larger than for alpha: a bet on safety is made once a row, so its allowance can be much smaller for a little more evidence.
const PODS_OF_SAFETY: f64 = 0.2;
/// Share of alpha for slices, where the plan splits a signal.
const SLICES: f64 = 0.2;
/// Share of the criteria's part that goes to roll-back criteria, where there are others too: a missed roll-back costs more than a late ticket.
const ROLL_BACK: f64 = 0.8;
/// Share of a criterion's weight that its catastrophic process gets (statistics.md A5).
pub(crate) const CATASTROPHIC: f64 = 0.1;

/// The budget of one watch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Budget {
    alpha: f64,
    beta: f64,
    by_criterion: Vec<f64>,
    slices: f64,
    /// Criteria that are judged by slice.
    split: usize,
}

impl Budget {
    pub(crate) fn share(plan: &Plan) -> Self {
        let split = plan
            .criteria
            .iter()
            .filter(|criterion| {
                draws(plan, criterion) && !plan.signal_of(criterion).for_each.is_empty()
            })
            .count();
        let slices = if split > 0 { SLICES } else { 0.0 };
        let grave = plan
            .criteria
            .iter()
            .filter(|criterion| draws(plan, criterion) && rolls_back(criterion))
            .count();
        let light = plan
            .criteria
            .iter()
            .filter(|criterion| draws(plan, criterion) && !rolls_back(criterion))
            .count();
        let grave_part = match (grave, light) {
            (0, _) => 0.0,
            (_, 0) => 1.0,
            _ => ROLL_BACK,
        };
        let by_criterion = plan
            .criteria
            .iter()
            .map(|criterion| {
                let (part, among) = if rolls_back(criterion) {
                    (grave_part, grave)
                } else {
                    (1.0 - grave_part, light)
                };
                if draws(plan, criterion) {
                    (1.0 - slices) * part / among as f64
                } else {
                    0.0
                }
            })
            .collect();
        Self {
            alpha: plan.compare.false_alarms,
            beta: plan.compare.false_confirms,
            by_criterion,
            slices,
            split,
        }
    }

    /// `ln(1/alpha)` for evidence: what weighted e-values must reach.
    pub(crate) fn ln_needed(&self) -> f64 {
        -libm::log(self.alpha * (1.0 - PODS))
    }

    /// Weight of a criterion's whole row.
    pub(crate) fn weight(&self, criterion: u16) -> f64 {
        self.by_criterion
            .get(usize::from(criterion))
            .copied()
            .unwrap_or(0.0)
    }

    /// Weight of one row of a slice, when `together` slices appear in one look after `earlier` ones.
    ///
    /// The k-th slice gets `slices/(k(k+1))`, which over all k adds up to the slices' share however many appear. Slices that appear together share what they get
    /// together, since their order says nothing; so do the criteria that judge a slice.
    pub(crate) fn slice_weight(&self, earlier: u32, together: u32) -> f64 {
        let first = f64::from(earlier) + 1.0;
        let together = f64::from(together.max(1));
        let part = (1.0 / first - 1.0 / (first + together)) / together;
        self.slices * part / self.split.max(1) as f64
    }

    /// Chance that a row of this weight may spend on a pod effect larger than allowed for.
    pub(crate) fn pods_share(&self, weight: f64) -> f64 {
        self.alpha * PODS * weight
    }

    /// `ln(1/beta)` for evidence: what evidence of *within* must reach. All required rows must, so they share nothing.
    pub(crate) fn ln_safety_needed(&self) -> f64 {
        -libm::log(self.beta * (1.0 - PODS_OF_SAFETY))
    }

    /// Chance that a row may spend on a pod effect that hides harm.
    pub(crate) fn pods_share_of_safety(&self) -> f64 {
        self.beta * PODS_OF_SAFETY
    }
}

pub(crate) fn rolls_back(criterion: &crate::terms::Criterion) -> bool {
    criterion.then.contains(&Reaction::RollBack)
}

/// Whether a criterion draws on the budget: levels are judged reading by reading and do not.
fn draws(plan: &Plan, criterion: &crate::terms::Criterion) -> bool {
    !matches!(plan.signal_of(criterion).kind, SignalKind::Level { .. })
        && !matches!(criterion.measure, Measure::Level)
}

/// The bad direction of a rule.
pub(crate) const fn worse_of(rule: Rule) -> Worse {
    match rule {
        Rule::AgainstBaseline { worse, .. } => worse,
        Rule::NeverAbove(_) => Worse::Higher,
        Rule::NeverBelow(_) => Worse::Lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_never_spend_more_than_their_share() {
        let budget = Budget {
            alpha: 0.01,
            beta: 0.05,
            by_criterion: vec![],
            slices: SLICES,
            split: 3,
        };
        let (mut spent, mut earlier) = (0.0, 0);
        for together in [1, 10, 1, 5, 200, 1, 1, 1000] {
            spent += budget.slice_weight(earlier, together) * f64::from(together) * 3.0;
            earlier += together;
        }
        assert!(spent < SLICES && spent > 0.99 * SLICES, "{spent}");
    }
}
