//! One view of a watch for every reader: terminal, Markdown, JSON, JUnit, messages, SVG. All wording lives here.
//!
//! The crate is pure: it reads a [`verification::summary::Summary`] and a [`Frame`] and returns text. Time, zone, width and
//! the ledger's state are passed in.

mod cells;
mod change;
mod clock;
mod count;
mod explain;
mod frame;
mod glyphs;
mod headline;
mod how_bad;
mod keys;
mod list;
mod numbers;
mod phases;
mod phrase;
mod quantity;
mod reached;
mod recovery_words;
mod row_view;
mod screen;
mod seeing;
mod sentence;
mod share;
mod situation;
mod table;
mod text;
mod timeline;
mod what_next;

pub use change::{act_line, change_line, heartbeat_line, outcome_line};
pub use clock::{from_rfc3339, rfc3339};
pub use explain::{Reference, UnknownReference, explain};
pub use frame::{Chain, Frame};
pub use glyphs::Glyphs;
pub use keys::Key;
pub use list::{ListRow, list_screen};
pub use phases::phases_line;
pub use screen::verdict_screen;
pub use sentence::{decision_sentence, sentence};
pub use text::{Colour, Line, Span, Text};
