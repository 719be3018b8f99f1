//! The frame of a view: who looks, when, where and on what.

use crate::glyphs::Glyphs;
use jiff::tz::TimeZone;
use verification::time::Timestamp;

/// What a view needs to know besides the watch itself. Nothing here is read from the machine: the caller passes it all in.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The present moment; ages and countdowns are measured from it.
    pub now: Timestamp,
    /// Zone in which times of day are shown.
    pub zone: TimeZone,
    /// Columns of the terminal; no line is wider, down to [`Frame::NARROWEST`].
    pub width: u16,
    /// Which characters may be used.
    pub glyphs: Glyphs,
    /// Whether the decision word and the verdict words may be coloured.
    pub colour: bool,
    /// Whether rows that are usually folded are shown in full.
    pub all: bool,
    /// Id of the watch, as commands take it.
    pub watch_id: String,
    /// Number of the last ledger record of the watch.
    pub last_record: Option<u64>,
    /// Whether somebody sits at a terminal and may press keys.
    pub live: bool,
    /// What is known of the ledger's chain.
    pub chain: Chain,
}

impl Frame {
    /// Narrowest width that is served; a smaller one is taken as this one.
    pub const NARROWEST: u16 = 20;

    /// A frame of 80 columns without colour, not live.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone, watch_id: impl Into<String>) -> Self {
        Self {
            now,
            zone,
            width: 80,
            glyphs: Glyphs::Unicode,
            colour: false,
            all: false,
            watch_id: watch_id.into(),
            last_record: None,
            live: false,
            chain: Chain::NotChecked,
        }
    }

    /// Columns to use.
    pub(crate) fn columns(&self) -> usize {
        usize::from(self.width.max(Self::NARROWEST))
    }
}

/// What is known of the ledger's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// Nobody has looked.
    NotChecked,
    /// Every record follows from the one before.
    Intact,
    /// It does not fit from this record on.
    BrokenAt(u64),
}
