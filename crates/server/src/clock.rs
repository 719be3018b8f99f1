//! The one place that asks what time it is.

use core::time::Duration;
use verification::time::Timestamp;

/// Tells the time to the keeper; everything behind it gets `now` passed in.
pub trait Clock: Send + Sync {
    /// Now, UTC. May be set back or leap ahead like any clock.
    fn now(&self) -> Timestamp;

    /// How long to sleep until `span` of this clock has gone by. A clock that runs faster than the machine's sleeps less.
    fn sleeps(&self, span: Duration) -> Duration {
        span
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
    }
}
