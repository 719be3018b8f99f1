//! Styled text: lines of spans with at most one colour.

use crate::cells;
use crate::frame::Frame;
use crate::glyphs::Glyphs;

/// The one colour a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Something is failing.
    Red,
    /// Something cannot be told.
    Yellow,
    /// Confirmed or recovered.
    Green,
}

impl Colour {
    /// Bold, with the terminal's own red, yellow or green: it knows its background.
    const fn ansi(self) -> &'static str {
        match self {
            Self::Red => "\u{1b}[1;31m",
            Self::Yellow => "\u{1b}[1;33m",
            Self::Green => "\u{1b}[1;32m",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    text: String,
    coloured: bool,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    spans: Vec<Span>,
}

impl Line {
    /// A line without colour.
    pub(crate) fn plain(text: impl AsRef<str>) -> Self {
        Self::default().then(text)
    }

    /// Adds a piece.
    pub(crate) fn then(mut self, text: impl AsRef<str>) -> Self {
        self.spans.push(Span {
            text: cells::clean(text.as_ref()),
            coloured: false,
        });
        self
    }

    /// Adds a piece in the text's colour.
    pub(crate) fn then_coloured(mut self, text: impl AsRef<str>, coloured: bool) -> Self {
        self = self.then(text);
        if let Some(last) = self.spans.last_mut() {
            last.coloured = coloured;
        }
        self
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| cells::width(&span.text)).sum()
    }

    /// The line without colour and without spaces at its end.
    #[must_use]
    pub fn to_plain(&self) -> String {
        let text: String = self.spans.iter().map(|span| span.text.as_str()).collect();
        text.trim_end().to_owned()
    }
}

/// Lines with at most one colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines, top to bottom.
    pub lines: Vec<Line>,
    /// The colour of the coloured spans; without one there is none.
    pub colour: Option<Colour>,
}

impl Text {
    pub(crate) fn push(&mut self, line: Line) {
        self.lines.push(line);
    }

    pub(crate) fn blank(&mut self) {
        if self.lines.last().is_some_and(|line| line.width() > 0) {
            self.lines.push(Line::default());
        }
    }

    /// Adds a paragraph, its second and later lines indented.
    pub(crate) fn paragraph(&mut self, text: &str, columns: usize, hanging: usize) {
        self.block("", text, columns, hanging);
    }

    /// Adds a paragraph behind a label; where that leaves too little room the paragraph starts on the next line.
    pub(crate) fn block(&mut self, label: &str, text: &str, columns: usize, hanging: usize) {
        let text = cells::clean(text);
        let label = cells::clean(label);
        let hanging = hanging.min(columns / 4);
        let used = cells::width(&label);
        let (mut head, room) = if used == 0 {
            (String::new(), columns)
        } else if used < hanging {
            (cells::left(&label, hanging), columns - hanging)
        } else if used + 2 < columns / 2 {
            (format!("{label}  "), columns - hanging.max(used + 2))
        } else {
            self.push(Line::plain(cells::fit(&label, columns, Glyphs::Ascii)));
            (" ".repeat(hanging), columns - hanging)
        };
        let room = if used == 0 && cells::width(&text) > columns {
            columns - hanging
        } else {
            room
        };
        for line in cells::wrap(&text, room) {
            self.push(Line::plain(format!("{head}{line}")));
            head = " ".repeat(hanging);
        }
    }

    /// The text for a frame: coloured where it allows that, ASCII where it asks for it. Ends with a line break.
    #[must_use]
    pub fn render(&self, frame: &Frame) -> String {
        let text = if frame.colour {
            self.ansi()
        } else {
            self.plain()
        };
        match frame.glyphs {
            Glyphs::Unicode => text,
            Glyphs::Ascii => cells::ascii(&text),
        }
    }

    /// The text without colour.
    #[must_use]
    pub fn plain(&self) -> String {
        self.lines
            .iter()
            .flat_map(|line| [line.to_plain(), "\n".to_owned()])
            .collect()
    }

    /// The text with ANSI colour.
    #[must_use]
    pub fn ansi(&self) -> String {
        let Some(colour) = self.colour else {
            return self.plain();
        };
        let mut out = String::new();
        for line in &self.lines {
            let mut shown = String::new();
            for span in &line.spans {
                if span.coloured && !span.text.trim().is_empty() {
                    shown.push_str(&format!("{}{}\u{1b}[0m", colour.ansi(), span.text));
                } else {
                    shown.push_str(&span.text);
                }
            }
            out.push_str(shown.trim_end());
            out.push('\n');
        }
        out
    }
}
