//! A look's observations: the record that a ledger holds most of, so every bit of it counts.

use super::measured::{Context, put_sides, take_sides};
use super::{Wire, fields};
use crate::bits::{BitReader, BitWriter, DecodeError};
use verification::observation::{PodSet, Reading, Sides, SliceName, SourceProblem, Tick};
use verification::time::Timestamp;

fields!(SliceName { signal, name });
fields!(SourceProblem {
    source,
    message,
    refused
});

impl Wire for PodSet {
    fn put(&self, out: &mut BitWriter) {
        let Self {
            count,
            young,
            fingerprint,
        } = self;
        count.put(out);
        young.put(out);
        // As good as random, so the code for small numbers would only lengthen it.
        out.bits((*fingerprint).into(), 32);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            count: u32::take(from)?,
            young: u32::take(from)?,
            fingerprint: from.bits(32)? as u32,
        })
    }
}

/// Writes a time as its distance from another.
pub(crate) fn put_from(out: &mut BitWriter, origin: Timestamp, at: Timestamp) {
    out.signed(at.millis().wrapping_sub(origin.millis()));
}

/// Reads a time written as its distance from another.
pub(crate) fn take_from(
    from: &mut BitReader<'_>,
    origin: Timestamp,
) -> Result<Timestamp, DecodeError> {
    let distance = from.signed()?;
    Ok(Timestamp::from_millis(
        origin.millis().wrapping_add(distance),
    ))
}

fn put_newest(out: &mut BitWriter, through: Timestamp, newest: Option<Timestamp>) {
    out.flag(newest.is_some());
    if let Some(at) = newest {
        put_from(out, through, at);
    }
}

fn take_newest(
    from: &mut BitReader<'_>,
    through: Timestamp,
) -> Result<Option<Timestamp>, DecodeError> {
    from.flag()?.then(|| take_from(from, through)).transpose()
}

/// Signal and slice of the reading before, from which the next is told in one or two bits.
#[derive(Clone, Copy)]
struct Place {
    signal: u16,
    slice: Option<u16>,
}

impl Place {
    /// Before the first reading: the next whole signal is signal 0.
    const START: Self = Self {
        signal: u16::MAX,
        slice: None,
    };

    const fn next_signal(self) -> Self {
        Self {
            signal: self.signal.wrapping_add(1),
            slice: None,
        }
    }

    const fn next_slice(self) -> Self {
        let slice = match self.slice {
            Some(slice) => slice.wrapping_add(1),
            None => 0,
        };
        Self {
            signal: self.signal,
            slice: Some(slice),
        }
    }

    fn is(self, reading: &Reading) -> bool {
        self.signal == reading.signal && self.slice == reading.slice
    }

    /// Writes where a reading belongs: `1` is the next whole signal, `01` the next slice, `00` is followed by both numbers.
    fn put(self, out: &mut BitWriter, reading: &Reading) {
        if self.next_signal().is(reading) {
            out.flag(true);
        } else if self.next_slice().is(reading) {
            out.bits(0b01, 2);
        } else {
            out.bits(0b00, 2);
            reading.signal.put(out);
            reading.slice.put(out);
        }
    }

    fn take(self, from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        if from.flag()? {
            Ok(self.next_signal())
        } else if from.flag()? {
            Ok(self.next_slice())
        } else {
            Ok(Self {
                signal: u16::take(from)?,
                slice: Wire::take(from)?,
            })
        }
    }
}

fn put_readings(out: &mut BitWriter, readings: &[Reading]) {
    let mut context = Context::default();
    let mut before = Place::START;
    out.number(readings.len() as u64);
    for reading in readings {
        before.put(out, reading);
        let Reading {
            signal,
            slice,
            sides,
        } = reading;
        put_sides(out, &mut context, sides);
        before = Place {
            signal: *signal,
            slice: *slice,
        };
    }
}

fn take_readings(from: &mut BitReader<'_>) -> Result<Vec<Reading>, DecodeError> {
    let mut context = Context::default();
    let mut place = Place::START;
    let count = usize::try_from(from.number()?).map_err(|_| DecodeError::Short)?;
    if count > from.bits_left() {
        return Err(DecodeError::Short);
    }
    let mut readings = Vec::with_capacity(count);
    for _ in 0..count {
        place = place.take(from)?;
        readings.push(Reading {
            signal: place.signal,
            slice: place.slice,
            sides: take_sides(from, &mut context)?,
        });
    }
    Ok(readings)
}

impl Wire for Tick {
    fn put(&self, out: &mut BitWriter) {
        let Self {
            from,
            through,
            new_slices,
            readings,
            pods,
            newest,
            versions,
            problems,
            resets,
        } = self;
        through.put(out);
        put_from(out, *through, *from);
        put_newest(out, *through, newest.canary);
        put_newest(out, *through, newest.baseline);
        pods.put(out);
        resets.put(out);
        put_readings(out, readings);
        // Texts last: they begin at a byte's edge.
        new_slices.put(out);
        versions.put(out);
        problems.put(out);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        let through = Timestamp::take(from)?;
        Ok(Self {
            through,
            from: take_from(from, through)?,
            newest: Sides {
                canary: take_newest(from, through)?,
                baseline: take_newest(from, through)?,
            },
            pods: Sides::take(from)?,
            resets: u32::take(from)?,
            readings: take_readings(from)?,
            new_slices: Vec::take(from)?,
            versions: Wire::take(from)?,
            problems: Vec::take(from)?,
        })
    }
}
