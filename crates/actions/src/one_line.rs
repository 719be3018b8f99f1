//! Foreign text made fit for one line of a ledger and a terminal.

/// Returns `text` on one line: lines that are not empty joined by ` / `, control characters (and with them terminal escapes) left out.
pub(crate) fn one_line(text: &str) -> String {
    text.lines()
        .map(|line| {
            line.chars()
                .filter(|character| !character.is_control())
                .collect::<String>()
        })
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" / ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_escapes_lose_their_power() {
        assert_eq!(
            one_line("first\r\n\n  second \u{1b}[31m\u{7}\n"),
            "first / second [31m"
        );
        assert_eq!(one_line("\n\n"), "");
    }
}
