//! The keeper of one watch: fetch, step, record, act. It owns the clock and holds the lease; whoever else comes attaches.

use crate::acting::Acting;
use crate::boundary::{Boundaries, Boundary};
use crate::clock::Clock;
use crate::holder::take_lease;
use crate::looking::Looking;
use crate::replay::{ReplayError, Replayed};
use core::time::Duration;
use ledger::{Acquired, Lease, Ledger, LedgerError, Record, RequestId, Spill, WatchId};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use telemetry::{Reader, SetupError, SourceConfig};
use thiserror::Error;
use tokio::sync::watch as signal;
use verification::Watch;
use verification::event::{Event, Input};
use verification::exit::Exit;
use verification::intent::Intent;
use verification::time::Timestamp;

/// How long a lease holds without being renewed: a crashed keeper's watch can be taken up after this.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How often human acts are looked for, and the longest a deadline may be overslept.
const PULSE: Duration = Duration::from_millis(200);

/// All that a keeper needs.
pub struct Keeper {
    /// Where everything is recorded.
    pub ledger: Ledger,
    /// The watch.
    pub watch: WatchId,
    /// Name of this keeper in the lease.
    pub holder: String,
    /// Version of the program, recorded with the chain.
    pub engine: String,
    /// Sources by name.
    pub sources: BTreeMap<String, SourceConfig>,
    /// Actions and receivers by name.
    pub actions: BTreeMap<String, actions::ActionConfig>,
    /// Where records go when the ledger cannot be written; on another path than the ledger.
    pub spill: Option<PathBuf>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Told of every boundary.
    pub boundaries: Arc<dyn Boundaries>,
}

/// How a keeper ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The watch is over.
    Over(Exit),
    /// Somebody else keeps it.
    HeldBy {
        /// Name of the other keeper.
        holder: String,
    },
    /// Asked to stop; the watch goes on when somebody takes it up.
    Stopped(Exit),
}

/// Why a keeper could not go on.
#[derive(Debug, Error)]
pub enum KeeperError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The records do not make a watch.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The sources cannot be set up.
    #[error(transparent)]
    Sources(#[from] SetupError),
    /// An action is not usable as configured.
    #[error("action {name}: {problem}")]
    Action {
        /// Name.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// Neither ledger nor spill file can be written.
    #[error(
        "neither the ledger nor the spill file can be written, so no automatic action is taken: {ledger}; spill: {spill}"
    )]
    Unwritable {
        /// Trouble with the ledger.
        ledger: LedgerError,
        /// Trouble with the spill file.
        spill: String,
    },
    /// The reader ended.
    #[error("the reader of the sources ended; this is a bug")]
    ReaderEnded,
}

/// The running state of a keeper.
struct Running {
    keeper: Keeper,
    lease: Lease,
    lease_until: Timestamp,
    watch: Watch,
    looking: Looking,
    acting: Acting,
    next_look: Timestamp,
    spilled: Option<Spill>,
}

impl Keeper {
    /// Keeps the watch until it is over, or until `stop` turns true.
    ///
    /// Takes the lease, rebuilds the state from the ledger, finishes what a crash left open, then looks, steps, records and acts.
    ///
    /// # Errors
    /// Where the ledger cannot be read or written, the seal cannot be read, or sources and actions cannot be set up. Nothing is started then.
    pub async fn keep(self, mut stop: signal::Receiver<bool>) -> Result<Kept, KeeperError> {
        let now = self.clock.now();
        let lease = match take_lease(&self.ledger, self.watch, &self.holder, now).await? {
            Acquired::Lease(lease) => lease,
            Acquired::HeldBy(holder) => {
                return Ok(Kept::HeldBy {
                    holder: holder.name,
                });
            }
        };
        self.boundaries.reach(Boundary::LeaseTaken);
        let kept = match Running::resume(self, lease).await {
            Ok(mut running) => {
                let kept = running.run(&mut stop).await;
                running.release().await;
                kept
            }
            Err((error, ledger, lease)) => {
                let _ = ledger.release(lease).await;
                Err(error)
            }
        };
        kept
    }
}

impl Running {
    async fn resume(keeper: Keeper, lease: Lease) -> Result<Self, (KeeperError, Ledger, Lease)> {
        match Self::rebuild(&keeper, &lease).await {
            Ok((watch, looking, acting)) => {
                let now = keeper.clock.now();
                keeper.boundaries.reach(Boundary::Resumed);
                Ok(Self {
                    keeper,
                    lease,
                    lease_until: now + LEASE,
                    watch,
                    looking,
                    acting,
                    next_look: now,
                    spilled: None,
                })
            }
            Err(error) => Err((error, keeper.ledger.clone(), lease)),
        }
    }

    async fn rebuild(
        keeper: &Keeper,
        lease: &Lease,
    ) -> Result<(Watch, Looking, Acting), KeeperError> {
        let now = keeper.clock.now();
        if let Some(path) = keeper.spill.as_ref().filter(|path| path.exists()) {
            keeper
                .ledger
                .absorb(
                    Spill::open(path, keeper.watch, &keeper.holder, now)?,
                    lease,
                    now,
                )
                .await?;
        }
        let entries = keeper.ledger.read(keeper.watch, 0).await?;
        let mut replayed = Replayed::begin(&keeper.watch.to_string(), &entries)?;
        let mut records = vec![Record::Engine {
            version: keeper.engine.clone(),
            keeper: keeper.holder.clone(),
        }];
        let watch = match replayed.watch.take() {
            Some(watch) => watch,
            None => {
                records.push(Record::Started { at: now });
                Watch::begin(Arc::clone(&replayed.sealed), now)
            }
        };
        let reader = Reader::new(
            watch.plan(),
            &keeper.sources,
            watch.consumed_through().or(Some(now)),
        )?;
        let mut acting = Acting::new(
            &keeper.actions,
            keeper.watch,
            &replayed.seal.service,
            Arc::clone(&keeper.boundaries),
        )?;
        keeper.ledger.append(lease, &records, now).await?;
        for intent in watch.open_intents() {
            let attempted = replayed.attempted.contains(&intent.id);
            acting.begin(&watch, intent, attempted, keeper, lease);
        }
        Ok((watch, Looking::start(reader), acting))
    }

    async fn run(&mut self, stop: &mut signal::Receiver<bool>) -> Result<Kept, KeeperError> {
        loop {
            self.take_requests().await?;
            let now = self.keeper.clock.now();
            if self
                .watch
                .next_deadline()
                .is_some_and(|deadline| now >= deadline)
            {
                self.apply(Input::Clock, None).await?;
            }
            if self.watch.is_over() {
                self.keeper.boundaries.reach(Boundary::Over);
                return Ok(Kept::Over(self.watch.exit()));
            }
            self.renew(now).await?;
            if now >= self.next_look && self.looks_matter() {
                self.looking.ask(now, self.watch.slices());
                self.next_look = next_beat(self.next_look, self.watch.plan().judge_every, now);
            }
            let nap = self.nap(now);
            tokio::select! {
                biased;
                outcome = self.acting.next() => {
                    self.apply(Input::Outcome(outcome), None).await?;
                    self.keeper.boundaries.reach(Boundary::OutcomeRecorded);
                }
                changed = stop.changed() => {
                    if changed.is_err() || *stop.borrow() {
                        return Ok(Kept::Stopped(self.watch.exit()));
                    }
                }
                tick = self.looking.next() => {
                    let Some(tick) = tick else { return Err(KeeperError::ReaderEnded) };
                    self.keeper.boundaries.reach(Boundary::Fetched);
                    self.apply(Input::Tick(tick), None).await?;
                }
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Whether looking can still change anything: not while only a review is awaited.
    fn looks_matter(&self) -> bool {
        self.watch.needs_looks()
    }

    fn nap(&self, now: Timestamp) -> Duration {
        let mut until = now + PULSE;
        if !self.looking.is_under_way() && self.looks_matter() {
            until = until.min(self.next_look);
        }
        if let Some(deadline) = self.watch.next_deadline() {
            until = until.min(deadline);
        }
        until.since(now)
    }

    async fn take_requests(&mut self) -> Result<(), KeeperError> {
        if self.spilled.is_some() {
            return Ok(());
        }
        for request in self
            .keeper
            .ledger
            .pending_requests(self.keeper.watch)
            .await?
        {
            self.apply(Input::Human(request.act), Some(request.id))
                .await?;
        }
        Ok(())
    }

    async fn renew(&mut self, now: Timestamp) -> Result<(), KeeperError> {
        if self.lease_until.since(now) > LEASE / 2 || self.spilled.is_some() {
            return Ok(());
        }
        self.lease = self.keeper.ledger.renew(&self.lease, now, LEASE).await?;
        self.lease_until = now + LEASE;
        Ok(())
    }

    /// Steps, records, and only then acts.
    async fn apply(&mut self, input: Input, request: Option<RequestId>) -> Result<(), KeeperError> {
        let now = self.keeper.clock.now();
        let events = self.watch.step(now, &input);
        self.keeper.boundaries.reach(Boundary::Stepped);
        let intents: Vec<Intent> = events
            .iter()
            .filter_map(|event| {
                if let Event::Intent(intent) = event {
                    Some(intent.clone())
                } else {
                    None
                }
            })
            .collect();
        let mut records = vec![Record::Input { now, input }];
        records.extend(events.into_iter().map(Record::Event));
        self.record(records, request, now, &intents).await?;
        self.keeper.boundaries.reach(Boundary::Recorded);
        for intent in intents {
            self.keeper.boundaries.reach(Boundary::Ordered);
            self.acting
                .begin(&self.watch, &intent, false, &self.keeper, &self.lease);
        }
        Ok(())
    }

    /// To the ledger; where that cannot be written, to the spill file; where neither can, a human is told instead of an action.
    async fn record(
        &mut self,
        records: Vec<Record>,
        request: Option<RequestId>,
        now: Timestamp,
        intents: &[Intent],
    ) -> Result<(), KeeperError> {
        if self.spilled.is_none() {
            let taken: Vec<RequestId> = request.into_iter().collect();
            let Err(error) = self
                .keeper
                .ledger
                .append_taking(&self.lease, &records, &taken, now)
                .await
            else {
                return Ok(());
            };
            if !is_unwritable(&error) {
                return Err(error.into());
            }
            match self.open_spill(now) {
                Ok(spill) => self.spilled = Some(spill),
                Err(spill) => return self.give_up(error, spill, intents).await,
            }
        }
        if let Some(spill) = &mut self.spilled
            && let Err(error) = spill.append(&self.lease, &records, now)
        {
            let full = LedgerError::Full(self.keeper.ledger.path().to_path_buf());
            return self.give_up(full, error.to_string(), intents).await;
        }
        Ok(())
    }

    fn open_spill(&self, now: Timestamp) -> Result<Spill, String> {
        let path = self.keeper.spill.as_ref().ok_or("none is configured")?;
        tracing::error!(spill = %path.display(), "the ledger cannot be written; records go to the spill file");
        Spill::open(path, self.keeper.watch, &self.keeper.holder, now)
            .map_err(|error| error.to_string())
    }

    async fn give_up(
        &self,
        ledger: LedgerError,
        spill: String,
        intents: &[Intent],
    ) -> Result<(), KeeperError> {
        self.acting
            .page_unrecorded(&self.watch, intents, &ledger.to_string())
            .await;
        Err(KeeperError::Unwritable { ledger, spill })
    }

    async fn release(self) {
        let _ = self.keeper.ledger.release(self.lease).await;
    }
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

/// The next beat after `now`; missed beats are not made up for, the next look takes their interval in.
fn next_beat(last: Timestamp, every: Duration, now: Timestamp) -> Timestamp {
    let next = last + every;
    if next > now { next } else { now + every }
}
