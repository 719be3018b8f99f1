//! Where a keeper's records go: to the ledger under its lease; where that cannot be written, to the spill file; where neither can,
//! nowhere, and then nothing may be done that would need them.

use crate::holder::LEASE;
use crate::keeper::KeeperError;
use core::time::Duration;
use ledger::{Lease, Ledger, LedgerError, Record, Request, RequestId, Spill, WatchId};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokio::sync::watch as signal;
use verification::time::Timestamp;

/// For how long a lease that cannot be renewed counts as held once the ledger has been seen to name no other keeper.
const SEEN_HELD: Duration = Duration::from_secs(2);
/// First and longest time between two attempts to get from the spill file back into the ledger; each may wait for the store's lock.
const MEND_FIRST: Duration = Duration::from_secs(5);
const MEND_LONGEST: Duration = Duration::from_secs(60);

/// The records of one watch under one lease.
pub(crate) struct Recording {
    ledger: Ledger,
    lease: Lease,
    holder: String,
    /// Until when the lease is known to be held; attempts at actions stand still after it.
    held_until: signal::Sender<Timestamp>,
    spill_path: Option<PathBuf>,
    spill: Option<Spill>,
    mend_at: Timestamp,
    mend_every: Duration,
    /// Requests that were taken up while the ledger could not be told so.
    taken: BTreeSet<RequestId>,
}

impl Recording {
    pub(crate) fn new(
        ledger: Ledger,
        lease: Lease,
        spill_path: Option<PathBuf>,
        now: Timestamp,
    ) -> Self {
        Self {
            ledger,
            holder: lease.holder.clone(),
            held_until: signal::Sender::new(now + LEASE),
            lease,
            spill_path,
            spill: None,
            mend_at: now,
            mend_every: MEND_FIRST,
            taken: BTreeSet::new(),
        }
    }

    /// Until when the lease is known to be held.
    pub(crate) fn held_until(&self) -> signal::Receiver<Timestamp> {
        self.held_until.subscribe()
    }

    /// Moves what an earlier keeper left in the spill file into the chain. Where the ledger still cannot be written, the records
    /// stay there and this keeper goes on behind them; they are returned.
    pub(crate) async fn take_over_spill(
        &mut self,
        now: Timestamp,
    ) -> Result<Vec<Record>, KeeperError> {
        let Some(path) = self.spill_path.clone().filter(|path| path.exists()) else {
            return Ok(Vec::new());
        };
        let open = || Spill::open(&path, self.lease.watch, &self.lease.holder, now);
        match self.ledger.absorb(open()?, &self.lease, now).await {
            Ok(_) => return Ok(Vec::new()),
            // Only what is surely not in the chain may be gone through behind it.
            Err(error) if is_unwritable(&error) && !is_about(&error, &path) => {
                tracing::error!(%error, "the ledger cannot be written; records go on to the spill file");
            }
            Err(error) => return Err(error.into()),
        }
        let spill = open()?;
        let records = spill.records().map(|(_, record)| record.clone()).collect();
        self.spill = Some(spill);
        Ok(records)
    }

    /// Puts records down durably: all or none. A `request` counts as taken up with them.
    ///
    /// # Errors
    /// [`KeeperError::Unwritable`] where neither place takes them; the lease is lost.
    pub(crate) async fn record(
        &mut self,
        records: &[Record],
        request: Option<RequestId>,
        now: Timestamp,
    ) -> Result<(), KeeperError> {
        if self.spill.is_none() {
            let Err(error) = self.append(records, request, now).await else {
                return Ok(());
            };
            if !is_unwritable(&error) {
                return Err(error.into());
            }
            tracing::error!(%error, "the ledger cannot be written; records go to the spill file");
            self.open_spill(error, now)?;
            self.mend_every = MEND_FIRST;
            self.mend_at = now + MEND_FIRST;
        }
        let Some(spill) = &mut self.spill else {
            return Ok(());
        };
        let Err(no_spill) = spill.append(&self.lease, records, now) else {
            self.taken.extend(request);
            return Ok(());
        };
        // The ledger may have room again, and it must take what is in the spill file first.
        self.absorb(now).await?;
        let unwritable = |ledger| KeeperError::Unwritable {
            ledger,
            spill: no_spill.to_string(),
        };
        if self.spill.is_some() {
            return Err(unwritable(LedgerError::Full(
                self.ledger.path().to_path_buf(),
            )));
        }
        match self.append(records, request, now).await {
            Err(error) if is_unwritable(&error) => Err(unwritable(error)),
            done => Ok(done?),
        }
    }

    async fn append(
        &self,
        records: &[Record],
        request: Option<RequestId>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let taken: Vec<RequestId> = request.into_iter().collect();
        self.ledger
            .append_taking(&self.lease, records, &taken, now)
            .await
            .map(drop)
    }

    fn open_spill(&mut self, ledger: LedgerError, now: Timestamp) -> Result<(), KeeperError> {
        let opened = match &self.spill_path {
            None => Err("none is configured".to_owned()),
            Some(path) => Spill::open(path, self.lease.watch, &self.lease.holder, now)
                .map_err(|error| error.to_string()),
        };
        match opened {
            Ok(spill) => {
                self.spill = Some(spill);
                Ok(())
            }
            Err(spill) => Err(KeeperError::Unwritable { ledger, spill }),
        }
    }

    /// Makes sure that an action may follow from what was just recorded. The ledger has checked the lease with every append; a spill
    /// file knows nothing of leases, so the ledger is asked, after the record is there for whoever takes over.
    pub(crate) async fn still_held(&self) -> Result<(), KeeperError> {
        if self.spill.is_some() && !self.names_us().await {
            return Err(self.lost().into());
        }
        Ok(())
    }

    /// Renews the lease in time.
    ///
    /// # Errors
    /// Another keeper has taken the watch over.
    pub(crate) async fn hold(&mut self, now: Timestamp) -> Result<(), KeeperError> {
        let until = *self.held_until.borrow();
        let left = until.since(now);
        let enough = if self.spill.is_some() {
            SEEN_HELD / 2
        } else {
            LEASE / 2
        };
        // An end too far ahead: the clock was set back, and others must not wait for so long.
        if left > enough && left <= LEASE {
            return Ok(());
        }
        match self.ledger.renew(&self.lease, now, LEASE).await {
            Ok(lease) => {
                self.lease = lease;
                self.held_until.send_replace(now + LEASE);
            }
            Err(error) if is_unwritable(&error) => {
                if !self.names_us().await {
                    return Err(self.lost().into());
                }
                self.held_until.send_replace(now + SEEN_HELD);
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Whether the ledger names no other keeper, as far as it can be read.
    async fn names_us(&self) -> bool {
        match self.ledger.watch(self.lease.watch).await {
            Ok(row) => row
                .keeper
                .is_some_and(|keeper| keeper.name == self.lease.holder),
            // What this process cannot read is no better for another one of this machine.
            Err(_) => true,
        }
    }

    fn lost(&self) -> LedgerError {
        LedgerError::LeaseLost {
            watch: self.lease.watch,
            holder: self.holder.clone(),
            generation: self.lease.generation,
        }
    }

    /// Whether the ledger knows all there is to know.
    pub(crate) fn is_whole(&self) -> bool {
        self.spill.is_none() && self.taken.is_empty()
    }

    /// Gets back from the spill file into the ledger, now and then, and tells the ledger which requests were taken up meanwhile.
    pub(crate) async fn mend(&mut self, now: Timestamp) -> Result<(), KeeperError> {
        self.mend_at = self.mend_at.min(now + self.mend_every);
        if now < self.mend_at {
            return Ok(());
        }
        if self.spill.is_some() {
            self.absorb(now).await?;
        }
        if self.spill.is_none() && !self.taken.is_empty() {
            let note = Record::Note {
                text: format!(
                    "{} taken up while the ledger could not be written",
                    if self.taken.len() == 1 {
                        "one request was".to_owned()
                    } else {
                        format!("{} requests were", self.taken.len())
                    }
                ),
            };
            let taken: Vec<RequestId> = self.taken.iter().copied().collect();
            match self
                .ledger
                .append_taking(&self.lease, &[note], &taken, now)
                .await
            {
                Ok(_) => self.taken.clear(),
                Err(error) if is_unwritable(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if !self.is_whole() {
            self.mend_at = now + self.mend_every;
            self.mend_every = (self.mend_every * 2).min(MEND_LONGEST);
        }
        Ok(())
    }

    async fn absorb(&mut self, now: Timestamp) -> Result<(), KeeperError> {
        let Some(spill) = self.spill.take() else {
            return Ok(());
        };
        match self.ledger.absorb(spill, &self.lease, now).await {
            Ok(absorbed) => {
                tracing::info!(
                    absorbed,
                    "the ledger can be written again; the spilled records are in it"
                );
                self.mend_at = now;
                Ok(())
            }
            Err(error) if is_unwritable(&error) => {
                // What is in the chain by now is known there: opening the file again adds nothing twice.
                self.open_spill(error, now)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Requests that wait, oldest first. A ledger that cannot be read has none for now.
    pub(crate) async fn requests(&self) -> Result<Vec<Request>, KeeperError> {
        match self.ledger.pending_requests(self.lease.watch).await {
            Ok(requests) => Ok(requests
                .into_iter()
                .filter(|request| !self.taken.contains(&request.id))
                .collect()),
            Err(error) if is_unwritable(&error) => {
                tracing::warn!(%error, "requests cannot be read");
                Ok(Vec::new())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Notes a request whose act is on record already.
    pub(crate) fn was_taken(&mut self, request: RequestId) {
        self.taken.insert(request);
    }

    /// Gives the lease back.
    pub(crate) async fn release(self) {
        if let Err(error) = self.ledger.release(self.lease).await {
            tracing::debug!(%error, "the lease was not given back");
        }
    }
}

/// Whoever holds a watch now, as far as the ledger can say.
pub(crate) async fn present_holder(ledger: &Ledger, watch: WatchId) -> String {
    let row = ledger.watch(watch).await.ok();
    row.and_then(|row| row.keeper)
        .map_or_else(|| "another keeper".to_owned(), |keeper| keeper.name)
}

/// Whether a failure is one that a spill file on another path can stand in for.
const fn is_unwritable(error: &LedgerError) -> bool {
    matches!(
        error,
        LedgerError::Full(_)
            | LedgerError::ReadOnly(_)
            | LedgerError::Permission { .. }
            | LedgerError::Busy { .. }
            | LedgerError::Io { .. }
            | LedgerError::Store { .. }
    )
}

/// Whether a failure is about this file.
fn is_about(error: &LedgerError, file: &Path) -> bool {
    match error {
        LedgerError::Full(path)
        | LedgerError::ReadOnly(path)
        | LedgerError::Permission { path, .. }
        | LedgerError::Io { path, .. } => path == file,
        _ => false,
    }
}
