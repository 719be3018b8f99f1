//! A watch that is saved and loaded goes on as if nothing had happened.

use crate::chance::Chance;
use crate::player::{Game, Look, START, action, at, criterion, plan, reading, tick_of};
use core::time::Duration;
use proptest::prelude::*;
use statistics::Histogram;
use std::sync::Arc;
use verification::Watch;
use verification::checkpoint::StateError;
use verification::event::{Event, HumanAct, HumanActKind, Input};
use verification::intent::{Outcome, OutcomeKind};
use verification::observation::{
    BaselineLevel, Gap, Measured, PodSet, Reading, Sides, SliceName, SourceProblem, Tick,
};
use verification::seal::Sealed;
use verification::terms::*;
use verification::time::Timestamp;

pub const EDGES: [f64; 6] = [0.05, 0.1, 0.2, 0.4, 0.8, f64::INFINITY];

/// Every kind of rule on every kind of signal, with slices, an objection window and steps of silence.
pub fn everything() -> Plan {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(150);
    plan.warm_up = Duration::from_secs(8);
    plan.lateness = Duration::from_secs(1);
    plan.compare.noise = None;
    plan.compare.canary_share = Some(0.1);
    plan.authority.review = Some(ReviewTerms {
        decided_by: "captain".into(),
        within: Duration::from_secs(20),
        otherwise: Reaction::Page,
    });
    plan.authority.roll_back.objection = Some(Objection {
        roles: vec!["on-call".into()],
        within: Duration::from_secs(6),
    });
    let signal = |name: &str, kind, split: bool| Signal {
        name: name.into(),
        kind,
        for_each: if split { vec!["route".into()] } else { vec![] },
        ..plan.signals[0].clone()
    };
    let selector = || crate::player::selector("metric");
    let rate = || SignalKind::Proportion {
        part: selector(),
        whole: selector(),
    };
    plan.signals = vec![
        signal("failed", rate(), true),
        signal("latency", SignalKind::Histogram { of: selector() }, true),
        signal(
            "queue",
            SignalKind::Level {
                query: "queue".into(),
            },
            false,
        ),
        signal(
            "orders",
            SignalKind::Count {
                of: selector(),
                per: None,
            },
            false,
        ),
    ];
    let against = |worse, limit| Rule::AgainstBaseline { worse, limit };
    let p = Measure::Quantile(0.9);
    let rules = [
        (
            0,
            Measure::Rate,
            against(Worse::Higher, Limit::Points(0.05)),
            Reaction::RollBack,
        ),
        (
            0,
            Measure::Rate,
            against(Worse::Higher, Limit::Relative(0.5)),
            Reaction::RollBack,
        ),
        (0, Measure::Rate, Rule::NeverAbove(0.6), Reaction::RollBack),
        (
            1,
            p,
            against(Worse::Higher, Limit::Relative(1.0)),
            Reaction::Ticket,
        ),
        (
            1,
            p,
            against(Worse::Higher, Limit::Amount(0.3)),
            Reaction::RollBack,
        ),
        (1, p, Rule::NeverAbove(0.3), Reaction::Review),
        (
            2,
            Measure::Level,
            against(Worse::Higher, Limit::Amount(20.0)),
            Reaction::Ticket,
        ),
        (
            2,
            Measure::Level,
            Rule::NeverAbove(80.0),
            Reaction::RollBack,
        ),
        (
            3,
            Measure::Rate,
            against(Worse::Lower, Limit::Relative(0.3)),
            Reaction::RollBack,
        ),
        (3, Measure::Rate, Rule::NeverBelow(0.01), Reaction::Page),
    ];
    plan.criteria = rules
        .into_iter()
        .enumerate()
        .map(|(number, (signal, measure, rule, then))| Criterion {
            measure,
            ..criterion(&format!("criterion {number}"), signal, rule, vec![then])
        })
        .collect();
    plan.actions = vec![action(Reaction::RollBack), action(Reaction::Page)];
    plan.actions[0].target = Some("shop".into());
    plan.actions[0].settings = vec![("weight".into(), "0".into())];
    plan
}

fn sealed() -> Arc<Sealed> {
    let levels = vec![BaselineLevel {
        signal: 1,
        slice: Some("/1".into()),
        measured: Measured::Durations(Histogram::from_pairs(EDGES.map(|edge| (edge, 500)))),
        over: Duration::from_secs(60),
    }];
    Arc::new(Sealed {
        levels,
        ..(*Game::new(everything(), 0).sealed()).clone()
    })
}

/// A world in which anything may happen.
fn world(chance: &mut Chance, second: u64, bad: bool, known: &mut u16) -> Tick {
    let mut readings = Vec::new();
    let wild = chance.part();
    let side = |chance: &mut Chance, trials: u64, bad: bool| {
        let rate = if bad { 0.3 } else { 0.05 };
        let events = chance.binomial(trials, rate);
        let mut left = trials;
        let counts: Vec<(f64, u64)> = EDGES
            .into_iter()
            .map(|edge| {
                let share = if bad { 0.3 } else { 0.6 };
                let here = if edge.is_infinite() {
                    left
                } else {
                    chance.binomial(left, share)
                };
                left -= here;
                (edge, here)
            })
            .collect();
        (
            Look::Counts(events, trials),
            Measured::Durations(Histogram::from_pairs(counts)),
        )
    };
    let gap = (wild < 0.08).then(|| {
        [
            Gap::SourceFailed,
            Gap::NoSeries,
            Gap::Stale,
            Gap::FirstSample,
        ][(wild * 50.0) as usize]
    });
    let gone = second < 4 || gap.is_some();
    let mut durations = Vec::new();
    let slices = if second < 30 { 2 } else { 3 };
    let mut sums = [Look::Counts(0, 0); 2];
    for slice in 0..slices {
        let (of_canary, slow_canary) = side(chance, 4, bad && slice == 1);
        let (of_baseline, slow_baseline) = side(chance, 36, false);
        for (sum, more) in sums.iter_mut().zip([of_canary, of_baseline]) {
            if let (Look::Counts(events, trials), Look::Counts(more, of)) = (&sum, more) {
                *sum = Look::Counts(events + more, trials + of);
            }
        }
        if !gone {
            readings.push(reading(0, Some(slice), of_canary, of_baseline));
            let sides = Sides {
                canary: slow_canary,
                baseline: slow_baseline,
            };
            durations.push(Reading {
                signal: 1,
                slice: Some(slice),
                sides,
            });
        }
    }
    let canary = if gone {
        Look::Nothing(gap.unwrap_or(Gap::NoSeries))
    } else {
        sums[0]
    };
    readings.push(reading(0, None, canary, sums[1]));
    let (_, slow_canary) = side(chance, 12, bad);
    let (_, slow_baseline) = side(chance, 108, false);
    durations.push(Reading {
        signal: 1,
        slice: None,
        sides: Sides {
            canary: if gone {
                Measured::Nothing(Gap::NoSeries)
            } else {
                slow_canary
            },
            baseline: slow_baseline,
        },
    });
    readings.extend(durations);
    readings.push(reading(
        2,
        None,
        Look::Level(if bad { 60.0 } else { 20.0 + wild }),
        Look::Level(19.0),
    ));
    readings.push(reading(
        3,
        None,
        Look::Counts(chance.binomial(20, 0.4), 1000),
        Look::Counts(chance.binomial(180, 0.4), 9000),
    ));
    readings.sort_by_key(|reading| (reading.signal, reading.slice));
    let mut tick = tick_of(at(second), at(second + 1), readings);
    if !gone {
        for slice in *known..slices {
            for signal in 0..2 {
                tick.new_slices.push(SliceName {
                    signal,
                    name: format!("/{slice}"),
                });
            }
        }
        *known = (*known).max(slices);
    } else {
        tick.problems.push(SourceProblem {
            source: "shop".into(),
            message: "no answer".into(),
            refused: false,
        });
    }
    tick.pods.canary = PodSet {
        count: 1 + u32::from(second > 60),
        young: u32::from(second % 40 < 3),
        fingerprint: second as u32 / 40,
    };
    if second == 5 {
        tick.versions = Some(Sides {
            canary: Some("2".into()),
            baseline: Some("1".into()),
        });
    }
    tick
}

/// All inputs of one watch with the times they came at; what the watch orders is answered.
fn inputs(
    seed: u64,
    bad_from: u64,
    acts: &[(u64, HumanActKind)],
    result: OutcomeKind,
) -> Vec<(Timestamp, Input)> {
    let mut chance = Chance::seeded(seed);
    let mut watch = Watch::begin(sealed(), START);
    let mut all = Vec::new();
    let mut known = 0;
    for second in 0..180 {
        let now = at(second + 2);
        let mut next = vec![Input::Tick(world(
            &mut chance,
            second,
            second >= bad_from,
            &mut known,
        ))];
        next.extend(
            acts.iter()
                .filter(|(when, _)| *when == second)
                .map(|(_, kind)| {
                    Input::Human(HumanAct {
                        kind: *kind,
                        name: "ada".into(),
                        reason: "because".into(),
                    })
                }),
        );
        while !next.is_empty() {
            let input = next.remove(0);
            for event in watch.step(now, &input) {
                if let Event::Intent(intent) = event {
                    next.push(Input::Outcome(Outcome {
                        intent: intent.id,
                        result: if intent.reaction == Reaction::RollBack {
                            result
                        } else {
                            OutcomeKind::Done
                        },
                        at: now,
                        took: Duration::from_millis(7),
                        detail: "done".into(),
                    }));
                }
            }
            all.push((now, input));
        }
    }
    all
}

fn acts() -> impl Strategy<Value = Vec<(u64, HumanActKind)>> {
    let kind = prop_oneof![
        Just(HumanActKind::Hold),
        Just(HumanActKind::Release),
        Just(HumanActKind::RollBack),
        Just(HumanActKind::Confirm),
    ];
    prop::collection::vec((10u64..170, kind), 0..3)
}

fn outcomes() -> impl Strategy<Value = OutcomeKind> {
    prop_oneof![
        Just(OutcomeKind::Done),
        Just(OutcomeKind::Failed),
        Just(OutcomeKind::Unknown)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_loaded_watch_goes_on_bit_for_bit(
        seed in any::<u64>(),
        bad_from in 20u64..250,
        acts in acts(),
        result in outcomes(),
        at in any::<prop::sample::Index>(),
    ) {
        let inputs = inputs(seed, bad_from, &acts, result);
        let at = at.index(inputs.len());
        let mut whole = Watch::begin(sealed(), START);
        for (now, input) in &inputs[..at] {
            let _ = whole.step(*now, input);
        }
        let saved = whole.save();
        let mut loaded = Watch::load(sealed(), START, &saved).unwrap();
        prop_assert_eq!(&loaded.save(), &saved, "saving what was loaded gives the same bytes");
        prop_assert_eq!(format!("{:?}", whole.summary()), format!("{:?}", loaded.summary()));
        for (number, (now, input)) in inputs[at..].iter().enumerate() {
            if number % 16 == 5 {
                // Who is looked at and who is not makes no difference.
                let _ = whole.summary();
            }
            prop_assert_eq!(whole.next_deadline(), loaded.next_deadline());
            prop_assert_eq!(whole.step(*now, input), loaded.step(*now, input));
        }
        prop_assert_eq!(format!("{:?}", whole.summary()), format!("{:?}", loaded.summary()));
        prop_assert_eq!(whole.save(), loaded.save());
    }

    #[test]
    fn damaged_bytes_are_refused_or_at_least_harmless(seed in any::<u64>(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
        let inputs = inputs(seed, 60, &[], OutcomeKind::Done);
        let mut watch = Watch::begin(sealed(), START);
        for (now, input) in &inputs[..inputs.len() / 2] {
            let _ = watch.step(*now, input);
        }
        let saved = watch.save();
        let cut = cut.index(saved.len());
        prop_assert!(Watch::load(sealed(), START, &saved[..cut]).is_err());
        let mut damaged = saved;
        for (at, byte) in damage {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        if let Ok(mut watch) = Watch::load(sealed(), START, &damaged) {
            let _ = watch.step(inputs[inputs.len() / 2].0, &inputs[inputs.len() / 2].1);
            let _ = watch.summary();
        }
    }
}

#[test]
fn a_checkpoint_is_of_one_seal_and_one_start() {
    let watch = Watch::begin(sealed(), START);
    let bytes = watch.save();
    assert!(Watch::load(sealed(), START, &bytes).is_ok());
    assert_eq!(
        Watch::load(sealed(), at(1), &bytes).err(),
        Some(StateError::OtherWatch)
    );
    let other = Arc::new(Sealed {
        hash: "11".into(),
        ..(*sealed()).clone()
    });
    assert_eq!(
        Watch::load(other, START, &bytes).err(),
        Some(StateError::OtherWatch)
    );
    let mut older = bytes.clone();
    older[0] = 0;
    assert_eq!(
        Watch::load(sealed(), START, &older).err(),
        Some(StateError::Version { found: 0 })
    );
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(
        Watch::load(sealed(), START, &longer).err(),
        Some(StateError::TooLong { excess: 1 })
    );
}
