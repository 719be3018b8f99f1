//! Process state as bytes: fixed width, little endian, floating-point numbers by their bits.

use core::fmt;

use crate::design::{Design, Starts};
use crate::sample::Worse;

/// Version of the layout of saved states. Raised whenever a field or a formula behind one changes.
const VERSION: u8 = 1;

/// Which process a saved state belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Harm = 1,
    Safety = 2,
    SingleStream = 3,
    Evidence = 4,
}

/// Why a saved state could not be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateError {
    /// The bytes end before the state does.
    Truncated,
    /// The state was written in another layout.
    Version {
        /// The version found.
        found: u8,
    },
    /// The bytes hold the state of another kind of process.
    OtherKind {
        /// The kind found.
        found: u8,
    },
    /// The state was written under another design.
    OtherDesign,
    /// A field holds a value that no process can reach.
    Impossible,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => write!(
                f,
                "saved state is cut short; replay the observations instead"
            ),
            Self::Version { found } => {
                write!(
                    f,
                    "saved state has layout {found}, expected {VERSION}; replay the observations instead"
                )
            }
            Self::OtherKind { found } => write!(
                f,
                "saved state belongs to another kind of process ({found})"
            ),
            Self::OtherDesign => write!(
                f,
                "saved state belongs to another limit, direction, noise or schedule"
            ),
            Self::Impossible => write!(
                f,
                "saved state holds an impossible value; replay the observations instead"
            ),
        }
    }
}

impl core::error::Error for StateError {}

pub(crate) fn put_header(out: &mut Vec<u8>, kind: Kind, design: u64) {
    out.push(VERSION);
    out.push(kind as u8);
    put_u64(out, design);
}

pub(crate) fn put_u64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

pub(crate) fn put_f64(out: &mut Vec<u8>, value: f64) {
    put_u64(out, value.to_bits());
}

pub(crate) fn take_header(input: &mut &[u8], kind: Kind, design: u64) -> Result<(), StateError> {
    let version = take_u8(input)?;
    if version != VERSION {
        return Err(StateError::Version { found: version });
    }
    let found = take_u8(input)?;
    if found != kind as u8 {
        return Err(StateError::OtherKind { found });
    }
    if take_u64(input)? != design {
        return Err(StateError::OtherDesign);
    }
    Ok(())
}

fn take_u8(input: &mut &[u8]) -> Result<u8, StateError> {
    let (&byte, rest) = input.split_first().ok_or(StateError::Truncated)?;
    *input = rest;
    Ok(byte)
}

pub(crate) fn take_u64(input: &mut &[u8]) -> Result<u64, StateError> {
    let (bytes, rest) = input
        .split_first_chunk::<8>()
        .ok_or(StateError::Truncated)?;
    *input = rest;
    Ok(u64::from_le_bytes(*bytes))
}

/// Takes a number; refuses one that is not a number, which no process can reach.
pub(crate) fn take_f64(input: &mut &[u8]) -> Result<f64, StateError> {
    let value = f64::from_bits(take_u64(input)?);
    if value.is_nan() {
        Err(StateError::Impossible)
    } else {
        Ok(value)
    }
}

/// A fingerprint of what a process was designed for, so that a state is never continued under another design (FNV-1a).
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn value(mut self, value: u64) -> Self {
        for byte in value.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }

    pub(crate) fn number(self, value: f64) -> Self {
        self.value(value.to_bits())
    }

    pub(crate) fn worse(self, worse: Worse) -> Self {
        self.value(match worse {
            Worse::Higher => 1,
            Worse::Lower => 2,
        })
    }

    pub(crate) fn starts(self, starts: Starts) -> Self {
        self.value(u64::from(starts.every))
            .value(u64::from(starts.count))
    }

    pub(crate) fn design(self, design: &Design) -> Self {
        self.number(design.margin.ratio)
            .number(design.margin.difference)
            .worse(design.worse)
            .number(design.dispersion)
            .number(design.pod_allowance)
            .starts(design.starts)
            // A rate of NaN stands for "not known": no usable rate has these bits.
            .number(design.expected_rate.unwrap_or(f64::NAN))
    }

    pub(crate) fn finish(self) -> u64 {
        self.0
    }
}
