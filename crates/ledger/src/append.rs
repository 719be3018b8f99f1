//! Appending to a chain: all records of a call or none.

use crate::chain::Hash;
use crate::encoding::encode_record;
use crate::error::{Failure, LedgerError};
use crate::lease::Lease;
use crate::ledger::Ledger;
use crate::record::{Record, RecordKind, SealRecord};
use crate::request::{self, RequestId};
use crate::watch_id::WatchId;
use crate::writer::Work;
use sqlx::SqliteConnection;
use verification::event::{Event, State};
use verification::time::Timestamp;

/// Where records came to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Number of the first one.
    pub first_seq: u64,
    /// Number of the last one.
    pub last_seq: u64,
    /// Hash of the last one.
    pub last_hash: Hash,
}

/// Records ready to be written: they are encoded by their callers, side by side, and only chained by the writer.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    entries: Vec<(RecordKind, Vec<u8>)>,
    started: Option<Timestamp>,
    ended: Option<Timestamp>,
    state: Option<State>,
}

impl Batch {
    pub(crate) fn of(records: &[Record]) -> Self {
        let mut batch = Self::default();
        for record in records {
            batch.push(record);
        }
        batch
    }

    fn push(&mut self, record: &Record) {
        match record {
            Record::Started { at } => self.started = Some(*at),
            Record::Event(Event::State(change)) => {
                self.state = Some(change.state);
                if change.ended {
                    self.ended = Some(change.at);
                }
            }
            _ => {}
        }
        self.entries.push((record.kind(), encode_record(record)));
    }

    fn seals(&self) -> bool {
        self.entries
            .iter()
            .any(|(kind, _)| *kind == RecordKind::Sealed)
    }
}

/// The end of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) seq: u64,
    pub(crate) hash: Hash,
}

/// Last entry and its hash, holder and generation of the lease.
type EndColumns = (i64, Vec<u8>, Option<String>, Option<i64>);

/// Finds the end of the chain that a lease gives the right to append to.
pub(crate) async fn end_of(
    connection: &mut SqliteConnection,
    lease: &Lease,
) -> Result<End, Failure> {
    let row: Option<EndColumns> = sqlx::query_as(
        "SELECT w.last_seq, w.last_hash, l.holder, l.generation
         FROM watches w LEFT JOIN leases l ON l.watch = w.id WHERE w.id = $1",
    )
    .bind(lease.watch.number())
    .fetch_optional(connection)
    .await?;
    let Some((seq, hash, holder, generation)) = row else {
        return Err(LedgerError::NoSuchWatch(lease.watch).into());
    };
    if holder.as_ref() != Some(&lease.holder) || generation != Some(lease.generation.cast_signed())
    {
        return Err(lease.lost().into());
    }
    let hash = Hash::from_bytes(&hash)
        .ok_or_else(|| sqlx::Error::Decode("a hash of 32 bytes is missing".into()))?;
    Ok(End {
        seq: seq.unsigned_abs(),
        hash,
    })
}

/// Writes a batch after the end of a chain.
pub(crate) async fn write_batch(
    connection: &mut SqliteConnection,
    watch: WatchId,
    end: End,
    batch: &Batch,
    at: Timestamp,
) -> sqlx::Result<End> {
    let End { mut seq, mut hash } = end;
    for (kind, payload) in &batch.entries {
        seq += 1;
        hash = hash.then(seq, at, payload);
        sqlx::query(
            "INSERT INTO records (watch, seq, at_ms, kind, hash, payload) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(watch.number())
        .bind(seq.cast_signed())
        .bind(at.millis())
        .bind(kind.code())
        .bind(hash.bytes().as_slice())
        .bind(payload.as_slice())
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "UPDATE watches SET last_seq = $2, last_hash = $3, started_at_ms = COALESCE(started_at_ms, $4),
         ended_at_ms = COALESCE(ended_at_ms, $5), state = COALESCE($6, state) WHERE id = $1",
    )
    .bind(watch.number())
    .bind(seq.cast_signed())
    .bind(hash.bytes().as_slice())
    .bind(batch.started.map(Timestamp::millis))
    .bind(batch.ended.map(Timestamp::millis))
    .bind(batch.state.map(State::word))
    .execute(connection)
    .await?;
    Ok(End { seq, hash })
}

struct Append {
    lease: Lease,
    batch: Batch,
    at: Timestamp,
    requests: Vec<RequestId>,
}

impl Work for Append {
    type Answer = Appended;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<Appended, Failure> {
        let watch = self.lease.watch;
        let end = end_of(connection, &self.lease).await?;
        if self.batch.seals() {
            return Err(LedgerError::SealedBefore(watch).into());
        }
        request::check(connection, watch, &self.requests).await?;
        let first_seq = end.seq + 1;
        let end = write_batch(connection, watch, end, &self.batch, self.at).await?;
        request::take(connection, &self.requests, first_seq).await?;
        Ok(Appended {
            first_seq,
            last_seq: end.seq,
            last_hash: end.hash,
        })
    }
}

struct Seal {
    seal: Record,
    service: String,
    hash: String,
    at: Timestamp,
}

impl Work for Seal {
    type Answer = WatchId;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<WatchId, Failure> {
        let (number,): (i64,) = sqlx::query_as("SELECT COALESCE(MAX(id), 0) + 1 FROM watches")
            .fetch_one(&mut *connection)
            .await?;
        let watch = WatchId::from_number(number)
            .ok_or_else(|| sqlx::Error::Decode("a watch has a number below 1".into()))?;
        let start = End {
            seq: 0,
            hash: Hash::of_seal(&self.hash),
        };
        sqlx::query(
            "INSERT INTO watches (id, service, hash, sealed_at_ms, last_seq, last_hash) VALUES ($1, $2, $3, $4, 0, $5)",
        )
        .bind(number)
        .bind(self.service.as_str())
        .bind(self.hash.as_str())
        .bind(self.at.millis())
        .bind(start.hash.bytes().as_slice())
        .execute(&mut *connection)
        .await?;
        let batch = Batch::of(core::slice::from_ref(&self.seal));
        write_batch(connection, watch, start, &batch, self.at).await?;
        Ok(watch)
    }
}

impl Ledger {
    /// Begins a watch with its seal as the first entry of its chain.
    ///
    /// # Errors
    /// The store fails.
    pub async fn seal_watch(&self, seal: SealRecord) -> Result<WatchId, LedgerError> {
        self.write(Seal {
            service: seal.service.clone(),
            hash: seal.hash.clone(),
            at: seal.at,
            seal: Record::Sealed(seal),
        })
        .await
    }

    /// Appends records to the chain of the lease's watch: all or none. Returns once they are on disk. Appends of one caller keep
    /// their order; those of several watches that come together share a commit.
    ///
    /// # Errors
    /// The lease is lost, a seal is among the records, or the store fails (no room, no permission).
    pub async fn append(
        &self,
        lease: &Lease,
        records: &[Record],
        at: Timestamp,
    ) -> Result<Appended, LedgerError> {
        self.append_taking(lease, records, &[], at).await
    }

    /// Appends records and takes up the requests that they answer, in one: a request is neither lost nor applied twice.
    ///
    /// # Errors
    /// As for [`Ledger::append`]; one of the requests is not of this watch or was taken up before.
    pub async fn append_taking(
        &self,
        lease: &Lease,
        records: &[Record],
        requests: &[RequestId],
        at: Timestamp,
    ) -> Result<Appended, LedgerError> {
        self.write(Append {
            lease: lease.clone(),
            batch: Batch::of(records),
            at,
            requests: requests.to_vec(),
        })
        .await
    }
}
