//! Absolute limits where a ratio would fail: an error-free baseline, a base rate that swings.

use statistics::{Design, Harm, Margin, Safety, Starts, Worse};

use crate::chance::Chance;
use crate::terms::{difference, ideal, pair};

const ALPHA: f64 = 0.01;

/// 7.5 % against nothing at 20 canary requests a look: found within seconds of looks at a look a second.
#[test]
fn an_error_free_baseline_hides_nothing() {
    let design = Design {
        starts: Starts::over(600),
        ..difference(0.02)
    };
    let mut found: Vec<u32> = (0..40)
        .map(|seed| {
            let mut chance = Chance::new(seed + 1);
            let mut harm = Harm::new(&design);
            // The baseline is there before the canary.
            harm.update(&pair((0, 0), (0, 180)));
            (1..=60)
                .find(|_| {
                    harm.update(&pair((chance.successes(20, 0.075), 20), (0, 180)));
                    harm.ln_e() >= -ALPHA.ln()
                })
                .unwrap()
        })
        .collect();
    found.sort_unstable();
    assert!(found[20] <= 9, "median {} looks", found[20]);
    assert!(found[39] <= 30, "slowest {} looks", found[39]);
}

/// The same after 2000 looks in which neither side had an error. Some looks wait for the next start, and a start among 288
/// has its price.
#[test]
fn an_error_free_past_hides_nothing() {
    let design = Design {
        starts: Starts::over(4320),
        ..difference(0.02)
    };
    let mut quiet = Harm::new(&design);
    for _ in 0..2000 {
        quiet.update(&pair((0, 20), (0, 180)));
    }
    let mut found: Vec<u32> = (0..21)
        .map(|seed| {
            let mut chance = Chance::new(seed + 1);
            let mut harm = quiet.clone();
            (1..=120)
                .find(|_| {
                    harm.update(&pair((chance.successes(20, 0.075), 20), (0, 180)));
                    harm.ln_e() >= -ALPHA.ln()
                })
                .unwrap()
        })
        .collect();
    found.sort_unstable();
    assert!(found[10] <= 30, "median {} looks", found[10]);
}

/// 72 hours at a look a minute; the base rate swings between 0.2 % and 4 % over the day, the canary stays inside +2 points.
#[test]
fn a_swinging_base_rate_raises_no_alarm_inside_the_limit() {
    for worse in [Worse::Higher, Worse::Lower] {
        let sign = if worse == Worse::Higher { 1.0 } else { -1.0 };
        let design = Design {
            starts: Starts::over(4320),
            ..ideal(Margin::difference(0.02).unwrap(), worse)
        };
        for seed in 0..40 {
            let mut chance = Chance::new(seed + 1);
            let mut harm = Harm::new(&design);
            for minute in 0..4320 {
                let swing = (f64::from(minute) / 1440.0 * std::f64::consts::TAU).sin();
                let errors = 0.021 + 0.019 * swing;
                let r0 = if worse == Worse::Higher {
                    errors
                } else {
                    1.0 - errors
                };
                let r1 = r0 + sign * 0.018;
                harm.update(&pair(
                    (chance.successes(60, r1), 60),
                    (chance.successes(1140, r0), 1140),
                ));
                assert!(
                    harm.ln_e() < -ALPHA.ln(),
                    "alarm at minute {minute} of watch {seed} ({worse:?})"
                );
            }
        }
    }
}

/// The limit of a fall is the mirror image of the limit of a rise, on what did not happen.
#[test]
fn lower_is_worse_mirrors_higher_is_worse() {
    let rise = Design {
        expected_rate: Some(0.02),
        ..difference(0.03)
    };
    let fall = Design {
        worse: Worse::Lower,
        expected_rate: Some(0.98),
        ..rise
    };
    let (mut up, mut down) = (Harm::new(&rise), Harm::new(&fall));
    let (mut safe_up, mut safe_down) = (Safety::new(&rise), Safety::new(&fall));
    let mut chance = Chance::new(9);
    for _ in 0..50 {
        let (k1, k0) = (chance.successes(40, 0.06), chance.successes(300, 0.02));
        let (errors, successes) = (
            pair((k1, 40), (k0, 300)),
            pair((40 - k1, 40), (300 - k0, 300)),
        );
        up.update(&errors);
        down.update(&successes);
        safe_up.update(&errors);
        safe_down.update(&successes);
    }
    assert!((up.ln_e() - down.ln_e()).abs() < 1e-9);
    assert!((safe_up.ln_e() - safe_down.ln_e()).abs() < 1e-9);
    assert!(up.ln_e() > 1.0);
}

/// Nine of ten canary requests fail: one look is enough, once the baseline is known.
#[test]
fn a_collapse_is_found_in_one_look() {
    let design = Design {
        starts: Starts::over(600),
        ..difference(0.02)
    };
    let mut harm = Harm::new(&design);
    (0..15).for_each(|_| harm.update(&pair((0, 0), (1, 180))));
    assert_eq!(harm.ln_e(), 0.0);
    harm.update(&pair((18, 20), (1, 180)));
    assert!(harm.ln_e() > 20.0, "{}", harm.ln_e());
}
