//! Human acts that other processes leave for the keeper of a watch.

use crate::encoding::{decode_act, encode_act};
use crate::error::{Failure, LedgerError};
use crate::ledger::Ledger;
use crate::watch_id::WatchId;
use crate::writer::Work;
use core::fmt;
use sqlx::SqliteConnection;
use verification::event::HumanAct;
use verification::time::Timestamp;

/// Number of a request within its ledger, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(i64);

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A human act that waits for the keeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Number.
    pub id: RequestId,
    /// When it was left.
    pub at: Timestamp,
    /// What is asked for.
    pub act: HumanAct,
}

struct Post {
    watch: WatchId,
    act: Vec<u8>,
    at: Timestamp,
}

impl Work for Post {
    type Answer = RequestId;

    async fn write(&self, connection: &mut SqliteConnection) -> Result<RequestId, Failure> {
        let row: Option<(i64,)> = sqlx::query_as(
            "SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM requests) FROM watches WHERE id = $1",
        )
        .bind(self.watch.number())
        .fetch_optional(&mut *connection)
        .await?;
        let Some((id,)) = row else {
            return Err(LedgerError::NoSuchWatch(self.watch).into());
        };
        sqlx::query("INSERT INTO requests (id, watch, at_ms, payload) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(self.watch.number())
            .bind(self.at.millis())
            .bind(self.act.as_slice())
            .execute(connection)
            .await?;
        Ok(RequestId(id))
    }
}

/// Refuses requests that are not of this watch, were taken up before, or are named twice.
pub(crate) async fn check(
    connection: &mut SqliteConnection,
    watch: WatchId,
    requests: &[RequestId],
) -> Result<(), Failure> {
    for (at, request) in requests.iter().enumerate() {
        let row: Option<(Option<i64>,)> =
            sqlx::query_as("SELECT taken_seq FROM requests WHERE id = $1 AND watch = $2")
                .bind(request.0)
                .bind(watch.number())
                .fetch_optional(&mut *connection)
                .await?;
        let request = *request;
        match row {
            None => return Err(LedgerError::NoSuchRequest { watch, request }.into()),
            Some((Some(seq),)) => {
                let seq = seq.unsigned_abs();
                return Err(LedgerError::RequestTaken {
                    watch,
                    request,
                    seq,
                }
                .into());
            }
            Some((None,)) if requests[..at].contains(&request) => {
                return Err(LedgerError::NoSuchRequest { watch, request }.into());
            }
            Some((None,)) => {}
        }
    }
    Ok(())
}

/// Marks requests as taken up by the append that begins with entry `seq`.
pub(crate) async fn take(
    connection: &mut SqliteConnection,
    requests: &[RequestId],
    seq: u64,
) -> sqlx::Result<()> {
    for request in requests {
        sqlx::query("UPDATE requests SET taken_seq = $2 WHERE id = $1")
            .bind(request.0)
            .bind(seq.cast_signed())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

impl Ledger {
    /// Leaves a human act for the keeper of a watch.
    ///
    /// # Errors
    /// No such watch, or the store fails.
    pub async fn post_request(
        &self,
        watch: WatchId,
        act: &HumanAct,
        at: Timestamp,
    ) -> Result<RequestId, LedgerError> {
        self.write(Post {
            watch,
            act: encode_act(act),
            at,
        })
        .await
    }

    /// Requests of a watch that no keeper has taken up yet, oldest first. A keeper takes them up with
    /// [`Ledger::append_taking`].
    ///
    /// # Errors
    /// The store fails or holds a request that cannot be read.
    pub async fn pending_requests(&self, watch: WatchId) -> Result<Vec<Request>, LedgerError> {
        let rows: Vec<(i64, i64, Vec<u8>)> = self
            .answer(
                sqlx::query_as(
                    "SELECT id, at_ms, payload FROM requests WHERE watch = $1 AND taken_seq IS NULL ORDER BY id",
                )
                .bind(watch.number())
                .fetch_all(self.reads())
                .await,
            )?;
        rows.into_iter()
            .map(|(id, at, payload)| {
                let act = decode_act(&payload).map_err(|error| LedgerError::Corrupt {
                    path: self.path().to_owned(),
                    reason: format!("request {id}: {error}"),
                })?;
                Ok(Request {
                    id: RequestId(id),
                    at: Timestamp::from_millis(at),
                    act,
                })
            })
            .collect()
    }

    /// First entry of the append that took a request up; `None` while it waits.
    ///
    /// # Errors
    /// The store fails.
    pub async fn taken_with(&self, request: RequestId) -> Result<Option<u64>, LedgerError> {
        let row: Option<(Option<i64>,)> = self.answer(
            sqlx::query_as("SELECT taken_seq FROM requests WHERE id = $1")
                .bind(request.0)
                .fetch_optional(self.reads())
                .await,
        )?;
        Ok(row.and_then(|(seq,)| seq).map(i64::unsigned_abs))
    }
}
