//! Ranges and estimates agree with the processes and with the truth.

use proptest::prelude::*;
use statistics::{Design, Evidence, Harm, Margin, Safety, Starts, Worse};

use crate::chance::{Chance, believable};
use crate::terms::{difference, ideal, pair, ratio};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// While each block is one look, a process that rejects the limit has the range on the same side, and one that does not
    /// has it on the other.
    #[test]
    fn the_range_agrees_with_the_processes(
        looks in proptest::collection::vec((0u64..40, 40u64..80, 0u64..60, 60u64..900), 1..64),
        absolute in any::<bool>(), higher in any::<bool>(), limit in 0.01f64..0.4, allowance in 0.0f64..0.2,
    ) {
        let worse = if higher { Worse::Higher } else { Worse::Lower };
        let margin = match (absolute, higher) {
            (true, _) => Margin::difference(limit),
            (false, true) => Margin::ratio(1.0 + limit),
            (false, false) => Margin::ratio(1.0 - limit),
        }.unwrap();
        let design = Design { pod_allowance: allowance, starts: Starts::over(64), ..ideal(margin, worse) };
        let (mut harm, mut safety, mut evidence) = (Harm::new(&design), Safety::new(&design), Evidence::default());
        for (k1, n1, k0, n0) in looks {
            let look = pair((k1, n1), (k0, n0));
            harm.update(&look);
            safety.update(&look);
            evidence.push(&look);
        }
        let (harm_threshold, safety_threshold) = (f64::ln(100.0), f64::ln(20.0));
        let range = evidence.range(&design, harm_threshold, safety_threshold);
        // Damage beyond the limit, as a number that grows with damage.
        let beyond = |end: f64| match (absolute, higher) {
            (true, _) => end - margin.difference,
            (false, true) => end - margin.ratio,
            (false, false) => margin.ratio - end,
        };
        let lower = range.lower.map_or(f64::NEG_INFINITY, beyond);
        let upper = range.upper.map_or(f64::INFINITY, beyond);
        prop_assert_eq!(harm.ln_e() >= harm_threshold, lower >= 0.0, "{:?} {}", range, harm.ln_e());
        prop_assert_eq!(safety.ln_e() >= safety_threshold, upper <= 0.0, "{:?} {}", range, safety.ln_e());
    }
}

/// The range covers the truth at every look in at least 1 - α - β of the watches.
#[test]
fn ranges_cover_the_truth() {
    let runs = 60;
    for (design, rate, truth) in [
        (ratio(1.1), 0.03, 1.5),
        (difference(0.01), 0.035, 0.015),
        (ideal(Margin::ratio(0.9).unwrap(), Worse::Lower), 0.012, 0.6),
    ] {
        let design = Design {
            starts: Starts::over(200),
            ..design
        };
        let missed = (0..runs)
            .filter(|seed| {
                let mut chance = Chance::new(u64::from(*seed) + 1);
                let mut evidence = Evidence::default();
                (0..200).any(|look| {
                    evidence.push(&pair(
                        (chance.successes(200, rate), 200),
                        (chance.successes(800, 0.02), 800),
                    ));
                    if look % 20 != 19 {
                        return false;
                    }
                    let range = evidence.range(&design, f64::ln(20.0), f64::ln(20.0));
                    let (low, high) = match design.worse {
                        Worse::Higher => (range.lower, range.upper),
                        Worse::Lower => (range.upper, range.lower),
                    };
                    let truth = if design.margin.is_absolute() {
                        truth
                    } else {
                        rate / 0.02
                    };
                    low.is_some_and(|low| truth < low) || high.is_some_and(|high| truth > high)
                })
            })
            .count() as u32;
        assert!(
            missed <= believable(runs, 0.1),
            "{missed} of {runs} for {truth}"
        );
    }
}

#[test]
fn ranges_close_in_on_the_truth() {
    let mut chance = Chance::new(4);
    let mut evidence = Evidence::default();
    for _ in 0..1000 {
        evidence.push(&pair(
            (chance.successes(500, 0.03), 500),
            (chance.successes(2000, 0.02), 2000),
        ));
    }
    let range = evidence.range(&ratio(1.1), f64::ln(100.0), f64::ln(20.0));
    assert!(
        range.lower.unwrap() > 1.43 && range.upper.unwrap() < 1.6,
        "{range:?}"
    );
    let range = evidence.range(&difference(0.005), f64::ln(100.0), f64::ln(20.0));
    assert!(
        range.lower.unwrap() > 0.0085 && range.upper.unwrap() < 0.0118,
        "{range:?}"
    );
    // Where fewer is worse the canary is the better side: the range lies below no difference.
    let mirrored = ideal(Margin::difference(0.005).unwrap(), Worse::Lower);
    let range = evidence.range(&mirrored, f64::ln(100.0), f64::ln(20.0));
    assert!(
        range.lower.unwrap() > -0.0122 && range.upper.unwrap() < -0.0078,
        "{range:?}"
    );
    assert!(range.lower.unwrap() < range.upper.unwrap(), "{range:?}");
}

#[test]
fn blocks_merge_by_the_number_of_looks_alone() {
    let mut chance = Chance::new(8);
    let (mut evidence, mut other) = (Evidence::default(), Evidence::default());
    let mut looks = 0;
    for _ in 0..5000 {
        let look = pair(
            (chance.successes(10, 0.5), 10),
            (chance.successes(20, 0.5), 20),
        );
        evidence.push(&look);
        other.push(&pair((0, 10), (20, 20)));
        looks += 1;
        assert!(evidence.blocks().len() <= 64);
        assert_eq!(evidence.blocks().len(), other.blocks().len());
        let trials: u64 = evidence
            .blocks()
            .iter()
            .map(|block| block.canary.trials)
            .sum();
        assert_eq!(trials, 10 * looks);
    }
    let events: u64 = evidence
        .blocks()
        .iter()
        .map(|block| block.baseline.events)
        .sum();
    assert_eq!(events, evidence.total().baseline.events);
    // One side alone is counted in the total only.
    let blocks = evidence.blocks().to_vec();
    evidence.push(&pair((0, 0), (7, 9)));
    assert_eq!(evidence.blocks(), blocks);
    assert_eq!(evidence.total().baseline.trials, 100_009);
}

#[test]
fn the_estimate_begins_with_the_harm() {
    for design in [ratio(1.1), difference(0.005)] {
        let design = Design {
            starts: Starts::over(600),
            ..design
        };
        let mut chance = Chance::new(2);
        let mut evidence = Evidence::default();
        for look in 0..600 {
            let rate = if look < 400 { 0.01 } else { 0.05 };
            evidence.push(&pair(
                (chance.successes(100, rate), 100),
                (chance.successes(900, 0.01), 900),
            ));
        }
        let estimate = evidence.estimate_since_best_start(&design).unwrap();
        assert!((380..=420).contains(&estimate.since_look), "{estimate:?}");
        assert!(
            (estimate.canary - 0.05).abs() < 0.006 && (estimate.baseline - 0.01).abs() < 0.002,
            "{estimate:?}"
        );
        let mut quiet = Evidence::default();
        for _ in 0..600 {
            quiet.push(&pair(
                (chance.successes(100, 0.01), 100),
                (chance.successes(900, 0.01), 900),
            ));
        }
        let estimate = quiet
            .estimate_since_best_start(&Design {
                starts: Starts::NONE,
                ..design
            })
            .unwrap();
        assert_eq!((estimate.since_block, estimate.counts), (0, quiet.total()));
        assert!((estimate.canary - quiet.total().canary.rate().unwrap()).abs() < 1e-12);
    }
    assert_eq!(
        Evidence::default().estimate_since_best_start(&ratio(1.1)),
        None
    );
}

/// Equal rates at every look, but the canary's share grows while the base rate falls: pooled rates would differ.
#[test]
fn a_changing_share_is_not_a_difference() {
    let mut evidence = Evidence::default();
    for look in 0..40 {
        let (n1, rate) = if look < 20 { (100, 4) } else { (500, 1) };
        evidence.push(&pair(
            (n1 * rate / 100, n1),
            ((1000 - n1) * rate / 100, 1000 - n1),
        ));
    }
    let estimate = evidence.estimate_since_best_start(&ratio(1.1)).unwrap();
    assert!(
        (estimate.canary - estimate.baseline).abs() < 1e-12,
        "{estimate:?}"
    );
}
