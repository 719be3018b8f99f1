//! The promised error rates over whole watches, by seeded simulation at the edge of the null, where they are largest.

use statistics::{Design, Harm, Margin, Pair, Safety, Starts, Worse, pod_allowance};

use crate::chance::{Chance, believable};
use crate::terms::{difference, ideal, pair, ratio};

/// Watches in which `reached` happens, of `runs`.
fn share(runs: u32, mut reached: impl FnMut(&mut Chance) -> bool) -> u32 {
    (0..runs)
        .filter(|seed| reached(&mut Chance::new(u64::from(*seed) + 1)))
        .count() as u32
}

/// Counts of one look of a small canary beside a large baseline, with a base rate that swings over the day.
fn look(chance: &mut Chance, minute: u32, line: impl Fn(f64) -> f64) -> Pair {
    let r0 = 0.02 + 0.018 * (f64::from(minute) / 300.0 * std::f64::consts::TAU).sin();
    let n1 = 10 + u64::from(minute % 7);
    pair(
        (chance.successes(n1, line(r0)), n1),
        (chance.successes(200, r0), 200),
    )
}

fn harm_fires(
    design: &Design,
    chance: &mut Chance,
    looks: u32,
    threshold: f64,
    line: impl Fn(f64) -> f64,
) -> bool {
    let mut harm = Harm::new(design);
    (0..looks).any(|minute| {
        harm.update(&look(chance, minute, &line));
        harm.ln_e() >= threshold
    })
}

fn safety_fires(
    design: &Design,
    chance: &mut Chance,
    looks: u32,
    threshold: f64,
    line: impl Fn(f64) -> f64,
) -> bool {
    let mut safety = Safety::new(design);
    (0..looks).any(|minute| {
        safety.update(&look(chance, minute, &line));
        safety.ln_e() >= threshold
    })
}

const RUNS: u32 = 600;
const LOOKS: u32 = 600;

#[test]
fn harm_at_its_ratio_limit_fires_in_at_most_alpha_of_the_watches() {
    let design = Design {
        starts: Starts::over(LOOKS),
        expected_rate: Some(0.02),
        ..ratio(1.2)
    };
    let fired = share(RUNS, |chance| {
        harm_fires(&design, chance, LOOKS, f64::ln(20.0), |r0| 1.2 * r0)
    });
    assert!(fired <= believable(RUNS, 0.05), "{fired} of {RUNS}");
}

#[test]
fn harm_at_its_absolute_limit_fires_in_at_most_alpha_of_the_watches() {
    let design = Design {
        starts: Starts::over(LOOKS),
        ..difference(0.02)
    };
    let fired = share(RUNS, |chance| {
        harm_fires(&design, chance, LOOKS, f64::ln(20.0), |r0| r0 + 0.02)
    });
    assert!(fired <= believable(RUNS, 0.05), "{fired} of {RUNS}");
}

#[test]
fn safety_at_its_limits_confirms_in_at_most_beta_of_the_watches() {
    let fired = share(RUNS, |chance| {
        safety_fires(&ratio(1.5), chance, LOOKS, f64::ln(20.0), |r0| 1.5 * r0)
    });
    assert!(fired <= believable(RUNS, 0.05), "ratio: {fired} of {RUNS}");
    let fired = share(RUNS, |chance| {
        safety_fires(&difference(0.02), chance, LOOKS, f64::ln(20.0), |r0| {
            r0 + 0.02
        })
    });
    assert!(
        fired <= believable(RUNS, 0.05),
        "difference: {fired} of {RUNS}"
    );
}

/// Without this the tests above could pass by never firing at all.
#[test]
fn safety_without_harm_confirms() {
    let fired = share(40, |chance| {
        safety_fires(&ratio(2.0), chance, LOOKS, f64::ln(20.0), |r0| r0)
    });
    assert!(fired >= 30, "ratio: {fired} of 40");
    let fired = share(40, |chance| {
        safety_fires(&difference(0.02), chance, LOOKS, f64::ln(20.0), |r0| r0)
    });
    assert!(fired >= 36, "difference: {fired} of 40");
}

/// Bursts that carry every event three times: without tempering the promise breaks, with it it holds.
#[test]
fn dispersion_keeps_the_promise_under_bursts() {
    let bursts = |chance: &mut Chance, phi: f64| {
        let design = Design {
            dispersion: phi,
            starts: Starts::over(LOOKS),
            ..ratio(1.0)
        };
        let mut harm = Harm::new(&design);
        (0..LOOKS).any(|_| {
            let (k1, k0) = (chance.successes(50, 0.02), chance.successes(200, 0.02));
            harm.update(&pair((3 * k1, 50), (3 * k0, 200)));
            harm.ln_e() >= f64::ln(20.0)
        })
    };
    let naive = share(200, |chance| bursts(chance, 1.0));
    let tempered = share(200, |chance| bursts(chance, 3.0));
    assert!(naive > believable(200, 0.05), "{naive} of 200");
    assert!(tempered <= believable(200, 0.05), "{tempered} of 200");
}

/// Persistent pod effects: drawn once a watch, they break the promise without the allowance and keep it with it.
#[test]
fn the_pod_allowance_keeps_the_promise_under_pod_effects() {
    let (pods1, pods0, tau) = (2, 20, 0.15);
    let watch = |chance: &mut Chance, allowance: f64, margin: Margin| {
        let design = Design {
            pod_allowance: allowance,
            ..ideal(margin, Worse::Higher)
        };
        let spread = (1.0 / f64::from(pods1) + 1.0 / f64::from(pods0)).sqrt();
        let effect = f64::exp(tau * spread * chance.normal());
        let mut harm = Harm::new(&design);
        (0..400).any(|_| {
            let (k1, k0) = (
                chance.successes(2000, 0.02 * effect),
                chance.successes(20_000, 0.02),
            );
            harm.update(&pair((k1, 2000), (k0, 20_000)));
            harm.ln_e() >= f64::ln(40.0)
        })
    };
    // Half of the 5 % pays for the allowance, half for the process.
    let allowance = pod_allowance(tau, pods1, pods0, 0.025);
    for margin in [
        Margin::ratio(1.0).unwrap(),
        Margin::difference(1e-4).unwrap(),
    ] {
        let naive = share(120, |chance| watch(chance, 0.0, margin));
        let widened = share(120, |chance| watch(chance, allowance, margin));
        assert!(naive > 30, "{naive} of 120 for {margin:?}");
        assert!(
            widened <= believable(120, 0.05),
            "{widened} of 120 for {margin:?}"
        );
    }
}

/// Harm that begins late is found from a later start, long after the process since the first look has given up.
#[test]
fn late_harm_is_found_by_a_later_start() {
    for base in [ratio(1.1), difference(0.01)] {
        let delays: Vec<u32> = [Starts::over(1200), Starts::NONE]
            .into_iter()
            .map(|starts| {
                let mut harm = Harm::new(&Design { starts, ..base });
                let mut chance = Chance::new(5);
                for _ in 0..1000 {
                    harm.update(&pair(
                        (chance.successes(50, 0.01), 50),
                        (chance.successes(950, 0.01), 950),
                    ));
                }
                (0..200)
                    .find(|_| {
                        harm.update(&pair(
                            (chance.successes(50, 0.08), 50),
                            (chance.successes(950, 0.01), 950),
                        ));
                        harm.ln_e() >= f64::ln(100.0)
                    })
                    .unwrap_or(200)
            })
            .collect();
        assert!(delays[0] <= 20, "{delays:?} for {base:?}");
        assert!(delays[1] > 2 * delays[0], "{delays:?} for {base:?}");
    }
}

/// Three errors in five percent of the traffic against none in the rest: rare events carry their full weight.
#[test]
fn three_errors_against_none_are_enough() {
    let e = |canary: u64| {
        let mut harm = Harm::new(&ratio(1.0));
        harm.update(&pair((canary, 50), (0, 950)));
        harm.ln_e().exp()
    };
    assert!((e(3) - 221.0).abs() < 12.0, "{}", e(3));
    assert!((e(2) - 29.0).abs() < 1.5, "{}", e(2));
    let mut even = Harm::new(&ratio(1.0));
    even.update(&pair((3, 50), (0, 50)));
    assert!(even.ln_e().exp() < 8.0);
}
