//! What enters which process, and when: by time, traffic and pods, never by what was counted.

use crate::player::{Game, Look, at, criterion, plan, play, reading, tick, tick_of};
use core::time::Duration;
use statistics::Histogram;
use verification::Watch;
use verification::decision::Verb;
use verification::event::{Input, State};
use verification::observation::{Gap, Measured, PodSet, Reading, Sides, SliceName, Tick};
use verification::terms::*;
use verification::verdict::{Because, VerdictKind};

fn slices(tick: &mut Tick, names: &[&str]) {
    tick.new_slices = names
        .iter()
        .map(|name| SliceName {
            signal: 0,
            name: (*name).into(),
        })
        .collect();
}

#[test]
fn an_interval_is_counted_once() {
    let once = play(plan(), 20, |_, _| {
        (Look::Counts(0, 20), Look::Counts(1, 180))
    });
    let mut watch = Watch::begin(Game::new(plan(), 20).sealed(), at(0));
    for second in 0..20 {
        let look = tick(second, Look::Counts(0, 20), Look::Counts(1, 180));
        for again in 0..3 {
            let _ = watch.step(at(second + 1), &Input::Tick(look.clone()));
            let mut wider = look.clone();
            wider.from = at(second.saturating_sub(5));
            if again > 0 {
                let _ = watch.step(at(second + 1), &Input::Tick(wider));
            }
        }
    }
    let twice = watch.summary();
    assert_eq!(
        once.watch.summary().rows[0].verdict.numbers.exposure,
        twice.rows[0].verdict.numbers.exposure
    );
}

#[test]
fn a_baseline_alone_before_the_canary_is_no_share() {
    let mut plan = plan();
    plan.compare.canary_share = Some(0.1);
    plan.watch_for = Duration::from_secs(120);
    let played = play(plan, 121, |second, _| {
        let canary = if second < 40 {
            Look::Nothing(Gap::NoSeries)
        } else {
            Look::Counts(0, 40)
        };
        (canary, Look::Counts(second % 2, 360))
    });
    assert_eq!(
        played.word(0),
        VerdictKind::Within,
        "{:?}",
        played.verdict(0).because
    );
    let share = played.watch.summary().canary_share.unwrap();
    assert!((share - 0.1).abs() < 0.001, "{share}");
}

#[test]
fn a_probe_says_nothing_about_the_share() {
    let mut plan = plan();
    plan.compare.canary_share = Some(0.1);
    let probe = Signal {
        name: "front page".into(),
        kind: SignalKind::Probe(ProbeTerms {
            url: "http://canary".into(),
            baseline_url: Some("http://baseline".into()),
            status: 200,
            body_contains: None,
            answers_within: Duration::from_secs(1),
            certificate_valid_for: None,
        }),
        ..plan.signals[0].clone()
    };
    plan.signals.insert(0, probe);
    for criterion in &mut plan.criteria {
        criterion.signal = 1;
    }
    let played = Game::new(plan, 55).play(|second, _| {
        let readings = vec![
            reading(0, None, Look::Counts(0, 1), Look::Counts(0, 1)),
            reading(1, None, Look::Counts(0, 40), Look::Counts(second % 2, 360)),
        ];
        Some(tick_of(at(second), at(second + 1), readings))
    });
    assert_ne!(played.word(0), VerdictKind::NotComparable);
}

fn split_plan() -> Plan {
    let mut plan = plan();
    plan.signals[0].for_each = vec!["route".into()];
    plan.criteria.truncate(1);
    plan.watch_for = Duration::from_secs(600);
    plan
}

/// Two routes: the first fails one request in five on both sides, the second none.
fn routes(second: u64, canary: [u64; 2], baseline: [u64; 2]) -> Tick {
    let failed = |trials: u64| trials / 5;
    let whole = |[bad, good]: [u64; 2]| Look::Counts(failed(bad), bad + good);
    let mut tick = tick_of(
        at(second),
        at(second + 1),
        vec![
            reading(0, None, whole(canary), whole(baseline)),
            reading(
                0,
                Some(0),
                Look::Counts(failed(canary[0]), canary[0]),
                Look::Counts(failed(baseline[0]), baseline[0]),
            ),
            reading(
                0,
                Some(1),
                Look::Counts(0, canary[1]),
                Look::Counts(0, baseline[1]),
            ),
        ],
    );
    if second == 0 {
        slices(&mut tick, &["/flaky", "/"]);
    }
    tick
}

#[test]
fn a_traffic_step_during_a_common_change_of_mix_is_comparable() {
    let played = Game::new(split_plan(), 600).play(|second, _| {
        // The mix swings from one route to the other on both sides while the canary's traffic grows tenfold.
        let late = second >= 300;
        let (bad, good) = if late { (9, 1) } else { (1, 9) };
        let size = if late { 10 } else { 1 };
        Some(routes(
            second,
            [bad * size, good * size],
            [bad * 20, good * 20],
        ))
    });
    assert_ne!(
        played.word(0),
        VerdictKind::NotComparable,
        "{:?}",
        played.verdict(0).because
    );
    assert_eq!(played.decided(Verb::RollBack), None);
}

#[test]
fn a_mix_that_differs_is_not_even_a_collapse() {
    let played = Game::new(split_plan(), 300).play(|second, _| {
        let canary = if second < 150 { [5, 45] } else { [50, 0] };
        Some(routes(second, canary, [50, 450]))
    });
    assert_eq!(played.word(0), VerdictKind::NotComparable);
    assert!(matches!(played.verdict(0).because, Because::MixDiffers(_)));
    assert_eq!(
        played.decided(Verb::RollBack),
        None,
        "the canary serves only the flaky route, and that is no worse"
    );
}

#[test]
fn a_level_against_the_baseline_waits_for_the_warm_up() {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Level {
        query: "memory{$side}".into(),
    };
    plan.warm_up = Duration::from_secs(20);
    plan.criteria = vec![
        Criterion {
            measure: Measure::Level,
            ..criterion(
                "memory",
                0,
                Rule::AgainstBaseline {
                    worse: Worse::Higher,
                    limit: Limit::Relative(0.5),
                },
                vec![Reaction::RollBack],
            )
        },
        Criterion {
            measure: Measure::Level,
            ..criterion(
                "memory limit",
                0,
                Rule::NeverAbove(900.0),
                vec![Reaction::Page],
            )
        },
    ];
    // Twice the baseline's memory while it starts.
    let starting = |until: u64| {
        move |second: u64, _: bool| {
            let level = if second < until { 200.0 } else { 101.0 };
            (Look::Level(level), Look::Level(100.0))
        }
    };
    let calm = play(plan.clone(), 61, starting(19));
    assert_eq!(calm.decided(Verb::RollBack), None);
    assert_eq!(calm.state(), State::Confirmed);
    let bad = play(plan.clone(), 60, starting(60));
    assert_eq!(
        bad.decided(Verb::RollBack),
        Some(24),
        "five seconds after the warm-up"
    );
    let huge = play(plan, 60, |_, _| (Look::Level(1000.0), Look::Level(100.0)));
    assert_eq!(
        huge.decided(Verb::Page),
        Some(4),
        "a fixed value acts from the first moment"
    );
}

#[test]
fn a_level_that_is_no_number_is_no_data() {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Level {
        query: "ratio".into(),
    };
    plan.criteria = vec![Criterion {
        measure: Measure::Level,
        ..criterion("ratio", 0, Rule::NeverAbove(2.0), vec![Reaction::RollBack])
    }];
    for level in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let played = play(plan.clone(), 40, |_, _| {
            (Look::Level(level), Look::Level(1.0))
        });
        assert_eq!(played.word(0), VerdictKind::NoData, "{level}");
        assert!(matches!(
            played.verdict(0).because,
            Because::Missing {
                gap: Gap::NotANumber,
                ..
            }
        ));
        assert_eq!(played.decided(Verb::RollBack), None);
        assert_eq!(played.state(), State::CannotSee);
    }
}

#[test]
fn samples_that_arrive_late_do_not_make_a_stretch_longer() {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Level {
        query: "queue".into(),
    };
    plan.lateness = Duration::from_secs(30);
    plan.criteria = vec![Criterion {
        measure: Measure::Level,
        sustained_for: Duration::from_secs(20),
        ..criterion("queue", 0, Rule::NeverAbove(2.0), vec![Reaction::Page])
    }];
    // Samples of each second are looked at half a minute later.
    let played = Game::new(plan, 60).play(|second, _| {
        let behind = second.checked_sub(30)?;
        Some(tick(behind, Look::Level(3.0), Look::Level(1.0)))
    });
    assert_eq!(
        played.decided(Verb::Page),
        Some(49),
        "twenty seconds of samples, not of waiting"
    );
}

#[test]
fn an_old_stretch_is_not_the_last_one() {
    // Past the limit for a while, with evidence not yet enough; then nothing can be compared for long, and then a few looks bring the rest.
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(600);
    plan.criteria.truncate(1);
    plan.criteria[0].sustained_for = Duration::from_secs(15);
    plan.criteria[0].then = vec![Reaction::Ticket];
    let game = Game::new(plan, 300);
    let mut decided = None;
    let played = game.play(|second, _| {
        let mut look = match second {
            0..=20 => tick(second, Look::Counts(1, 20), Look::Counts(1, 180)),
            _ => tick(second, Look::Counts(3, 20), Look::Counts(1, 180)),
        };
        let restarting = (21..200).contains(&second);
        look.pods.canary = PodSet {
            count: 1,
            young: u32::from(restarting),
            fingerprint: 1,
        };
        Some(look)
    });
    for (second, _) in played.decisions(Verb::Ticket) {
        decided = Some(second);
    }
    assert!(
        decided.unwrap() >= 200 + 14,
        "{decided:?}: a stretch of its own after the break"
    );
}

#[test]
fn a_new_set_of_pods_has_its_own_allowance_and_an_old_one_keeps_its_own() {
    let mut plan = plan();
    plan.compare.noise = None;
    plan.watch_for = Duration::from_secs(600);
    let allowance = |seconds: u64, set: &dyn Fn(u64) -> (u32, u32)| {
        let played = Game::new(plan.clone(), seconds).play(|second, _| {
            let mut look = tick(second, Look::Counts(0, 20), Look::Counts(second % 2, 180));
            let (count, fingerprint) = set(second);
            look.pods.canary = PodSet {
                count,
                young: 0,
                fingerprint,
            };
            Some(look)
        });
        played.verdict(0).method.pod_allowance
    };
    let first = allowance(60, &|_| (1, 1));
    let replaced = allowance(60, &|second| (1, if second < 30 { 1 } else { 2 }));
    let back = allowance(60, &|second| {
        (1, if (20..40).contains(&second) { 2 } else { 1 })
    });
    let more = allowance(60, &|second| if second < 30 { (1, 1) } else { (4, 3) });
    assert!(
        replaced > first,
        "another draw of the same size costs more: {replaced} {first}"
    );
    assert_eq!(
        back.to_bits(),
        first.to_bits(),
        "the same pods are the same draw"
    );
    assert!(more < first, "more pods differ less: {more} {first}");
}

#[test]
fn slices_that_appear_together_weigh_the_same() {
    let mut plan = split_plan();
    plan.criteria.push(Criterion {
        name: "no collapse by route".into(),
        rule: Rule::NeverAbove(0.9),
        ..plan.criteria[0].clone()
    });
    let played = Game::new(plan, 10).play(|second, _| {
        let mut tick = tick_of(at(second), at(second + 1), vec![]);
        slices(
            &mut tick,
            if second == 0 {
                &["/a", "/b", "/c"]
            } else {
                &[]
            },
        );
        if second == 5 {
            slices(&mut tick, &["/d"]);
        }
        let known = if second < 5 { 3 } else { 4 };
        tick.readings
            .push(reading(0, None, Look::Counts(0, 20), Look::Counts(1, 180)));
        for slice in 0..known {
            tick.readings.push(reading(
                0,
                Some(slice),
                Look::Counts(0, 5),
                Look::Counts(0, 45),
            ));
        }
        Some(tick)
    });
    let summary = played.watch.summary();
    let weight = |criterion: u16, slice: u16| {
        let row = summary.rows.iter().find(|row| {
            row.verdict.row.criterion == criterion && row.verdict.row.slice == Some(slice)
        });
        row.unwrap().verdict.method.weight
    };
    assert_eq!(weight(0, 0).to_bits(), weight(0, 2).to_bits());
    assert_eq!(weight(0, 0).to_bits(), weight(1, 1).to_bits());
    assert!(weight(0, 3) < weight(0, 0));
    let all: f64 = summary
        .rows
        .iter()
        .map(|row| row.verdict.method.weight)
        .sum();
    assert!(all <= 1.0, "{all}");
}

#[test]
fn a_slice_that_only_the_canary_serves_is_held_against_fixed_values() {
    let mut plan = split_plan();
    plan.criteria = vec![criterion(
        "no collapse",
        0,
        Rule::NeverAbove(0.5),
        vec![Reaction::RollBack],
    )];
    let played = Game::new(plan, 60).play(|second, _| {
        let mut tick = tick_of(
            at(second),
            at(second + 1),
            vec![
                reading(0, None, Look::Counts(9, 100), Look::Counts(0, 900)),
                reading(
                    0,
                    Some(0),
                    Look::Counts(9, 10),
                    Look::Nothing(Gap::NoSeries),
                ),
            ],
        );
        if second == 0 {
            slices(&mut tick, &["/new"]);
        }
        Some(tick)
    });
    let (_, decision) = &played.decisions(Verb::RollBack)[0];
    assert_eq!(decision.rows[0].slice, Some(0));
}

#[test]
fn a_threshold_is_learned_before_the_canary_comes() {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Histogram {
        of: crate::player::selector("seconds"),
    };
    plan.criteria = vec![Criterion {
        measure: Measure::Quantile(0.99),
        ..criterion(
            "p99",
            0,
            Rule::AgainstBaseline {
                worse: Worse::Higher,
                limit: Limit::Relative(1.0),
            },
            vec![Reaction::RollBack],
        )
    }];
    let fast = || {
        Measured::Durations(Histogram::from_pairs([
            (0.1, 200),
            (0.2, 0),
            (0.4, 0),
            (0.8, 0),
        ]))
    };
    let played = Game::new(plan, 12).play(|second, _| {
        let canary = if second < 10 {
            Measured::Nothing(Gap::NoSeries)
        } else {
            fast()
        };
        let reading = Reading {
            signal: 0,
            slice: None,
            sides: Sides {
                canary,
                baseline: fast(),
            },
        };
        Some(tick_of(at(second), at(second + 1), vec![reading]))
    });
    let verdict = played.verdict(0);
    assert_eq!(verdict.method.thresholds, Some((0.1, 0.2)));
    assert_eq!(
        verdict.because,
        Because::WarmingUp,
        "not waiting for a threshold"
    );
}

#[test]
fn during_the_warm_up_numbers_are_shown_and_nothing_is_judged() {
    let mut plan = plan();
    plan.warm_up = Duration::from_secs(30);
    let played = play(plan, 20, |_, _| (Look::Counts(1, 20), Look::Counts(1, 180)));
    let verdict = played.verdict(0);
    assert_eq!(verdict.because, Because::WarmingUp);
    assert_eq!(verdict.numbers.level.canary, Some(0.05));
    assert_eq!(verdict.numbers.exposure.canary, 400);
    assert_eq!(verdict.numbers.range, None, "no evidence, no range");
    assert_eq!(played.decided(Verb::RollBack), None);
}
