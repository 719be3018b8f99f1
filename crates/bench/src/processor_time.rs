//! Processor time: unlike time on the wall it hardly counts what else the machine does.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Returns what this thread has used.
pub fn of_thread() -> Duration {
    read(ClockId::ThreadCPUTime)
}

/// Returns what all threads of this process have used, in the kernel too.
pub fn of_process() -> Duration {
    read(ClockId::ProcessCPUTime)
}

fn read(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanoseconds)
}
