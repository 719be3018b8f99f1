//! Places in a text: byte spans, lines and columns.

/// A stretch of the text in bytes, end excluded; always on character boundaries and inside the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Span {
    /// The stretch from `start` to `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether nothing lies in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'text> {
    text: &'text str,
    starts: Vec<usize>,
}

impl<'text> Lines<'text> {
    pub(crate) fn of(text: &'text str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: core::iter::once(0).chain(after_breaks).collect(),
        }
    }

    pub(crate) const fn text(&self) -> &'text str {
        self.text
    }

    /// Brings a span inside the text and onto character boundaries.
    pub(crate) fn clip(&self, span: Span) -> Span {
        let start = floor_boundary(self.text, span.start.min(self.text.len()));
        let end = floor_boundary(self.text, span.end.min(self.text.len()));
        Span::new(start, end.max(start))
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    pub(crate) fn position(&self, byte: usize) -> (u32, u32) {
        let byte = floor_boundary(self.text, byte.min(self.text.len()));
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let before = &self.text[self.starts[line - 1]..byte];
        let column = before.chars().count() + 1;
        (
            u32::try_from(line).unwrap_or(u32::MAX),
            u32::try_from(column).unwrap_or(u32::MAX),
        )
    }
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let lines = Lines::of("a: ü\nb: x\n");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(5), (1, 5));
        assert_eq!(lines.position(4), (1, 4), "inside a character");
        assert_eq!(lines.position(6), (2, 1));
        assert_eq!(lines.position(999), (3, 1));
    }

    #[test]
    fn clipping_keeps_spans_on_boundaries() {
        let lines = Lines::of("ü");
        assert_eq!(lines.clip(Span::new(1, 9)), Span::new(0, 2));
        assert_eq!(lines.clip(Span::new(7, 3)), Span::new(2, 2));
    }
}
