//! The chain: every entry's hash covers all entries before it.

use crate::watch_id::WatchId;
use core::fmt;
use sha2::{Digest, Sha256};
use verification::time::Timestamp;

/// A SHA-256 hash, written in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first entry: the hash of the text of the seal's hash.
    #[must_use]
    pub fn of_seal(hash: &str) -> Self {
        Self(Sha256::digest(hash.as_bytes()).into())
    }

    /// Hash of the entry that follows `self`: over the previous hash, the entry's number and time (8 bytes each, the highest first)
    /// and the record's bytes.
    #[must_use]
    pub fn then(self, seq: u64, at: Timestamp, payload: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(seq.to_be_bytes());
        hasher.update(at.millis().to_be_bytes());
        hasher.update(payload);
        Self(hasher.finalize().into())
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A chain without a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Entries, with those whose record has expired.
    pub entries: u64,
    /// Ticks whose record has expired; their hashes still hold the chain together.
    pub expired: u64,
    /// Hash of the last entry: whoever noted it elsewhere can tell that nothing before it was changed.
    pub last_hash: Hash,
}

/// The first fault of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The watch.
    pub watch: WatchId,
    /// Where.
    pub seq: u64,
    /// What is wrong there.
    pub what: Fault,
}

/// What is wrong with an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not there.
    #[error("it is missing")]
    Missing,
    /// Its hash does not follow from the entry before and its content.
    #[error("its content, its time or its place was changed")]
    Changed,
    /// Its record was removed without having been allowed to expire.
    #[error("its record was removed")]
    Emptied,
    /// Its record cannot be read.
    #[error("its record cannot be read")]
    Unreadable,
    /// Its kind is noted wrongly.
    #[error("it is noted as another kind of record than it is")]
    Mislabelled,
    /// The chain begins with something else than the seal of the watch.
    #[error("it is not the seal of this watch")]
    NotTheSeal,
    /// The watch's row names another last entry.
    #[error("the watch was last noted with another entry: entries after it were removed or added")]
    WrongEnd,
}

/// Walks a chain from its seal.
pub(crate) struct Walk {
    watch: WatchId,
    seq: u64,
    hash: Hash,
    expired: u64,
}

impl Walk {
    pub(crate) fn from_seal(watch: WatchId, seal_hash: &str) -> Self {
        Self {
            watch,
            seq: 0,
            hash: Hash::of_seal(seal_hash),
            expired: 0,
        }
    }

    fn fault(&self, seq: u64, what: Fault) -> Broken {
        Broken {
            watch: self.watch,
            seq,
            what,
        }
    }

    /// Takes one more entry; `payload` is `None` where it has expired, which only `may_be_empty` allows.
    pub(crate) fn step(
        &mut self,
        seq: u64,
        at: Timestamp,
        hash: Option<Hash>,
        payload: Option<&[u8]>,
        may_be_empty: bool,
    ) -> Result<(), Broken> {
        let expected = self.seq + 1;
        if seq != expected {
            return Err(self.fault(expected, Fault::Missing));
        }
        let hash = hash.ok_or_else(|| self.fault(seq, Fault::Changed))?;
        match payload {
            Some(payload) if self.hash.then(seq, at, payload) != hash => {
                return Err(self.fault(seq, Fault::Changed));
            }
            None if !may_be_empty => return Err(self.fault(seq, Fault::Emptied)),
            Some(_) => {}
            None => self.expired += 1,
        }
        self.seq = seq;
        self.hash = hash;
        Ok(())
    }

    /// Ends the walk where the watch's row says that the chain ends.
    pub(crate) fn end(self, last_seq: u64, last_hash: Option<Hash>) -> Result<Verified, Broken> {
        if self.seq < last_seq {
            return Err(self.fault(self.seq + 1, Fault::Missing));
        }
        if self.seq != last_seq || Some(self.hash) != last_hash {
            return Err(self.fault(last_seq, Fault::WrongEnd));
        }
        Ok(Verified {
            entries: self.seq,
            expired: self.expired,
            last_hash: self.hash,
        })
    }
}
