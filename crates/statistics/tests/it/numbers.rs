//! Extreme counts and designs: finite, silent where nothing can be known, exact where it matters.

use statistics::{
    Design, Evidence, Harm, Margin, MarginError, Pair, Safety, Sample, SingleStream, Starts, Worse,
    pod_allowance, share_mismatch_ln_e,
};

use crate::terms::{difference, ideal, pair, ratio};

fn extremes() -> Vec<Design> {
    let starts = Starts {
        every: 1,
        count: 50,
    };
    let mut designs = Vec::new();
    for worse in [Worse::Higher, Worse::Lower] {
        for margin in [
            Margin::ratio(1.0).unwrap(),
            Margin::ratio(1e-6).unwrap(),
            Margin::ratio(1e6).unwrap(),
            Margin::difference(1e-9).unwrap(),
            Margin::difference(0.999).unwrap(),
            Margin {
                ratio: 5.0,
                difference: 0.5,
            },
            Margin {
                ratio: 0.01,
                difference: 0.5,
            },
        ] {
            for expected_rate in [
                None,
                Some(1e-9),
                Some(0.5),
                Some(1.0),
                Some(1e9),
                Some(f64::NAN),
            ] {
                designs.push(Design {
                    starts,
                    expected_rate,
                    ..ideal(margin, worse)
                });
            }
            designs.push(Design {
                starts,
                pod_allowance: 30.0,
                dispersion: 1e6,
                ..ideal(margin, worse)
            });
        }
    }
    designs
}

fn traffic() -> Vec<Pair> {
    let many = u64::MAX;
    vec![
        pair((0, 1), (0, 1)),
        pair((1, 1), (0, 1)),
        pair((0, 1), (1, 1)),
        pair((1, 1), (1, 1)),
        pair((0, 0), (5, 9)),
        pair((3, 9), (0, 0)),
        pair((7, 0), (3, 0)),
        pair((500, 10), (3, 100)),
        pair((0, 1_000_000_000), (0, 1)),
        pair((1_000_000_000, 1_000_000_000), (0, 1)),
        pair((0, 1), (1_000_000_000, 1_000_000_000)),
        pair((many, many), (0, many)),
        pair((0, many), (many, many)),
        pair((many, 1), (many, 1)),
    ]
}

#[test]
fn extreme_counts_stay_finite() {
    for design in extremes() {
        for look in traffic() {
            let (mut harm, mut safety) = (Harm::new(&design), Safety::new(&design));
            for other in traffic() {
                harm.update(&look);
                safety.update(&look);
                harm.update(&other);
                safety.update(&other);
                assert!(harm.ln_e().is_finite(), "{design:?} {look:?} {other:?}");
                assert!(safety.ln_e().is_finite(), "{design:?} {look:?} {other:?}");
            }
        }
    }
}

#[test]
fn overwhelming_evidence_does_not_overflow() {
    for design in [
        ratio(1.1),
        difference(0.01),
        Design {
            starts: Starts::over(4320),
            ..difference(0.01)
        },
    ] {
        let (mut harm, mut safety) = (Harm::new(&design), Safety::new(&design));
        for _ in 0..20_000 {
            harm.update(&pair((900, 1000), (100, 10_000)));
            safety.update(&pair((0, 1000), (1000, 10_000)));
        }
        assert!(
            harm.ln_e() > 1e6 && harm.ln_e().is_finite(),
            "{}",
            harm.ln_e()
        );
        assert!(
            safety.ln_e() > 1e5 && safety.ln_e().is_finite(),
            "{}",
            safety.ln_e()
        );
    }
}

#[test]
fn no_traffic_changes_nothing() {
    for design in [ratio(1.1), difference(0.01)] {
        let design = Design {
            starts: Starts { every: 1, count: 9 },
            ..design
        };
        let (mut harm, mut safety) = (Harm::new(&design), Safety::new(&design));
        let mut stream = SingleStream::new(0.1, Worse::Higher, 1.0, design.starts);
        assert_eq!(
            (
                harm.ln_e(),
                safety.ln_e(),
                stream.ln_harm(),
                stream.ln_safety()
            ),
            (0.0, 0.0, 0.0, 0.0)
        );
        harm.update(&pair((1, 10), (2, 30)));
        safety.update(&pair((1, 10), (2, 30)));
        stream.update(&pair((1, 10), (2, 30)).canary);
        let before = (harm.clone(), safety.clone(), stream.clone());
        harm.update(&Pair::default());
        safety.update(&Pair::default());
        stream.update(&Sample::default());
        assert_eq!(before, (harm, safety, stream));
    }
}

/// Traffic on one side alone is no evidence.
#[test]
fn one_side_alone_says_nothing() {
    for design in [ratio(1.1), difference(0.01)] {
        let (mut harm, mut safety) = (Harm::new(&design), Safety::new(&design));
        for look in [pair((90, 100), (0, 0)), pair((0, 0), (0, 100_000))] {
            harm.update(&look);
            safety.update(&look);
            assert_eq!((harm.ln_e(), safety.ln_e()), (0.0, 0.0));
        }
    }
}

#[test]
fn a_design_that_makes_no_sense_stays_silent() {
    let broken = [
        Design {
            margin: Margin {
                ratio: f64::NAN,
                difference: 0.0,
            },
            ..ratio(1.0)
        },
        Design {
            margin: Margin {
                ratio: 0.0,
                difference: 0.0,
            },
            ..ratio(1.0)
        },
        Design {
            margin: Margin {
                ratio: 1.0,
                difference: 1.5,
            },
            ..ratio(1.0)
        },
        Design {
            margin: Margin {
                ratio: 1.0,
                difference: f64::NAN,
            },
            ..ratio(1.0)
        },
        Design {
            dispersion: f64::INFINITY,
            ..ratio(1.0)
        },
        Design {
            pod_allowance: pod_allowance(0.15, 0, 3, 0.01),
            ..difference(0.01)
        },
    ];
    for design in broken {
        let (mut harm, mut safety, mut evidence) = (
            Harm::new(&design),
            Safety::new(&design),
            Evidence::default(),
        );
        for _ in 0..50 {
            let look = pair((100, 100), (0, 100_000));
            harm.update(&look);
            safety.update(&pair((0, 100_000), (100, 100)));
            evidence.push(&look);
        }
        assert_eq!((harm.ln_e(), safety.ln_e()), (0.0, 0.0), "{design:?}");
        let range = evidence.range(&design, 4.6, 3.0);
        assert_eq!((range.lower, range.upper), (None, None));
    }
}

#[test]
fn margins_are_checked() {
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(Margin::ratio(bad), Err(MarginError::Ratio { .. })));
    }
    for bad in [0.0, 1.0, -0.1, f64::NAN] {
        let error = Margin::difference(bad).unwrap_err();
        assert!(error.to_string().contains("write 0.02"), "{error}");
    }
}

#[test]
fn allowances_follow_their_formula() {
    // z(0.01) = 2.3263478740408408
    let expected = 2.326_347_874_040_840_8 * 0.1 * f64::sqrt(1.0 / 2.0 + 1.0 / 38.0);
    assert!((pod_allowance(0.1, 2, 38, 0.01) - expected).abs() < 1e-14);
    assert_eq!(pod_allowance(0.0, 2, 38, 0.01), 0.0);
    assert_eq!(pod_allowance(0.1, 2, 38, 0.7), 0.0);
    assert_eq!(pod_allowance(0.1, 0, 38, 0.01), f64::INFINITY);
    assert_eq!(pod_allowance(0.1, 2, 38, 0.0), f64::INFINITY);
}

#[test]
fn a_share_that_makes_no_sense_is_no_evidence() {
    for (canary, share, kappa, phi) in [
        (10.0, 0.0, 100.0, 1.0),
        (10.0, 1.0, 100.0, 1.0),
        (-1.0, 0.1, 100.0, 1.0),
        (f64::NAN, 0.1, 100.0, 1.0),
        (10.0, 0.1, 0.0, 1.0),
        (10.0, 0.1, 100.0, f64::NAN),
    ] {
        assert_eq!(share_mismatch_ln_e(canary, 90.0, share, kappa, phi), 0.0);
    }
    assert!(share_mismatch_ln_e(300.0, 700.0, 0.1, 100.0, 1.0) > 50.0);
    let (sharp, dull) = (
        share_mismatch_ln_e(300.0, 700.0, 0.1, 100.0, 1.0),
        share_mismatch_ln_e(300.0, 700.0, 0.1, 100.0, 3.0),
    );
    assert!(dull < sharp);
}

#[test]
fn starts_spread_over_the_watch() {
    assert_eq!(Starts::over(0), Starts { every: 1, count: 0 });
    assert_eq!(
        Starts::over(100),
        Starts {
            every: 1,
            count: 100
        }
    );
    assert_eq!(
        Starts::over(4320),
        Starts {
            every: 15,
            count: 288
        }
    );
    assert_eq!(
        Starts::over(300),
        Starts {
            every: 1,
            count: 300
        }
    );
    assert_eq!(Starts::over(u32::MAX).count, 289);
}
