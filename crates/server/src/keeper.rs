//! The keeper of one watch: fetch, step, record, act. It owns the clock and holds the lease; whoever else comes attaches.

use crate::boundary::{Boundaries, Boundary};
use crate::clock::Clock;
use crate::holder::take_lease;
use crate::recording::{Recording, present_holder};
use crate::replay::ReplayError;
use crate::running::Running;
use ledger::{Acquired, Ledger, LedgerError, WatchId};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use telemetry::{SetupError, SourceConfig};
use thiserror::Error;
use tokio::sync::watch as signal;
use verification::exit::Exit;

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
    /// Somebody else keeps it: from the beginning, or by having taken it over.
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

impl Keeper {
    /// Keeps the watch until it is over, until `stop` turns true, or until another keeper has taken it over.
    ///
    /// Takes the lease, rebuilds the state from the ledger, finishes what a crash left open, then looks, steps, records and acts.
    ///
    /// # Errors
    /// Where the ledger cannot be read or written, the seal cannot be read, or sources and actions cannot be set up. Nothing is started then.
    /// Later only where neither the ledger nor the spill file can be written.
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
        let mut recording = Recording::new(self.ledger.clone(), lease, self.spill.clone(), now);
        let kept = match Running::resume(&self, &mut recording).await {
            Ok(mut running) => running.run(&mut stop).await,
            Err(error) => Err(error),
        };
        match kept {
            Err(KeeperError::Ledger(LedgerError::LeaseLost { .. })) => Ok(Kept::HeldBy {
                holder: present_holder(&self.ledger, self.watch).await,
            }),
            kept => {
                recording.release().await;
                kept
            }
        }
    }
}
