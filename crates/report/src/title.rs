//! The terminal's title and its progress mark.

use crate::cells;
use crate::frame::Frame;
use crate::headline;
use crate::situation::{self, Situation};
use crate::text::Colour;
use verification::summary::Summary;

/// How a terminal should mark the progress (OSC 9;4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Over: no mark.
    None,
    /// Going on without trouble, so many percent of the watch.
    Normal(u8),
    /// Something is failing.
    Error(u8),
    /// Something cannot be told, or a human is waited for.
    Warning(u8),
}

impl Progress {
    /// The escape sequence that sets the mark.
    #[must_use]
    pub fn sequence(self) -> String {
        let (state, percent) = match self {
            Self::None => (0, 0),
            Self::Normal(percent) => (1, percent),
            Self::Error(percent) => (2, percent),
            Self::Warning(percent) => (4, percent),
        };
        format!("\u{1b}]9;4;{state};{percent}\u{1b}\\")
    }
}

/// `ROLL BACK checkout 4.18.0`, free of control characters.
#[must_use]
pub fn title(summary: &Summary<'_>) -> String {
    cells::clean(&format!(
        "{} {}",
        Situation::of(summary).word(),
        headline::deployment(summary)
    ))
}

/// The progress mark of a watch.
#[must_use]
pub fn progress(summary: &Summary<'_>, frame: &Frame) -> Progress {
    if summary.ended.is_some() {
        return Progress::None;
    }
    let (watched, whole) = (
        situation::watched(summary, frame.now),
        summary.plan.watch_for,
    );
    let percent = watched
        .as_millis()
        .saturating_mul(100)
        .checked_div(whole.as_millis())
        .unwrap_or(100);
    let percent = u8::try_from(percent.min(100)).unwrap_or(100);
    match Situation::of(summary).colour() {
        None | Some(Colour::Green) => Progress::Normal(percent),
        Some(Colour::Red) => Progress::Error(percent),
        Some(Colour::Yellow) => Progress::Warning(percent),
    }
}
