//! Marks of running attempts, which outlive a keeper that is killed.
//!
//! The mark is a locked file that the command gets as its (empty) standard input. The system keeps the lock for as long as any process of the
//! attempt holds it open, and drops it when the last one ends, however it ends.

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What became of a try to mark an attempt.
#[derive(Debug)]
pub(crate) enum Marking {
    /// Marked, until every holder of the file is gone.
    Marked(File),
    /// An earlier attempt is still running.
    Running,
}

/// Marks the attempt with this key, unless one is still running.
pub(crate) fn mark(directory: &Path, key: &str) -> io::Result<Marking> {
    let path = path(directory, key);
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(&path)?;
    // For reading only: the command gets it as its standard input.
    let file = File::open(&path)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Marking::Marked(file)),
        Err(Errno::WOULDBLOCK) => Ok(Marking::Running),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether an attempt with this key is still running.
pub(crate) fn is_running(directory: &Path, key: &str) -> io::Result<bool> {
    match File::open(path(directory, key)) {
        Ok(file) => match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(errno) => Err(errno.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Removes the mark of an attempt that has ended. A leftover mark does no harm: its lock is what counts.
pub(crate) fn remove(directory: &Path, key: &str) {
    if let Err(error) = std::fs::remove_file(path(directory, key)) {
        tracing::debug!(%error, "a mark of an ended attempt stays behind");
    }
}

/// A file name of fixed length, whatever characters the key has.
fn path(directory: &Path, key: &str) -> PathBuf {
    let digest = Sha256::digest(key.as_bytes());
    let name: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    directory.join(format!("{name}.running"))
}
