//! The lines around a place, as the drawing of a problem needs them: cost does not grow with the file.

use crate::place::Span;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

/// Longest line that is drawn, in bytes; a longer one would fill the screen and is no line of a plan.
const LONGEST_LINE: usize = 600;
/// Lines before and after the place.
pub(crate) const CONTEXT_LINES: usize = 1;

/// A window of a text that knows where it stands in it.
#[derive(Debug)]
pub(crate) struct Excerpt<'text> {
    file: &'text str,
    window: &'text str,
    /// Byte of the text at which the window begins.
    offset: usize,
    /// Line of the text, from 0, at which the window begins.
    line: usize,
    /// Column of the problem, from 0, in characters.
    column: usize,
}

impl<'text> Excerpt<'text> {
    /// The window around `span`, which begins at `line` and `column` (both from 1); `None` where a line is too long to draw.
    pub(crate) fn around(
        text: &'text str,
        file: &'text str,
        span: Span,
        line: u32,
        column: u32,
    ) -> Option<Self> {
        let mut start = line_start(text, span.start);
        let mut first = (line as usize).saturating_sub(1);
        for _ in 0..CONTEXT_LINES {
            if start > 0 {
                start = line_start(text, start - 1);
                first = first.saturating_sub(1);
            }
        }
        let mut end = line_end(text, span.end);
        for _ in 0..CONTEXT_LINES {
            end = line_end(text, end);
        }
        let window = text.get(start..end)?;
        if window.lines().any(|line| line.len() > LONGEST_LINE) {
            return None;
        }
        Some(Self {
            file,
            window,
            offset: start,
            line: first,
            column: (column as usize).saturating_sub(1),
        })
    }

    /// The problem's span in the window.
    pub(crate) const fn label(&self, span: Span) -> (usize, usize) {
        (span.start.saturating_sub(self.offset), span.len())
    }
}

fn line_start(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |found| found + 1)
}

/// Byte after the line break that ends the line of `at`.
fn line_end(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    text.as_bytes()[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(text.len(), |found| at + found + 1)
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.window.read_span(span, before, after)?;
        // Asked without context, the place itself is meant; its column is counted in bytes by the reader of plain texts.
        let column = if before == 0 && after == 0 {
            self.column
        } else {
            found.column()
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.file.to_owned(),
            found.data(),
            *found.span(),
            found.line() + self.line,
            column,
            found.line_count(),
        )))
    }
}
