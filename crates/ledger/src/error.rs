//! What can go wrong with a ledger: what happened, where, and what to do.

use crate::bits::DecodeError;
use crate::chain::Broken;
use crate::request::RequestId;
use crate::watch_id::WatchId;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong. Nothing of the operation was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// The user may not.
    #[error(
        "no permission to {doing} {}: give this user access, or set another place for the ledger",
        path.display()
    )]
    Permission {
        /// Which file or folder.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
    },
    /// A folder where a file is needed.
    #[error("{} is a folder and the ledger is a file: name a file in it, as {}", .0.display(), .0.join("shakedown.ledger").display())]
    Folder(PathBuf),
    /// Nothing there.
    #[error("there is no ledger at {}: seal or watch a plan first, or name the right file", .0.display())]
    Missing(PathBuf),
    /// No room.
    #[error("no room left for the ledger at {}, nothing of this was written: free some space or move the ledger", .0.display())]
    Full(PathBuf),
    /// It can be read and not written.
    #[error("the ledger at {} can be read and not written: open it for writing, or move it off the read-only file system", .0.display())]
    ReadOnly(PathBuf),
    /// Not the bytes of a ledger, or damaged ones.
    #[error("the ledger at {} is damaged ({reason}): restore it from a copy, or move it away and begin a new one", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What the store says.
        reason: String,
    },
    /// A database of something else.
    #[error("{} is a database of another program and not a ledger: name another file", .0.display())]
    Foreign(PathBuf),
    /// Made by a newer program.
    #[error("the ledger at {} has schema {found} and this program knows up to {known}: use the newer program", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Schema of the file.
        found: i64,
        /// Newest schema that is known here.
        known: i64,
    },
    /// Other processes kept it locked.
    #[error("the ledger at {} is locked by another process for longer than {seconds} s: see which one holds it and try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// No such watch.
    #[error("there is no watch {0} in this ledger: `shakedown list` shows them")]
    NoSuchWatch(WatchId),
    /// Somebody else holds the lease by now, or nobody.
    #[error(
        "{holder} has lost watch {watch} (lease generation {generation}) to another keeper: attach to that one instead"
    )]
    LeaseLost {
        /// The watch.
        watch: WatchId,
        /// Who had it.
        holder: String,
        /// In which generation.
        generation: u64,
    },
    /// No such request for this watch.
    #[error("there is no request {request} for watch {watch}")]
    NoSuchRequest {
        /// The watch.
        watch: WatchId,
        /// The request.
        request: RequestId,
    },
    /// The request has been taken up before.
    #[error("request {request} for watch {watch} was taken up before, with entry {seq}")]
    RequestTaken {
        /// The watch.
        watch: WatchId,
        /// The request.
        request: RequestId,
        /// First entry of the append that took it up.
        seq: u64,
    },
    /// A second seal.
    #[error("watch {0} is sealed already: a changed plan is a new watch")]
    SealedBefore(WatchId),
    /// An entry's record cannot be read.
    #[error("entry {seq} of watch {watch} cannot be read: {reason}")]
    Unreadable {
        /// The watch.
        watch: WatchId,
        /// The entry.
        seq: u64,
        /// Why.
        reason: DecodeError,
    },
    /// The chain is broken.
    #[error("the chain of watch {} is broken at entry {}: {}", .0.watch, .0.seq, .0.what)]
    Broken(Broken),
    /// A spill file is damaged or belongs elsewhere.
    #[error("the spill file {} cannot be used, line {line}: {reason}; look at it and move it away", path.display())]
    Spill {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// It was closed by this process.
    #[error("the ledger at {} is closed", .0.display())]
    Closed(PathBuf),
    /// Something else of the operating system.
    #[error("could not {doing} {}: {reason}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        reason: String,
    },
    /// Something else of the store.
    #[error("the store of the ledger at {} failed: {reason}", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What the store says.
        reason: String,
    },
}

impl LedgerError {
    /// Finds the right words for what the operating system says.
    pub(crate) fn of_io(path: &Path, doing: &'static str, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission { path, doing },
            io::ErrorKind::IsADirectory => Self::Folder(path),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full(path),
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            _ => Self::Io {
                path,
                doing,
                reason: error.to_string(),
            },
        }
    }

    /// Finds the right words for what the store says.
    pub(crate) fn of_store(path: &Path, error: &sqlx::Error) -> Self {
        let path = path.to_owned();
        let reason = match error {
            sqlx::Error::Database(inner) => inner.message().to_owned(),
            other => other.to_string(),
        };
        match result_code(error) {
            Some(READ_ONLY) => Self::ReadOnly(path),
            Some(FULL) => Self::Full(path),
            Some(BUSY | LOCKED) => Self::Busy {
                path,
                seconds: crate::ledger::PATIENCE.as_secs(),
            },
            Some(CORRUPT | NOT_A_DATABASE) => Self::Corrupt { path, reason },
            Some(PERMISSION | AUTHORISATION) => Self::Permission {
                path,
                doing: "open",
            },
            _ => Self::Store { path, reason },
        }
    }
}

// Primary result codes of SQLite, https://www.sqlite.org/rescode.html
const PERMISSION: u32 = 3;
const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const READ_ONLY: u32 = 8;
const CORRUPT: u32 = 11;
const FULL: u32 = 13;
const AUTHORISATION: u32 = 23;
const NOT_A_DATABASE: u32 = 26;

/// The primary result code; extended ones hold it in their lowest byte.
fn result_code(error: &sqlx::Error) -> Option<u32> {
    let sqlx::Error::Database(inner) = error else {
        return None;
    };
    let extended: u32 = inner.code()?.parse().ok()?;
    Some(extended & 0xff)
}

/// Whether the store is only locked for the moment.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(result_code(error), Some(BUSY | LOCKED))
}

/// Why a write did not happen.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was refused before anything was written; the transaction goes on without it.
    Refused(LedgerError),
    /// The store failed; the transaction is undone.
    Store(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error)
    }
}
