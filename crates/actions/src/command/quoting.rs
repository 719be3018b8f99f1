//! Command lines as a human can paste them.

use crate::config::CommandLine;

/// The line as a POSIX shell reads it.
pub(crate) fn shown(line: &CommandLine) -> String {
    match line {
        CommandLine::Argv(words) => words
            .iter()
            .map(|word| quoted(word))
            .collect::<Vec<_>>()
            .join(" "),
        CommandLine::Shell(line) => format!("/bin/sh -c {}", quoted(line)),
    }
}

/// One word, in single quotes where it holds anything a shell might act on.
pub(crate) fn quoted(word: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_needs_quotes_gets_them() {
        let argv = ["kubectl", "-n", "shop", "it's", "a b", "$HOME", ""];
        let line = CommandLine::Argv(argv.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(shown(&line), r"kubectl -n shop 'it'\''s' 'a b' '$HOME' ''");
        assert_eq!(
            shown(&CommandLine::Shell("a | b".to_owned())),
            "/bin/sh -c 'a | b'"
        );
    }
}
