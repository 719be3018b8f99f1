//! Plain numbers.

use super::{Unreadable, split_number};
use crate::problem::Code;

/// A number without sign and unit: `3`, `0.15`, `1e3`. Finite and not negative.
pub(crate) fn number(text: &str) -> Result<f64, Unreadable> {
    let text = text.trim();
    let (digits, rest) = split_number(text);
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite());
    match value {
        Some(value) if rest.is_empty() => Ok(value),
        _ => Err(Unreadable::new(
            Code::BadNumber,
            format!("`{text}` is not a number"),
            "write a number like 3 or 0.15",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_nothing_else() {
        assert_eq!(number("3"), Ok(3.0));
        assert_eq!(number(" 0.15 "), Ok(0.15));
        assert_eq!(number("1e3"), Ok(1000.0));
        for wrong in [
            "", "-1", "nan", "inf", "1e999", "3x", "1_000", "0x10", ".", "1.2.3",
        ] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
