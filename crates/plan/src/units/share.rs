//! Shares: percentages and odds.

use super::{Unreadable, split_number};
use crate::problem::Code;

/// A percentage as a fraction: `10%` is 0.1.
pub(crate) fn share(text: &str) -> Result<f64, Unreadable> {
    let text = text.trim();
    let (digits, rest) = split_number(text);
    let value = digits.parse::<f64>().ok().filter(|value| value.is_finite());
    match (value, rest.trim()) {
        (Some(value), "%") => Ok(value / 100.0),
        (Some(value), "") => Err(Unreadable::new(
            Code::BadShare,
            format!("`{text}` has no percent sign"),
            format!("write {text}% or {}%", value * 100.0),
        )),
        _ => Err(Unreadable::new(
            Code::BadShare,
            format!("`{text}` is not a percentage"),
            "write a percentage like 10%",
        )),
    }
}

/// Odds as a fraction: `1 in 100 watches`, `1 in 100` or `1%` are 0.01.
pub(crate) fn odds(text: &str) -> Result<f64, Unreadable> {
    let text = text.trim();
    if text.ends_with('%') {
        return share(text);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let parts = match words.as_slice() {
        [part, "in", whole] | [part, "in", whole, "watches" | "watch"] => {
            part.parse::<f64>().ok().zip(whole.parse::<f64>().ok())
        }
        _ => None,
    };
    match parts {
        Some((part, whole))
            if part.is_finite() && whole.is_finite() && part >= 0.0 && whole > 0.0 =>
        {
            Ok(part / whole)
        }
        _ => Err(Unreadable::new(
            Code::BadShare,
            format!("`{text}` is neither odds nor a percentage"),
            "write `1 in 100 watches` or `1%`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_shares_and_odds() {
        assert_eq!(share("10%"), Ok(0.1));
        assert_eq!(share("0.5 %"), Ok(0.005));
        assert!(share("0.1").is_err());
        assert!(share("ten%").is_err());
        assert_eq!(odds("1 in 100 watches"), Ok(0.01));
        assert_eq!(odds("1 in 200"), Ok(0.005));
        assert_eq!(odds("1%"), Ok(0.01));
        assert!(odds("1 in 0").is_err());
        assert!(odds("seldom").is_err());
        assert!(odds("-1 in 100").is_err());
    }
}
