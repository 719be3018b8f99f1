//! No test is switched off: it asserts what is true today, or it goes.

use anyhow::{Context, Result};

use super::RoomSource;
use crate::files::shown;
use crate::finding::Finding;
use crate::rust_tokens::Token;
use crate::workspace::Workspace;

pub fn check(workspace: &Workspace, source: &RoomSource<'_>) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for module in &source.modules {
        let place = shown(&workspace.root, &module.path);
        let mut skipped: Vec<usize> = ignored(&module.tokens);
        let text =
            std::fs::read_to_string(&module.path).with_context(|| format!("reading {place}"))?;
        skipped.extend(unread_examples(&text));
        findings.extend(skipped.iter().map(|line| {
            Finding::new(
                format!("{place}:{line}"),
                "this test is switched off",
                "assert what is true today and say what should change, or delete it",
            )
        }));
    }
    Ok(findings)
}

/// Returns the lines of `#[ignore]` and `#[cfg_attr(…, ignore)]`.
fn ignored(tokens: &[Token]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, window) in tokens.windows(3).enumerate() {
        if !(window[0].is('#') && window[1].is('[')) {
            continue;
        }
        let attribute = tokens[at..].iter().take_while(|token| !token.is(']'));
        let mut names = attribute.filter_map(Token::name);
        let skips = match names.next() {
            Some("ignore") => true,
            Some("cfg_attr") => names.any(|name| name == "ignore"),
            _ => false,
        };
        if skips {
            lines.push(window[0].line);
        }
    }
    lines
}

/// Returns the lines of documentation examples that are not compiled.
fn unread_examples(text: &str) -> Vec<usize> {
    let is_skipped = |line: &str| {
        let line = line.trim_start();
        let comment = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        comment.is_some_and(|comment| {
            let comment = comment.trim_start();
            comment
                .strip_prefix("```")
                .is_some_and(|info| info.split(',').any(|word| word.trim() == "ignore"))
        })
    };
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_skipped(line))
        .map(|(at, _)| at + 1)
        .collect()
}
