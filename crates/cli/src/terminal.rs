//! What the terminal can do: width, colour, letters, and drawing over what was drawn before.

use crate::arguments::Colour;
use crossterm::{QueueableCommand, cursor, terminal};
use jiff::tz::TimeZone;
use report::{Frame, Glyphs};
use std::io::{self, IsTerminal, Write};
use verification::time::Timestamp;

/// Columns where the output is no terminal and COLUMNS says nothing.
const PLAIN_WIDTH: u16 = 80;
/// Rows where the terminal does not tell.
const PLAIN_HEIGHT: u16 = 24;
/// The narrowest width that is believed of COLUMNS.
const NARROWEST: u16 = 20;

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
            std::env::var("COLUMNS")
                .ok()
                .and_then(|columns| columns.parse().ok())
                .filter(|columns| *columns >= NARROWEST)
                .unwrap_or(PLAIN_WIDTH)
        };
        frame.glyphs = self.glyphs;
        frame.colour = self.colour;
        frame
    }
}

impl Terminal {
    /// How problems of a file are drawn.
    pub fn style(&self) -> plan::Style {
        let frame = self.frame(Timestamp::from_millis(0), "");
        plan::Style {
            unicode: frame.glyphs == Glyphs::Unicode,
            colour: frame.colour,
            width: usize::from(frame.width),
        }
    }

    /// What stands for something left out.
    pub const fn ellipsis(&self) -> &'static str {
        match self.glyphs {
            Glyphs::Unicode => "\u{2026}",
            Glyphs::Ascii => "...",
        }
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
#[derive(Debug)]
pub struct Canvas {
    /// Lines that the cursor stands below.
    drawn: u16,
    /// Notes and screen as last given, and the size that they were drawn for.
    last: (String, (u16, u16)),
    ellipsis: &'static str,
}

impl Canvas {
    /// An empty canvas from the line of the cursor on.
    pub const fn new(ellipsis: &'static str) -> Self {
        Self {
            drawn: 0,
            last: (String::new(), (0, 0)),
            ellipsis,
        }
    }

    /// Draws notes and screen in place of what was drawn before.
    ///
    /// A screen taller than the terminal keeps its first lines, which hold what, how bad, what next; the last line says
    /// how many are missing. Notes stand below what is shown.
    pub fn draw(&mut self, notes: &str, screen: &str) -> io::Result<()> {
        let size = terminal::size().unwrap_or((PLAIN_WIDTH, PLAIN_HEIGHT));
        let text = format!("{screen}{notes}");
        if self.last == (text.clone(), size) {
            return Ok(());
        }
        let room = usize::from(size.1.saturating_sub(1)).saturating_sub(notes.lines().count());
        let count = screen.lines().count();
        let mut lines: Vec<String> = screen.lines().map(str::to_owned).collect();
        if count > room {
            lines.truncate(room.saturating_sub(1));
            lines.push(format!(
                "{} {} more lines; a taller window shows them",
                self.ellipsis,
                count - lines.len()
            ));
        }
        lines.extend(notes.lines().map(str::to_owned));
        let resized = self.drawn > 0 && self.last.1 != size;
        self.put(&lines, resized)?;
        self.last = (text, size);
        Ok(())
    }

    /// Takes what was drawn away.
    pub fn erase(&mut self) {
        // Leaving cannot do more than try.
        let _ = self.put(&[], false);
        self.last = Default::default();
    }

    /// Leaves all of the last screen, and notes, above the cursor: what is printed next stands below.
    pub fn leave(&mut self) {
        let (text, _) = core::mem::take(&mut self.last);
        if self.drawn > 0 {
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            // Leaving cannot do more than try.
            let _ = self.put(&lines, false);
        }
        self.drawn = 0;
    }

    fn put(&mut self, lines: &[String], from_the_top: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        // Without wrapping, a line too wide for a narrow window still is one line to go back over.
        out.queue(terminal::BeginSynchronizedUpdate)?
            .queue(terminal::DisableLineWrap)?;
        if from_the_top {
            // The terminal has laid out the old lines anew; where they are now cannot be known.
            out.queue(terminal::Clear(terminal::ClearType::All))?
                .queue(cursor::MoveTo(0, 0))?;
        } else if self.drawn > 0 {
            out.queue(cursor::MoveToColumn(0))?
                .queue(cursor::MoveUp(self.drawn))?;
        }
        for line in lines {
            out.queue(terminal::Clear(terminal::ClearType::UntilNewLine))?;
            // Both bytes: in raw mode a line feed alone does not return to the first column.
            write!(out, "{line}\r\n")?;
        }
        out.queue(terminal::Clear(terminal::ClearType::FromCursorDown))?
            .queue(terminal::EnableLineWrap)?
            .queue(terminal::EndSynchronizedUpdate)?;
        out.flush()?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(u16::MAX);
        Ok(())
    }
}

/// Sets title and progress mark of the terminal's window; a window that takes none is no trouble.
pub fn announce(title: &str, progress: report::Progress) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "\x1b]0;{title}\x07{}", progress.sequence());
    let _ = out.flush();
}
