//! Records and events as bytes: one byte for the version of the format, then bits.
//!
//! The bytes of a value are the same on every platform, and a record is read without any other record. Equal values have equal bytes;
//! numbers that are not numbers keep theirs too.

use crate::bits::{BitReader, BitWriter, DecodeError};
use crate::record::Record;
use crate::wire::Wire;
use verification::event::{Event, Input};

/// Version of the format that is written, and the newest that is read.
pub const FORMAT: u8 = 1;

fn encode(value: &impl Wire) -> Vec<u8> {
    let mut out = BitWriter::after(vec![FORMAT]);
    value.put(&mut out);
    out.finish()
}

fn decode<T: Wire>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (format, rest) = bytes.split_first().ok_or(DecodeError::Short)?;
    match *format {
        FORMAT => {
            let mut from = BitReader::new(rest);
            let value = T::take(&mut from)?;
            from.end()?;
            Ok(value)
        }
        0 => Err(DecodeError::Invalid("the version of the format")),
        found => Err(DecodeError::Newer {
            found,
            known: FORMAT,
        }),
    }
}

/// Writes a record as bytes. A tick of 20 signals takes about 300.
#[must_use]
pub fn encode_record(record: &Record) -> Vec<u8> {
    encode(record)
}

/// Reads a record.
///
/// # Errors
/// Where the bytes are damaged or of a newer version.
pub fn decode_record(bytes: &[u8]) -> Result<Record, DecodeError> {
    decode(bytes)
}

/// Writes an event as bytes, to compare a replay with what was recorded byte for byte.
#[must_use]
pub fn encode_event(event: &Event) -> Vec<u8> {
    encode(event)
}

/// Reads an event.
///
/// # Errors
/// Where the bytes are damaged or of a newer version.
pub fn decode_event(bytes: &[u8]) -> Result<Event, DecodeError> {
    decode(bytes)
}

/// Writes an input as bytes.
#[must_use]
pub fn encode_input(input: &Input) -> Vec<u8> {
    encode(input)
}

/// Reads an input.
///
/// # Errors
/// Where the bytes are damaged or of a newer version.
pub fn decode_input(bytes: &[u8]) -> Result<Input, DecodeError> {
    decode(bytes)
}

/// Writes a human act as bytes, for a request that waits for its keeper.
pub(crate) fn encode_act(act: &verification::event::HumanAct) -> Vec<u8> {
    encode(act)
}

pub(crate) fn decode_act(bytes: &[u8]) -> Result<verification::event::HumanAct, DecodeError> {
    decode(bytes)
}
