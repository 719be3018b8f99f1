//! A whole chain as JSON lines.

use crate::error::LedgerError;
use crate::json;
use crate::ledger::Ledger;
use crate::watch_id::WatchId;
use std::io::{self, Write};

/// Entries that are held in memory at a time.
const PAGE: u32 = 256;

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The lines cannot be written.
    #[error("could not write the export")]
    Output(#[from] io::Error),
}

impl Ledger {
    /// Writes the chain of a watch as JSON lines, one [`json::entry`] a line, in order; returns how many. Memory does not grow with
    /// the watch.
    ///
    /// # Errors
    /// No such watch, an entry that cannot be read, or the output fails. Lines before that have been written.
    pub async fn export(
        &self,
        watch: WatchId,
        out: &mut (impl Write + Send),
    ) -> Result<u64, ExportError> {
        let last = self.watch(watch).await?.entries;
        let mut next = 1;
        let mut written = 0;
        while next <= last {
            let page = self.read_some(watch, next, PAGE).await?;
            let Some(read) = page.last() else {
                break;
            };
            next = read.seq + 1;
            for entry in &page {
                writeln!(out, "{}", json::entry(watch, entry))?;
                written += 1;
            }
        }
        out.flush()?;
        Ok(written)
    }
}
