//! A watch as bytes: what a checkpoint in the ledger holds, so that a restart need not replay three days.
//!
//! Exact: a watch that is loaded goes on bit for bit as the one that was saved would have. What follows from the seal (plan, budget, designs) is not written, only
//! checked. The layout is our own: a version, then fields in a fixed order; whole numbers in as few bytes as they need, times as milliseconds since the start of the watch,
//! bucket edges once.

mod bytes;
mod history;
mod reactions;
mod rows;
mod state;

pub(crate) use bytes::{Reader, Saved, Writer, saved};
pub(crate) use rows::{load_process, save_process};

use crate::seal::Sealed;
use crate::time::Timestamp;
use crate::watch::Watch;
use std::sync::Arc;
use thiserror::Error;

/// Version of the layout. Raised whenever a field or its meaning changes.
const VERSION: u8 = 1;

/// Why a checkpoint could not be taken up; replaying the watch's records always can.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StateError {
    /// The bytes end before the state does.
    #[error("the checkpoint is cut short; replay the records instead")]
    Truncated,
    /// Bytes are left over.
    #[error("the checkpoint is {excess} bytes longer than a state; replay the records instead")]
    TooLong {
        /// Bytes after the state.
        excess: usize,
    },
    /// The state was written in another layout.
    #[error(
        "the checkpoint has layout {found}, this version reads {VERSION}; replay the records instead"
    )]
    Version {
        /// The version found.
        found: u8,
    },
    /// The state belongs to another plan, or to a watch that was started at another time.
    #[error(
        "the checkpoint belongs to another seal or another start; it cannot be continued under this one"
    )]
    OtherWatch,
    /// A field holds a value that no watch can reach.
    #[error("the checkpoint holds an impossible {what}; replay the records instead")]
    Impossible {
        /// Which field.
        what: &'static str,
    },
    /// The evidence of a row could not be taken up.
    #[error("the checkpoint's evidence cannot be continued: {0}")]
    Evidence(#[from] statistics::StateError),
}

impl Watch {
    /// The state as bytes, between two steps. Size: about two kilobytes a row, half of it once counts are small. Cost: a few microseconds a row.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        let mut to = Writer::new(self.started);
        to.byte(VERSION);
        self.sealed.hash.save(&mut to);
        to.whole(self.started.millis().unsigned_abs());
        self.save_state(&mut to);
        to.finish()
    }

    /// Takes a state up: the watch goes on exactly as the saved one would have.
    ///
    /// # Errors
    /// Where the bytes are damaged, of another layout, or of a watch with another seal or start. Nothing panics on any bytes.
    pub fn load(sealed: Arc<Sealed>, started: Timestamp, bytes: &[u8]) -> Result<Self, StateError> {
        let mut from = Reader::new(bytes, started, sealed.plan.criteria.len());
        let found = from.byte()?;
        if found != VERSION {
            return Err(StateError::Version { found });
        }
        let same = String::load(&mut from)? == sealed.hash
            && from.whole()? == started.millis().unsigned_abs();
        if !same {
            return Err(StateError::OtherWatch);
        }
        let mut watch = Self::empty(sealed, started);
        watch.load_state(&mut from)?;
        match from.left() {
            0 => Ok(watch),
            excess => Err(StateError::TooLong { excess }),
        }
    }
}
