//! One view of a watch for every reader: terminal, Markdown, JSON, JUnit, messages, SVG. All wording lives here.
//!
//! The crate is pure: it reads a [`verification::summary::Summary`] and a [`Frame`] and returns text. Time, zone, width and
//! the ledger's state are passed in.

mod cells;
mod clock;
mod count;
mod frame;
mod glyphs;
mod headline;
mod how_bad;
mod keys;
mod numbers;
mod phrase;
mod quantity;
mod recovery_words;
mod row_view;
mod screen;
mod seeing;
mod share;
mod situation;
mod table;
mod text;
mod timeline;
mod what_next;

pub use clock::{from_rfc3339, rfc3339};
pub use frame::{Chain, Frame};
pub use glyphs::Glyphs;
pub use keys::Key;
pub use screen::verdict_screen;
pub use text::{Colour, Line, Span, Text};
