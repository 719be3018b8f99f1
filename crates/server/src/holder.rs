//! Who holds a watch: a keeper's name says where it runs, so that the lease of a dead one on this machine need not be waited for.

use crate::keeper::LEASE;
use core::time::Duration;
use ledger::{Acquired, Ledger, LedgerError, WatchId};
use verification::time::Timestamp;

/// How long the lease is held that takes over from a dead keeper: long enough to give it back.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// The name of a keeper in this process: host, process id, and when the process started.
#[must_use]
pub fn holder_name() -> String {
    let id = std::process::id();
    format!("{}/{id}/{}", host(), started(id).unwrap_or_default())
}

/// Whether a holder is a process of this machine that is not there any more.
#[must_use]
pub fn is_dead(holder: &str) -> bool {
    let mut parts = holder.split('/');
    let (Some(at), Some(id), Some(since)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let Ok(id) = id.parse::<u32>() else {
        return false;
    };
    at == host() && started(id).as_deref() != Some(since)
}

/// Takes the lease of a watch; from a dead keeper of this machine at once, from any other once it has run out.
///
/// # Errors
/// As [`Ledger::acquire`].
pub(crate) async fn take_lease(
    ledger: &Ledger,
    watch: WatchId,
    holder: &str,
    now: Timestamp,
) -> Result<Acquired, LedgerError> {
    let acquired = ledger.acquire(watch, holder, now, LEASE).await?;
    let Acquired::HeldBy(other) = &acquired else {
        return Ok(acquired);
    };
    if !is_dead(&other.name) {
        return Ok(acquired);
    }
    // In the dead keeper's name with a new generation, then given back: whoever else does the same at this moment is told apart by the generation.
    if let Acquired::Lease(old) = ledger.acquire(watch, &other.name, now, TAKE_OVER).await? {
        match ledger.release(old).await {
            Ok(()) | Err(LedgerError::LeaseLost { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    ledger.acquire(watch, holder, now, LEASE).await
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(
        |_| "localhost".to_owned(),
        |name| name.trim().replace('/', "-"),
    )
}

/// The start time of a process in the kernel's ticks; a process id that is used again has another.
fn started(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything; the start time is the 20th field after it.
    let after = stat.rsplit_once(')')?.1;
    let state = after.split_whitespace().next()?;
    if state == "Z" {
        return None;
    }
    after.split_whitespace().nth(19).map(str::to_owned)
}
