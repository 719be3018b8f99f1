//! Histograms merge exactly, scale exactly, and cut where the buckets allow.

use proptest::prelude::*;
use statistics::{Histogram, LatencyLimit, Sample, Shift, ShiftError, dominance_pairs, shift};

fn buckets() -> impl Strategy<Value = Vec<(f64, u64)>> {
    let edge = prop_oneof![
        (-20i32..40).prop_map(|i| f64::powf(2.0, f64::from(i) / 4.0)),
        Just(f64::INFINITY)
    ];
    proptest::collection::vec((edge, 0u64..1000), 0..40)
}

fn merged(parts: &[&Histogram]) -> Histogram {
    parts.iter().fold(Histogram::default(), |mut sum, part| {
        sum.add(part);
        sum
    })
}

proptest! {
    #[test]
    fn merging_forgets_the_order(a in buckets(), b in buckets(), c in buckets()) {
        let [a, b, c] = [a, b, c].map(Histogram::from_pairs);
        prop_assert_eq!(merged(&[&a, &b]), merged(&[&b, &a]));
        let ab = merged(&[&a, &b]);
        let bc = merged(&[&b, &c]);
        prop_assert_eq!(merged(&[&ab, &c]), merged(&[&a, &bc]));
        prop_assert_eq!(ab.total(), a.total() + b.total());
        prop_assert_eq!(merged(&[&a, &b, &c]), Histogram::from_pairs(a.iter().chain(b.iter()).chain(c.iter())));
    }

    #[test]
    fn times_a_power_of_two_changes_only_exponents(pairs in buckets(), history in buckets(), q in 0.0f64..1.0, k in -40i32..40, ratio in 1.0f64..5.0) {
        let factor = f64::powi(2.0, k);
        let scaled = |pairs: &[(f64, u64)]| Histogram::from_pairs(pairs.iter().map(|(edge, n)| (edge * factor, *n)));
        let (plain, times) = (Histogram::from_pairs(pairs.clone()), scaled(&pairs));
        prop_assert_eq!(plain.quantile(q).map(|x| (x * factor).to_bits()), times.quantile(q).map(f64::to_bits));
        let (past, past_times) = (Histogram::from_pairs(history.clone()), scaled(&history));
        let by_ratio = shift(&past.edges(), &past, q, LatencyLimit::Ratio(ratio));
        let by_ratio_times = shift(&past_times.edges(), &past_times, q, LatencyLimit::Ratio(ratio));
        let by_added = shift(&past.edges(), &past, q, LatencyLimit::Added(ratio));
        let by_added_times = shift(&past_times.edges(), &past_times, q, LatencyLimit::Added(ratio * factor));
        for (cut, cut_times) in [(by_ratio, by_ratio_times), (by_added, by_added_times)] {
            match (cut, cut_times) {
                (Ok(cut), Ok(times_cut)) => {
                    let expected = Shift {
                        threshold: cut.threshold * factor,
                        harm_edge: cut.harm_edge * factor,
                        safety_edge: cut.safety_edge * factor,
                    };
                    prop_assert_eq!(expected, times_cut);
                    prop_assert_eq!(
                        dominance_pairs(&cut, &plain, &past),
                        dominance_pairs(&times_cut, &times, &past_times)
                    );
                }
                (Err(error), Err(error_times)) => {
                    prop_assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&error_times));
                }
                (cut, times_cut) => prop_assert!(false, "{:?} but {:?}", cut, times_cut),
            }
        }
    }

    #[test]
    fn cuts_bracket_the_limit(history in buckets(), q in 0.0f64..1.0, ratio in 1.0f64..9.0) {
        let past = Histogram::from_pairs(history);
        if let Ok(cut) = shift(&past.edges(), &past, q, LatencyLimit::Ratio(ratio)) {
            let moved = cut.threshold * ratio;
            prop_assert!(cut.harm_edge >= moved * (1.0 - 2e-9) && cut.safety_edge <= moved * (1.0 + 2e-9));
            prop_assert!(cut.safety_edge > cut.threshold && cut.harm_edge >= cut.safety_edge * (1.0 - 2e-9));
            prop_assert!(past.above(cut.threshold) as f64 <= (1.0 - q) * past.total() as f64 + 1e-3);
        }
    }
}

/// A classic histogram in seconds: 100 values, one above 0.5 s.
fn classic() -> Histogram {
    Histogram::from_pairs([
        (0.1, 90),
        (0.2, 9),
        (0.5, 0),
        (1.0, 1),
        (2.0, 0),
        (f64::INFINITY, 0),
    ])
}

#[test]
fn a_limit_is_cut_at_the_edges_around_it() {
    let history = classic();
    let cut = shift(&history.edges(), &history, 0.99, LatencyLimit::Ratio(4.0)).unwrap();
    assert_eq!(
        cut,
        Shift {
            threshold: 0.2,
            harm_edge: 1.0,
            safety_edge: 0.5
        }
    );
    let exact = shift(&history.edges(), &history, 0.99, LatencyLimit::Added(0.3)).unwrap();
    assert_eq!(
        exact,
        Shift {
            threshold: 0.2,
            harm_edge: 0.5,
            safety_edge: 0.5
        }
    );
    // 0.1 + 0.1 is 0.2, whatever the rounding.
    let rounded = shift(&history.edges(), &history, 0.9, LatencyLimit::Added(0.1)).unwrap();
    assert_eq!(
        rounded,
        Shift {
            threshold: 0.1,
            harm_edge: 0.2,
            safety_edge: 0.2
        }
    );
    let canary = Histogram::from_pairs([(0.1, 5), (1.0, 3), (f64::INFINITY, 2)]);
    let (harm, safety) = dominance_pairs(&cut, &canary, &history);
    assert_eq!(
        harm.canary,
        Sample {
            events: 2,
            trials: 10
        }
    );
    assert_eq!(
        safety.canary,
        Sample {
            events: 5,
            trials: 10
        }
    );
    assert_eq!(
        (harm.baseline, safety.baseline),
        (
            Sample {
                events: 1,
                trials: 100
            },
            Sample {
                events: 1,
                trials: 100
            }
        )
    );
}

#[test]
fn a_limit_that_the_buckets_cannot_judge_is_refused() {
    let history = classic();
    let edges = history.edges();
    assert_eq!(
        shift(
            &edges,
            &Histogram::default(),
            0.99,
            LatencyLimit::Ratio(2.0)
        ),
        Err(ShiftError::NoHistory)
    );
    assert_eq!(
        shift(&[], &history, 0.99, LatencyLimit::Ratio(2.0)),
        Err(ShiftError::NoHistory)
    );
    let Err(ShiftError::BelowABucket { smallest }) =
        shift(&edges, &history, 0.99, LatencyLimit::Added(0.04))
    else {
        panic!("a limit below a bucket was accepted");
    };
    assert!((smallest - 0.3).abs() < 1e-12);
    assert!(shift(&edges, &history, 0.99, LatencyLimit::Added(smallest)).is_ok());
    for limit in [
        LatencyLimit::Ratio(1.0),
        LatencyLimit::Ratio(f64::NAN),
        LatencyLimit::Added(-1.0),
    ] {
        let Err(ShiftError::BelowABucket { smallest }) = shift(&edges, &history, 0.99, limit)
        else {
            panic!("{limit:?} was accepted");
        };
        assert!(smallest > 0.0);
    }
    assert_eq!(
        shift(&edges, &history, 0.99, LatencyLimit::Ratio(20.0)),
        Err(ShiftError::BeyondLastBucket)
    );
    let slow = Histogram::from_pairs([(0.1, 1), (f64::INFINITY, 99)]);
    assert_eq!(
        shift(&slow.edges(), &slow, 0.99, LatencyLimit::Ratio(2.0)),
        Err(ShiftError::BeyondLastBucket)
    );
}

#[test]
fn quantiles_lie_inside_their_bucket() {
    let histogram = classic();
    assert_eq!(histogram.quantile(0.45), Some(0.05));
    assert!((histogram.quantile(0.945).unwrap() - 0.15).abs() < 1e-9);
    assert_eq!(histogram.quantile(1.0), Some(1.0));
    assert_eq!(Histogram::default().quantile(0.5), None);
    assert_eq!(histogram.quantile(f64::NAN), None);
    let past_the_end = Histogram::from_pairs([(0.1, 1), (f64::INFINITY, 9)]);
    assert_eq!(past_the_end.quantile(0.9), Some(0.1));
    assert_eq!(past_the_end.above(0.1), 9);
    assert_eq!(past_the_end.above(f64::INFINITY), 0);
}

#[test]
fn an_edge_that_is_no_number_counts_as_the_last() {
    let histogram = Histogram::from_pairs([(f64::NAN, 2), (f64::INFINITY, 3), (-0.0, 1), (0.0, 1)]);
    assert_eq!(
        histogram.iter().collect::<Vec<_>>(),
        [(0.0, 2), (f64::INFINITY, 5)]
    );
}
