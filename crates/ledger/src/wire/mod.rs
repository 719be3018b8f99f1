//! How each type that a ledger holds is written as bits. Every implementation takes types apart field by field, so that a field that
//! is added elsewhere stops this crate from compiling instead of being lost.
//!
//! The forms below are version 1 of the format ([`crate::encoding::FORMAT`]). A changed form is a new version; old forms stay readable.

mod decision;
mod event;
mod measured;
mod record;
mod terms;
mod tick;
mod verdict;

use crate::bits::{BitReader, BitWriter, DecodeError};
use crate::number;
use core::time::Duration;
use verification::observation::Sides;
use verification::time::Timestamp;

/// Something that can be written as bits and read back as an equal value.
pub(crate) trait Wire: Sized {
    fn put(&self, out: &mut BitWriter);
    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError>;
}

/// Writes a struct as its fields, in this order.
macro_rules! fields {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        impl $crate::wire::Wire for $type {
            fn put(&self, out: &mut $crate::bits::BitWriter) {
                let Self { $($field),+ } = self;
                $($crate::wire::Wire::put($field, out);)+
            }

            fn take(
                from: &mut $crate::bits::BitReader<'_>,
            ) -> Result<Self, $crate::bits::DecodeError> {
                Ok(Self { $($field: $crate::wire::Wire::take(from)?),+ })
            }
        }
    };
}

/// Writes an enum as the number of its form and the form's fields. Numbers are never given twice.
macro_rules! forms {
    ($type:ty { $($tag:literal $form:ident $(($($value:ident),+))? $({ $($field:ident),+ })?),+ $(,)? }) => {
        impl $crate::wire::Wire for $type {
            fn put(&self, out: &mut $crate::bits::BitWriter) {
                match self {
                    $(Self::$form $(($($value),+))? $({ $($field),+ })? => {
                        out.number($tag);
                        $($($crate::wire::Wire::put($value, out);)+)?
                        $($($crate::wire::Wire::put($field, out);)+)?
                    })+
                }
            }

            fn take(
                from: &mut $crate::bits::BitReader<'_>,
            ) -> Result<Self, $crate::bits::DecodeError> {
                match from.number()? {
                    $($tag => {
                        $($(let $value = $crate::wire::Wire::take(from)?;)+)?
                        $($(let $field = $crate::wire::Wire::take(from)?;)+)?
                        Ok(Self::$form $(($($value),+))? $({ $($field),+ })?)
                    })+
                    tag => Err($crate::bits::DecodeError::Unknown {
                        what: stringify!($type),
                        tag,
                    }),
                }
            }
        }
    };
}

pub(crate) use {fields, forms};

impl Wire for bool {
    fn put(&self, out: &mut BitWriter) {
        out.flag(*self);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        from.flag()
    }
}

impl Wire for u64 {
    fn put(&self, out: &mut BitWriter) {
        out.number(*self);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        from.number()
    }
}

impl Wire for u32 {
    fn put(&self, out: &mut BitWriter) {
        out.number((*self).into());
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Self::try_from(from.number()?).map_err(|_| DecodeError::Invalid("a 32-bit number"))
    }
}

impl Wire for u16 {
    fn put(&self, out: &mut BitWriter) {
        out.number((*self).into());
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Self::try_from(from.number()?).map_err(|_| DecodeError::Invalid("a 16-bit number"))
    }
}

impl Wire for f64 {
    fn put(&self, out: &mut BitWriter) {
        number::put(out, *self);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        number::take(from)
    }
}

impl Wire for String {
    fn put(&self, out: &mut BitWriter) {
        out.blob(self.as_bytes());
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        let text = core::str::from_utf8(from.blob()?);
        text.map(Self::from)
            .map_err(|_| DecodeError::Invalid("a text"))
    }
}

impl Wire for Timestamp {
    fn put(&self, out: &mut BitWriter) {
        out.signed(self.millis());
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self::from_millis(from.signed()?))
    }
}

impl Wire for Duration {
    fn put(&self, out: &mut BitWriter) {
        let nanos = self.subsec_nanos();
        // Durations are whole milliseconds as a rule; what is finer is added where there is any.
        let (millis, rest) = (nanos / 1_000_000, nanos % 1_000_000);
        out.number(self.as_secs());
        out.number(millis.into());
        out.number(rest.into());
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        let (seconds, millis, rest) = (from.number()?, from.number()?, from.number()?);
        match (u32::try_from(millis), u32::try_from(rest)) {
            (Ok(millis @ ..1000), Ok(rest @ ..1_000_000)) => {
                Ok(Self::new(seconds, millis * 1_000_000 + rest))
            }
            _ => Err(DecodeError::Invalid("a duration")),
        }
    }
}

impl<T: Wire> Wire for Option<T> {
    fn put(&self, out: &mut BitWriter) {
        out.flag(self.is_some());
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        from.flag()?.then(|| T::take(from)).transpose()
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn put(&self, out: &mut BitWriter) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok((A::take(from)?, B::take(from)?))
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut BitWriter) {
        out.number(self.len() as u64);
        for item in self {
            item.put(out);
        }
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        let count = usize::try_from(from.number()?).map_err(|_| DecodeError::Short)?;
        // An item takes at least a bit: damaged bytes cannot ask for more memory than they have bits.
        if count > from.bits_left() {
            return Err(DecodeError::Short);
        }
        (0..count).map(|_| T::take(from)).collect()
    }
}

impl<T: Wire> Wire for Sides<T> {
    fn put(&self, out: &mut BitWriter) {
        let Self { canary, baseline } = self;
        canary.put(out);
        baseline.put(out);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            canary: T::take(from)?,
            baseline: T::take(from)?,
        })
    }
}
