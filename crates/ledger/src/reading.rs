//! Reading what is in a ledger. Readers never wait for the writer.

use crate::bits::DecodeError;
use crate::chain::{Broken, Fault, Hash, Verified, Walk};
use crate::encoding::decode_record;
use crate::error::LedgerError;
use crate::lease::Holder;
use crate::ledger::Ledger;
use crate::record::{Record, RecordKind};
use crate::watch_id::WatchId;
use verification::event::State;
use verification::time::Timestamp;

/// One entry of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Number within the watch, from 1 without gaps.
    pub seq: u64,
    /// When it was appended.
    pub at: Timestamp,
    /// Hash over this entry and all before it.
    pub hash: Hash,
    /// What it holds; `None` where a tick has expired.
    pub record: Option<Record>,
}

/// A watch in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchRow {
    /// The watch.
    pub id: WatchId,
    /// Service under watch.
    pub service: String,
    /// Hash of the seal.
    pub hash: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// When it started, if it has.
    pub started_at: Option<Timestamp>,
    /// When it was over, if it is.
    pub ended_at: Option<Timestamp>,
    /// Last state that was recorded; `None` before the first.
    pub state: Option<State>,
    /// Entries of its chain.
    pub entries: u64,
    /// Hash of the last entry.
    pub last_hash: Hash,
    /// Who holds its lease, be it in time or not; `None` where it was given back or never acquired.
    pub keeper: Option<Holder>,
}

/// Entries that are read at a time.
const PAGE: u32 = 1024;

/// The query for watches, with what narrows it down.
macro_rules! watches {
    ($rest:literal) => {
        concat!(
            "SELECT w.id, w.service, w.hash, w.sealed_at_ms, w.started_at_ms, w.ended_at_ms, w.state, ",
            "w.last_seq, w.last_hash, l.holder, l.until_ms ",
            "FROM watches w LEFT JOIN leases l ON l.watch = w.id ",
            $rest
        )
    };
}

type WatchColumns = (
    i64,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    Option<String>,
    i64,
    Vec<u8>,
    Option<String>,
    Option<i64>,
);

type EntryColumns = (i64, i64, i64, Vec<u8>, Option<Vec<u8>>);

const STATES: [State; 7] = [
    State::Watching,
    State::CannotSee,
    State::Held,
    State::RollingBack,
    State::RolledBack,
    State::NeedsReview,
    State::Confirmed,
];

impl Ledger {
    fn damaged(&self, reason: String) -> LedgerError {
        LedgerError::Corrupt {
            path: self.path().to_owned(),
            reason,
        }
    }

    fn watch_row(&self, columns: WatchColumns) -> Result<WatchRow, LedgerError> {
        let (id, service, hash, sealed, started, ended, state, seq, last_hash, holder, until) =
            columns;
        let state = state
            .map(|word| {
                let known = STATES.into_iter().find(|state| state.word() == word);
                known.ok_or_else(|| self.damaged(format!("watch {id} is in state `{word}`")))
            })
            .transpose()?;
        Ok(WatchRow {
            id: WatchId::from_number(id)
                .ok_or_else(|| self.damaged(format!("a watch has number {id}")))?,
            service,
            hash,
            sealed_at: Timestamp::from_millis(sealed),
            started_at: started.map(Timestamp::from_millis),
            ended_at: ended.map(Timestamp::from_millis),
            state,
            entries: seq.unsigned_abs(),
            last_hash: Hash::from_bytes(&last_hash)
                .ok_or_else(|| self.damaged(format!("the last hash of watch {id} is missing")))?,
            keeper: holder.zip(until).map(|(name, until)| Holder {
                name,
                until: Timestamp::from_millis(until),
            }),
        })
    }

    /// All watches, oldest first.
    ///
    /// # Errors
    /// The store fails or is damaged.
    pub async fn watches(&self) -> Result<Vec<WatchRow>, LedgerError> {
        let query = sqlx::query_as(watches!("ORDER BY w.id"));
        let rows = self.answer(query.fetch_all(self.reads()).await)?;
        rows.into_iter().map(|row| self.watch_row(row)).collect()
    }

    /// One watch.
    ///
    /// # Errors
    /// No such watch; the store fails or is damaged.
    pub async fn watch(&self, watch: WatchId) -> Result<WatchRow, LedgerError> {
        let query = sqlx::query_as(watches!("WHERE w.id = $1")).bind(watch.number());
        let row = self.answer(query.fetch_optional(self.reads()).await)?;
        self.watch_row(row.ok_or(LedgerError::NoSuchWatch(watch))?)
    }

    /// The watch that was sealed last, of one service or of all; `None` where there is none.
    ///
    /// # Errors
    /// The store fails or is damaged.
    pub async fn latest(&self, service: Option<&str>) -> Result<Option<WatchRow>, LedgerError> {
        let query = sqlx::query_as(watches!(
            "WHERE $1 IS NULL OR w.service = $1 ORDER BY w.id DESC LIMIT 1"
        ));
        let row = self.answer(query.bind(service).fetch_optional(self.reads()).await)?;
        row.map(|row| self.watch_row(row)).transpose()
    }

    fn entry(&self, watch: WatchId, columns: EntryColumns) -> Result<Entry, LedgerError> {
        let (seq, at, _, hash, payload) = columns;
        let seq = seq.unsigned_abs();
        let record = payload
            .map(|payload| decode_record(&payload))
            .transpose()
            .map_err(|reason| LedgerError::Unreadable { watch, seq, reason })?;
        Ok(Entry {
            seq,
            at: Timestamp::from_millis(at),
            hash: Hash::from_bytes(&hash).ok_or_else(|| {
                self.damaged(format!("the hash of entry {seq} of {watch} is missing"))
            })?,
            record,
        })
    }

    async fn rows(
        &self,
        watch: WatchId,
        from_seq: u64,
        most: u32,
    ) -> Result<Vec<EntryColumns>, LedgerError> {
        let query = sqlx::query_as(
            "SELECT seq, at_ms, kind, hash, payload FROM records WHERE watch = $1 AND seq >= $2 ORDER BY seq LIMIT $3",
        )
        .bind(watch.number())
        .bind(from_seq.cast_signed())
        .bind(i64::from(most));
        self.answer(query.fetch_all(self.reads()).await)
    }

    /// At most `most` entries of a chain from number `from_seq` on, in order.
    ///
    /// # Errors
    /// The store fails, or a record cannot be read (damaged, or of a newer version).
    pub async fn read_some(
        &self,
        watch: WatchId,
        from_seq: u64,
        most: u32,
    ) -> Result<Vec<Entry>, LedgerError> {
        let rows = self.rows(watch, from_seq, most).await?;
        rows.into_iter().map(|row| self.entry(watch, row)).collect()
    }

    /// All entries of a chain from number `from_seq` on, in order. A 72-hour watch at a look a minute has about 4,500, some
    /// 2 MB; where that is too much at once, use [`Ledger::read_some`].
    ///
    /// # Errors
    /// No such watch, the store fails, or a record cannot be read (damaged, or of a newer version).
    pub async fn read(&self, watch: WatchId, from_seq: u64) -> Result<Vec<Entry>, LedgerError> {
        let last = self.watch(watch).await?.entries;
        let mut entries: Vec<Entry> = Vec::new();
        let mut next = from_seq;
        while next <= last {
            let page = self.read_some(watch, next, PAGE).await?;
            let Some(read) = page.last() else {
                break;
            };
            next = read.seq + 1;
            entries.extend(page);
        }
        Ok(entries)
    }

    /// The newest checkpoint of a watch, to resume from; `None` before the first.
    ///
    /// # Errors
    /// The store fails, or the checkpoint cannot be read.
    pub async fn latest_checkpoint(&self, watch: WatchId) -> Result<Option<Entry>, LedgerError> {
        let query = sqlx::query_as(
            "SELECT seq, at_ms, kind, hash, payload FROM records WHERE watch = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1",
        )
        .bind(watch.number())
        .bind(RecordKind::Checkpoint.code());
        let row = self.answer(query.fetch_optional(self.reads()).await)?;
        row.map(|row| self.entry(watch, row)).transpose()
    }

    /// Recomputes the chain of a watch from its seal to its end.
    ///
    /// It finds every change of a record, its time or its place, and every entry that was removed, added, swapped or repeated. Who
    /// can write the file can also compute a whole new chain: compare [`Verified::last_hash`] with one that was noted elsewhere.
    ///
    /// # Errors
    /// [`LedgerError::Broken`] with the first fault; no such watch; the store fails.
    pub async fn verify(&self, watch: WatchId) -> Result<Verified, LedgerError> {
        let row = self.watch(watch).await?;
        let checkpoint: (Option<i64>,) = self.answer(
            sqlx::query_as("SELECT MAX(seq) FROM records WHERE watch = $1 AND kind = $2")
                .bind(watch.number())
                .bind(RecordKind::Checkpoint.code())
                .fetch_one(self.reads())
                .await,
        )?;
        let checkpoint = checkpoint.0.map_or(0, i64::unsigned_abs);
        let mut walk = Walk::from_seal(watch, &row.hash);
        let mut next = 1;
        // Entries that come while this reads belong to a later end.
        while next <= row.entries {
            let left = u32::try_from(row.entries - next + 1).unwrap_or(u32::MAX);
            let page = self.rows(watch, next, PAGE.min(left)).await?;
            let Some((last, ..)) = page.last() else {
                break;
            };
            next = last.unsigned_abs() + 1;
            for columns in &page {
                verify_entry(&mut walk, &row, checkpoint, columns).map_err(LedgerError::Broken)?;
            }
        }
        walk.end(row.entries, Some(row.last_hash))
            .map_err(LedgerError::Broken)
    }
}

fn verify_entry(
    walk: &mut Walk,
    row: &WatchRow,
    checkpoint: u64,
    (seq, at, kind, hash, payload): &EntryColumns,
) -> Result<(), Broken> {
    let seq = seq.unsigned_abs();
    let kind = RecordKind::from_code(*kind);
    let may_be_empty = kind == Some(RecordKind::Tick) && seq < checkpoint;
    walk.step(
        seq,
        Timestamp::from_millis(*at),
        Hash::from_bytes(hash),
        payload.as_deref(),
        may_be_empty,
    )?;
    let Some(payload) = payload else {
        return Ok(());
    };
    let what = match decode_record(payload) {
        Ok(record) if kind != Some(record.kind()) => Fault::Mislabelled,
        Ok(Record::Sealed(seal))
            if seq == 1 && seal.hash == row.hash && seal.service == row.service =>
        {
            return Ok(());
        }
        Ok(Record::Sealed(_)) => Fault::NotTheSeal,
        Ok(_) if seq == 1 => Fault::NotTheSeal,
        // The chain holds, whoever wrote it.
        Ok(_) | Err(DecodeError::Newer { .. }) => return Ok(()),
        Err(_) => Fault::Unreadable,
    };
    Err(Broken {
        watch: row.id,
        seq,
        what,
    })
}
