//! Numbers, texts and lists as bytes.

use super::StateError;
use crate::time::Timestamp;
use core::time::Duration;
use std::collections::BTreeMap;

/// Something that is written and read back the same.
pub(crate) trait Saved: Sized {
    fn save(&self, to: &mut Writer);
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError>;
}

/// Writes a state.
pub(crate) struct Writer {
    bytes: Vec<u8>,
    base: i64,
    edges: BTreeMap<u64, u64>,
}

/// Reads a state.
pub(crate) struct Reader<'bytes> {
    bytes: &'bytes [u8],
    base: i64,
    edges: Vec<f64>,
    /// Criteria of the plan: rows of others are impossible.
    pub(crate) criteria: usize,
}

impl Writer {
    pub(crate) fn new(base: Timestamp) -> Self {
        Self {
            bytes: Vec::new(),
            base: base.millis(),
            edges: BTreeMap::new(),
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the lowest first.
    pub(crate) fn whole(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// Small differences to either side take one byte.
    fn signed(&mut self, value: i64) {
        self.whole(((value << 1) ^ (value >> 63)) as u64);
    }

    /// Bytes of a process: fields of eight bytes after a header of two. Each field is written as a mask of the bytes that are not zero, and those.
    pub(crate) fn packed(&mut self, bytes: &[u8]) {
        self.whole(bytes.len() as u64);
        let (header, fields) = bytes.split_at(bytes.len().min(2));
        self.bytes.extend_from_slice(header);
        for field in fields.chunks(8) {
            let mask = field
                .iter()
                .enumerate()
                .fold(0, |mask, (at, byte)| mask | (u8::from(*byte != 0) << at));
            self.bytes.push(mask);
            self.bytes.extend(field.iter().filter(|byte| **byte != 0));
        }
    }

    /// A bucket edge; each is written once.
    pub(crate) fn edge(&mut self, edge: f64) {
        let next = self.edges.len() as u64;
        match self.edges.entry(edge.to_bits()) {
            std::collections::btree_map::Entry::Occupied(known) => {
                let known = *known.get();
                self.whole(known);
            }
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(next);
                self.whole(next);
                edge.save(self);
            }
        }
    }
}

impl<'bytes> Reader<'bytes> {
    pub(crate) fn new(bytes: &'bytes [u8], base: Timestamp, criteria: usize) -> Self {
        Self {
            bytes,
            base: base.millis(),
            edges: Vec::new(),
            criteria,
        }
    }

    pub(crate) fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn byte(&mut self) -> Result<u8, StateError> {
        let (&byte, rest) = self.bytes.split_first().ok_or(StateError::Truncated)?;
        self.bytes = rest;
        Ok(byte)
    }

    fn take(&mut self, count: usize) -> Result<&'bytes [u8], StateError> {
        let (taken, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or(StateError::Truncated)?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(crate) fn whole(&mut self) -> Result<u64, StateError> {
        let mut value = 0;
        for place in 0..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte holds the last bit.
            if place == 9 && bits > 1 {
                break;
            }
            value |= bits << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(StateError::Impossible { what: "number" })
    }

    fn signed(&mut self) -> Result<i64, StateError> {
        let value = self.whole()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// Number of things that follow; each takes at least a byte, so a damaged number cannot ask for more memory than the bytes themselves.
    pub(crate) fn count(&mut self) -> Result<usize, StateError> {
        let count = self.whole()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.left() => Ok(count),
            _ => Err(StateError::Truncated),
        }
    }

    pub(crate) fn packed(&mut self) -> Result<Vec<u8>, StateError> {
        let length = self.whole()?;
        // Every field takes at least its mask.
        let length = usize::try_from(length)
            .ok()
            .filter(|length| length / 8 <= self.left())
            .ok_or(StateError::Truncated)?;
        let mut bytes = self.take(length.min(2))?.to_vec();
        while bytes.len() < length {
            let mask = self.byte()?;
            for at in 0..(length - bytes.len()).min(8) {
                let byte = if mask & (1 << at) == 0 {
                    0
                } else {
                    self.byte()?
                };
                bytes.push(byte);
            }
        }
        Ok(bytes)
    }

    pub(crate) fn edge(&mut self) -> Result<f64, StateError> {
        let at = self.whole()?;
        if at == self.edges.len() as u64 {
            let edge = f64::load(self)?;
            self.edges.push(edge);
            return Ok(edge);
        }
        usize::try_from(at)
            .ok()
            .and_then(|at| self.edges.get(at).copied())
            .ok_or(StateError::Impossible {
                what: "bucket edge",
            })
    }
}

impl Saved for u64 {
    fn save(&self, to: &mut Writer) {
        to.whole(*self);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        from.whole()
    }
}

macro_rules! narrow {
    ($($kind:ty),*) => { $(
        impl Saved for $kind {
            fn save(&self, to: &mut Writer) {
                to.whole(u64::from(*self));
            }
            fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
                Self::try_from(from.whole()?).map_err(|_| StateError::Impossible { what: "number" })
            }
        }
    )* };
}

narrow!(u16, u32);

impl Saved for bool {
    fn save(&self, to: &mut Writer) {
        to.byte(u8::from(*self));
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(StateError::Impossible { what: "truth" }),
        }
    }
}

impl Saved for f64 {
    fn save(&self, to: &mut Writer) {
        to.bytes.extend_from_slice(&self.to_bits().to_le_bytes());
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let mut bits = [0; 8];
        bits.copy_from_slice(from.take(8)?);
        Ok(Self::from_bits(u64::from_le_bytes(bits)))
    }
}

impl Saved for String {
    fn save(&self, to: &mut Writer) {
        to.whole(self.len() as u64);
        to.bytes.extend_from_slice(self.as_bytes());
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let length = from.count()?;
        Self::from_utf8(from.take(length)?.to_vec())
            .map_err(|_| StateError::Impossible { what: "text" })
    }
}

impl Saved for Timestamp {
    fn save(&self, to: &mut Writer) {
        to.signed(self.millis().wrapping_sub(to.base));
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok(Self::from_millis(from.signed()?.wrapping_add(from.base)))
    }
}

impl Saved for Duration {
    fn save(&self, to: &mut Writer) {
        to.whole(self.as_secs());
        to.whole(u64::from(self.subsec_nanos()));
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let seconds = from.whole()?;
        match u32::load(from)? {
            nanos @ 0..1_000_000_000 => Ok(Self::new(seconds, nanos)),
            _ => Err(StateError::Impossible { what: "duration" }),
        }
    }
}

impl<T: Saved> Saved for Option<T> {
    fn save(&self, to: &mut Writer) {
        self.is_some().save(to);
        if let Some(value) = self {
            value.save(to);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        bool::load(from)?.then(|| T::load(from)).transpose()
    }
}

impl<T: Saved> Saved for Vec<T> {
    fn save(&self, to: &mut Writer) {
        to.whole(self.len() as u64);
        for value in self {
            value.save(to);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let count = from.count()?;
        (0..count).map(|_| T::load(from)).collect()
    }
}

impl<K: Saved + Ord, V: Saved> Saved for BTreeMap<K, V> {
    fn save(&self, to: &mut Writer) {
        to.whole(self.len() as u64);
        for (key, value) in self {
            key.save(to);
            value.save(to);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let count = from.count()?;
        (0..count)
            .map(|_| Ok((K::load(from)?, V::load(from)?)))
            .collect()
    }
}

impl<A: Saved, B: Saved> Saved for (A, B) {
    fn save(&self, to: &mut Writer) {
        self.0.save(to);
        self.1.save(to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Ok((A::load(from)?, B::load(from)?))
    }
}

impl<T: Saved> Saved for Box<T> {
    fn save(&self, to: &mut Writer) {
        T::save(self, to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        T::load(from).map(Self::new)
    }
}

/// How structures and choices are written: field after field; a choice as its number, then its fields. Numbers stay with their choice for ever.
macro_rules! saved {
    ($kind:ty { $($field:ident),* $(,)? }) => {
        impl $crate::checkpoint::Saved for $kind {
            fn save(&self, to: &mut $crate::checkpoint::Writer) {
                let Self { $($field),* } = self;
                $( $crate::checkpoint::Saved::save($field, to); )*
            }
            fn load(from: &mut $crate::checkpoint::Reader<'_>) -> Result<Self, $crate::checkpoint::StateError> {
                $( let $field = $crate::checkpoint::Saved::load(from)?; )*
                Ok(Self { $($field),* })
            }
        }
    };
    (choice $kind:ty { $( $number:literal $form:ident $( { $($field:ident),* } )? $( ( $one:ident ) )? ),* $(,)? }) => {
        impl $crate::checkpoint::Saved for $kind {
            fn save(&self, to: &mut $crate::checkpoint::Writer) {
                match self { $(
                    Self::$form $( { $($field),* } )? $( ($one) )? => {
                        to.byte($number);
                        $( $( $crate::checkpoint::Saved::save($field, to); )* )?
                        $( $crate::checkpoint::Saved::save($one, to); )?
                    }
                )* }
            }
            fn load(from: &mut $crate::checkpoint::Reader<'_>) -> Result<Self, $crate::checkpoint::StateError> {
                match from.byte()? {
                    $( $number => {
                        $( $( let $field = $crate::checkpoint::Saved::load(from)?; )* )?
                        $( let $one = $crate::checkpoint::Saved::load(from)?; )?
                        Ok(Self::$form $( { $($field),* } )? $( ($one) )?)
                    } )*
                    _ => Err($crate::checkpoint::StateError::Impossible { what: stringify!($kind) }),
                }
            }
        }
    };
}

pub(crate) use saved;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn round<T: Saved>(value: &T) -> T {
        let base = Timestamp::from_millis(1_700_000_000_000);
        let mut to = Writer::new(base);
        value.save(&mut to);
        let bytes = to.finish();
        let mut from = Reader::new(&bytes, base, 0);
        let loaded = T::load(&mut from).unwrap();
        assert_eq!(from.left(), 0);
        loaded
    }

    proptest! {
        #[test]
        fn every_number_comes_back(whole: u64, narrow: u16, signed: i64, bits: u64, nanos in 0u32..1_000_000_000) {
            prop_assert_eq!(round(&whole), whole);
            prop_assert_eq!(round(&narrow), narrow);
            prop_assert_eq!(round(&Timestamp::from_millis(signed)), Timestamp::from_millis(signed));
            prop_assert_eq!(round(&f64::from_bits(bits)).to_bits(), bits);
            prop_assert_eq!(round(&Duration::new(whole, nanos)), Duration::new(whole, nanos));
        }

        #[test]
        fn packed_bytes_come_back(bytes in prop::collection::vec(prop_oneof![Just(0u8), any::<u8>()], 0..100)) {
            let mut to = Writer::new(Timestamp::default());
            to.packed(&bytes);
            let written = to.finish();
            prop_assert_eq!(Reader::new(&written, Timestamp::default(), 0).packed().unwrap(), bytes);
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let reader = || Reader::new(&bytes, Timestamp::default(), 3);
            let _ = Vec::<(u64, String)>::load(&mut reader());
            let _ = BTreeMap::<u16, Option<f64>>::load(&mut reader());
            let _ = reader().packed();
            let _ = reader().edge();
            let _ = Duration::load(&mut reader());
        }
    }

    #[test]
    fn a_number_that_claims_more_than_there_is_is_cut_short() {
        let mut to = Writer::new(Timestamp::default());
        to.whole(u64::MAX);
        let bytes = to.finish();
        let mut from = Reader::new(&bytes, Timestamp::default(), 0);
        assert_eq!(Vec::<u64>::load(&mut from), Err(StateError::Truncated));
    }
}
