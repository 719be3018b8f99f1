//! One stream against an absolute value.

use statistics::{Sample, SingleStream, Starts, Worse};

use crate::chance::{Chance, believable};

fn sample(events: u64, trials: u64) -> Sample {
    Sample { events, trials }
}

/// Expectations over all outcomes of three looks, Bernoulli trials at the value or inside it.
#[test]
fn it_never_gains_under_its_null() {
    let ways = |n: u64, k: u64| (0..k).fold(1.0, |ways, i| ways * (n - i) as f64 / (i + 1) as f64);
    for (worse, inside) in [(Worse::Higher, 0.7), (Worse::Lower, 1.4)] {
        for value in [0.02, 0.2, 0.5, 0.6, 0.95] {
            for (harm, rate) in [
                (true, value),
                (true, value * inside),
                (false, value),
                (false, value / inside),
            ] {
                let rate = f64::min(rate, 1.0);
                let start = SingleStream::new(value, worse, 1.0, Starts { every: 1, count: 2 });
                let mut states = vec![(1.0, start)];
                for n in [3, 2, 4] {
                    let mut next = Vec::new();
                    for (probability, stream) in &states {
                        for k in 0..=n {
                            let mut stream = stream.clone();
                            stream.update(&sample(k, n));
                            let p = ways(n, k)
                                * rate.powi(k as i32)
                                * (1.0 - rate).powi((n - k) as i32);
                            next.push((probability * p, stream));
                        }
                    }
                    states = next;
                    let expectation: f64 = states
                        .iter()
                        .map(|(p, stream)| {
                            p * if harm {
                                stream.ln_harm()
                            } else {
                                stream.ln_safety()
                            }
                            .exp()
                        })
                        .sum();
                    assert!(
                        expectation <= 1.0 + 1e-9,
                        "{expectation} at {value}, rate {rate}, {worse:?}, harm {harm}"
                    );
                }
            }
        }
    }
}

#[test]
fn false_alarms_and_false_confirmations_stay_within_the_promise() {
    let (mut alarms, mut confirmations, runs) = (0, 0, 400);
    for seed in 0..runs {
        let mut chance = Chance::new(u64::from(seed) + 1);
        let mut stream = SingleStream::new(0.02, Worse::Higher, 1.0, Starts::over(500));
        let (mut alarm, mut confirmed) = (false, false);
        for _ in 0..500 {
            stream.update(&sample(chance.successes(100, 0.02), 100));
            alarm |= stream.ln_harm() >= f64::ln(20.0);
            confirmed |= stream.ln_safety() >= f64::ln(20.0);
        }
        alarms += u32::from(alarm);
        confirmations += u32::from(confirmed);
    }
    assert!(alarms <= believable(runs, 0.05), "{alarms}");
    assert!(confirmations <= believable(runs, 0.05), "{confirmations}");
}

#[test]
fn it_sees_both_sides_of_the_value() {
    for (value, worse, bad, good) in [
        (0.02, Worse::Higher, 0.05, 0.005),
        (0.99, Worse::Lower, 0.95, 0.999),
        (0.3, Worse::Lower, 0.2, 0.45),
        (0.9, Worse::Higher, 0.97, 0.8),
    ] {
        for (rate, harmful) in [(bad, true), (good, false)] {
            let mut chance = Chance::new(6);
            let mut stream = SingleStream::new(value, worse, 1.0, Starts::over(100));
            (0..40).for_each(|_| stream.update(&sample(chance.successes(100, rate), 100)));
            assert_eq!(
                stream.ln_harm() >= f64::ln(100.0),
                harmful,
                "{} at {value}",
                stream.ln_harm()
            );
            assert_eq!(
                stream.ln_safety() >= f64::ln(20.0),
                !harmful,
                "{} at {value}",
                stream.ln_safety()
            );
        }
    }
}

#[test]
fn never_means_never() {
    let mut stream = SingleStream::new(0.0, Worse::Higher, 3.0, Starts::over(100));
    (0..50).for_each(|_| stream.update(&sample(0, 1000)));
    assert!(stream.ln_harm().abs() < 1e-12);
    stream.update(&sample(1, 1000));
    assert!(stream.ln_harm() > 0.9 * SingleStream::PROOF && stream.ln_harm().is_finite());
    assert!(stream.ln_safety().abs() < 1e-12);
}

#[test]
fn values_without_sense_stay_silent() {
    for (value, worse, phi) in [
        (f64::NAN, Worse::Higher, 1.0),
        (-1.0, Worse::Higher, 1.0),
        (f64::INFINITY, Worse::Higher, 1.0),
        (0.0, Worse::Lower, 1.0),
        (0.1, Worse::Higher, f64::NAN),
    ] {
        let mut stream = SingleStream::new(value, worse, phi, Starts::over(100));
        (0..50).for_each(|_| stream.update(&sample(900, 1000)));
        assert_eq!(
            (stream.ln_harm(), stream.ln_safety()),
            (0.0, 0.0),
            "{value} {worse:?}"
        );
    }
}
