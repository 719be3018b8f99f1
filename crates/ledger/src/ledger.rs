//! The ledger as a file: opening, closing, and the one place that knows it is SQLite.

use crate::error::LedgerError;
use crate::schema;
use crate::writer::{Work, Writer};
use core::time::Duration;
use rustix::fs::{Access, access};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long another process may keep the store locked: a commit takes milliseconds, a checkpoint of a long log a second or two.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How often opening is tried where processes collide over making the file, and the pause between: a second in all, a hundred times
/// what making it takes.
const OPENINGS: u32 = 50;
const BETWEEN_OPENINGS: Duration = Duration::from_millis(20);

/// Connections that read at the same time: screens and reports, a few at most.
const READERS: u32 = 4;

/// Bytes of a page of the store, its default.
const PAGE: u64 = 4096;

/// What a ledger is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// To read and write; made where there is none, with its folder.
    ReadWrite {
        /// Most bytes that the file may grow to, a multiple of 4096 rounded down; without it, to the end of the disk.
        most_bytes: Option<u64>,
    },
    /// To read what is there.
    ReadOnly,
}

impl OpenMode {
    /// To read and write, up to the end of the disk.
    pub const READ_WRITE: Self = Self::ReadWrite { most_bytes: None };
}

/// An open ledger; clones share it.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    reads: SqlitePool,
    writer: Option<Writer>,
}

impl core::fmt::Debug for Ledger {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "Ledger({})", self.inner.path.display())
    }
}

impl Ledger {
    /// Opens a ledger, in a Tokio runtime. Any number of processes may have it open.
    ///
    /// # Errors
    /// No permission, no room, damaged, of another program or a newer one, missing (to read only), or locked for too long.
    pub async fn open(path: impl AsRef<Path>, mode: OpenMode) -> Result<Self, LedgerError> {
        let path = path.as_ref();
        for _ in 1..OPENINGS {
            match Self::try_open(path, mode).await {
                // Processes that make the file at once can collide without being queued.
                Err(LedgerError::Busy { .. }) => tokio::time::sleep(BETWEEN_OPENINGS).await,
                result => return result,
            }
        }
        Self::try_open(path, mode).await
    }

    async fn try_open(path: &Path, mode: OpenMode) -> Result<Self, LedgerError> {
        let store = |error| LedgerError::of_store(path, &error);
        if path.is_dir() {
            return Err(LedgerError::Folder(path.to_owned()));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(PATIENCE)
            .disable_statement_logging();
        let writer = match mode {
            OpenMode::ReadWrite { most_bytes } => {
                prepare_to_write(path)?;
                let connection = open_to_write(path, options.clone(), most_bytes).await?;
                Some(Writer::start(path.to_owned(), connection))
            }
            OpenMode::ReadOnly => {
                if matches!(path.try_exists(), Ok(false)) {
                    return Err(LedgerError::Missing(path.to_owned()));
                }
                allowed(path, Access::READ_OK, "read")?;
                let mut connection = options
                    .clone()
                    .read_only(true)
                    .connect()
                    .await
                    .map_err(store)?;
                let found = schema::look(&mut connection).await.map_err(store)?;
                schema::check(path, found)?;
                connection.close().await.map_err(store)?;
                None
            }
        };
        let reads = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.read_only(true));
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                reads,
                writer,
            }),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Finishes all writes and closes the file, for every clone.
    pub async fn close(&self) {
        // The writer last: the last connection to close folds the log into the file.
        self.inner.reads.close().await;
        if let Some(writer) = &self.inner.writer {
            writer.close().await;
        }
    }

    pub(crate) fn reads(&self) -> &SqlitePool {
        &self.inner.reads
    }

    /// Gives a read's failure its words.
    pub(crate) fn answer<T>(&self, result: sqlx::Result<T>) -> Result<T, LedgerError> {
        result.map_err(|error| match error {
            sqlx::Error::PoolClosed => LedgerError::Closed(self.inner.path.clone()),
            error => LedgerError::of_store(&self.inner.path, &error),
        })
    }

    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, LedgerError> {
        match &self.inner.writer {
            Some(writer) => writer.write(work).await,
            None => Err(LedgerError::ReadOnly(self.inner.path.clone())),
        }
    }
}

/// Makes folder and file, and asks for the permissions that the store would miss with less clear words.
///
/// The file itself is never opened here: closing it would drop the locks that this process may have on it through another ledger.
fn prepare_to_write(path: &Path) -> Result<(), LedgerError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| LedgerError::of_io(folder, "make the folder", &error))?;
    // The log and its index stand beside the file.
    allowed(folder, Access::WRITE_OK | Access::EXEC_OK, "write in")?;
    if path.exists() {
        allowed(path, Access::READ_OK | Access::WRITE_OK, "write")?;
    }
    Ok(())
}

fn allowed(path: &Path, wanted: Access, doing: &'static str) -> Result<(), LedgerError> {
    access(path, wanted).map_err(|error| LedgerError::of_io(path, doing, &error.into()))
}

async fn open_to_write(
    path: &Path,
    options: SqliteConnectOptions,
    most_bytes: Option<u64>,
) -> Result<SqliteConnection, LedgerError> {
    let store = |error| LedgerError::of_store(path, &error);
    let mut options = options
        .create_if_missing(true)
        // Readers and the writer do not wait for each other.
        .journal_mode(SqliteJournalMode::Wal)
        // Every commit is on disk before it is answered.
        .synchronous(SqliteSynchronous::Full);
    if let Some(bytes) = most_bytes {
        options = options.pragma("max_page_count", (bytes / PAGE).max(1).to_string());
    }
    let mut connection = options.connect().await.map_err(store)?;
    let found = schema::create(&mut connection).await.map_err(store)?;
    schema::check(path, found)?;
    Ok(connection)
}
