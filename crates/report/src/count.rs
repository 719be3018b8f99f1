//! Singular and plural, lists, and large counts.

use std::fmt::Write as _;

/// A noun in both numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noun {
    one: &'static str,
    many: &'static str,
}

pub(crate) const CRITERION: Noun = Noun {
    one: "criterion",
    many: "criteria",
};
pub(crate) const ROW: Noun = Noun {
    one: "row",
    many: "rows",
};
pub(crate) const LOOK: Noun = Noun {
    one: "look",
    many: "looks",
};
pub(crate) const POD: Noun = Noun {
    one: "pod",
    many: "pods",
};
pub(crate) const EVENT: Noun = Noun {
    one: "event",
    many: "events",
};
pub(crate) const REQUEST: Noun = Noun {
    one: "request",
    many: "requests",
};
pub(crate) const TRIAL: Noun = Noun {
    one: "trial",
    many: "trials",
};
pub(crate) const TRY: Noun = Noun {
    one: "try",
    many: "tries",
};
pub(crate) const READING: Noun = Noun {
    one: "reading",
    many: "readings",
};
pub(crate) const MEASUREMENT: Noun = Noun {
    one: "measurement",
    many: "measurements",
};
pub(crate) const UNIT_OF_EXPOSURE: Noun = Noun {
    one: "unit of exposure",
    many: "units of exposure",
};

impl Noun {
    /// The noun that fits the number.
    pub(crate) const fn word(self, number: u64) -> &'static str {
        if number == 1 { self.one } else { self.many }
    }

    /// The number with its noun: `1 look`, `6,120 looks`.
    pub(crate) fn count(self, number: u64) -> String {
        format!("{} {}", grouped(number), self.word(number))
    }
}

/// The number that usize counts are shown by.
pub(crate) fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// `is` or `are`.
pub(crate) const fn is_are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// Thousands in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn list<Item: AsRef<str>>(items: &[Item]) -> String {
    joined(items, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn alternatives<Item: AsRef<str>>(items: &[Item]) -> String {
    joined(items, "or")
}

fn joined<Item: AsRef<str>>(items: &[Item], word: &str) -> String {
    let mut out = String::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 && at + 1 == items.len() {
            let _ = write!(out, " {word} ");
        } else if at > 0 {
            out.push_str(", ");
        }
        out.push_str(item.as_ref());
    }
    out
}

/// The first few names and how many more there are: `a, b and 3 more`.
pub(crate) fn first_of<Item: AsRef<str>>(items: &[Item], most: usize) -> String {
    if items.len() <= most {
        return list(items);
    }
    let mut shown: Vec<String> = items
        .iter()
        .take(most)
        .map(|item| item.as_ref().to_owned())
        .collect();
    shown.push(format!("{} more", items.len() - most));
    list(&shown)
}

/// The text with its first letter in upper case; names like `p99` keep theirs.
pub(crate) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(first), Some(second)) if second.is_ascii_digit() => {
            let _ = first;
            text.to_owned()
        }
        (Some(first), _) => first.to_uppercase().chain(text.chars().skip(1)).collect(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_many() {
        assert_eq!(CRITERION.count(1), "1 criterion");
        assert_eq!(CRITERION.count(0), "0 criteria");
        assert_eq!(REQUEST.count(1_234_567), "1,234,567 requests");
    }

    #[test]
    fn lists() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(alternatives(&["a", "b"]), "a or b");
        assert_eq!(first_of(&["a", "b", "c", "d"], 2), "a, b and 2 more");
    }

    #[test]
    fn capitals() {
        assert_eq!(capitalised("failed payments"), "Failed payments");
        assert_eq!(capitalised("p99 of pay"), "p99 of pay");
        assert_eq!(capitalised("élan"), "Élan");
    }
}
