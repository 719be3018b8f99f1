//! Letting old ticks go: their records, never their hashes.

use crate::error::{Failure, LedgerError};
use crate::ledger::Ledger;
use crate::record::RecordKind;
use crate::watch_id::WatchId;
use crate::writer::Work;
use sqlx::SqliteConnection;
use verification::time::Timestamp;

struct Expire {
    watch: WatchId,
    before: Timestamp,
}

impl Work for Expire {
    type Answer = u64;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<u64, Failure> {
        let done = sqlx::query(
            "UPDATE records SET payload = NULL
             WHERE watch = $1 AND kind = $2 AND at_ms < $3 AND payload IS NOT NULL
             AND seq < (SELECT COALESCE(MAX(seq), 0) FROM records WHERE watch = $1 AND kind = $4)",
        )
        .bind(self.watch.number())
        .bind(RecordKind::Tick.code())
        .bind(self.before.millis())
        .bind(RecordKind::Checkpoint.code())
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    }
}

impl Ledger {
    /// Drops the observations of a watch that were appended before `before`, as far as a later checkpoint makes them needless to
    /// resume. Everything else stays, and so does the chain. A replay can then only begin at a checkpoint.
    ///
    /// Returns how many ticks expired. The file does not shrink; the room is used again.
    ///
    /// # Errors
    /// The store fails.
    pub async fn expire(&self, watch: WatchId, before: Timestamp) -> Result<u64, LedgerError> {
        self.write(Expire { watch, before }).await
    }
}
