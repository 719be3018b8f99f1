//! Who holds a watch: a keeper's name says where it runs, so that the lease of a dead one on this machine need not be waited for.

use core::time::Duration;
use ledger::{Acquired, Ledger, LedgerError, WatchId};
use verification::time::Timestamp;

/// How long a lease holds without being renewed: a crashed keeper's watch can be taken up after this.
pub(crate) const LEASE: Duration = Duration::from_secs(10);
/// How long the lease is held that takes over from a dead keeper: long enough to give it back.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// The name of a keeper in this process: host, process id, when the process started, and among which processes its id counts.
#[must_use]
pub fn holder_name() -> String {
    let id = std::process::id();
    format!(
        "{}/{id}/{}/{}",
        host(),
        started(id).unwrap_or_default(),
        neighbours().unwrap_or_default()
    )
}

/// Whether a holder is a process of this machine that is not there any more. A process of another container, whose id means
/// nothing here, is never taken for dead.
#[must_use]
pub fn is_dead(holder: &str) -> bool {
    let parts: Vec<&str> = holder.split('/').collect();
    let [at, id, since, among] = parts[..] else {
        return false;
    };
    let Ok(id) = id.parse::<u32>() else {
        return false;
    };
    at == host()
        && neighbours().is_some_and(|here| here == among)
        && started(id).as_deref() != Some(since)
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

/// The processes among which this one's id counts: containers of one host may share its name and have ids of their own.
fn neighbours() -> Option<String> {
    let name = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let digits: String = name
        .to_string_lossy()
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    (!digits.is_empty()).then_some(digits)
}

/// The start time of a process in the kernel's ticks; a process id that is used again has another.
fn started(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything; the start time is the 20th field after it.
    let after = stat.rsplit_once(')')?.1;
    let state = after.split_whitespace().next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    after.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_process_that_is_gone_from_here_is_dead() {
        let here = holder_name();
        assert!(!is_dead(&here));
        let [host, id, since, among] = here.split('/').collect::<Vec<_>>()[..] else {
            panic!("{here}");
        };
        assert!(
            is_dead(&format!("{host}/{id}/{since}9/{among}")),
            "an id that is used again"
        );
        assert!(
            is_dead(&format!("{host}/4194305/{since}/{among}")),
            "no such process"
        );
        assert!(
            !is_dead(&format!("elsewhere/4194305/{since}/{among}")),
            "another machine"
        );
        assert!(
            !is_dead(&format!("{host}/4194305/{since}/{among}1")),
            "another container"
        );
        assert!(!is_dead("a name of somebody's choice"));
    }
}
