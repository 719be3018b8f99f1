//! Words that no text of the product uses: they promise more than was seen, or say nothing.

use super::RoomSource;
use crate::files::shown;
use crate::finding::Finding;
use crate::workspace::Workspace;

/// The rooms whose texts people read.
const SPEAKING: [&str; 5] = ["cli", "plan", "report", "server", "verification"];

/// A word, and what is said instead.
const NEVER: [(&str, &str); 7] = [
    ("anomalies", "say what differs, and by how much"),
    ("anomaly", "say what differs, and by how much"),
    ("healthy", "say `within`, with the criteria that were seen"),
    ("OK", "say `within` or `confirmed`"),
    ("passed", "say `within` or `confirmed`"),
    ("score", "say the difference, its range and the limit"),
    (
        "significant",
        "say the range and the limit; the term is defined once, in `explain`",
    ),
];

/// Where a word is meant: part of a path, the word, the reason.
const MEANT: [(&str, &str, &str); 2] = [
    (
        "explain",
        "significant",
        "`explain` defines the statistical terms",
    ),
    ("crates/cli/", "healthy", "the name of a demo scenario"),
];

pub fn check(workspace: &Workspace, source: &RoomSource<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !SPEAKING.contains(&source.room.name.as_str()) {
        return findings;
    }
    for module in &source.modules {
        let place = shown(&workspace.root, &module.path);
        let is_meant = |word: &str| {
            MEANT
                .iter()
                .any(|(path, meant, _)| place.contains(path) && *meant == word)
        };
        for token in module.production_tokens() {
            let Some(text) = token.text() else { continue };
            for (word, instead) in NEVER {
                if says(text, word) && !is_meant(word) {
                    findings.push(Finding::new(
                        format!("{place}:{}", token.line),
                        format!("a text says `{word}`"),
                        instead,
                    ));
                }
            }
        }
    }
    findings
}

/// Abbreviations count in capitals only, words in any case; an identifier with hyphens or underscores is no prose.
fn says(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '/';
    text.split(|c: char| !is_part(c)).any(|part| {
        if word.chars().all(char::is_uppercase) {
            part == word
        } else {
            part.eq_ignore_ascii_case(word)
        }
    })
}
