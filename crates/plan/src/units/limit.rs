//! Limits and fixed values: number and unit, limits with a sign.

use super::duration::unit_seconds;
use super::{Unreadable, split_number};
use crate::problem::Code;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unit {
    /// `pp`: percentage points.
    Points,
    /// `%`
    Percent,
    /// A unit of time, in seconds.
    Time(f64),
    /// A unit of size, in bytes.
    Size(f64),
    /// No unit.
    Plain,
}

/// Units of size.
const SIZES: [(&str, f64); 8] = [
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("bytes", 1.0),
];

/// A number with its unit, as written: `0.5pp` is 0.5 and [`Unit::Points`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Amount {
    /// `+` is true, `-` is false.
    pub(crate) up: Option<bool>,
    pub(crate) number: f64,
    pub(crate) unit: Unit,
}

/// A limit: `+0.5pp`, `+10%`, `-25%`, `+40ms`, `+5`.
pub(crate) fn signed_amount(text: &str) -> Result<Amount, Unreadable> {
    read(
        text,
        "write sign, number and unit: +0.5pp, +10%, -25%, +40ms, or +5 for a level",
    )
}

/// A fixed value: `5%`, `500ms`, `3`.
pub(crate) fn amount(text: &str) -> Result<Amount, Unreadable> {
    let help = "write number and unit: 5%, 500ms, or 3 for a level";
    let amount = read(text, help)?;
    if amount.up.is_some() {
        let text = text.trim();
        return Err(Unreadable::new(
            Code::BadLimit,
            format!("`{text}` has a sign; a fixed value has none"),
            "use `limit` for a difference to the baseline, or drop the sign",
        ));
    }
    Ok(amount)
}

fn read(text: &str, help: &str) -> Result<Amount, Unreadable> {
    let text = text.trim();
    let wrong = |message: String| Unreadable::new(Code::BadLimit, message, help);
    // A typographic minus is easy to paste and hard to see.
    let (up, rest) = match text.chars().next() {
        Some('+') => (Some(true), &text[1..]),
        Some('-') => (Some(false), &text[1..]),
        Some('\u{2212}') => (Some(false), &text['\u{2212}'.len_utf8()..]),
        _ => (None, text),
    };
    let (digits, unit) = split_number(rest.trim_start());
    let number = digits
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite())
        .ok_or_else(|| wrong(format!("`{text}` does not hold a number")))?;
    let unit = unit.trim();
    let unit = match unit {
        "" => Unit::Plain,
        "%" => Unit::Percent,
        "pp" => Unit::Points,
        other => match (
            unit_seconds(other),
            SIZES.iter().find(|(word, _)| *word == other),
        ) {
            (Some(seconds), _) => Unit::Time(seconds),
            (None, Some((_, bytes))) => Unit::Size(*bytes),
            (None, None) => return Err(wrong(format!("`{other}` is not a unit"))),
        },
    };
    Ok(Amount { up, number, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_limits_with_sign_and_unit() {
        let of = |up, number, unit| Ok(Amount { up, number, unit });
        assert_eq!(signed_amount("+0.5pp"), of(Some(true), 0.5, Unit::Points));
        assert_eq!(signed_amount("-25%"), of(Some(false), 25.0, Unit::Percent));
        assert_eq!(
            signed_amount("\u{2212}25 %"),
            of(Some(false), 25.0, Unit::Percent)
        );
        assert_eq!(
            signed_amount("+40ms"),
            of(Some(true), 40.0, Unit::Time(1e-3))
        );
        assert_eq!(signed_amount("+5"), of(Some(true), 5.0, Unit::Plain));
        assert_eq!(signed_amount("0.5pp"), of(None, 0.5, Unit::Points));
        assert_eq!(
            signed_amount("+16KiB"),
            of(Some(true), 16.0, Unit::Size(1024.0))
        );
        for wrong in [
            "",
            "+",
            "+pp",
            "0,5pp",
            "+10percent",
            "++1",
            "+1e999",
            "+-3",
        ] {
            assert!(signed_amount(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fixed_values_have_no_sign() {
        assert_eq!(
            amount("5%"),
            Ok(Amount {
                up: None,
                number: 5.0,
                unit: Unit::Percent
            })
        );
        assert!(amount("+5%").is_err());
    }
}
