//! Verdicts with all that explains them.

use super::observation::{gap_word, pair};
use super::{maybe, millis, number, sides, time};
use serde_json::{Value, json};
use verification::terms::{Limit, Measure, Rule, Worse};
use verification::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, ThresholdProblem, Verdict,
};

pub(super) fn row(row: &RowId) -> Value {
    json!({ "criterion": row.criterion, "slice": row.slice })
}

/// A verdict: `row`, `verdict` (the word), `since`, `because`, `numbers` and `method`.
#[must_use]
pub fn verdict(verdict: &Verdict) -> Value {
    let Verdict {
        row: of,
        kind,
        since,
        because: reason,
        numbers: found,
        method: made,
    } = verdict;
    json!({
        "row": row(of),
        "verdict": kind.word(),
        "since": time(*since),
        "because": because(reason),
        "numbers": numbers(found),
        "method": method(made),
    })
}

fn because(because: &Because) -> Value {
    match because {
        Because::PastLimit => json!({ "code": "past-limit" }),
        Because::Collapse => json!({ "code": "collapse" }),
        Because::PastLimitThroughout => json!({ "code": "past-limit-throughout" }),
        Because::KeepsLimit => json!({ "code": "keeps-limit" }),
        Because::NotEnoughEvidence => json!({ "code": "not-enough-evidence" }),
        Because::NotSustained => json!({ "code": "not-sustained" }),
        Because::NotSeenLately => json!({ "code": "not-seen-lately" }),
        Because::WarmingUp => json!({ "code": "warming-up" }),
        Because::Missing { side, gap, since } => json!({
            "code": "missing", "side": side.word(), "gap": gap_word(*gap), "since": time(*since),
        }),
        Because::NothingYet => json!({ "code": "nothing-yet" }),
        Because::NoThreshold(ThresholdProblem::NoHistory) => {
            json!({ "code": "no-threshold", "problem": "no-history" })
        }
        Because::NoThreshold(ThresholdProblem::BelowABucket(smallest)) => json!({
            "code": "no-threshold", "problem": "below-a-bucket", "smallest_limit": number(*smallest),
        }),
        Because::NoThreshold(ThresholdProblem::BeyondLastBucket) => {
            json!({ "code": "no-threshold", "problem": "beyond-last-bucket" })
        }
        Because::YoungPods(side) => json!({ "code": "young-pods", "side": side.word() }),
        Because::MixDiffers(variation) => {
            json!({ "code": "mix-differs", "total_variation": number(*variation) })
        }
        Because::ShareDiffers(share) => {
            json!({ "code": "share-differs", "canary_share": number(*share) })
        }
    }
}

fn numbers(numbers: &Numbers) -> Value {
    let Numbers {
        level,
        difference,
        range,
        lately,
        exposure,
        events,
        gaps,
        looks,
        ln_harm,
        ln_harm_needed,
        ln_safety,
        ln_safety_needed,
        remaining,
    } = numbers;
    json!({
        "level": sides(level, |level| maybe(*level)),
        "difference": maybe(*difference),
        "range": range
            .as_ref()
            .map(|range| json!({ "lower": maybe(range.lower), "upper": maybe(range.upper) })),
        "lately": maybe(*lately),
        "exposure": sides(exposure, |count| json!(count)),
        "events": sides(events, |count| json!(count)),
        "gaps": gaps,
        "looks": looks,
        "ln_harm": number(*ln_harm),
        "ln_harm_needed": number(*ln_harm_needed),
        "ln_safety": number(*ln_safety),
        "ln_safety_needed": number(*ln_safety_needed),
        "remaining_ms": remaining.map(millis),
    })
}

const fn family_word(family: Family) -> &'static str {
    match family {
        Family::Ratio => "ratio",
        Family::Difference => "difference",
        Family::Dominance => "dominance",
        Family::SingleStream => "single-stream",
        Family::Throughout => "throughout",
    }
}

fn rule(rule: &Rule) -> Value {
    match rule {
        Rule::AgainstBaseline { worse, limit } => {
            let (unit, value) = match limit {
                Limit::Points(value) => ("points", value),
                Limit::Relative(value) => ("relative", value),
                Limit::Amount(value) => ("amount", value),
            };
            let worse = match worse {
                Worse::Higher => "higher",
                Worse::Lower => "lower",
            };
            json!({ "against": "baseline", "worse": worse, "limit": { unit: number(*value) } })
        }
        Rule::NeverAbove(value) => json!({ "never_above": number(*value) }),
        Rule::NeverBelow(value) => json!({ "never_below": number(*value) }),
    }
}

fn method(method: &Method) -> Value {
    let Method {
        family,
        rule: judged_by,
        measure,
        noise,
        noise_from,
        pod_allowance,
        weight,
        thresholds,
        plan_line,
    } = method;
    json!({
        "family": family_word(*family),
        "rule": rule(judged_by),
        "measure": match measure {
            Measure::Rate => json!("rate"),
            Measure::Quantile(q) => json!({ "quantile": number(*q) }),
            Measure::Level => json!("level"),
        },
        "noise": {
            "dispersion": number(noise.dispersion),
            "pod_sd": number(noise.pod_sd),
            "from": match noise_from {
                NoiseFrom::Assumed => "assumed",
                NoiseFrom::Declared => "declared",
            },
        },
        "pod_allowance": number(*pod_allowance),
        "weight": number(*weight),
        "thresholds": pair(*thresholds),
        "plan_line": plan_line,
    })
}
