//! Following a watch: read its records as they come, show what they make.

use crate::exit_reason::{Code, Failure};
use crate::trouble::of_ledger;
use ledger::{Entry, Ledger, Record, WatchId, WatchRow};
use server::Replayed;
use server::holder::is_dead;
use verification::event::Event;
use verification::time::Timestamp;

/// Entries read at a time.
const PAGE: u32 = 512;

/// A reader of one chain.
pub struct Following {
    ledger: Ledger,
    /// The watch.
    pub id: WatchId,
    /// The watch as far as read.
    pub replayed: Replayed,
}

impl Following {
    /// Reads all that is there.
    pub async fn open(ledger: &Ledger, id: WatchId) -> Result<Self, Failure> {
        let entries = ledger
            .read(id, 0)
            .await
            .map_err(|error| of_ledger(&error))?;
        let replayed = Replayed::begin(&id.to_string(), &entries)
            .map_err(|error| Failure::new(Code::ChainBroken, error.to_string()))?;
        Ok(Self {
            ledger: ledger.clone(),
            id,
            replayed,
        })
    }

    /// Reads what has come since; returns the new events.
    pub async fn read_on(&mut self) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::new();
        loop {
            let next = self.replayed.last_seq + 1;
            let entries = self
                .ledger
                .read_some(self.id, next, PAGE)
                .await
                .map_err(|error| of_ledger(&error))?;
            for entry in &entries {
                if let Entry {
                    record: Some(Record::Event(event)),
                    ..
                } = entry
                {
                    events.push(event.clone());
                }
                self.replayed.take(entry);
            }
            if entries.is_empty() {
                return Ok(events);
            }
        }
    }

    /// Whether nobody keeps the watch although it goes on.
    pub async fn is_abandoned(&self, now: Timestamp) -> Result<bool, Failure> {
        let row = self
            .ledger
            .watch(self.id)
            .await
            .map_err(|error| of_ledger(&error))?;
        Ok(!is_kept(&row, now))
    }
}

/// Whether somebody keeps a watch now.
pub fn is_kept(row: &WatchRow, now: Timestamp) -> bool {
    row.keeper
        .as_ref()
        .is_some_and(|keeper| keeper.until >= now && !is_dead(&keeper.name))
}
