//! The promise about false alarms, kept by whole watches: at most alpha of them, all criteria and slices together.

use crate::chance::{Chance, at_most};
use crate::player::{Game, Look, action, at, criterion, plan, reading, tick_of};
use core::time::Duration;
use verification::decision::By;
use verification::event::Event;
use verification::observation::SliceName;
use verification::terms::*;

const WATCHES: u64 = 200;
const LOOKS: u64 = 1000;
/// Larger than any plan's, so that a test of this many watches can tell it from twice as much.
const ALPHA: f64 = 0.05;
const SLICES: u16 = 10;

/// Eight criteria whose limits are so narrow that a canary which is as the baseline stands on every one of them; the first is split into ten slices.
fn narrow_plan(noise: Option<Noise>) -> Plan {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(LOOKS + 10);
    plan.warm_up = Duration::from_secs(5);
    plan.compare.false_alarms = ALPHA;
    plan.compare.noise = noise;
    let signal = |number: usize| Signal {
        name: format!("signal {number}"),
        for_each: if number == 0 {
            vec!["route".into()]
        } else {
            vec![]
        },
        ..plan.signals[0].clone()
    };
    plan.signals = (0..8).map(signal).collect();
    let against = |worse, limit| Rule::AgainstBaseline { worse, limit };
    let rules = [
        (
            against(Worse::Higher, Limit::Points(1e-4)),
            vec![Reaction::RollBack],
        ),
        (
            against(Worse::Higher, Limit::Relative(0.01)),
            vec![Reaction::RollBack],
        ),
        (Rule::NeverAbove(RATE), vec![Reaction::RollBack]),
        (
            against(Worse::Lower, Limit::Relative(0.01)),
            vec![Reaction::RollBack],
        ),
        (
            against(Worse::Lower, Limit::Points(1e-4)),
            vec![Reaction::RollBack, Reaction::Page],
        ),
        (
            against(Worse::Higher, Limit::Relative(0.01)),
            vec![Reaction::Ticket],
        ),
        (Rule::NeverBelow(RATE), vec![Reaction::Page]),
        (
            against(Worse::Higher, Limit::Points(1e-4)),
            vec![Reaction::Review],
        ),
    ];
    plan.criteria = rules
        .into_iter()
        .enumerate()
        .map(|(number, (rule, then))| {
            criterion(&format!("criterion {number}"), number as u16, rule, then)
        })
        .collect();
    plan.actions = vec![action(Reaction::RollBack)];
    plan
}

const RATE: f64 = 0.04;

/// Watches in which a criterion called for anything.
fn alarms(
    watches: u64,
    noise: Option<Noise>,
    counts: impl Fn(&mut Chance, u64) -> u64 + Sync,
) -> u64 {
    let one = |seed: u64| {
        let mut chance = Chance::seeded(seed);
        let game = Game::new(narrow_plan(noise), LOOKS);
        let played = game.play(|second, _| {
            let mut readings = Vec::new();
            for signal in 0..8 {
                let slices = if signal == 0 { u64::from(SLICES) } else { 0 };
                let mut sums = [0; 4];
                for slice in 0..slices.max(1) {
                    let (canary, baseline) = if slices > 0 { (2, 18) } else { (20, 180) };
                    let (of_canary, of_baseline) =
                        (counts(&mut chance, canary), counts(&mut chance, baseline));
                    for (sum, more) in
                        sums.iter_mut()
                            .zip([of_canary, canary, of_baseline, baseline])
                    {
                        *sum += more;
                    }
                    if slices > 0 {
                        let sides = (
                            Look::Counts(of_canary, canary),
                            Look::Counts(of_baseline, baseline),
                        );
                        readings.push(reading(signal, Some(slice as u16), sides.0, sides.1));
                    }
                }
                readings.push(reading(
                    signal,
                    None,
                    Look::Counts(sums[0], sums[1]),
                    Look::Counts(sums[2], sums[3]),
                ));
            }
            readings.sort_by_key(|reading| (reading.signal, reading.slice));
            let mut tick = tick_of(at(second), at(second + 1), readings);
            if second == 0 {
                tick.new_slices = (0..SLICES)
                    .map(|slice| SliceName {
                        signal: 0,
                        name: format!("/{slice}"),
                    })
                    .collect();
            }
            Some(tick)
        });
        played
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Decision(decision) if decision.authority == By::Criteria))
    };
    std::thread::scope(|scope| {
        let one = &one;
        let half = |part: u64| {
            scope.spawn(move || {
                (0..watches)
                    .filter(|seed| seed % 2 == part && one(*seed))
                    .count() as u64
            })
        };
        let halves = [half(0), half(1)];
        halves.map(|half| half.join().unwrap()).iter().sum()
    })
}

#[test]
fn watches_of_independent_counts_keep_the_promise() {
    let alarms = alarms(WATCHES, Some(INDEPENDENT), |chance, trials| {
        chance.binomial(trials, RATE)
    });
    assert!(alarms <= at_most(WATCHES, ALPHA), "{alarms} of {WATCHES}");
}

#[test]
fn watches_of_over_dispersed_counts_keep_the_promise_under_the_assumed_noise() {
    let watches = WATCHES / 2;
    let alarms = alarms(watches, None, clustered);
    assert!(alarms <= at_most(watches, ALPHA), "{alarms} of {watches}");
}

/// The same watches, told that the counts are independent when they are not: what the others would look like if nothing kept the promise.
#[test]
fn the_promise_hangs_on_the_noise_being_right() {
    let watches = 10;
    let alarms = alarms(watches, Some(INDEPENDENT), clustered);
    assert!(alarms > at_most(watches, ALPHA), "{alarms} of {watches}");
}

const INDEPENDENT: Noise = Noise {
    dispersion: 1.0,
    pod_sd: 0.0,
};

/// Clusters may hold more events than a look has trials; the limit of proportions is theirs.
fn clustered(chance: &mut Chance, trials: u64) -> u64 {
    chance.dispersed(RATE * trials as f64, 3.0).min(trials)
}
