//! `E[E_t] ≤ 1` under the null, by adding up every possible outcome of small trials, look by look.

use statistics::{Design, Harm, Margin, Pair, Safety, Starts, Worse};

use crate::terms::{ideal, pair};

/// Probability of `k` successes in `n` trials.
fn binomial(k: u64, n: u64, rate: f64) -> f64 {
    let ways = (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64);
    ways * rate.powi(k as i32) * (1.0 - rate).powi((n - k) as i32)
}

#[derive(Clone)]
enum Process {
    Harm(Harm),
    Safety(Safety),
}

impl Process {
    fn update(&mut self, pair: &Pair) {
        match self {
            Self::Harm(harm) => harm.update(pair),
            Self::Safety(safety) => safety.update(pair),
        }
    }

    fn e(&self) -> f64 {
        match self {
            Self::Harm(harm) => harm.ln_e().exp(),
            Self::Safety(safety) => safety.ln_e().exp(),
        }
    }
}

/// One look of an enumeration: trials of both sides and their true rates.
#[derive(Clone, Copy)]
struct Look {
    canary: (u64, f64),
    baseline: (u64, f64),
}

/// Expectations of `E` after each look, over all outcomes.
fn expectations(process: &Process, looks: &[Look]) -> Vec<f64> {
    let mut sums = vec![0.0; looks.len()];
    walk(process, looks, 0, 1.0, &mut sums);
    sums
}

fn walk(process: &Process, looks: &[Look], at: usize, probability: f64, sums: &mut [f64]) {
    let Some(look) = looks.get(at) else { return };
    let ((n1, r1), (n0, r0)) = (look.canary, look.baseline);
    for k1 in 0..=n1 {
        for k0 in 0..=n0 {
            let probability = probability * binomial(k1, n1, r1) * binomial(k0, n0, r0);
            if probability > 0.0 {
                let mut next = process.clone();
                next.update(&pair((k1, n1), (k0, n0)));
                sums[at] += probability * next.e();
                walk(&next, looks, at + 1, probability, sums);
            }
        }
    }
}

fn check(design: &Design, looks: &[Look], safety: bool) {
    assert!(!looks.is_empty(), "no rates on the line of {design:?}");
    let process = if safety {
        Process::Safety(Safety::new(design))
    } else {
        Process::Harm(Harm::new(design))
    };
    for (t, expectation) in expectations(&process, looks).into_iter().enumerate() {
        assert!(
            expectation <= 1.0 + 1e-9,
            "E = {expectation} at look {t} under {design:?}"
        );
        assert!(expectation > 0.0);
    }
}

/// Designs that differ in everything but the null line.
fn variants(margin: Margin, worse: Worse) -> Vec<Design> {
    let plain = ideal(margin, worse);
    vec![
        plain,
        Design {
            starts: Starts { every: 1, count: 3 },
            ..plain
        },
        Design {
            dispersion: 2.0,
            ..plain
        },
        Design {
            expected_rate: Some(0.05),
            starts: Starts { every: 2, count: 2 },
            ..plain
        },
        Design {
            expected_rate: Some(0.9),
            ..plain
        },
    ]
}

/// Looks with changing traffic and changing rates on a line; where the line leaves the unit square, at another rate.
fn looks(line: impl Fn(f64) -> f64) -> Vec<Look> {
    let valid = |r0: &f64| (0.0..=1.0).contains(&line(*r0));
    [(2, 3, 0.3), (1, 4, 0.05), (3, 1, 0.6)]
        .into_iter()
        .filter_map(|(n1, n0, r0)| {
            let r0 = [r0, 0.1, 0.9, 0.5, 0.0, 1.0].into_iter().find(valid)?;
            Some(Look {
                canary: (n1, line(r0)),
                baseline: (n0, r0),
            })
        })
        .collect()
}

#[test]
fn a_ratio_never_gains_under_its_null() {
    for ratio in [0.5, 1.0, 1.1, 1.5] {
        for (worse, sign) in [(Worse::Higher, 1.0), (Worse::Lower, -1.0)] {
            for design in variants(Margin::ratio(ratio).unwrap(), worse) {
                for inside in [0.0, 0.1, 1.0] {
                    check(
                        &design,
                        &looks(|r0| r0 * ratio * f64::exp(-sign * inside)),
                        false,
                    );
                    check(
                        &design,
                        &looks(|r0| r0 * ratio * f64::exp(sign * inside)),
                        true,
                    );
                }
            }
        }
    }
}

#[test]
fn a_ratio_with_pod_allowance_never_gains_under_its_widened_null() {
    let allowance: f64 = 0.2;
    for (worse, sign) in [(Worse::Higher, 1.0), (Worse::Lower, -1.0)] {
        let design = Design {
            pod_allowance: allowance,
            ..ideal(Margin::ratio(1.1).unwrap(), worse)
        };
        check(
            &design,
            &looks(|r0| r0 * 1.1 * f64::exp(sign * allowance)),
            false,
        );
        check(
            &design,
            &looks(|r0| r0 * 1.1 * f64::exp(-sign * allowance)),
            true,
        );
    }
}

#[test]
fn an_absolute_limit_never_gains_under_its_null() {
    for margin in [0.01, 0.1, 0.4] {
        for (worse, sign) in [(Worse::Higher, 1.0), (Worse::Lower, -1.0)] {
            for design in variants(Margin::difference(margin).unwrap(), worse) {
                for inside in [0.0, 0.05, 0.3] {
                    check(&design, &looks(|r0| r0 + sign * (margin - inside)), false);
                    check(&design, &looks(|r0| r0 + sign * (margin + inside)), true);
                }
            }
        }
    }
}

#[test]
fn an_absolute_limit_with_pod_allowance_never_gains_under_its_widened_null() {
    let allowance: f64 = 0.2;
    let margin = Margin::difference(0.1).unwrap();
    for rate in [None, Some(0.9)] {
        for worse in [Worse::Higher, Worse::Lower] {
            let design = Design {
                pod_allowance: allowance,
                expected_rate: rate,
                ..ideal(margin, worse)
            };
            // The allowance multiplies events, or what did not happen where events are the rule; the limit is added.
            let moved = |r0: f64, by: f64| match rate {
                None => r0 * f64::exp(by),
                Some(_) => 1.0 - (1.0 - r0) * f64::exp(-by),
            };
            let sign = if worse == Worse::Higher { 1.0 } else { -1.0 };
            check(
                &design,
                &looks(|r0| moved(r0, sign * allowance) + sign * 0.1),
                false,
            );
            check(
                &design,
                &looks(|r0| moved(r0, -sign * allowance) + sign * 0.1),
                true,
            );
        }
    }
}

/// Given the number of events, the split on the null line is binomial and the bets on it are fair: exactly 1.
#[test]
fn splits_on_the_null_line_are_fair() {
    for ratio in [0.8, 1.0, 1.3] {
        for starts in [Starts::NONE, Starts { every: 1, count: 4 }] {
            let design = Design {
                starts,
                ..ideal(Margin::ratio(ratio).unwrap(), Worse::Higher)
            };
            for safety in [false, true] {
                let process = if safety {
                    Process::Safety(Safety::new(&design))
                } else {
                    Process::Harm(Harm::new(&design))
                };
                let mut states = vec![(1.0, process)];
                for (events, n1, n0) in [(3, 5, 95), (0, 5, 95), (4, 50, 50), (2, 7, 20)] {
                    let share = n1 as f64 * ratio / (n1 as f64 * ratio + n0 as f64);
                    let mut next = Vec::new();
                    for (probability, process) in &states {
                        for k1 in 0..=events {
                            let mut process = process.clone();
                            process.update(&pair((k1, n1), (events - k1, n0)));
                            next.push((probability * binomial(k1, events, share), process));
                        }
                    }
                    states = next;
                    let expectation: f64 = states
                        .iter()
                        .map(|(probability, process)| probability * process.e())
                        .sum();
                    assert!(
                        (expectation - 1.0).abs() < 1e-10,
                        "{expectation} under {design:?}"
                    );
                }
            }
        }
    }
}

/// The test is able to fail: past the limit the expectation is above 1.
#[test]
fn harm_gains_past_its_limit() {
    let past = looks(|r0| r0 + 0.5);
    for margin in [
        Margin::ratio(1.1).unwrap(),
        Margin::difference(0.1).unwrap(),
    ] {
        let process = Process::Harm(Harm::new(&ideal(margin, Worse::Higher)));
        assert!(expectations(&process, &past)[2] > 1.2);
    }
}
