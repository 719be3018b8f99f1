//! Names of watches: `W7`.

use core::fmt;
use core::str::FromStr;

/// Number of a watch within its ledger, from 1; written `W7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(i64);

impl WatchId {
    /// The watch with this number; `None` below 1.
    #[must_use]
    pub const fn from_number(number: i64) -> Option<Self> {
        if number >= 1 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number, at least 1.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for WatchId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "W{}", self.0)
    }
}

/// A text that names no watch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no watch: write its number as in `W7` or `7`; `shakedown list` shows them")]
pub struct NotAWatchId(pub String);

impl FromStr for WatchId {
    type Err = NotAWatchId;

    /// Reads `W7`, `w7` or `7`.
    fn from_str(text: &str) -> Result<Self, NotAWatchId> {
        let digits = text.strip_prefix(['W', 'w']).unwrap_or(text);
        let wrong = || NotAWatchId(text.to_owned());
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        digits
            .parse()
            .ok()
            .and_then(Self::from_number)
            .ok_or_else(wrong)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_people_type_and_nothing_else() {
        for text in ["W7", "w7", "7", "007"] {
            assert_eq!(text.parse::<WatchId>().unwrap().to_string(), "W7");
        }
        for text in [
            "",
            "W",
            "0",
            "-7",
            "+7",
            "W7 ",
            "WW7",
            "7W",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<WatchId>(), Err(NotAWatchId(text.to_owned())));
        }
    }
}
