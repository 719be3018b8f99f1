//! A clock that several processes share and that runs faster than the machine's, so that a watch of a minute takes seconds.

use core::time::Duration;
use server::{Clock, SystemClock};
use verification::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastClock {
    /// Where both clocks were the same, in milliseconds since the epoch.
    pub origin: i64,
    /// Seconds of this clock in one of the machine's.
    pub speed: u32,
}

impl FastClock {
    pub fn begin(speed: u32) -> Self {
        Self {
            origin: SystemClock.now().millis(),
            speed,
        }
    }

    /// As an argument for a child.
    pub fn text(self) -> String {
        format!("{}x{}", self.origin, self.speed)
    }

    pub fn read(text: &str) -> Self {
        let (origin, speed) = text.split_once('x').unwrap();
        Self {
            origin: origin.parse().unwrap(),
            speed: speed.parse().unwrap(),
        }
    }
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let since = SystemClock.now().millis() - self.origin;
        Timestamp::from_millis(self.origin + since * i64::from(self.speed))
    }

    fn sleeps(&self, span: Duration) -> Duration {
        span / self.speed
    }
}
