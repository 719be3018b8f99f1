//! Records come back equal, in the same bytes, and small.

use crate::samples::tick_record;
use crate::strategies::{event, input, record};
use ledger::DecodeError;
use ledger::Record;
use ledger::encoding::{
    FORMAT, decode_event, decode_input, decode_record, encode_event, encode_input, encode_record,
};
use proptest::prelude::*;
use statistics::Sample;
use verification::event::Input;
use verification::observation::{Measured, Reading, Sides, Tick};

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
