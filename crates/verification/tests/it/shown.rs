//! What is shown agrees with what decides: units, signs, and the side of the limit on which a range lies.

use crate::chance::Chance;
use crate::player::{Game, Look, action, at, criterion, plan, reading, tick_of};
use core::time::Duration;
use proptest::prelude::*;
use statistics::Histogram;
use verification::decision::Verb;
use verification::event::Event;
use verification::observation::{BaselineLevel, Measured, Reading, Sides};
use verification::terms::*;
use verification::verdict::{Because, Numbers, Verdict, VerdictKind};

/// Limit and everything shown on one axis that grows towards the worse side.
struct Axis {
    limit: f64,
    harm: Option<f64>,
    safety: Option<f64>,
    difference: Option<f64>,
}

fn axis(rule: Rule, numbers: &Numbers) -> Option<Axis> {
    let range = numbers.range?;
    let turned = |worse: Worse, value: f64| {
        if worse == Worse::Higher {
            value
        } else {
            -value
        }
    };
    let (worse, limit, difference) = match rule {
        Rule::AgainstBaseline {
            worse,
            limit: Limit::Points(limit) | Limit::Relative(limit) | Limit::Amount(limit),
        } => (worse, limit, numbers.difference),
        Rule::NeverAbove(value) => (Worse::Higher, value, None),
        Rule::NeverBelow(value) => (Worse::Lower, -value, None),
    };
    let (harm, safety) = match worse {
        Worse::Higher => (range.lower, range.upper),
        Worse::Lower => (range.upper, range.lower),
    };
    Some(Axis {
        limit,
        harm: harm.map(|end| turned(worse, end)),
        safety: safety.map(|end| turned(worse, end)),
        difference: difference.map(|value| turned(worse, value)),
    })
}

fn agrees(verdict: &Verdict) {
    let numbers = &verdict.numbers;
    let judged = matches!(
        verdict.because,
        Because::PastLimit
            | Because::Collapse
            | Because::KeepsLimit
            | Because::NotEnoughEvidence
            | Because::NotSustained
    );
    let Some(axis) = axis(verdict.method.rule, numbers) else {
        assert!(
            !matches!(verdict.kind, VerdictKind::Failing | VerdictKind::Within),
            "no range: {verdict:?}"
        );
        return;
    };
    match verdict.kind {
        VerdictKind::Failing => assert!(axis.harm.unwrap() >= axis.limit, "{verdict:?}"),
        VerdictKind::Within => assert!(axis.safety.unwrap() <= axis.limit, "{verdict:?}"),
        _ => {}
    }
    if let (Some(low), Some(high)) = (axis.harm, axis.safety) {
        assert!(low <= high, "the range is turned around: {verdict:?}");
    }
    if let (Some(difference), true) = (axis.difference, judged) {
        let slack = 1e-9 * difference.abs().max(1e-9);
        assert!(
            axis.harm.is_none_or(|low| low <= difference + slack),
            "{verdict:?}"
        );
        assert!(
            axis.safety.is_none_or(|high| high >= difference - slack),
            "{verdict:?}"
        );
    }
    let levels = [
        numbers.level.canary,
        numbers.level.baseline,
        numbers.difference,
        numbers.lately,
    ];
    assert!(
        levels.into_iter().flatten().all(f64::is_finite),
        "{verdict:?}"
    );
    if let Some(remaining) = numbers.remaining {
        assert_eq!(verdict.kind, VerdictKind::Undecided);
        assert!(remaining <= Duration::from_secs(1000 * 10));
    }
}

/// Rules of every kind, near what the worlds do.
fn rules() -> Vec<(Measure, Rule, u16)> {
    let against = |worse, limit| Rule::AgainstBaseline { worse, limit };
    let p = Measure::Quantile(0.9);
    vec![
        (
            Measure::Rate,
            against(Worse::Higher, Limit::Points(0.02)),
            0,
        ),
        (
            Measure::Rate,
            against(Worse::Higher, Limit::Relative(0.3)),
            0,
        ),
        (Measure::Rate, against(Worse::Lower, Limit::Points(0.02)), 0),
        (
            Measure::Rate,
            against(Worse::Lower, Limit::Relative(0.3)),
            0,
        ),
        (Measure::Rate, Rule::NeverAbove(0.1), 0),
        (Measure::Rate, Rule::NeverBelow(0.05), 0),
        (p, against(Worse::Higher, Limit::Relative(1.0)), 1),
        (p, against(Worse::Higher, Limit::Amount(0.1)), 1),
        (p, Rule::NeverAbove(0.2), 1),
        (p, Rule::NeverBelow(0.05), 1),
    ]
}

const EDGES: [f64; 9] = [0.0125, 0.025, 0.05, 0.1, 0.15, 0.2, 0.4, 0.8, f64::INFINITY];

fn durations(chance: &mut Chance, values: u64, median: f64) -> Histogram {
    let mut counts = [0; EDGES.len()];
    for _ in 0..values {
        let value = median * (0.5 * chance.normal()).exp();
        counts[EDGES.iter().position(|edge| value <= *edge).unwrap()] += 1;
    }
    Histogram::from_pairs(EDGES.into_iter().zip(counts))
}

/// A world that may change once, and a plan with one rule of each kind; nothing rolls back, so that verdicts go on.
fn verdicts(
    seed: u64,
    rates: [f64; 3],
    medians: [f64; 3],
    trials: u64,
    change: u64,
) -> Vec<Verdict> {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(1000);
    plan.compare.noise = Some(Noise {
        dispersion: 1.5,
        pod_sd: 0.02,
    });
    plan.signals.push(Signal {
        name: "latency".into(),
        kind: SignalKind::Histogram {
            of: crate::player::selector("seconds"),
        },
        ..plan.signals[0].clone()
    });
    plan.criteria = rules()
        .into_iter()
        .enumerate()
        .map(|(number, (measure, rule, signal))| Criterion {
            measure,
            ..criterion(
                &format!("criterion {number}"),
                signal,
                rule,
                vec![if number % 2 == 0 {
                    Reaction::RollBack
                } else {
                    Reaction::Ticket
                }],
            )
        })
        .collect();
    plan.authority.roll_back.decided_by = DecidedBy::Role("captain".into());
    plan.actions = vec![action(Reaction::RollBack)];
    let mut chance = Chance::seeded(seed);
    let history = durations(&mut chance, 2000, medians[0]);
    let game = Game {
        levels: vec![BaselineLevel {
            signal: 1,
            slice: None,
            measured: Measured::Durations(history),
            over: Duration::from_secs(100),
        }],
        ..Game::new(plan, 300)
    };
    let mut verdicts = Vec::new();
    let played = game.play(|second, _| {
        let now = usize::from(second >= change) + 1;
        let canary = Look::Counts(chance.binomial(trials, rates[now]), trials);
        let baseline = Look::Counts(chance.binomial(trials * 9, rates[0]), trials * 9);
        let slow = Sides {
            canary: Measured::Durations(durations(&mut chance, trials, medians[now])),
            baseline: Measured::Durations(durations(&mut chance, trials * 2, medians[0])),
        };
        let latency = Reading {
            signal: 1,
            slice: None,
            sides: slow,
        };
        Some(tick_of(
            at(second),
            at(second + 1),
            vec![reading(0, None, canary, baseline), latency],
        ))
    });
    assert_eq!(played.decided(Verb::RollBack), None);
    for (_, event) in &played.events {
        if let Event::Verdict(verdict) = event {
            verdicts.push(verdict.clone());
        }
    }
    verdicts.extend(
        played
            .watch
            .summary()
            .rows
            .into_iter()
            .map(|row| row.verdict),
    );
    verdicts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_verdict_agrees_with_its_numbers(
        seed in any::<u64>(),
        rates in prop::array::uniform3(0.0f64..0.3),
        medians in prop::array::uniform3(0.02f64..0.3),
        trials in 1u64..60,
        change in 0u64..300,
    ) {
        for verdict in verdicts(seed, rates, medians, trials, change) {
            agrees(&verdict);
        }
    }
}

#[test]
fn the_words_of_every_kind_of_rule_are_reached_and_agree() {
    // Nothing is proven about agreement if no row ever fails or keeps its limit.
    let mut reached = std::collections::BTreeSet::new();
    let worlds = [
        ([0.03, 0.2, 0.2], [0.04, 0.3, 0.3]),
        ([0.2, 0.02, 0.02], [0.04, 0.01, 0.01]),
        ([0.08, 0.08, 0.08], [0.1, 0.1, 0.1]),
        ([0.07, 0.07, 0.25], [0.06, 0.06, 0.4]),
        ([0.001, 0.001, 0.001], [0.03, 0.03, 0.03]),
    ];
    for (seed, (rates, medians)) in worlds.into_iter().enumerate() {
        for verdict in verdicts(seed as u64, rates, medians, 40, 150) {
            agrees(&verdict);
            reached.insert((verdict.row.criterion, verdict.kind));
        }
    }
    for number in 0..rules().len() as u16 {
        for kind in [VerdictKind::Failing, VerdictKind::Within] {
            assert!(
                reached.contains(&(number, kind)),
                "{:?} never {}",
                rules()[usize::from(number)],
                kind.word()
            );
        }
    }
}

#[test]
fn a_collapse_during_the_warm_up_says_how_bad_it_is() {
    let game = Game::new(plan(), 2);
    let played = game.play(|second, _| {
        Some(tick_of(
            at(second),
            at(second + 1),
            vec![reading(0, None, Look::Counts(18, 20), Look::Counts(1, 180))],
        ))
    });
    let verdict = played.verdict(0);
    assert_eq!(verdict.because, Because::Collapse);
    let numbers = &verdict.numbers;
    assert!((numbers.level.canary.unwrap() - 0.9).abs() < 1e-12);
    assert!((numbers.difference.unwrap() - (0.9 - 1.0 / 180.0)).abs() < 1e-12);
    assert!(numbers.exposure.canary >= 20);
    agrees(&verdict);
}

#[test]
fn ranges_are_in_the_units_of_the_limit() {
    // 10 % against 5 %, much traffic: +5 points, +100 %.
    let one = |rule: Rule| {
        let mut plan = plan();
        plan.watch_for = Duration::from_secs(1000);
        plan.compare.noise = Some(Noise {
            dispersion: 1.0,
            pod_sd: 0.0,
        });
        plan.criteria = vec![criterion("one", 0, rule, vec![Reaction::Ticket])];
        let played = Game::new(plan, 200).play(|second, _| {
            Some(tick_of(
                at(second),
                at(second + 1),
                vec![reading(
                    0,
                    None,
                    Look::Counts(100, 1000),
                    Look::Counts(450, 9000),
                )],
            ))
        });
        played.verdict(0).numbers
    };
    let close = |numbers: &Numbers, difference: f64, width: f64| {
        let range = numbers.range.unwrap();
        assert!(
            (numbers.difference.unwrap() - difference).abs() < 1e-9,
            "{numbers:?}"
        );
        for end in [range.lower.unwrap(), range.upper.unwrap()] {
            assert!((end - difference).abs() < width, "{numbers:?}");
        }
        assert!(range.lower.unwrap() < range.upper.unwrap(), "{numbers:?}");
    };
    let against = |worse, limit| Rule::AgainstBaseline { worse, limit };
    close(
        &one(against(Worse::Higher, Limit::Points(0.01))),
        0.05,
        0.01,
    );
    close(&one(against(Worse::Lower, Limit::Points(0.01))), 0.05, 0.01);
    close(
        &one(against(Worse::Higher, Limit::Relative(0.1))),
        1.0,
        0.15,
    );
    close(&one(against(Worse::Lower, Limit::Relative(0.1))), 1.0, 0.15);
    let absolute = one(Rule::NeverAbove(0.2));
    let range = absolute.range.unwrap();
    assert!(
        range.lower.unwrap() < 0.1 && range.upper.unwrap() > 0.1 && range.upper.unwrap() < 0.11,
        "{absolute:?}"
    );
}

#[test]
fn what_is_left_shrinks_as_evidence_comes() {
    let left = |seconds: u64| {
        let mut plan = plan();
        plan.watch_for = Duration::from_secs(4000);
        plan.criteria.truncate(1);
        plan.criteria[0].rule = Rule::AgainstBaseline {
            worse: Worse::Higher,
            limit: Limit::Points(0.004),
        };
        let game = Game::new(plan, seconds);
        let played = game.play(|second, _| {
            let (canary, baseline) = (Look::Counts(second % 2, 100), Look::Counts(9, 1800));
            Some(tick_of(
                at(second),
                at(second + 1),
                vec![reading(0, None, canary, baseline)],
            ))
        });
        (played.word(0), played.verdict(0).numbers.remaining)
    };
    let (_, early) = left(20);
    let early = early.unwrap();
    let due = 20 + early.as_secs();
    let (word, later) = left(20 + early.as_secs() / 2);
    assert_eq!(word, VerdictKind::Undecided);
    assert!(later.unwrap() < early, "{later:?} {early:?}");
    let (word, _) = left(due * 3);
    assert_eq!(word, VerdictKind::Within, "it was said to take {early:?}");
}
