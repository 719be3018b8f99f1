//! How large a checkpoint gets.

use crate::chance::Chance;
use crate::checkpoints::{EDGES, everything};
use crate::player::{Game, Look, START, at, reading, tick_of};
use core::time::Duration;
use statistics::Histogram;
use verification::Watch;
use verification::event::{Input, State};
use verification::observation::{Measured, Reading, Sides, SliceName, Tick};
use verification::terms::*;
use verification::verdict::VerdictKind;

/// Twenty criteria of every kind, four of them on three signals with ten routes each, after three days of a look a minute.
#[test]
fn a_checkpoint_of_twenty_criteria_is_small() {
    let mut plan = everything();
    plan.watch_for = Duration::from_secs(73 * 3600);
    plan.judge_every = Duration::from_secs(60);
    plan.warm_up = Duration::from_secs(600);
    plan.compare.canary_share = None;
    plan.authority.cannot_see.clear();
    let more = plan.criteria.clone();
    for (number, criterion) in more.into_iter().enumerate() {
        plan.criteria.push(Criterion {
            name: format!("more {number}"),
            ..criterion
        });
    }
    for criterion in &mut plan.criteria {
        criterion.then = vec![Reaction::RollBack];
        criterion.sustained_for = Duration::from_secs(300);
        criterion.rule = match criterion.rule {
            // Wide, so that nothing ends the watch.
            Rule::AgainstBaseline { worse, limit } => Rule::AgainstBaseline {
                worse,
                limit: match limit {
                    Limit::Points(_) => Limit::Points(0.3),
                    Limit::Relative(_) if worse == Worse::Lower => Limit::Relative(0.9),
                    Limit::Relative(_) => Limit::Relative(7.0),
                    Limit::Amount(_) => Limit::Amount(0.7),
                },
            },
            other => other,
        };
    }
    plan.criteria.truncate(20);
    let mut chance = Chance::seeded(1);
    let game = Game::new(plan, 72 * 60);
    let mut largest = 0;
    let mut rows = 0;
    let mut watch = Watch::begin(game.sealed(), START);
    for look in 0..72 * 60u64 {
        let mut known = if look == 0 { 0 } else { 10 };
        let mut tick = busy(&mut chance, &mut known);
        tick.from = at(look * 60);
        tick.through = at(look * 60 + 60);
        let _ = watch.step(tick.through, &Input::Tick(tick));
        if look % 500 == 499 || look == 72 * 60 - 1 {
            largest = largest.max(watch.save().len());
            rows = watch.summary().rows.len();
        }
    }
    println!("{largest} bytes for {rows} rows");
    let failing: Vec<String> = watch
        .summary()
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::Failing)
        .map(|row| format!("{row:?}"))
        .collect();
    assert_eq!(
        watch.state(),
        State::Watching,
        "the watch went all the way: {failing:?}"
    );
    assert!(largest <= 200_000, "{largest} bytes for {rows} rows");
}

/// A minute of a busy service with ten routes.
fn busy(chance: &mut Chance, known: &mut u16) -> Tick {
    let mut readings = Vec::new();
    let histogram = |chance: &mut Chance, trials: u64| {
        let mut left = trials;
        Measured::Durations(Histogram::from_pairs(EDGES.map(|edge| {
            let here = if edge.is_infinite() {
                left
            } else {
                (left as f64 * (0.5 + 0.1 * chance.part())) as u64
            };
            left -= here;
            (edge, here)
        })))
    };
    for slice in [None].into_iter().chain((0..10).map(Some)) {
        let size = if slice.is_some() { 1 } else { 10 };
        let counts = |chance: &mut Chance, trials: u64| {
            Look::Counts(chance.poisson(trials as f64 * 0.01), trials)
        };
        readings.push(reading(
            0,
            slice,
            counts(chance, 60 * size),
            counts(chance, 540 * size),
        ));
        readings.push(Reading {
            signal: 1,
            slice,
            sides: Sides {
                canary: histogram(chance, 60 * size),
                baseline: histogram(chance, 540 * size),
            },
        });
    }
    readings.push(reading(
        2,
        None,
        Look::Level(19.0 + chance.part()),
        Look::Level(19.0 + chance.part()),
    ));
    readings.push(reading(
        3,
        None,
        Look::Counts(chance.poisson(900.0), 60_000),
        Look::Counts(chance.poisson(8100.0), 540_000),
    ));
    readings.sort_by_key(|reading| (reading.signal, reading.slice));
    let mut tick = tick_of(at(0), at(1), readings);
    for slice in *known..10 {
        for signal in 0..2 {
            tick.new_slices.push(SliceName {
                signal,
                name: format!("/route/{slice}"),
            });
        }
    }
    *known = 10;
    tick
}
