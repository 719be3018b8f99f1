//! What many watches hold in memory.

use std::fs;
use std::thread;

use verification::Watch;

use crate::Problem;
use crate::effort::Effort;
use crate::service::{self, Service};
use crate::spread::Spread;
use crate::table::{Row, Section};
use crate::watch_steps::{look, still_watching};

/// Watches that are told of.
const TOLD: u32 = 10_000;

/// Watches that are really made; their first hundred looks take half a minute.
const WATCHES: u32 = 400;
const LOOKS: u32 = 100;

/// Measures the growth of the resident set. It is taken once: what is given back to the allocator would hide the next growth.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let count = effort.size(WATCHES, 20);
    let looks = effort.size(LOOKS, 10);
    let service = Service::new(false)?;
    let before = resident()?;
    let mut watches: Vec<_> = (0..count).map(|_| service.begin()).collect();
    let mut early = 0;
    for number in 1..=looks {
        look_of_all(&mut watches, &service, number);
        if number == 1 {
            early = resident()?;
        }
        if number % 10 == 0 {
            eprintln!("  look {number} of {looks} of {count} watches …");
        }
    }
    let after = resident()?;
    for watch in &watches {
        still_watching(watch)?;
    }
    let grown = |then: u64| then.saturating_sub(before) as f64;
    Ok(Section {
        about: format!(
            "Growth of the resident set (`VmRSS`) by {count} watches in one process; each has {}; {}; all with one sealed plan, each with numbers \
             of its own. Its windows reach back an hour at most and are full by then.",
            service::MIX,
            service::TRAFFIC
        ),
        rows: vec![
            Row {
                what: format!(
                    "memory of {} watches after {looks} looks, {} times the {count} measured",
                    TOLD,
                    TOLD / count
                ),
                value: Spread::exactly(
                    grown(after) / f64::from(count) * f64::from(TOLD) / f64::from(1 << 20),
                ),
                unit: "MiB",
                goal: None,
            },
            Row {
                what: format!("memory of one watch after {looks} looks"),
                value: Spread::exactly(grown(after) / f64::from(count)),
                unit: "bytes",
                goal: None,
            },
            Row {
                what: "memory of one watch after its first look".to_owned(),
                value: Spread::exactly(grown(early) / f64::from(count)),
                unit: "bytes",
                goal: None,
            },
        ],
        limits: "each comparison keeps up to 64 blocks of past counts, from which its range is worked out, a stretch of 32 cells and an hour of 12; each latency \
                 signal keeps such blocks as histograms of both sides. All are bounded by the plan, none grows with traffic.",
    })
}

/// Lets every watch take a look, on all cores.
fn look_of_all(watches: &mut [Watch], service: &Service, number: u32) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let part = watches.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        for (at, some) in (0..).zip(watches.chunks_mut(part)) {
            scope.spawn(move || {
                for (name, watch) in (at << 16..).zip(some) {
                    look(watch, service.tick(name, number));
                }
            });
        }
    });
}

/// Bytes of this process in memory.
fn resident() -> Result<u64, Problem> {
    let text = fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes
        .ok_or("/proc/self/status does not say VmRSS in kB")?
        .parse()?;
    Ok(kibibytes * 1024)
}
