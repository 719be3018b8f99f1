//! The quiet counterparts of the stories: many seeded runs of each, none of which may roll back or confirm wrongly.

use crate::chance::Chance;
use crate::player::{Game, Look, Played, at, plan, reading, tick_of};
use crate::weather::{CLEAR, ERRORS, Weather, both, service};
use core::time::Duration;
use statistics::Sample;
use verification::decision::{By, Verb};
use verification::event::{Event, State};
use verification::observation::{BaselineLevel, Gap, Measured, PodSet, Sides, Tick};
use verification::terms::*;
use verification::verdict::VerdictKind;

const RUNS: u64 = 30;

/// Plays seeded watches of this length through the weather of each second.
fn watches(looks: u64, weather: impl Fn(u64) -> Weather) -> Vec<Played> {
    watches_with(looks, |second, chance| {
        weather(second).look(chance, second, second + 1)
    })
}

fn watches_with(looks: u64, world: impl Fn(u64, &mut Chance) -> Tick) -> Vec<Played> {
    watches_sealed(looks, &[], world)
}

fn watches_sealed(
    looks: u64,
    levels: &[BaselineLevel],
    world: impl Fn(u64, &mut Chance) -> Tick,
) -> Vec<Played> {
    (0..RUNS)
        .map(|seed| {
            let mut chance = Chance::seeded(seed);
            let game = Game {
                levels: levels.to_vec(),
                ..Game::new(service(looks), looks)
            };
            game.play(|second, _| Some(world(second, &mut chance)))
        })
        .collect()
}

fn raise_nothing(played: &[Played]) {
    for (seed, one) in played.iter().enumerate() {
        let raised: Vec<_> = one
            .events
            .iter()
            .filter(|(_, event)| matches!(event, Event::Decision(decision) if decision.authority == By::Criteria))
            .collect();
        assert!(raised.is_empty(), "seed {seed}: {raised:?}");
        assert_eq!(one.decided(Verb::Page), None, "seed {seed}");
    }
}

fn confirmed(played: &[Played]) -> usize {
    played
        .iter()
        .filter(|one| one.state() == State::Confirmed)
        .count()
}

#[test]
fn a_clean_deployment() {
    let played = watches(200, |_| CLEAR);
    raise_nothing(&played);
    assert!(
        confirmed(&played) * 10 >= played.len() * 9,
        "{} confirmed",
        confirmed(&played)
    );
}

#[test]
fn the_start_up_noise_of_a_restart() {
    let played = watches(200, |second| {
        let starting = second < 25;
        Weather {
            failing: Sides {
                canary: if starting {
                    [0.01, 0.02, 0.005]
                } else {
                    CLEAR.failing.canary
                },
                ..CLEAR.failing
            },
            slow: Sides {
                canary: if starting { 8.0 } else { 1.0 },
                ..CLEAR.slow
            },
            orders: Sides {
                canary: if starting { 0.05 } else { 0.3 },
                ..CLEAR.orders
            },
            ..CLEAR
        }
    });
    raise_nothing(&played);
}

#[test]
fn a_restart_of_the_canary_in_the_middle() {
    let played = watches_with(300, |second, chance| {
        let starting = (150..175).contains(&second);
        let weather = Weather {
            failing: Sides {
                canary: if starting {
                    [0.01, 0.02, 0.005]
                } else {
                    CLEAR.failing.canary
                },
                ..CLEAR.failing
            },
            slow: Sides {
                canary: if starting { 8.0 } else { 1.0 },
                ..CLEAR.slow
            },
            ..CLEAR
        };
        let mut look = weather.look(chance, second, second + 1);
        look.pods.canary = PodSet {
            count: 1,
            young: u32::from((150..180).contains(&second)),
            fingerprint: if second < 150 { 1 } else { 2 },
        };
        look
    });
    raise_nothing(&played);
}

#[test]
fn traffic_that_doubles() {
    let played = watches(200, |second| {
        let more = if second < 100 { 1.0 } else { 2.0 };
        Weather {
            requests: Sides {
                canary: 40.0 * more,
                baseline: 360.0 * more,
            },
            slow: both(more),
            ..CLEAR
        }
    });
    raise_nothing(&played);
}

#[test]
fn a_traffic_step_of_the_canary() {
    let played = watches_with(200, |second, chance| {
        let canary = if second < 100 { 20.0 } else { 200.0 };
        let weather = Weather {
            requests: Sides {
                canary,
                baseline: 400.0 - canary,
            },
            ..CLEAR
        };
        let mut look = weather.look(chance, second, second + 1);
        if second >= 100 {
            look.pods.canary = PodSet {
                count: 4,
                young: 0,
                fingerprint: 9,
            };
        }
        look
    });
    raise_nothing(&played);
}

#[test]
fn an_incident_on_both_sides() {
    let played = watches(200, |second| {
        let incident = (80..140).contains(&second);
        Weather {
            failing: both(if incident {
                [0.15, 0.1, 0.12]
            } else {
                CLEAR.failing.canary
            }),
            slow: both(if incident { 6.0 } else { 1.0 }),
            orders: both(if incident { 0.1 } else { 0.3 }),
            ..CLEAR
        }
    });
    for one in &played {
        assert_eq!(one.decided(Verb::RollBack), None);
    }
}

#[test]
fn a_collapse_of_both_sides_is_paged_and_not_rolled_back() {
    let played = watches(200, |second| Weather {
        failing: both(if second < 80 {
            CLEAR.failing.canary
        } else {
            [0.9, 0.9, 0.9]
        }),
        ..CLEAR
    });
    for one in &played {
        assert_eq!(one.decided(Verb::RollBack), None);
        assert!(one.decided(Verb::Page).is_some());
        assert_ne!(one.state(), State::Confirmed);
    }
}

#[test]
fn a_route_that_was_always_bad() {
    // Past the fixed value on both sides, as it was before the deploy.
    let bad = Weather {
        failing: both([0.005, 0.3, 0.002]),
        ..CLEAR
    };
    let before = BaselineLevel {
        signal: ERRORS,
        slice: Some("/pay".into()),
        measured: Measured::Counts(Sample {
            events: 310,
            trials: 1000,
        }),
        over: Duration::from_secs(3600),
    };
    let played = watches_sealed(200, &[before], |second, chance| {
        bad.look(chance, second, second + 1)
    });
    raise_nothing(&played);
    assert!(
        confirmed(&played) * 10 >= played.len() * 9,
        "{} confirmed",
        confirmed(&played)
    );
}

#[test]
fn a_change_of_traffic_mix() {
    // From the quiet routes to the flaky one, on both sides.
    let played = watches(300, |second| {
        let part = (second as f64 - 100.0).clamp(0.0, 100.0) / 100.0;
        Weather {
            mix: both([0.6 - 0.5 * part, 0.1 + 0.7 * part, 0.3 - 0.2 * part]),
            failing: both([0.002, 0.05, 0.001]),
            ..CLEAR
        }
    });
    raise_nothing(&played);
}

#[test]
fn a_scrape_gap() {
    let played = watches_with(200, |second, chance| {
        let mut look = CLEAR.look(chance, second, second + 1);
        if (100..104).contains(&second) {
            for reading in &mut look.readings {
                reading.sides = both(Gap::SourceFailed).into_measured();
            }
        }
        look
    });
    raise_nothing(&played);
    assert!(confirmed(&played) * 10 >= played.len() * 9);
}

trait IntoMeasured {
    fn into_measured(self) -> Sides<Measured>;
}

impl IntoMeasured for Sides<Gap> {
    fn into_measured(self) -> Sides<Measured> {
        Sides {
            canary: Measured::Nothing(self.canary),
            baseline: Measured::Nothing(self.baseline),
        }
    }
}

#[test]
fn a_counter_reset() {
    // The canary's process restarts: what it counted between the last sample and its end is lost.
    let played = watches_with(200, |second, chance| {
        let lost = if second == 100 { 0.2 } else { 1.0 };
        let weather = Weather {
            requests: Sides {
                canary: 40.0 * lost,
                ..CLEAR.requests
            },
            ..CLEAR
        };
        let mut look = weather.look(chance, second, second + 1);
        look.resets = u32::from(second == 100);
        look
    });
    raise_nothing(&played);
}

#[test]
fn an_improvement() {
    let played = watches(200, |second| {
        let better = second >= 60;
        Weather {
            failing: Sides {
                canary: if better {
                    [0.0; 3]
                } else {
                    CLEAR.failing.canary
                },
                baseline: [0.03, 0.05, 0.02],
            },
            slow: Sides {
                canary: 0.3,
                baseline: 1.0,
            },
            orders: Sides {
                canary: 0.4,
                baseline: 0.3,
            },
            ..CLEAR
        }
    });
    raise_nothing(&played);
    assert!(confirmed(&played) * 10 >= played.len() * 9);
}

/// A look a minute for 72 hours; the base rate swings between 0.2 % and 4 % twice a day, and the canary is 0.3 points worse, inside a limit of 0.5.
#[test]
fn a_daily_rhythm_with_a_canary_inside_its_limit() {
    for seed in 0..RUNS {
        let mut plan = plan();
        plan.watch_for = Duration::from_secs(72 * 3600);
        plan.judge_every = Duration::from_secs(60);
        plan.warm_up = Duration::from_secs(900);
        plan.criteria.truncate(1);
        plan.criteria[0].rule = Rule::AgainstBaseline {
            worse: Worse::Higher,
            limit: Limit::Points(0.005),
        };
        plan.criteria[0].sustained_for = Duration::from_secs(300);
        let mut chance = Chance::seeded(seed);
        // Four minutes a look: the same day in a quarter of the looks.
        plan.judge_every = Duration::from_secs(240);
        let played = Game::new(plan, 72 * 15).play(|look, _| {
            let hour = look as f64 / 15.0;
            let swing = (hour / 24.0 * std::f64::consts::TAU).sin();
            let rate = 0.021 + 0.019 * swing;
            let busy = 1.0 + 0.6 * (hour / 24.0 * std::f64::consts::TAU).cos();
            let mut side = |requests: f64, rate: f64| {
                let trials = chance.poisson(requests * busy);
                Look::Counts(chance.binomial(trials, rate), trials)
            };
            let (canary, baseline) = (side(300.0, rate + 0.003), side(2700.0, rate));
            Some(tick_of(
                at(look * 240),
                at(look * 240 + 240),
                vec![reading(0, None, canary, baseline)],
            ))
        });
        assert_eq!(played.decided(Verb::RollBack), None, "seed {seed}");
        assert_ne!(played.word(0), VerdictKind::Failing, "seed {seed}");
    }
}

/// What the quiet must not hide: the same worlds with harm past the limit are rolled back.
#[test]
fn harm_in_the_same_weather_is_found() {
    let worlds: [(&str, Weather); 3] = [
        (
            "failures",
            Weather {
                failing: Sides {
                    canary: [0.06, 0.1, 0.05],
                    ..CLEAR.failing
                },
                ..CLEAR
            },
        ),
        (
            "slow",
            Weather {
                slow: Sides {
                    canary: 4.0,
                    ..CLEAR.slow
                },
                ..CLEAR
            },
        ),
        (
            "orders",
            Weather {
                orders: Sides {
                    canary: 0.1,
                    ..CLEAR.orders
                },
                ..CLEAR
            },
        ),
    ];
    for (name, harm) in worlds {
        let played = watches(250, |second| if second < 80 { CLEAR } else { harm });
        let found = played
            .iter()
            .filter(|one| {
                one.decided(Verb::RollBack)
                    .is_some_and(|second| second >= 80)
            })
            .count();
        assert!(
            found * 10 >= played.len() * 9,
            "{name}: {found} of {}",
            played.len()
        );
    }
}
