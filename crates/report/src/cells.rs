//! Terminal columns: cleaning text that others wrote, measuring it, wrapping it, cutting it.

use crate::glyphs::Glyphs;
use unicode_width::UnicodeWidthChar;

/// Makes text safe to show: control characters (a label value may hold terminal commands) become spaces, and characters that
/// have no width or turn the direction of reading are dropped.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter(|character| !is_invisible(*character))
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

/// Joiners, marks of direction, variation selectors and tags: they hide text or make its width unknowable.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Columns of one character.
fn columns(character: char) -> usize {
    UnicodeWidthChar::width(character).unwrap_or(0)
}

/// Columns of a text.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Replaces what an ASCII terminal cannot show, keeping the width.
pub(crate) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            out.extend(std::iter::repeat_n('?', columns(character)));
        }
    }
    out
}

/// Splits after at most `limit` columns; always takes at least one character, so that a caller's loop ends.
fn split_at_width(text: &str, limit: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, character) in text.char_indices() {
        used += columns(character);
        if used > limit && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// Cuts a text to `limit` columns, with an ellipsis where something is missing.
pub(crate) fn fit(text: &str, limit: usize, glyphs: Glyphs) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let ellipsis = glyphs.ellipsis();
    let room = limit.saturating_sub(width(ellipsis));
    if room == 0 {
        return ".".repeat(limit);
    }
    let (kept, _) = split_at_width(text, room);
    let kept = if width(kept) > room { "" } else { kept };
    format!("{}{ellipsis}", kept.trim_end())
}

/// Fills up to `columns` at the right end.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Fills up to `columns` at the left end.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Wraps at spaces; a word wider than the line is cut into pieces. Runs of spaces inside a line are kept. Never returns an
/// empty list. `limit` is at least 2, the widest character there is.
pub(crate) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut pending = String::new();
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        if !line.is_empty() && width(&line) + width(&pending) + width(word) > limit {
            lines.push(std::mem::take(&mut line));
            pending.clear();
        }
        if line.is_empty() {
            pending.clear();
        }
        line.push_str(&pending);
        pending.clear();
        let mut rest = word;
        while width(&line) + width(rest) > limit {
            let room = limit.saturating_sub(width(&line));
            let (head, tail) = split_at_width(rest, room);
            if width(head) > room {
                // Not even one character fits behind what stands there.
                lines.push(std::mem::take(&mut line));
                continue;
            }
            line.push_str(head);
            lines.push(std::mem::take(&mut line));
            rest = tail;
        }
        line.push_str(rest);
        pending.push_str(&piece[word.len()..]);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_cuts_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("a   b", 9), ["a   b"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(width("注文"), 4);
        assert_eq!(wrap("注文", 3), ["注", "文"]);
        assert_eq!(fit("注文完了", 5, Glyphs::Unicode), "注文…");
        assert_eq!(ascii("注!"), "??!");
    }

    #[test]
    fn terminal_commands_are_taken_out() {
        assert_eq!(clean("a\u{1b}[31mb\u{202e}c\n"), "a [31mbc ");
    }
}
