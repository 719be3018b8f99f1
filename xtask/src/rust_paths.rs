//! Finds the paths (`a::b::c`) that a token stream names, groups of `use` taken apart.

use crate::rust_tokens::Token;

/// A path as written: `std::time::Instant` from `use std::time::{Duration, Instant}` too.
#[derive(Debug, PartialEq, Eq)]
pub struct Path<'a> {
    pub names: Vec<&'a str>,
    pub line: usize,
    /// Followed by `!`.
    pub is_macro: bool,
    /// Preceded by `.`: a field or method.
    pub is_member: bool,
}

impl Path<'_> {
    pub fn starts_with(&self, prefix: &[&str]) -> bool {
        self.names.starts_with(prefix)
    }
}

/// Returns every path in order; a name alone is a path of one.
pub fn paths(tokens: &[Token]) -> Vec<Path<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].name().is_some() {
            let is_member = at > 0 && tokens[at - 1].is('.');
            at = read(tokens, at, &mut Vec::new(), is_member, &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path from `at` on, under `prefix`; returns the place after it.
fn read<'a>(
    tokens: &'a [Token],
    mut at: usize,
    prefix: &mut Vec<&'a str>,
    is_member: bool,
    found: &mut Vec<Path<'a>>,
) -> usize {
    let depth = prefix.len();
    let line = tokens[at].line;
    while let Some(name) = tokens.get(at).and_then(Token::name) {
        prefix.push(name);
        at += 1;
        if !is_separator(tokens, at) {
            break;
        }
        at += 2;
        if tokens.get(at).is_some_and(|token| token.is('{')) {
            at = read_group(tokens, at + 1, prefix, found);
            prefix.truncate(depth);
            return at;
        }
    }
    let is_macro = tokens.get(at).is_some_and(|token| token.is('!'))
        && !tokens.get(at + 1).is_some_and(|token| token.is('='));
    found.push(Path {
        names: prefix.clone(),
        line,
        is_macro,
        is_member,
    });
    prefix.truncate(depth);
    at
}

/// Reads `a, b::c, {…}` up to the closing brace; returns the place after it.
fn read_group<'a>(
    tokens: &'a [Token],
    mut at: usize,
    prefix: &mut Vec<&'a str>,
    found: &mut Vec<Path<'a>>,
) -> usize {
    while at < tokens.len() {
        if tokens[at].is('}') {
            return at + 1;
        }
        at = if tokens[at].name() == Some("as") {
            at + 2
        } else if tokens[at].name().is_some() {
            read(tokens, at, prefix, false, found)
        } else {
            at + 1
        };
    }
    at
}

fn is_separator(tokens: &[Token], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| token.is(':'))
        && tokens.get(at + 1).is_some_and(|token| token.is(':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust_tokens::tokens;

    fn all(source: &str) -> Vec<String> {
        let tokens = tokens(source);
        paths(&tokens)
            .iter()
            .map(|path| path.names.join("::"))
            .collect()
    }

    #[test]
    fn groups_are_taken_apart() {
        assert_eq!(
            all("use std::{fs, io::{self, Write as W}, time::Instant};"),
            [
                "use",
                "std::fs",
                "std::io::self",
                "std::io::Write",
                "std::time::Instant"
            ]
        );
    }

    #[test]
    fn members_and_macros_are_marked() {
        let tokens = tokens("x.ln(); print!(); a != b");
        let paths = paths(&tokens);
        let of = |name: &str| paths.iter().find(|path| path.names == [name]);
        assert!(of("ln").is_some_and(|path| path.is_member));
        assert!(of("print").is_some_and(|path| path.is_macro));
        assert!(of("a").is_some_and(|path| !path.is_macro && !path.is_member));
    }
}
