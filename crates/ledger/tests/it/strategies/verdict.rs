//! Any verdict.

use super::{count, gap, number, sides, span, time};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use statistics::Range;
use verification::observation::Side;
use verification::terms::{Limit, Measure, Noise, Rule, Worse};
use verification::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, ThresholdProblem, Verdict, VerdictKind,
};

pub fn row() -> impl Strategy<Value = RowId> {
    (any::<u16>(), of(any::<u16>())).prop_map(|(criterion, slice)| RowId { criterion, slice })
}

fn side() -> impl Strategy<Value = Side> {
    select(vec![Side::Canary, Side::Baseline])
}

fn because() -> impl Strategy<Value = Because> {
    prop_oneof![
        select(vec![
            Because::PastLimit,
            Because::Collapse,
            Because::PastLimitThroughout,
            Because::KeepsLimit,
            Because::NotEnoughEvidence,
            Because::NotSustained,
            Because::NotSeenLately,
            Because::WarmingUp,
            Because::NothingYet,
            Because::NoThreshold(ThresholdProblem::NoHistory),
            Because::NoThreshold(ThresholdProblem::BeyondLastBucket),
        ]),
        (side(), gap(), time()).prop_map(|(side, gap, since)| Because::Missing {
            side,
            gap,
            since
        }),
        number().prop_map(|edge| Because::NoThreshold(ThresholdProblem::BelowABucket(edge))),
        side().prop_map(Because::YoungPods),
        number().prop_map(Because::MixDiffers),
        number().prop_map(Because::ShareDiffers),
    ]
}

fn numbers() -> BoxedStrategy<Numbers> {
    (
        (sides(of(number()).boxed()), of(number()), of(number())),
        of((of(number()), of(number()))),
        (
            sides(count().boxed()),
            sides(count().boxed()),
            any::<u32>(),
            any::<u32>(),
        ),
        (number(), number(), number(), number()),
        of(span()),
    )
        .prop_map(
            |(
                (level, difference, lately),
                range,
                (exposure, events, gaps, looks),
                ln,
                remaining,
            )| {
                Numbers {
                    level,
                    difference,
                    range: range.map(|(lower, upper)| Range { lower, upper }),
                    lately,
                    exposure,
                    events,
                    gaps,
                    looks,
                    ln_harm: ln.0,
                    ln_harm_needed: ln.1,
                    ln_safety: ln.2,
                    ln_safety_needed: ln.3,
                    remaining,
                }
            },
        )
        .boxed()
}

fn rule() -> impl Strategy<Value = Rule> {
    let limit = prop_oneof![
        number().prop_map(Limit::Points),
        number().prop_map(Limit::Relative),
        number().prop_map(Limit::Amount),
    ];
    prop_oneof![
        (select(vec![Worse::Higher, Worse::Lower]), limit)
            .prop_map(|(worse, limit)| Rule::AgainstBaseline { worse, limit }),
        number().prop_map(Rule::NeverAbove),
        number().prop_map(Rule::NeverBelow),
    ]
}

fn method() -> BoxedStrategy<Method> {
    let family = select(vec![
        Family::Ratio,
        Family::Difference,
        Family::Dominance,
        Family::SingleStream,
        Family::Throughout,
    ]);
    let measure = prop_oneof![
        Just(Measure::Rate),
        number().prop_map(Measure::Quantile),
        Just(Measure::Level),
    ];
    (
        (
            family,
            rule(),
            measure,
            select(vec![NoiseFrom::Assumed, NoiseFrom::Declared]),
        ),
        (number(), number(), number(), number()),
        of((number(), number())),
        any::<u32>(),
    )
        .prop_map(
            |((family, rule, measure, noise_from), noise, thresholds, plan_line)| Method {
                family,
                rule,
                measure,
                noise: Noise {
                    dispersion: noise.0,
                    pod_sd: noise.1,
                },
                noise_from,
                pod_allowance: noise.2,
                weight: noise.3,
                thresholds,
                plan_line,
            },
        )
        .boxed()
}

pub fn verdict() -> BoxedStrategy<Verdict> {
    let kind = select(vec![
        VerdictKind::Failing,
        VerdictKind::Undecided,
        VerdictKind::NoData,
        VerdictKind::NotComparable,
        VerdictKind::Within,
    ]);
    (row(), kind, time(), because(), numbers(), method())
        .prop_map(|(row, kind, since, because, numbers, method)| Verdict {
            row,
            kind,
            since,
            because,
            numbers,
            method,
        })
        .boxed()
}
