//! Latency criteria and slices.

use crate::player::{START, action, at, criterion, plan};
use core::time::Duration;
use statistics::Histogram;
use std::sync::Arc;
use verification::Watch;
use verification::decision::Verb;
use verification::event::{Event, Input, State};
use verification::intent::{Outcome, OutcomeKind};
use verification::observation::{BaselineLevel, Measured, PodSet, Reading, Sides, SliceName, Tick};
use verification::seal::Sealed;
use verification::terms::*;
use verification::verdict::{Because, ThresholdProblem, VerdictKind};

const EDGES: [f64; 12] = [
    0.005,
    0.0075,
    0.01,
    0.015,
    0.02,
    0.03,
    0.045,
    0.07,
    0.1,
    0.15,
    0.25,
    f64::INFINITY,
];

/// `count` requests a look, mostly fast, one in `slow_every` looks with a tail.
fn calm(count: u64, second: u64, unit: f64) -> Histogram {
    let slow = u64::from(second.is_multiple_of(2));
    let edges = EDGES.map(|edge| edge * unit);
    Histogram::from_pairs([
        (edges[0], count / 4),
        (edges[1], count / 4),
        (edges[2], count - 2 * (count / 4) - slow),
        (edges[3], 0),
        (edges[4], slow),
        (edges[5], 0),
        (edges[6], 0),
        (edges[7], 0),
        (edges[8], 0),
        (edges[9], 0),
        (edges[10], 0),
        (edges[11], 0),
    ])
}

fn slow(count: u64, second: u64, unit: f64) -> Histogram {
    let mut histogram = calm(count - count / 4, second, unit);
    histogram.add(&Histogram::from_pairs([(EDGES[8] * unit, count / 4)]));
    histogram
}

fn latency_plan(limit: Limit, for_each: bool) -> Plan {
    let mut plan = plan();
    plan.signals = vec![Signal {
        name: "latency".into(),
        source: "shop".into(),
        kind: SignalKind::Histogram {
            of: crate::player::selector("seconds"),
        },
        for_each: if for_each {
            vec!["route".into()]
        } else {
            vec![]
        },
        plan_line: 1,
    }];
    plan.criteria = vec![Criterion {
        measure: Measure::Quantile(0.99),
        ..criterion(
            "p99",
            0,
            Rule::AgainstBaseline {
                worse: Worse::Higher,
                limit,
            },
            vec![Reaction::RollBack],
        )
    }];
    plan.actions = vec![action(Reaction::RollBack)];
    plan
}

fn run(
    plan: Plan,
    levels: Vec<BaselineLevel>,
    seconds: u64,
    look: impl Fn(u64, bool) -> Tick,
) -> (Watch, Vec<(u64, Event)>) {
    let sealed = Arc::new(Sealed {
        plan,
        hash: "00".into(),
        at: START,
        late: false,
        levels,
    });
    let mut watch = Watch::begin(sealed, START);
    let mut events = Vec::new();
    let mut rolled_back = false;
    for second in 0..seconds {
        let now = at(second + 1);
        let mut inputs = vec![Input::Tick(look(second, rolled_back))];
        let mut next = 0;
        while next < inputs.len() {
            for event in watch.step(now, &inputs[next]) {
                if let Event::Intent(intent) = &event {
                    rolled_back |= intent.reaction == Reaction::RollBack;
                    inputs.push(Input::Outcome(Outcome {
                        intent: intent.id,
                        result: OutcomeKind::Done,
                        at: now,
                        took: Duration::ZERO,
                        detail: String::new(),
                    }));
                }
                events.push((second, event));
            }
            next += 1;
        }
    }
    (watch, events)
}

fn look(second: u64, slices: Vec<(Option<u16>, Histogram, Histogram)>) -> Tick {
    let pods = PodSet {
        count: 1,
        young: 0,
        fingerprint: 1,
    };
    Tick {
        from: at(second),
        through: at(second + 1),
        new_slices: if second == 0 {
            vec![
                SliceName {
                    signal: 0,
                    name: "/a".into(),
                },
                SliceName {
                    signal: 0,
                    name: "/b".into(),
                },
            ]
        } else {
            vec![]
        },
        readings: slices
            .into_iter()
            .map(|(slice, canary, baseline)| Reading {
                signal: 0,
                slice,
                sides: Sides {
                    canary: Measured::Durations(canary),
                    baseline: Measured::Durations(baseline),
                },
            })
            .collect(),
        pods: Sides {
            canary: pods,
            baseline: PodSet { count: 3, ..pods },
        },
        newest: Sides {
            canary: Some(at(second + 1)),
            baseline: Some(at(second + 1)),
        },
        ..Tick::default()
    }
}

fn sealed_level(unit: f64) -> Vec<BaselineLevel> {
    let mut history = Histogram::default();
    for second in 0..200 {
        history.add(&calm(60, second, unit));
    }
    vec![BaselineLevel {
        signal: 0,
        slice: None,
        measured: Measured::Durations(history),
        over: Duration::from_secs(200),
    }]
}

fn rolled_back_at(events: &[(u64, Event)]) -> Option<u64> {
    events.iter().find_map(|(second, event)| {
        matches!(event, Event::Decision(decision) if decision.verb == Verb::RollBack)
            .then_some(*second)
    })
}

fn slow_watch(unit: f64) -> (Watch, Vec<(u64, Event)>) {
    run(
        latency_plan(Limit::Relative(1.0), false),
        sealed_level(unit),
        60,
        |second, rolled_back| {
            let canary = if rolled_back {
                Histogram::default()
            } else {
                slow(20, second, unit)
            };
            look(second, vec![(None, canary, calm(180, second, unit))])
        },
    )
}

#[test]
fn a_doubled_p99_is_rolled_back_and_the_numbers_say_by_how_much() {
    let (watch, events) = slow_watch(1.0);
    assert!(rolled_back_at(&events).unwrap() < 30);
    assert_eq!(watch.state(), State::RolledBack);
    let summary = watch.summary();
    let row = &summary.rows[0];
    assert_eq!(row.verdict.kind, VerdictKind::Failing);
    let numbers = &row.verdict.numbers;
    assert!(numbers.level.canary.unwrap() > 2.0 * numbers.level.baseline.unwrap());
    assert!(numbers.difference.unwrap() > 1.0);
    assert!(
        numbers.range.unwrap().lower.unwrap() >= 1.0,
        "the shown range agrees with the verdict: {numbers:?}"
    );
}

#[test]
fn latencies_times_a_power_of_two_give_identical_bits() {
    let (reference, events) = slow_watch(1.0);
    for power in [-20, -3, 1, 10] {
        let (scaled, scaled_events) = slow_watch(f64::powi(2.0, power));
        assert_eq!(
            rolled_back_at(&events),
            rolled_back_at(&scaled_events),
            "2^{power}"
        );
        let (one, other) = (reference.summary(), scaled.summary());
        let (one, other) = (&one.rows[0].verdict.numbers, &other.rows[0].verdict.numbers);
        assert_eq!(one.ln_harm.to_bits(), other.ln_harm.to_bits(), "2^{power}");
        assert_eq!(
            one.ln_safety.to_bits(),
            other.ln_safety.to_bits(),
            "2^{power}"
        );
        assert_eq!(
            one.difference.map(f64::to_bits),
            other.difference.map(f64::to_bits),
            "2^{power}"
        );
    }
}

#[test]
fn latencies_in_any_unit_give_the_same_verdicts() {
    let (_, events) = slow_watch(1.0);
    for unit in [1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9] {
        let (_, scaled) = slow_watch(unit);
        assert_eq!(rolled_back_at(&events), rolled_back_at(&scaled), "{unit}");
    }
}

#[test]
fn a_steady_p99_is_confirmed() {
    let (watch, events) = run(
        latency_plan(Limit::Relative(1.0), false),
        sealed_level(1.0),
        61,
        |second, _| {
            look(
                second,
                vec![(None, calm(100, second, 1.0), calm(100, second, 1.0))],
            )
        },
    );
    assert_eq!(rolled_back_at(&events), None);
    assert_eq!(watch.state(), State::Confirmed);
}

#[test]
fn a_limit_below_a_bucket_is_said_and_never_within() {
    let (watch, _) = run(
        latency_plan(Limit::Amount(0.0001), false),
        sealed_level(1.0),
        61,
        |second, _| {
            look(
                second,
                vec![(None, calm(100, second, 1.0), calm(100, second, 1.0))],
            )
        },
    );
    assert_ne!(watch.state(), State::Confirmed);
    let summary = watch.summary();
    assert!(
        matches!(
            summary.rows[0].verdict.because,
            Because::NoThreshold(ThresholdProblem::BelowABucket(_))
        ),
        "{:?}",
        summary.rows[0].verdict.because
    );
}

#[test]
fn without_a_sealed_level_the_threshold_is_learned_from_the_baseline() {
    let (watch, events) = run(
        latency_plan(Limit::Relative(1.0), false),
        vec![],
        60,
        |second, rolled_back| {
            let canary = if rolled_back {
                Histogram::default()
            } else {
                slow(20, second, 1.0)
            };
            look(second, vec![(None, canary, calm(180, second, 1.0))])
        },
    );
    assert!(rolled_back_at(&events).is_some());
    assert_eq!(watch.state(), State::RolledBack);
}

#[test]
fn one_slow_route_is_named() {
    let (watch, events) = run(
        latency_plan(Limit::Relative(1.0), true),
        vec![],
        60,
        |second, _| {
            let (a, b) = (calm(60, second, 1.0), slow(20, second, 1.0));
            let mut whole = a.clone();
            whole.add(&b);
            let baseline = (calm(180, second, 1.0), calm(60, second, 1.0));
            let mut whole_baseline = baseline.0.clone();
            whole_baseline.add(&baseline.1);
            look(
                second,
                vec![
                    (None, whole, whole_baseline),
                    (Some(0), a, baseline.0),
                    (Some(1), b, baseline.1),
                ],
            )
        },
    );
    assert!(rolled_back_at(&events).is_some());
    let summary = watch.summary();
    let named: Vec<&str> = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::Failing)
        .map(|row| row.name.as_str())
        .collect();
    assert!(
        named.contains(&"p99 / /b") || named.contains(&"p99"),
        "{named:?}"
    );
    assert!(!named.contains(&"p99 / /a"), "{named:?}");
}
