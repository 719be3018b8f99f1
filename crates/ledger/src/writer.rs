//! The one writer of a process: writes that come while a commit is under way share the next one, and each caller gets its answer
//! after the disk has it.

use crate::error::{Failure, LedgerError, is_busy};
use core::future::Future;
use core::pin::Pin;
use sqlx::{Connection, SqliteConnection};
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};

/// Writes that wait: past this, callers wait before they are let in. Ten times what one commit takes.
const WAITING: usize = 2560;

/// Most writes of one commit: bounds the memory of a commit and how long its first caller waits for the others.
const TOGETHER: usize = 256;

/// One thing to write. May run more than once, but only once with effect.
pub(crate) trait Work: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Writes inside a transaction that is open. Refuses before it has written anything.
    fn write(
        &self,
        connection: &mut SqliteConnection,
    ) -> impl Future<Output = Result<Self::Answer, Failure>> + Send;
}

/// A piece of work with the caller who waits for it.
struct Job<W: Work> {
    work: W,
    answer: Option<Result<W::Answer, LedgerError>>,
    caller: oneshot::Sender<Result<W::Answer, LedgerError>>,
}

type Running<'job> = Pin<Box<dyn Future<Output = sqlx::Result<()>> + Send + 'job>>;

trait AnyJob: Send {
    fn run<'job>(&'job mut self, connection: &'job mut SqliteConnection) -> Running<'job>;

    /// Tells the caller, once the transaction has ended.
    fn end(self: Box<Self>, committed: Result<(), LedgerError>);
}

impl<W: Work> AnyJob for Job<W> {
    fn run<'job>(&'job mut self, connection: &'job mut SqliteConnection) -> Running<'job> {
        Box::pin(async move {
            self.answer = Some(match self.work.write(connection).await {
                Ok(answer) => Ok(answer),
                Err(Failure::Refused(error)) => Err(error),
                Err(Failure::Store(error)) => return Err(error),
            });
            Ok(())
        })
    }

    fn end(self: Box<Self>, committed: Result<(), LedgerError>) {
        let Self { answer, caller, .. } = *self;
        let answer = match committed {
            Ok(()) => answer,
            Err(error) => Some(Err(error)),
        };
        if let Some(answer) = answer {
            // A caller who has gone away does not want to know.
            let _ = caller.send(answer);
        }
    }
}

enum Message {
    Job(Box<dyn AnyJob>),
    Close(oneshot::Sender<()>),
}

/// Hands work to the writer.
#[derive(Clone)]
pub(crate) struct Writer {
    path: PathBuf,
    messages: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the writer on its own connection; it ends when it is closed or all its handles are gone.
    pub(crate) fn start(path: PathBuf, connection: SqliteConnection) -> Self {
        let (messages, waiting) = mpsc::channel(WAITING);
        tokio::spawn(serve(path.clone(), connection, waiting));
        Self { path, messages }
    }

    fn closed(&self) -> LedgerError {
        LedgerError::Closed(self.path.clone())
    }

    /// Writes, and returns once it is on disk. Whether the caller still waits makes no difference to what is written.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Answer, LedgerError> {
        let (caller, answer) = oneshot::channel();
        let job = Job {
            work,
            answer: None,
            caller,
        };
        self.messages
            .send(Message::Job(Box::new(job)))
            .await
            .map_err(|_| self.closed())?;
        answer.await.map_err(|_| self.closed())?
    }

    /// Ends the writer after all work that came before.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.messages.send(Message::Close(done)).await.is_ok() {
            let _ = ended.await;
        }
    }
}

async fn serve(
    path: PathBuf,
    mut connection: SqliteConnection,
    mut waiting: mpsc::Receiver<Message>,
) {
    let mut closing = None;
    while closing.is_none() {
        let Some(mut message) = waiting.recv().await else {
            break;
        };
        let mut jobs = Vec::new();
        loop {
            match message {
                Message::Job(job) => jobs.push(job),
                Message::Close(done) => {
                    closing = Some(done);
                    break;
                }
            }
            if jobs.len() == TOGETHER {
                break;
            }
            match waiting.try_recv() {
                Ok(next) => message = next,
                Err(_) => break,
            }
        }
        if !jobs.is_empty() {
            commit(&path, &mut connection, jobs).await;
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(path = %path.display(), %error, "the ledger was not closed cleanly; the next to open it recovers it");
    }
    if let Some(done) = closing {
        let _ = done.send(());
    }
}

async fn commit(
    path: &std::path::Path,
    connection: &mut SqliteConnection,
    mut jobs: Vec<Box<dyn AnyJob>>,
) {
    let failed = match transact(connection, &mut jobs).await {
        Ok(()) => {
            jobs.into_iter().for_each(|job| job.end(Ok(())));
            return;
        }
        Err(error) => error,
    };
    if jobs.len() == 1 || is_busy(&failed) {
        let error = LedgerError::of_store(path, &failed);
        for job in jobs {
            job.end(Err(error.clone()));
        }
        return;
    }
    // One of them may be the cause: each gets a chance by itself.
    for job in jobs {
        let mut alone = [job];
        let done = transact(connection, &mut alone).await;
        let done = done.map_err(|error| LedgerError::of_store(path, &error));
        let [job] = alone;
        job.end(done);
    }
}

/// Runs all jobs in one transaction, which takes the write lock at once: what they read cannot change until they have written.
async fn transact(
    connection: &mut SqliteConnection,
    jobs: &mut [Box<dyn AnyJob>],
) -> sqlx::Result<()> {
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut *connection)
        .await?;
    let done = run(connection, jobs).await;
    if done.is_err() {
        // Some failures have undone the transaction already.
        let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
    }
    done
}

async fn run(connection: &mut SqliteConnection, jobs: &mut [Box<dyn AnyJob>]) -> sqlx::Result<()> {
    for job in jobs {
        job.run(connection).await?;
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    Ok(())
}
