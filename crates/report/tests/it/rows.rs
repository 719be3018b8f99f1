//! Rows of verdicts.

use crate::plans::minutes;
use statistics::Range;
use verification::observation::{Gap, Side, Sides};
use verification::summary::Row;
use verification::terms::{Limit, Noise, Plan, Rule};
use verification::time::Timestamp;
use verification::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, Verdict, VerdictKind,
};

/// 2026-11-20 14:00 UTC: the start of every watch here.
pub const START: Timestamp = Timestamp::from_millis(1_795_183_200_000);

pub fn sides<T>(baseline: T, canary: T) -> Sides<T> {
    Sides { canary, baseline }
}

pub fn row_id(criterion: u16) -> RowId {
    RowId {
        criterion,
        slice: None,
    }
}

/// A row of the plan's criterion with a verdict.
pub fn row(
    plan: &Plan,
    criterion: u16,
    kind: VerdictKind,
    because: Because,
    numbers: Numbers,
    since: Timestamp,
) -> Row {
    let terms = &plan.criteria[usize::from(criterion)];
    let family = match terms.rule {
        Rule::NeverAbove(_) | Rule::NeverBelow(_) => Family::SingleStream,
        Rule::AgainstBaseline {
            limit: Limit::Points(_),
            ..
        } => Family::Difference,
        Rule::AgainstBaseline { .. } if criterion == 5 => Family::Throughout,
        Rule::AgainstBaseline { .. }
            if matches!(terms.measure, verification::terms::Measure::Quantile(_)) =>
        {
            Family::Dominance
        }
        Rule::AgainstBaseline { .. } => Family::Ratio,
    };
    Row {
        name: terms.name.clone(),
        required: terms.required,
        verdict: Verdict {
            row: row_id(criterion),
            kind,
            since,
            because,
            numbers,
            method: Method {
                family,
                rule: terms.rule,
                measure: terms.measure,
                noise: Noise::ASSUMED,
                noise_from: NoiseFrom::Assumed,
                pod_allowance: 0.21,
                weight: 0.2,
                thresholds: (family == Family::Dominance).then_some((0.4, 0.45)),
                plan_line: terms.plan_line,
            },
        },
    }
}

/// Numbers of a comparison.
pub fn numbers(baseline: f64, canary: f64, difference: f64, range: (f64, f64)) -> Numbers {
    Numbers {
        level: sides(Some(baseline), Some(canary)),
        difference: Some(difference),
        range: Some(Range {
            lower: Some(range.0),
            upper: Some(range.1),
        }),
        lately: Some(difference * 1.1),
        exposure: sides(55_102, 6_120),
        events: sides(336, 152),
        gaps: 1,
        looks: 21,
        ln_harm: 9.4,
        ln_harm_needed: 6.2,
        ln_safety: -3.1,
        ln_safety_needed: 3.0,
        remaining: None,
    }
}

pub fn failing_payments(plan: &Plan, since: Timestamp) -> Row {
    row(
        plan,
        0,
        VerdictKind::Failing,
        Because::PastLimit,
        numbers(0.006_1, 0.024_9, 0.018_8, (0.012, 0.026)),
        since,
    )
}

pub fn undecided_latency(plan: &Plan) -> Row {
    let numbers = Numbers {
        remaining: Some(minutes(35)),
        ln_harm: 0.4,
        ln_safety: 1.2,
        ..numbers(0.412, 0.441, 0.029, (-0.018, 0.076))
    };
    row(
        plan,
        2,
        VerdictKind::Undecided,
        Because::NotEnoughEvidence,
        numbers,
        START,
    )
}

pub fn within(plan: &Plan, criterion: u16) -> Row {
    let numbers = match criterion {
        0 => numbers(0.006_1, 0.006_3, 0.000_2, (-0.001_1, 0.001_9)),
        1 => Numbers {
            difference: None,
            range: None,
            ..numbers(0.006_1, 0.006_3, 0.006, (0.0, 0.0))
        },
        2 => numbers(0.412, 0.415, 0.003, (-0.009, 0.017)),
        3 => numbers(0.412, 0.415, 0.007, (-0.02, 0.04)),
        4 => numbers(0.118_2, 0.117_6, -0.005, (-0.09, 0.05)),
        _ => Numbers {
            range: None,
            ..numbers(3.0, 3.0, 0.0, (0.0, 0.0))
        },
    };
    let numbers = Numbers {
        ln_harm: -4.0,
        ln_safety: 5.5,
        ..numbers
    };
    row(
        plan,
        criterion,
        VerdictKind::Within,
        Because::KeepsLimit,
        numbers,
        START + minutes(40),
    )
}

pub fn no_data(plan: &Plan, criterion: u16, since: Timestamp) -> Row {
    let because = Because::Missing {
        side: Side::Canary,
        gap: Gap::NoSeries,
        since,
    };
    row(
        plan,
        criterion,
        VerdictKind::NoData,
        because,
        Numbers {
            gaps: 18,
            ..Numbers::default()
        },
        since,
    )
}
