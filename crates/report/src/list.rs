//! All watches, worst first, one line each.

use crate::cells;
use crate::clock::{Clock, rough_span};
use crate::frame::Frame;
use crate::headline::{self, Headline};
use crate::situation;
use crate::text::{Line, Text};
use core::cmp::Reverse;
use verification::exit::Exit;
use verification::summary::Summary;
use verification::time::Timestamp;

/// One watch of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Id of the watch.
    pub watch_id: String,
    /// Decision word, with the name of the human behind it.
    pub decision: String,
    /// Service and version.
    pub deployment: String,
    /// How long it has been watched.
    pub watched: String,
    /// How bad it is, the second line of its screen.
    pub how_bad: String,
    /// Exit code so far; the gravest comes first.
    pub exit: Exit,
    /// When the watch started; of equally grave ones the newest comes first.
    pub started: Timestamp,
    /// Whether it is over and nobody is waited for.
    pub ended: bool,
}

impl ListRow {
    /// The row of a watch; `frame.watch_id` names it.
    #[must_use]
    pub fn of(summary: &Summary<'_>, frame: &Frame) -> Self {
        let headline = Headline::of(summary, frame);
        let clock = Clock::of(summary, frame);
        let watched = match summary.ended {
            Some(ended) => format!("ended {}", clock.at(ended)),
            None => rough_span(situation::watched(summary, frame.now)),
        };
        Self {
            watch_id: frame.watch_id.clone(),
            decision: headline.decision(),
            deployment: headline::deployment(summary),
            watched,
            how_bad: headline.how_bad,
            exit: summary.exit,
            started: summary.started,
            ended: summary.ended.is_some() && !needs_a_human(summary.exit),
        }
    }

    /// Rank in the list: open before over, then the gravest, then the newest.
    fn rank(&self) -> (bool, usize, Reverse<Timestamp>) {
        let gravity = Exit::GRAVEST_FIRST
            .iter()
            .position(|exit| *exit == self.exit)
            .unwrap_or(usize::MAX);
        (self.ended, gravity, Reverse(self.started))
    }
}

/// Ends that somebody must still look at.
fn needs_a_human(exit: Exit) -> bool {
    matches!(
        exit,
        Exit::NotRecovered | Exit::CannotSee | Exit::Paged | Exit::Review
    )
}

/// The list: running watches and those that wait for a human first, the gravest of them on top; one line each, cut to the frame's width.
#[must_use]
pub fn list_screen(rows: &[ListRow], frame: &Frame) -> Text {
    let mut text = Text::default();
    if rows.is_empty() {
        text.paragraph(
            "No watches yet. Start one: shakedown watch PLAN",
            frame.columns(),
            0,
        );
        return text;
    }
    let mut sorted: Vec<&ListRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.rank());
    let cells_of = |row: &ListRow| {
        [&row.watch_id, &row.decision, &row.deployment, &row.watched].map(|cell| cells::clean(cell))
    };
    let mut widths = ["WATCH", "DECISION", "DEPLOYMENT", "WATCHED"].map(str::len);
    for row in &sorted {
        for (width, cell) in widths.iter_mut().zip(cells_of(row)) {
            *width = (*width).max(cells::width(&cell)).min(MOST);
        }
    }
    let line = |cells: [String; 4], rest: &str| {
        let mut out = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            out.push_str(&cells::left(
                &cells::fit(cell, width, frame.glyphs),
                width + 2,
            ));
        }
        out.push_str(rest);
        Line::plain(cells::fit(out.trim_end(), frame.columns(), frame.glyphs))
    };
    text.push(line(
        ["WATCH", "DECISION", "DEPLOYMENT", "WATCHED"].map(ToOwned::to_owned),
        "HOW BAD",
    ));
    for row in sorted {
        text.push(line(cells_of(row), &cells::clean(&row.how_bad)));
    }
    text
}

/// Widest column but the last.
const MOST: usize = 24;
