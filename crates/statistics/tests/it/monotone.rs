//! One more canary error, or one canary request that is slower, never lowers harm and never raises safety.

use proptest::prelude::*;
use statistics::{
    Design, Harm, Histogram, LatencyLimit, Margin, Pair, Safety, SingleStream, Starts, Worse,
    dominance_pairs, shift,
};

use crate::terms::pair;

/// Looks of `(canary events, canary trials, baseline events, baseline trials)` with events a part of trials.
fn looks() -> impl Strategy<Value = Vec<Pair>> {
    let side = (1u64..200).prop_flat_map(|trials| (0..=trials, Just(trials)));
    proptest::collection::vec((side.clone(), side), 1..12).prop_map(|looks| {
        looks
            .into_iter()
            .map(|(canary, baseline)| pair(canary, baseline))
            .collect()
    })
}

fn designs() -> impl Strategy<Value = Design> {
    let margin = prop_oneof![
        (0.3f64..3.0).prop_map(|ratio| Margin::ratio(ratio).unwrap()),
        (0.001f64..0.5).prop_map(|difference| Margin::difference(difference).unwrap()),
        (0.5f64..2.0, 0.001f64..0.3).prop_map(|(ratio, difference)| Margin { ratio, difference }),
    ];
    let worse = prop_oneof![Just(Worse::Higher), Just(Worse::Lower)];
    let rate = proptest::option::of(0.001f64..0.999);
    (margin, worse, 1.0f64..5.0, 0.0f64..0.5, 0u32..5, rate).prop_map(
        |(margin, worse, dispersion, pod_allowance, count, expected_rate)| Design {
            margin,
            worse,
            dispersion,
            pod_allowance,
            starts: Starts { every: 2, count },
            expected_rate,
        },
    )
}

fn evidence(design: &Design, looks: &[Pair]) -> (f64, f64) {
    let (mut harm, mut safety) = (Harm::new(design), Safety::new(design));
    for look in looks {
        harm.update(look);
        safety.update(look);
    }
    (harm.ln_e(), safety.ln_e())
}

/// Rounding of sums of a few hundred terms.
fn slack(x: f64) -> f64 {
    1e-9 * (1.0 + x.abs())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn one_more_bad_canary_event_is_never_good_news(design in designs(), looks in looks(), at in any::<prop::sample::Index>()) {
        let mut worse = looks.clone();
        let canary = &mut worse[at.index(looks.len())].canary;
        match design.worse {
            Worse::Higher => canary.events = (canary.events + 1).min(canary.trials),
            Worse::Lower => canary.events = canary.events.saturating_sub(1),
        }
        let ((harm, safety), (harm_worse, safety_worse)) = (evidence(&design, &looks), evidence(&design, &worse));
        prop_assert!(harm.is_finite() && safety.is_finite());
        prop_assert!(harm_worse >= harm - slack(harm), "harm {} then {}", harm, harm_worse);
        prop_assert!(safety_worse <= safety + slack(safety), "safety {} then {}", safety, safety_worse);
    }

    #[test]
    fn one_more_event_of_a_single_stream_is_never_good_news(
        value in 0.001f64..2.0, higher in any::<bool>(), looks in looks(), at in any::<prop::sample::Index>(),
    ) {
        let direction = if higher { Worse::Higher } else { Worse::Lower };
        let run = |looks: &[Pair]| {
            let mut stream = SingleStream::new(value, direction, 1.5, Starts { every: 2, count: 3 });
            looks.iter().for_each(|look| stream.update(&look.canary));
            (stream.ln_harm(), stream.ln_safety())
        };
        let mut worse = looks.clone();
        let canary = &mut worse[at.index(looks.len())].canary;
        match direction {
            Worse::Higher => canary.events = (canary.events + 1).min(canary.trials),
            Worse::Lower => canary.events = canary.events.saturating_sub(1),
        }
        let ((harm, safety), (harm_worse, safety_worse)) = (run(&looks), run(&worse));
        prop_assert!(harm_worse >= harm - slack(harm));
        prop_assert!(safety_worse <= safety + slack(safety));
    }

    #[test]
    fn one_slower_canary_request_is_never_good_news(
        canary in proptest::collection::vec(0u64..50, 12),
        baseline in proptest::collection::vec(1u64..400, 12),
        from in 0usize..11, by in 1usize..11, ratio in 1.5f64..4.0,
    ) {
        let edge = |i: usize| f64::powi(1.5, i as i32);
        let histogram = |counts: &[u64]| Histogram::from_pairs(counts.iter().enumerate().map(|(i, n)| (edge(i), *n)));
        let edges: Vec<f64> = (0..12).map(edge).collect();
        let history = histogram(&baseline);
        let Ok(cut) = shift(&edges, &history, 0.6, LatencyLimit::Ratio(ratio)) else { return Ok(()) };
        let mut slower = canary.clone();
        if slower[from] > 0 {
            slower[from] -= 1;
            slower[(from + by).min(11)] += 1;
        }
        let design = crate::terms::ratio(1.0);
        let run = |counts: &[u64]| {
            let (for_harm, for_safety) = dominance_pairs(&cut, &histogram(counts), &history);
            (evidence(&design, &[for_harm]).0, evidence(&design, &[for_safety]).1)
        };
        let ((harm, safety), (harm_slower, safety_slower)) = (run(&canary), run(&slower));
        prop_assert!(harm_slower >= harm - slack(harm));
        prop_assert!(safety_slower <= safety + slack(safety));
    }
}
