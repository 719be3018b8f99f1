//! Leases: of all keepers that want a watch, one steps it.

use crate::error::{Failure, LedgerError};
use crate::ledger::Ledger;
use crate::watch_id::WatchId;
use crate::writer::Work;
use core::time::Duration;
use sqlx::SqliteConnection;
use verification::time::Timestamp;

/// The right to append to a watch, until another keeper acquires it after it has run out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The watch.
    pub watch: WatchId,
    /// Name of the keeper, unique among all processes that may use the ledger (host, process and start).
    pub holder: String,
    /// Rises with every acquisition of this watch, from 1.
    pub generation: u64,
    /// When another keeper may acquire it.
    pub until: Timestamp,
}

/// What came of an attempt to acquire a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquired {
    /// It is ours.
    Lease(Lease),
    /// Another keeper has it.
    HeldBy(Holder),
}

/// Who holds a watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Name of the keeper.
    pub name: String,
    /// When it must have renewed its lease.
    pub until: Timestamp,
}

/// The lease's row: holder, generation, end.
type Row = (Option<String>, i64, i64);

pub(crate) async fn row(
    connection: &mut SqliteConnection,
    watch: WatchId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("SELECT holder, generation, until_ms FROM leases WHERE watch = $1")
        .bind(watch.number())
        .fetch_optional(connection)
        .await
}

struct Acquire {
    watch: WatchId,
    holder: String,
    now: Timestamp,
    until: Timestamp,
}

impl Work for Acquire {
    type Answer = Acquired;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<Acquired, Failure> {
        let known: Option<(i64,)> = sqlx::query_as("SELECT id FROM watches WHERE id = $1")
            .bind(self.watch.number())
            .fetch_optional(&mut *connection)
            .await?;
        if known.is_none() {
            return Err(LedgerError::NoSuchWatch(self.watch).into());
        }
        let generation = match row(connection, self.watch).await? {
            None => 1,
            Some((Some(name), _, until)) if name != self.holder && until > self.now.millis() => {
                return Ok(Acquired::HeldBy(Holder {
                    name,
                    until: Timestamp::from_millis(until),
                }));
            }
            Some((_, generation, _)) => generation + 1,
        };
        sqlx::query(
            "INSERT INTO leases (watch, holder, generation, until_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (watch) DO UPDATE
             SET holder = excluded.holder, generation = excluded.generation, until_ms = excluded.until_ms",
        )
        .bind(self.watch.number())
        .bind(self.holder.as_str())
        .bind(generation)
        .bind(self.until.millis())
        .execute(connection)
        .await?;
        Ok(Acquired::Lease(Lease {
            watch: self.watch,
            holder: self.holder.clone(),
            generation: generation.unsigned_abs(),
            until: self.until,
        }))
    }
}

/// Sets the end of a lease; without an end it is given back.
struct Extend {
    lease: Lease,
    until: Option<Timestamp>,
}

impl Work for Extend {
    type Answer = ();

    async fn write(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let holder = self.until.map(|_| self.lease.holder.as_str());
        let changed = sqlx::query(
            "UPDATE leases SET holder = $4, until_ms = $5 WHERE watch = $1 AND holder = $2 AND generation = $3",
        )
        .bind(self.lease.watch.number())
        .bind(self.lease.holder.as_str())
        .bind(self.lease.generation.cast_signed())
        .bind(holder)
        .bind(self.until.map_or(0, Timestamp::millis))
        .execute(connection)
        .await?;
        if changed.rows_affected() == 0 {
            return Err(self.lease.lost().into());
        }
        Ok(())
    }
}

impl Lease {
    pub(crate) fn lost(&self) -> LedgerError {
        LedgerError::LeaseLost {
            watch: self.watch,
            holder: self.holder.clone(),
            generation: self.generation,
        }
    }
}

impl Ledger {
    /// Acquires the watch for `holder` until `now + ttl`, where nobody else holds it at `now`. The same holder acquires it anew,
    /// with a higher generation.
    ///
    /// Times of all keepers are compared: their clocks must agree to well within `ttl`.
    ///
    /// # Errors
    /// No such watch, or the store fails.
    pub async fn acquire(
        &self,
        watch: WatchId,
        holder: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Acquired, LedgerError> {
        self.write(Acquire {
            watch,
            holder: holder.to_owned(),
            now,
            until: now + ttl,
        })
        .await
    }

    /// Holds a lease until `now + ttl`.
    ///
    /// # Errors
    /// The lease is lost, or the store fails.
    pub async fn renew(
        &self,
        lease: &Lease,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Lease, LedgerError> {
        let until = now + ttl;
        self.write(Extend {
            lease: lease.clone(),
            until: Some(until),
        })
        .await?;
        Ok(Lease {
            until,
            ..lease.clone()
        })
    }

    /// Gives a lease back, so that others need not wait for its end.
    ///
    /// # Errors
    /// The lease was lost before, or the store fails.
    pub async fn release(&self, lease: Lease) -> Result<(), LedgerError> {
        self.write(Extend { lease, until: None }).await
    }
}
