//! How the false-alarm budget is shared.
//!
//! A roll-back needs the weighted average of e-values to reach `1/alpha`; any other reaction needs its own weighted e-value to reach it.
//! As all weights together are at most 1, the average of *all* e-values bounds both, so the share of watches with any false alarm is at most
//! alpha (Vovk and Wang, "E-values: calibration, combination and applications", Ann. Stat. 2021: averages of e-values are e-values under any dependence).

use crate::terms::{Measure, Plan, Reaction, Rule, SignalKind};
use statistics::Worse;

/// Share of alpha that pays for the allowance for pods: the chance that a pod effect is larger than allowed.
const PODS: f64 = 0.1;
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
    by_criterion: Vec<f64>,
    slices: f64,
}

impl Budget {
    pub(crate) fn share(plan: &Plan) -> Self {
        let has_slices = plan
            .criteria
            .iter()
            .any(|criterion| !plan.signal_of(criterion).for_each.is_empty());
        let slices = if has_slices { SLICES } else { 0.0 };
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
            by_criterion,
            slices,
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

    /// Weight of the slice that appears as the `k`-th of the watch, from 1: the weights of all slices sum to the slices' share, however many appear.
    pub(crate) fn slice_weight(&self, k: u32) -> f64 {
        let k = f64::from(k);
        self.slices / (k * (k + 1.0))
    }

    /// Chance that a row of this weight may spend on a pod effect larger than allowed for.
    pub(crate) fn pods_share(&self, weight: f64) -> f64 {
        self.alpha * PODS * weight
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
