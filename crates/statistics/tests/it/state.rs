//! Saved states continue bit for bit, and never where they do not belong.

use statistics::{
    Design, Evidence, Harm, Margin, Pair, Safety, SingleStream, Starts, StateError, Worse,
};

use crate::chance::Chance;
use crate::terms::{difference, ideal, pair, ratio};

fn counts(chance: &mut Chance) -> Pair {
    pair(
        (chance.successes(50, 0.04), 50),
        (chance.successes(500, 0.02), 500),
    )
}

fn designs() -> Vec<Design> {
    let starts = Starts {
        every: 3,
        count: 20,
    };
    vec![
        Design {
            starts,
            ..ratio(1.1)
        },
        Design {
            starts,
            dispersion: 3.0,
            pod_allowance: 0.2,
            ..difference(0.01)
        },
        Design {
            starts,
            expected_rate: Some(0.03),
            ..ideal(Margin::ratio(0.9).unwrap(), Worse::Lower)
        },
        ratio(1.0),
        Design {
            dispersion: f64::NAN,
            ..ratio(1.0)
        },
    ]
}

#[test]
fn processes_continue_bit_for_bit() {
    for design in designs() {
        let mut chance = Chance::new(11);
        let (mut harm, mut safety) = (Harm::new(&design), Safety::new(&design));
        let mut evidence = Evidence::default();
        for _ in 0..70 {
            let look = counts(&mut chance);
            harm.update(&look);
            safety.update(&look);
            evidence.push(&look);
        }
        let mut bytes = Vec::new();
        harm.save(&mut bytes);
        safety.save(&mut bytes);
        evidence.save(&mut bytes);
        let mut input = bytes.as_slice();
        let mut harm_again = Harm::load(&design, &mut input).unwrap();
        let mut safety_again = Safety::load(&design, &mut input).unwrap();
        let mut evidence_again = Evidence::load(&mut input).unwrap();
        assert!(input.is_empty());
        for _ in 0..70 {
            let look = counts(&mut chance);
            harm.update(&look);
            safety.update(&look);
            evidence.push(&look);
            harm_again.update(&look);
            safety_again.update(&look);
            evidence_again.push(&look);
            assert_eq!(harm.ln_e().to_bits(), harm_again.ln_e().to_bits());
            assert_eq!(safety.ln_e().to_bits(), safety_again.ln_e().to_bits());
        }
        assert_eq!(evidence, evidence_again);
        assert_eq!(
            evidence.range(&design, 4.6, 3.0),
            evidence_again.range(&design, 4.6, 3.0)
        );
    }
}

#[test]
fn a_single_stream_continues_bit_for_bit() {
    let starts = Starts { every: 2, count: 9 };
    let mut chance = Chance::new(12);
    let mut stream = SingleStream::new(0.05, Worse::Higher, 2.0, starts);
    (0..30).for_each(|_| stream.update(&counts(&mut chance).canary));
    let mut bytes = Vec::new();
    stream.save(&mut bytes);
    let mut again =
        SingleStream::load(0.05, Worse::Higher, 2.0, starts, &mut bytes.as_slice()).unwrap();
    for _ in 0..30 {
        let look = counts(&mut chance).canary;
        stream.update(&look);
        again.update(&look);
        assert_eq!(stream.ln_harm().to_bits(), again.ln_harm().to_bits());
        assert_eq!(stream.ln_safety().to_bits(), again.ln_safety().to_bits());
    }
}

#[test]
fn a_state_of_another_design_is_refused() {
    let design = ratio(1.1);
    let mut bytes = Vec::new();
    Harm::new(&design).save(&mut bytes);
    let others = [
        ratio(1.2),
        Design {
            worse: Worse::Lower,
            ..design
        },
        Design {
            dispersion: 2.0,
            ..design
        },
        Design {
            pod_allowance: 0.1,
            ..design
        },
        Design {
            starts: Starts { every: 1, count: 5 },
            ..design
        },
        Design {
            expected_rate: Some(0.01),
            ..design
        },
    ];
    for other in others {
        assert_eq!(
            Harm::load(&other, &mut bytes.as_slice()),
            Err(StateError::OtherDesign),
            "{other:?}"
        );
    }
    assert_eq!(
        Safety::load(&design, &mut bytes.as_slice()),
        Err(StateError::OtherKind { found: 1 })
    );
    assert_eq!(
        Evidence::load(&mut bytes.as_slice()),
        Err(StateError::OtherKind { found: 1 })
    );
}

#[test]
fn broken_bytes_are_refused_at_every_length() {
    let design = Design {
        starts: Starts::over(100),
        ..difference(0.01)
    };
    let mut harm = Harm::new(&design);
    let mut evidence = Evidence::default();
    harm.update(&pair((1, 50), (3, 500)));
    evidence.push(&pair((1, 50), (3, 500)));
    let (mut bytes, mut history) = (Vec::new(), Vec::new());
    harm.save(&mut bytes);
    evidence.save(&mut history);
    for length in 0..bytes.len() {
        assert_eq!(
            Harm::load(&design, &mut &bytes[..length]),
            Err(StateError::Truncated)
        );
    }
    for length in 0..history.len() {
        assert_eq!(
            Evidence::load(&mut &history[..length]),
            Err(StateError::Truncated)
        );
    }
    bytes[0] = 99;
    assert_eq!(
        Harm::load(&design, &mut bytes.as_slice()),
        Err(StateError::Version { found: 99 })
    );
    let last = history.len();
    history[10..18].copy_from_slice(&0u64.to_le_bytes());
    assert_eq!(
        Evidence::load(&mut &history[..last]),
        Err(StateError::Impossible)
    );
}
