//! A stream of bits with a code for whole numbers: what every record is written in.
//!
//! Numbers are written in the Elias delta code of `number + 1`: zero takes one bit, numbers to 6 five, to 510 fifteen, and a number
//! of `b` bits about `b + 2 log2 b`. Small and absent counts, which most of a tick is made of, cost next to nothing, and nothing has
//! an upper bound short of 64 bits.

/// Why bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end too early.
    #[error("it ends too early")]
    Short,
    /// There is more than the value.
    #[error("something follows the value")]
    Excess,
    /// A tag that no version up to this one has written.
    #[error("{what} has no form {tag}")]
    Unknown {
        /// The type.
        what: &'static str,
        /// The tag that was read.
        tag: u64,
    },
    /// A value that its type does not allow.
    #[error("{0} holds a value that it cannot have")]
    Invalid(&'static str),
    /// Written by a newer version.
    #[error("it has format {found} and this program reads up to {known}: use the newer program")]
    Newer {
        /// Format of the bytes.
        found: u8,
        /// Newest format that is known here.
        known: u8,
    },
}

/// Writes bits, the highest first.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    /// Unused bits of the last byte.
    free: u32,
}

impl BitWriter {
    /// Continues after whole bytes.
    pub(crate) fn after(bytes: Vec<u8>) -> Self {
        Self { bytes, free: 0 }
    }

    /// The bytes; the last is filled with zeros.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes the lowest `count` bits of `value`; at most 64.
    pub(crate) fn bits(&mut self, value: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let take = left.min(self.free);
            let chunk = (value >> (left - take)) & ((1 << take) - 1);
            if let Some(last) = self.bytes.last_mut() {
                // `chunk` has at most the eight bits of the byte.
                *last |= (chunk << (self.free - take)) as u8;
            }
            self.free -= take;
            left -= take;
        }
    }

    /// Writes one bit.
    pub(crate) fn flag(&mut self, value: bool) {
        self.bits(u64::from(value), 1);
    }

    /// Writes a number: Elias delta of `value + 1`.
    pub(crate) fn number(&mut self, value: u64) {
        let shifted = u128::from(value) + 1;
        let length = 128 - shifted.leading_zeros();
        let length_bits = 32 - length.leading_zeros();
        self.bits(0, length_bits - 1);
        self.bits(u64::from(length), length_bits);
        // The highest bit is known from the length; 64 bits are left even of 2^64.
        self.bits(shifted as u64, length - 1);
    }

    /// Writes a small number: Elias gamma of `value + 1`, one bit for zero, three to 2, five to 6.
    fn small(&mut self, value: u32) {
        let length = 32 - (value + 1).leading_zeros();
        self.bits(0, length - 1);
        self.bits((value + 1).into(), length);
    }

    /// Writes a signed number, small where it is near zero.
    pub(crate) fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    /// Writes bytes with their count, at a byte's edge.
    pub(crate) fn blob(&mut self, blob: &[u8]) {
        self.number(blob.len() as u64);
        self.free = 0;
        self.bytes.extend_from_slice(blob);
    }
}

/// Reads what a [`BitWriter`] wrote.
#[derive(Debug)]
pub(crate) struct BitReader<'bytes> {
    bytes: &'bytes [u8],
    /// Bits read so far.
    at: usize,
}

impl<'bytes> BitReader<'bytes> {
    pub(crate) const fn new(bytes: &'bytes [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Checks that nothing is left but the zeros that fill the last byte.
    pub(crate) fn end(mut self) -> Result<(), DecodeError> {
        let left = self.bits_left();
        if left >= 8 || self.bits(left as u32)? != 0 {
            return Err(DecodeError::Excess);
        }
        Ok(())
    }

    /// Bits not yet read: no value of more elements than this can follow.
    pub(crate) const fn bits_left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    pub(crate) fn bits(&mut self, count: u32) -> Result<u64, DecodeError> {
        if count as usize > self.bits_left() {
            return Err(DecodeError::Short);
        }
        let mut value = 0;
        let mut left = count;
        while left > 0 {
            let inside = (self.at % 8) as u32;
            let take = left.min(8 - inside);
            let byte = u64::from(self.bytes[self.at / 8]);
            let chunk = (byte >> (8 - inside - take)) & ((1 << take) - 1);
            value = value << take | chunk;
            self.at += take as usize;
            left -= take;
        }
        Ok(value)
    }

    pub(crate) fn flag(&mut self) -> Result<bool, DecodeError> {
        Ok(self.bits(1)? == 1)
    }

    pub(crate) fn number(&mut self) -> Result<u64, DecodeError> {
        let mut length_bits = 1;
        while !self.flag()? {
            length_bits += 1;
            // 65, the longest length there is, has seven bits.
            if length_bits > 7 {
                return Err(DecodeError::Invalid("a number"));
            }
        }
        let length = 1_u64 << (length_bits - 1) | self.bits(length_bits - 1)?;
        if length > 65 {
            return Err(DecodeError::Invalid("a number"));
        }
        let rest = self.bits(length as u32 - 1)?;
        let shifted = 1_u128 << (length - 1) | u128::from(rest);
        u64::try_from(shifted - 1).map_err(|_| DecodeError::Invalid("a number"))
    }

    fn small(&mut self) -> Result<u32, DecodeError> {
        let mut length = 1;
        while !self.flag()? {
            length += 1;
            // Differences of two lengths have eight bits.
            if length > 8 {
                return Err(DecodeError::Invalid("a length"));
            }
        }
        Ok((1 << (length - 1) | self.bits(length - 1)? as u32) - 1)
    }

    pub(crate) fn signed(&mut self) -> Result<i64, DecodeError> {
        let folded = self.number()?;
        Ok((folded >> 1).cast_signed() ^ -((folded & 1).cast_signed()))
    }

    pub(crate) fn blob(&mut self) -> Result<&'bytes [u8], DecodeError> {
        let length = usize::try_from(self.number()?).map_err(|_| DecodeError::Short)?;
        while !self.at.is_multiple_of(8) {
            if self.flag()? {
                return Err(DecodeError::Invalid("a filling"));
            }
        }
        let start = self.at / 8;
        let end = start.checked_add(length).ok_or(DecodeError::Short)?;
        let blob = self.bytes.get(start..end).ok_or(DecodeError::Short)?;
        self.at = end * 8;
        Ok(blob)
    }
}

/// Numbers that are about as long as the one before: each is written as how much longer or shorter it is, and its bits below the
/// highest. Neighbouring buckets of a histogram take a third less room so than one by one.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Bits of the number before; none for zero.
    length: u32,
}

impl Run {
    pub(crate) fn put(&mut self, out: &mut BitWriter, value: u64) {
        let length = 64 - value.leading_zeros();
        out.small(if length >= self.length {
            2 * (length - self.length)
        } else {
            2 * (self.length - length) - 1
        });
        out.bits(value, length.saturating_sub(1));
        self.length = length;
    }

    pub(crate) fn take(&mut self, from: &mut BitReader<'_>) -> Result<u64, DecodeError> {
        let folded = from.small()?;
        let length = if folded % 2 == 0 {
            self.length + folded / 2
        } else {
            self.length
                .checked_sub(folded.div_ceil(2))
                .ok_or(DecodeError::Invalid("a length"))?
        };
        self.length = length;
        match length {
            0 => Ok(0),
            1..=64 => Ok(1_u64 << (length - 1) | from.bits(length - 1)?),
            _ => Err(DecodeError::Invalid("a length")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn length(value: u64) -> u32 {
        let mut out = BitWriter::default();
        out.number(value);
        (out.bytes.len() * 8) as u32 - out.free
    }

    #[test]
    fn small_numbers_are_short() {
        let lengths: Vec<_> = [0, 1, 6, 7, 30, 62, 126, 254, 510, 65_534, u64::MAX]
            .map(length)
            .into();
        assert_eq!(lengths, [1, 4, 5, 8, 9, 10, 11, 14, 15, 24, 77]);
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            values in prop::collection::vec((any::<u64>(), 0..=63_u32, any::<i64>(), any::<bool>()), 0..20),
            blob in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut out = BitWriter::after(vec![7]);
            let mut run = Run::default();
            for (value, shift, signed, flag) in &values {
                run.put(&mut out, value >> shift);
                out.number(value >> shift);
                out.signed(signed >> shift);
                out.flag(*flag);
            }
            out.blob(&blob);
            out.flag(true);
            let bytes = out.finish();
            let mut from = BitReader::new(&bytes);
            prop_assert_eq!(from.bits(8), Ok(7));
            let mut run = Run::default();
            for (value, shift, signed, flag) in &values {
                prop_assert_eq!(run.take(&mut from), Ok(value >> shift));
                prop_assert_eq!(from.number(), Ok(value >> shift));
                prop_assert_eq!(from.signed(), Ok(signed >> shift));
                prop_assert_eq!(from.flag(), Ok(*flag));
            }
            prop_assert_eq!(from.blob(), Ok(&blob[..]));
            prop_assert_eq!(from.flag(), Ok(true));
            prop_assert_eq!(from.end(), Ok(()));
        }

        #[test]
        fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut from = BitReader::new(&bytes);
            let mut run = Run::default();
            while run.take(&mut from).is_ok() {}
            let mut from = BitReader::new(&bytes);
            while from.number().is_ok() && from.signed().is_ok() && from.blob().is_ok() {}
        }
    }
}
