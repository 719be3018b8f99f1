//! The tables. The statements keep to what SQLite and PostgreSQL share; what only one of them has stands in `ledger.rs`.

use crate::error::LedgerError;
use sqlx::SqliteConnection;
use std::path::Path;

/// Version of the tables that this program makes, and the newest that it reads.
pub(crate) const VERSION: i64 = 1;

/// Times are milliseconds since the Unix epoch, hashes 32 bytes.
const CREATE: [&str; 9] = [
    "CREATE TABLE ledger_schema (version BIGINT NOT NULL)",
    // State and times are repeated from the chain, so that a list of watches need not read it; the last entry stands here too,
    // so that a chain cannot be shortened unnoticed.
    "CREATE TABLE watches (
        id BIGINT NOT NULL PRIMARY KEY,
        service TEXT NOT NULL,
        hash TEXT NOT NULL,
        sealed_at_ms BIGINT NOT NULL,
        started_at_ms BIGINT,
        ended_at_ms BIGINT,
        state TEXT,
        last_seq BIGINT NOT NULL,
        last_hash BYTEA NOT NULL
    )",
    "CREATE INDEX watches_by_service ON watches (service, id)",
    // Without a payload: expired.
    "CREATE TABLE records (
        watch BIGINT NOT NULL,
        seq BIGINT NOT NULL,
        at_ms BIGINT NOT NULL,
        kind BIGINT NOT NULL,
        hash BYTEA NOT NULL,
        payload BYTEA,
        PRIMARY KEY (watch, seq)
    )",
    // Rows stay after a release, so that generations only rise.
    "CREATE TABLE leases (
        watch BIGINT NOT NULL PRIMARY KEY,
        holder TEXT,
        generation BIGINT NOT NULL,
        until_ms BIGINT NOT NULL
    )",
    "CREATE TABLE requests (
        id BIGINT NOT NULL PRIMARY KEY,
        watch BIGINT NOT NULL,
        at_ms BIGINT NOT NULL,
        payload BYTEA NOT NULL,
        taken_seq BIGINT
    )",
    "CREATE INDEX requests_waiting ON requests (watch, id) WHERE taken_seq IS NULL",
    // How many lines of a spill file are in the chain already.
    "CREATE TABLE spills (
        spill TEXT NOT NULL PRIMARY KEY,
        watch BIGINT NOT NULL,
        absorbed BIGINT NOT NULL
    )",
    "INSERT INTO ledger_schema (version) VALUES (1)",
];

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Empty,
    Foreign,
    Version(i64),
}

/// Looks what is there.
pub(crate) async fn look(connection: &mut SqliteConnection) -> sqlx::Result<Found> {
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table'")
            .fetch_all(&mut *connection)
            .await?;
    if tables.is_empty() {
        return Ok(Found::Empty);
    }
    if !tables.iter().any(|(name,)| name == "ledger_schema") {
        return Ok(Found::Foreign);
    }
    let version: Option<(i64,)> = sqlx::query_as("SELECT MAX(version) FROM ledger_schema")
        .fetch_optional(&mut *connection)
        .await?;
    Ok(version.map_or(Found::Foreign, |(version,)| Found::Version(version)))
}

/// Says whether what was found can be used.
pub(crate) fn check(path: &Path, found: Found) -> Result<(), LedgerError> {
    match found {
        Found::Version(VERSION) => Ok(()),
        Found::Version(found) if found > VERSION => Err(LedgerError::NewerSchema {
            path: path.to_owned(),
            found,
            known: VERSION,
        }),
        Found::Version(found) => Err(LedgerError::Corrupt {
            path: path.to_owned(),
            reason: format!("schema {found} was never in use"),
        }),
        Found::Empty => Err(LedgerError::Missing(path.to_owned())),
        Found::Foreign => Err(LedgerError::Foreign(path.to_owned())),
    }
}

/// Makes the tables where there are none; of two processes that try at once, one makes them.
pub(crate) async fn create(connection: &mut SqliteConnection) -> sqlx::Result<Found> {
    let found = look(connection).await?;
    if found != Found::Empty {
        return Ok(found);
    }
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await?;
    match create_inside(connection).await {
        Ok(found) => {
            sqlx::query("COMMIT").execute(&mut *connection).await?;
            Ok(found)
        }
        Err(error) => {
            // What it was is the news, not that undoing it fails too.
            let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
            Err(error)
        }
    }
}

async fn create_inside(connection: &mut SqliteConnection) -> sqlx::Result<Found> {
    let found = look(connection).await?;
    if found != Found::Empty {
        return Ok(found);
    }
    for statement in CREATE {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(Found::Version(VERSION))
}
