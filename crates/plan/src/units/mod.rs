//! Values with units, from text. Each parser says exactly what it could not read and how to write it.

mod duration;
mod limit;
mod number;
mod share;

pub(crate) use duration::{duration, duration_text};
pub(crate) use limit::{Amount, Unit, amount, signed_amount};
pub(crate) use number::number;
pub(crate) use share::{odds, share};

use crate::problem::Code;

/// Why a value cannot be read, with the way to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) code: Code,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Unreadable {
    pub(crate) fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Splits `0.5pp` into the number's text and the rest.
fn split_number(text: &str) -> (&str, &str) {
    let mut end = text
        .find(|character: char| !(character.is_ascii_digit() || character == '.'))
        .unwrap_or(text.len());
    // An exponent only where digits follow, so that the unit of `3events` stays a unit.
    let rest = &text[end..];
    if end > 0 && rest.starts_with(['e', 'E']) {
        let digits = rest[1..].strip_prefix(['+', '-']).unwrap_or(&rest[1..]);
        let count = digits.chars().take_while(char::is_ascii_digit).count();
        if count > 0 {
            end += rest.len() - digits.len() + count;
        }
    }
    text.split_at(end)
}
