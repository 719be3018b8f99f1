//! Records come back equal, in the same bytes, and small.

use crate::samples::{seal, tick_record, time};
use crate::strategies::{event, input, record};
use ledger::DecodeError;
use ledger::Record;
use ledger::encoding::{
    FORMAT, decode_event, decode_input, decode_record, encode_event, encode_input, encode_record,
};
use proptest::prelude::*;
use statistics::{Range, Sample};
use std::time::Duration;
use verification::event::{Event, Input};
use verification::observation::{Measured, Reading, Sides, Tick};
use verification::terms::{Limit, Measure, Noise, Rule, Worse};
use verification::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, Verdict, VerdictKind,
};

/// Bytes of the hash that stands beside every record.
const HASH: usize = 32;

#[test]
fn a_tick_of_twenty_signals_takes_at_most_400_bytes_with_its_hash() {
    for a_minute in [100, 1_000, 12_000, 60_000] {
        let sizes: Vec<usize> = (0..100)
            .map(|number| encode_record(&tick_record(number, a_minute)).len())
            .collect();
        let largest = sizes.iter().max().unwrap();
        println!("{a_minute} requests a minute: {largest} bytes");
        assert!(largest + HASH <= 400, "{largest} bytes at {a_minute}");
    }
}

proptest! {
    #[test]
    fn any_record_comes_back_equal_and_in_the_same_bytes(record in record()) {
        let bytes = encode_record(&record);
        let back = decode_record(&bytes).unwrap();
        prop_assert_eq!(&back, &record);
        prop_assert_eq!(encode_record(&back), bytes);
    }

    #[test]
    fn any_input_comes_back_equal_and_in_the_same_bytes(input in input()) {
        let bytes = encode_input(&input);
        let back = decode_input(&bytes).unwrap();
        prop_assert_eq!(&back, &input);
        prop_assert_eq!(encode_input(&back), bytes);
    }

    #[test]
    fn any_event_comes_back_equal_and_in_the_same_bytes(event in event()) {
        let bytes = encode_event(&event);
        let back = decode_event(&bytes).unwrap();
        prop_assert_eq!(&back, &event);
        prop_assert_eq!(encode_event(&back), bytes);
    }

    #[test]
    fn damaged_records_never_panic_and_shortened_ones_are_refused(
        record in record(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = encode_record(&record);
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= 1 << bit;
        let _ = decode_record(&changed);
        prop_assert!(decode_record(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn numbers_that_are_not_numbers_keep_their_bits() {
    for bits in [
        f64::NAN.to_bits(),
        0x7ff0_0000_0000_0001,
        (-0.0_f64).to_bits(),
    ] {
        let input = Input::Tick(Tick {
            readings: vec![Reading {
                signal: 3,
                slice: None,
                sides: Sides {
                    canary: Measured::Level(f64::from_bits(bits)),
                    baseline: Measured::Counts(Sample::default()),
                },
            }],
            ..Tick::default()
        });
        let Input::Tick(back) = decode_input(&encode_input(&input)).unwrap() else {
            panic!("not a tick");
        };
        let Measured::Level(level) = back.readings[0].sides.canary else {
            panic!("not a level");
        };
        assert_eq!(level.to_bits(), bits);
    }
}

#[test]
fn a_newer_format_is_refused_with_what_to_do() {
    let mut bytes = encode_record(&Record::Note {
        text: String::new(),
    });
    bytes[0] = FORMAT + 1;
    let error = decode_record(&bytes).unwrap_err();
    assert_eq!(
        error,
        DecodeError::Newer {
            found: FORMAT + 1,
            known: FORMAT
        }
    );
    assert_eq!(
        error.to_string(),
        "it has format 2 and this program reads up to 1: use the newer program"
    );
}

/// Bytes that version 1 wrote: whoever changes the format must keep reading them.
#[test]
fn records_of_version_1_stay_readable() {
    let stored = [
        (tick_record(7, 300), include_str!("format-1/tick.hex")),
        (
            Record::Sealed(seal("checkout")),
            include_str!("format-1/sealed.hex"),
        ),
        (failing(), include_str!("format-1/verdict.hex")),
    ];
    for (record, text) in stored {
        let bytes: Vec<u8> = text
            .split_ascii_whitespace()
            .map(|byte| u8::from_str_radix(byte, 16).unwrap())
            .collect();
        assert_eq!(decode_record(&bytes).unwrap(), record);
        assert_eq!(hex(&encode_record(&record)), hex(&bytes));
    }
}

/// Bytes as the files have them, sixteen a line.
fn hex(bytes: &[u8]) -> String {
    let line = |line: &[u8]| {
        let bytes: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(" ") + "\n"
    };
    bytes.chunks(16).map(line).collect()
}

fn failing() -> Record {
    Record::Event(Event::Verdict(Verdict {
        row: RowId {
            criterion: 2,
            slice: Some(1),
        },
        kind: VerdictKind::Failing,
        since: time(300),
        because: Because::PastLimit,
        numbers: Numbers {
            level: Sides {
                canary: Some(0.061),
                baseline: Some(0.004),
            },
            difference: Some(0.057),
            range: Some(Range {
                lower: Some(0.021_534_771),
                upper: None,
            }),
            lately: Some(0.1 + 0.2),
            exposure: Sides {
                canary: 1_204,
                baseline: 11_021,
            },
            events: Sides {
                canary: 73,
                baseline: 44,
            },
            looks: 5,
            ln_harm: 12.75,
            ln_harm_needed: 4.605_170_185_988_092,
            remaining: Some(Duration::from_millis(90_500)),
            ..Numbers::default()
        },
        method: Method {
            family: Family::Difference,
            rule: Rule::AgainstBaseline {
                worse: Worse::Higher,
                limit: Limit::Points(0.02),
            },
            measure: Measure::Rate,
            noise: Noise::ASSUMED,
            noise_from: NoiseFrom::Assumed,
            pod_allowance: 0.25,
            weight: 0.5,
            thresholds: None,
            plan_line: 17,
        },
    }))
}
