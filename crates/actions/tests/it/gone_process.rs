//! Whether processes are gone, and files there.

use core::time::Duration;
use std::path::Path;
use std::time::Instant;

/// Longest wait for anything; nothing asserts how long it took.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The process number that a script wrote into a file.
pub fn number_in(path: &Path) -> Option<u32> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Whether no such process runs; one that has ended and that nobody has waited for is gone too.
pub fn is_gone(process: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .ok()
        .and_then(|stat| Some(stat.rsplit_once(") ")?.1.starts_with(['Z', 'X'])))
        .unwrap_or(true)
}
