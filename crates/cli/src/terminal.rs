//! What the terminal can do: width, colour, letters, and drawing over what was drawn before.

use crate::arguments::Colour;
use crossterm::{QueueableCommand, cursor, terminal};
use jiff::tz::TimeZone;
use report::{Frame, Glyphs};
use std::io::{self, IsTerminal, Write};
use verification::time::Timestamp;

/// Columns where the output is no terminal.
const PLAIN_WIDTH: u16 = 80;

/// The terminal behind standard output.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Whether standard output is a terminal that can move its cursor.
    pub live: bool,
    colour: bool,
    glyphs: Glyphs,
    zone: TimeZone,
}

impl Terminal {
    /// Looks at standard output and the environment.
    pub fn find(colour: Colour) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_terminal = io::stdout().is_terminal();
        let wants = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => {
                is_terminal
                    && !dumb
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self {
            live: is_terminal && !dumb,
            colour: wants,
            glyphs: glyphs(),
            zone: TimeZone::system(),
        }
    }

    /// The frame in which a watch is shown.
    pub fn frame(&self, now: Timestamp, watch: impl Into<String>) -> Frame {
        let mut frame = Frame::new(now, self.zone.clone(), watch);
        frame.width = if self.live {
            terminal::size().map_or(PLAIN_WIDTH, |(columns, _)| columns)
        } else {
            PLAIN_WIDTH
        };
        frame.glyphs = self.glyphs;
        frame.colour = self.colour;
        frame
    }
}

fn glyphs() -> Glyphs {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    match locale {
        Some(name) if name.to_uppercase().replace('-', "").contains("UTF8") => Glyphs::Unicode,
        _ => Glyphs::Ascii,
    }
}

/// Draws a screen over the one drawn before.
#[derive(Debug, Default)]
pub struct Canvas {
    drawn: u16,
}

impl Canvas {
    /// Draws `text` in place of what was drawn before. A screen taller than the terminal keeps its first lines: they hold what, how bad, what next.
    pub fn draw(&mut self, text: &str) -> io::Result<()> {
        let rows = terminal::size().map_or(24, |(_, rows)| rows);
        let lines: Vec<&str> = text
            .lines()
            .take(usize::from(rows.saturating_sub(1)))
            .collect();
        let mut out = io::stdout().lock();
        if self.drawn > 0 {
            out.queue(cursor::MoveToColumn(0))?
                .queue(cursor::MoveUp(self.drawn))?;
        }
        for line in &lines {
            out.queue(terminal::Clear(terminal::ClearType::UntilNewLine))?;
            // Both bytes: in raw mode a line feed alone does not return to the first column.
            write!(out, "{line}\r\n")?;
        }
        out.queue(terminal::Clear(terminal::ClearType::FromCursorDown))?;
        out.flush()?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        Ok(())
    }

    /// What is printed next stands below.
    pub fn leave(&mut self) {
        self.drawn = 0;
    }
}

/// Sets title and progress mark of the terminal's window.
pub fn announce(title: &str, progress: report::Progress) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "\x1b]0;{title}\x07{}", progress.sequence())?;
    out.flush()
}
