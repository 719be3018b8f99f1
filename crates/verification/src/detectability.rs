//! What a criterion can detect, said before the watch: from real traffic, at the criterion's share of the budget.

use crate::budget::Budget;
use crate::comparison::noise_of;
use crate::pods::Pods;
use crate::terms::{Criterion, Limit, Measure, Plan, Rule, SignalKind};
use core::time::Duration;
use statistics::required::{
    smallest_confirmable, smallest_detectable, trials_to_confirm, trials_to_harm,
};
use statistics::{Design, Margin, Starts, Worse, pod_allowance};

/// Share of the traffic taken for a canary that has none yet, where the plan states none: what careful teams begin with.
const USUAL_SHARE: f64 = 0.1;
/// Error rate taken where no error has been seen: a rate of zero would promise too much.
const RARE: f64 = 1e-4;

/// Traffic of a criterion's signal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// Trials a second on the canary, once it has some.
    pub canary_per_second: Option<f64>,
    /// Trials a second on the baseline.
    pub baseline_per_second: f64,
    /// Events per trial on the baseline.
    pub baseline_rate: Option<f64>,
    /// Pods of the canary.
    pub canary_pods: u32,
    /// Pods of the baseline.
    pub baseline_pods: u32,
}

/// What a criterion can detect. Margins are in the limit's own terms: fraction for points, relative change for percent; for latencies the
/// share of requests beyond the shifted threshold, relative to the share that the baseline has beyond the unshifted one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detectability {
    /// Smallest damage that the whole watch is expected to find; `None` where there is too little traffic for any.
    pub smallest: Option<f64>,
    /// Expected time until damage of twice the limit is found.
    pub detects_twice_the_limit: Option<Duration>,
    /// Expected time until no damage is confirmed; `None` where the watch is too short or noise is larger than the limit.
    pub confirms: Option<Duration>,
    /// Smallest limit that could be confirmed within the watch.
    pub smallest_limit: Option<f64>,
    /// Share of the traffic that the canary was taken to have.
    pub share: f64,
}

impl Detectability {
    /// Whether the watch is too short, or the noise too large, for this limit ever to be confirmed.
    #[must_use]
    pub const fn cannot_be_judged(&self) -> bool {
        self.confirms.is_none()
    }
}

/// What a comparison with the baseline can detect; `None` for levels and fixed values, which need no comparison.
///
/// Expected values under the plan's noise (assumed where not declared); single watches vary around them.
#[must_use]
pub fn detectability(
    plan: &Plan,
    criterion: &Criterion,
    traffic: &Traffic,
) -> Option<Detectability> {
    let Rule::AgainstBaseline { worse, limit } = criterion.rule else {
        return None;
    };
    if matches!(plan.signal_of(criterion).kind, SignalKind::Level { .. }) {
        return None;
    }
    let (margin, base) = match (criterion.measure, limit) {
        (Measure::Rate, Limit::Points(points)) => {
            (Margin::difference(points), traffic.baseline_rate)
        }
        (Measure::Rate, Limit::Relative(part)) if worse == Worse::Higher => {
            (Margin::ratio(1.0 + part), traffic.baseline_rate)
        }
        (Measure::Rate, Limit::Relative(part)) => {
            (Margin::ratio(1.0 - part), traffic.baseline_rate)
        }
        (Measure::Quantile(quantile), _) => (Margin::ratio(1.0), Some(1.0 - quantile)),
        _ => return None,
    };
    let base = base?.max(RARE);
    let budget = Budget::share(plan);
    let at = plan
        .criteria
        .iter()
        .position(|known| known.name == criterion.name)?;
    let weight = budget.weight(u16::try_from(at).ok()?);
    let noise = noise_of(plan, criterion);
    let allowance = |share: f64| {
        pod_allowance(
            noise.pod_sd,
            traffic.canary_pods.max(1),
            traffic.baseline_pods.max(1),
            share * Pods::UNKNOWN.part(),
        )
    };
    let design = Design {
        margin: margin.ok()?,
        worse,
        dispersion: noise.dispersion,
        pod_allowance: allowance(budget.pods_share(weight)),
        starts: Starts::over(plan.looks()),
        expected_rate: Some(base),
    };
    let safety_design = Design {
        pod_allowance: allowance(budget.pods_share_of_safety()),
        ..design
    };
    let share = match traffic.canary_per_second {
        Some(canary) => canary / (canary + traffic.baseline_per_second),
        None => plan.compare.canary_share.unwrap_or(USUAL_SHARE),
    };
    let per_second = traffic.baseline_per_second + traffic.canary_per_second.unwrap_or(0.0);
    if !(per_second > 0.0 && share > 0.0 && share < 1.0) {
        return None;
    }
    let judged = plan.watch_for.saturating_sub(plan.warm_up);
    let trials = per_second * judged.as_secs_f64();
    let ln_needed = budget.ln_needed() - libm::log(weight);
    let ln_safety = budget.ln_safety_needed();
    let span = |trials: f64| {
        Duration::try_from_secs_f64(trials / per_second)
            .ok()
            .filter(|span| *span <= judged)
    };
    let (twice, calm) = match (criterion.measure, worse) {
        // A quantile at twice its limit puts about twice the share of requests beyond the shifted threshold; a calm canary about a fifth of it.
        (Measure::Quantile(_), _) => (base * 2.0, base),
        (_, Worse::Higher) => (
            design.margin.ratio * base + design.margin.difference + excess(limit, base),
            base,
        ),
        (_, Worse::Lower) => (
            (design.margin.ratio * base - design.margin.difference - excess(limit, base)).max(0.0),
            base,
        ),
    };
    let confirms = if matches!(criterion.measure, Measure::Quantile(_)) {
        // No difference is itself on the null of a dominance test; what confirms is that few requests lie beyond the shifted threshold.
        let halved = Design {
            margin: Margin {
                ratio: CALM_TAIL,
                ..design.margin
            },
            ..design
        };
        trials_to_confirm(calm, share, &halved, ln_safety)
    } else {
        trials_to_confirm(calm, share, &safety_design, ln_safety)
    };
    let said = |found: f64| match criterion.measure {
        Measure::Rate if design.margin.is_absolute() => found,
        _ => (found - 1.0).abs(),
    };
    Some(Detectability {
        smallest: smallest_detectable(base, share, trials, &design, ln_needed).map(said),
        detects_twice_the_limit: span(trials_to_harm(base, twice, share, &design, ln_needed)),
        confirms: confirms.and_then(span),
        smallest_limit: smallest_confirmable(base, share, trials, &safety_design, ln_safety)
            .map(said),
        share,
    })
}

/// Where a calm canary's tail lies against the baseline's unshifted one, seen from the null: latencies fall off by about this much when a
/// threshold is shifted by a limit worth having (the quantile doubled, for a log-normal service with sigma of 0.6).
const CALM_TAIL: f64 = 5.0;

/// The limit once more, so that the sum is twice the limit.
fn excess(limit: Limit, base: f64) -> f64 {
    match limit {
        Limit::Points(points) => points,
        Limit::Relative(part) => part * base,
        Limit::Amount(_) => 0.0,
    }
}
