//! Sealing: plan, included text and resolved connections are fixed by hash, the baseline's levels are measured, all before the deploy.

use core::time::Duration;
use ledger::{Ledger, LedgerError, SealRecord, WatchId};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use telemetry::{Reader, SetupError, SourceConfig};
use thiserror::Error;
use verification::observation::BaselineLevel;
use verification::seal::Sealed;
use verification::terms::Plan;
use verification::time::Timestamp;

/// What is to be sealed.
#[derive(Clone, Debug)]
pub struct ToSeal {
    /// The plan in terms.
    pub plan: Plan,
    /// Its text as read.
    pub plan_text: String,
    /// Name of its file.
    pub plan_file: String,
    /// The connections that the plan uses, resolved, without secrets.
    pub connections: String,
    /// Version of the program.
    pub engine: String,
}

/// A seal that is in the ledger.
#[derive(Clone, Debug)]
pub struct Done {
    /// The watch that it opened.
    pub watch: WatchId,
    /// The seal.
    pub sealed: Sealed,
}

/// Why nothing was sealed.
#[derive(Debug, Error)]
pub enum SealError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The sources cannot be set up.
    #[error(transparent)]
    Sources(#[from] SetupError),
}

/// Hash over plan text and resolved connections, in lower-case hexadecimal.
#[must_use]
pub fn hash(plan_text: &str, connections: &str) -> String {
    let mut digest = Sha256::new();
    // The length first, so that no text can be moved from one part to the other without changing the hash.
    digest.update((plan_text.len() as u64).to_le_bytes());
    digest.update(plan_text.as_bytes());
    digest.update(connections.as_bytes());
    digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Measures the baseline over the time before `now` and writes the seal. A source that does not answer leaves its levels out; the seal says which are there.
///
/// # Errors
/// Where sources cannot be set up or the ledger cannot be written; nothing is sealed then.
pub async fn seal(
    ledger: &Ledger,
    to_seal: ToSeal,
    sources: &BTreeMap<String, SourceConfig>,
    now: Timestamp,
    over: Duration,
) -> Result<Done, SealError> {
    let mut reader = Reader::new(&to_seal.plan, sources, None)?;
    let (levels, late) = reader.levels_before(now, over).await;
    seal_measured(ledger, to_seal, levels, late, now).await
}

/// Writes the seal with levels that were measured already.
///
/// # Errors
/// Where the ledger cannot be written.
pub async fn seal_measured(
    ledger: &Ledger,
    to_seal: ToSeal,
    levels: Vec<BaselineLevel>,
    late: bool,
    now: Timestamp,
) -> Result<Done, SealError> {
    let sealed = Sealed {
        hash: hash(&to_seal.plan_text, &to_seal.connections),
        plan: to_seal.plan,
        at: now,
        late,
        levels,
    };
    let record = SealRecord {
        service: sealed.plan.service.clone(),
        plan_text: to_seal.plan_text,
        plan_file: to_seal.plan_file,
        connections: to_seal.connections,
        hash: sealed.hash.clone(),
        at: now,
        late,
        levels: sealed.levels.clone(),
        engine: to_seal.engine,
    };
    let watch = ledger.seal_watch(record).await?;
    Ok(Done { watch, sealed })
}
