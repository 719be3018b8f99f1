//! How long an attempt may still take.

use core::time::Duration;
use tokio::time::Instant;

/// A span that runs out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLeft {
    until: Instant,
    started: Instant,
}

impl TimeLeft {
    /// A span that starts now. `span` is at most [`crate::LONGEST_TIME_LIMIT`].
    pub(crate) fn new(span: Duration) -> Self {
        let started = Instant::now();
        Self {
            until: started + span.min(crate::LONGEST_TIME_LIMIT),
            started,
        }
    }

    /// What is left; zero when it has run out.
    pub(crate) fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.started.elapsed()
    }
}

/// Pauses between tries: doubling, from short enough for a socket that comes back at once to a load that no struggling receiver notices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses(Duration);

impl Pauses {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    pub(crate) const fn new() -> Self {
        Self(Self::FIRST)
    }

    /// Sleeps the next pause and returns true, or returns false at once where the time does not reach to its end.
    pub(crate) async fn pause_within(&mut self, time: TimeLeft) -> bool {
        let pause = self.0;
        if pause >= time.left() {
            return false;
        }
        self.0 = (pause * 2).min(Self::LONGEST);
        tokio::time::sleep(pause).await;
        true
    }
}
