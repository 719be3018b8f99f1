//! Texts as YAML scalars.

use core::fmt::Display;

/// The text as a scalar for block and flow context: plain where that is safe, else in single quotes.
pub(super) fn scalar(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || " _./-".contains(character))
        && !text.ends_with(' ')
        && !matches!(
            text,
            "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n"
        );
    if plain { text.to_owned() } else { quoted(text) }
}

/// The text in single quotes; line breaks become blanks, since no value of a plan has any.
pub(super) fn quoted(text: impl Display) -> String {
    let text = text
        .to_string()
        .replace(['\n', '\r'], " ")
        .replace('\'', "''");
    format!("'{text}'")
}

/// The text as it may stand in a comment.
pub(super) fn comment(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
