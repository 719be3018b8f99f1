//! How long a keeper needs to take up a long watch.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ledger::{Ledger, OpenMode, WatchId};
use server::{Boundaries, Boundary, Clock, Keeper, Replayed};
use telemetry::{ScrapeConfig, SourceConfig, Target};
use tokio::runtime::Builder;
use verification::event::Input;
use verification::time::Timestamp;

use crate::Problem;
use crate::effort::Effort;
use crate::processor_time;
use crate::service::{self, Service};
use crate::spread::Spread;
use crate::table::{Goal, Row, Section};
use crate::ticks::{lease, step};
use crate::watch_steps::still_watching;

/// Most seconds until a 72 h watch is taken up.
const SECONDS: f64 = 1.0;

/// Measures a replay in its parts, and a keeper up to the moment when it goes on.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let looks = effort.size(service::LOOKS, 60);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.db");
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    eprintln!("  writing a watch of {looks} looks …");
    let watch = runtime.block_on(written(&path, looks))?;
    eprintln!("  taking it up {} times …", effort.runs);
    let (mut took, mut kept) = (Vec::new(), Vec::new());
    // The first run is for warmth.
    for run in 0..=effort.runs {
        let replaying = runtime.block_on(replay(&path, watch))?;
        let keeping = runtime.block_on(keep(&path, watch, service::at(looks)))?;
        if run > 0 {
            took.push(replaying);
            kept.push(keeping.as_secs_f64());
        }
    }
    let row = |what: &str, value: Spread, goal| Row {
        what: what.to_owned(),
        value,
        unit: "s",
        goal,
    };
    let part = |part: fn(&Took) -> Duration| {
        Spread::among(took.iter().map(|took| part(took).as_secs_f64()).collect())
    };
    let goal = Some(Goal::AtMost(SECONDS));
    Ok(Section {
        about: format!(
            "A watch of {looks} looks in a ledger on disk (in the system's cache), with {}; {}. From the opening of the ledger to the watch rebuilt by a replay \
             of all its records, each step compared with what was recorded; and a whole keeper, from the opening to the moment when it goes on, with lease, \
             sources and its own record. Time on the wall; the start of the process is not counted.",
            service::MIX,
            service::TRAFFIC
        ),
        rows: vec![
            row(
                "full replay: ledger opened, read, watch rebuilt",
                part(|took| took.reading + took.rebuilding),
                goal,
            ),
            row(
                "of that: opening and reading the records",
                part(|took| took.reading),
                None,
            ),
            row(
                "of that: rebuilding the watch",
                part(|took| took.rebuilding),
                None,
            ),
            row(
                "rebuilding the watch, processor time",
                part(|took| took.processor),
                None,
            ),
            row(
                "keeper takes the watch up and goes on",
                Spread::among(kept),
                goal,
            ),
        ],
        limits: "the steps, which are all taken again: the watch is rebuilt from its first look on and the records' checkpoints are not used. Reading is a small part. \
                 The time grows with the looks of the watch. \
                 Where other work shares the cores, time on the wall is a multiple of the processor time of rebuilding.",
    })
}

async fn written(path: &Path, looks: u32) -> Result<WatchId, Problem> {
    let service = Service::new(false)?;
    let ledger = Ledger::open(path, OpenMode::READ_WRITE).await?;
    let lease = lease(&ledger, service.seal()).await?;
    let mut watch = service.begin();
    let mut records = Vec::new();
    for number in 1..=looks {
        let now = service::at(number);
        records.extend(step(&mut watch, now, Input::Tick(service.tick(0, number))));
        // An hour a call: the chain is the same as if each look had come alone.
        if number % 60 == 0 || number == looks {
            ledger.append(&lease, &records, now).await?;
            records.clear();
        }
    }
    still_watching(&watch)?;
    let id = lease.watch;
    ledger.release(lease).await?;
    ledger.close().await;
    Ok(id)
}

/// How long a replay took.
struct Took {
    reading: Duration,
    rebuilding: Duration,
    /// Of the thread that rebuilds.
    processor: Duration,
}

async fn replay(path: &Path, watch: WatchId) -> Result<Took, Problem> {
    let begun = Instant::now();
    let ledger = Ledger::open(path, OpenMode::READ_WRITE).await?;
    let entries = ledger.read(watch, 0).await?;
    let reading = begun.elapsed();
    let worked = processor_time::of_thread();
    let mut replayed = Replayed::begin(&watch.to_string(), &entries)?;
    let processor = processor_time::of_thread().saturating_sub(worked);
    let rebuilding = begun.elapsed() - reading;
    replayed.finish();
    ledger.close().await;
    if let Some(difference) = replayed.differences.first() {
        return Err(format!(
            "the replay differs from the record at entry {}",
            difference.seq
        )
        .into());
    }
    still_watching(replayed.watch.as_ref().ok_or("the watch was not started")?)?;
    Ok(Took {
        reading,
        rebuilding,
        processor,
    })
}

/// Returns how long a keeper took from the opening of the ledger to having resumed.
async fn keep(path: &Path, watch: WatchId, now: Timestamp) -> Result<Duration, Problem> {
    // Nothing listens at the discard port; the keeper is stopped before it matters.
    let target = Target::new("http://127.0.0.1:9/metrics").label("track", "canary");
    let source = SourceConfig::Scrape(ScrapeConfig::new(vec![target]));
    let resumed = Arc::new(Resumed::default());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let begun = Instant::now();
    let ledger = Ledger::open(path, OpenMode::READ_WRITE).await?;
    let keeper = Keeper {
        ledger: ledger.clone(),
        watch,
        holder: "bench".to_owned(),
        engine: "bench".to_owned(),
        sources: BTreeMap::from([("shop".to_owned(), source)]),
        actions: BTreeMap::new(),
        spill: None,
        clock: Arc::new(Standing(now)),
        boundaries: Arc::clone(&resumed) as Arc<dyn Boundaries>,
    };
    stop.send(true)?;
    keeper.keep(stopped).await?;
    ledger.close().await;
    let at = resumed
        .at
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .ok_or("the keeper did not resume")?;
    Ok(at - begun)
}

/// When the keeper had resumed.
#[derive(Default)]
struct Resumed {
    at: Mutex<Option<Instant>>,
}

impl Boundaries for Resumed {
    fn reach(&self, boundary: Boundary) {
        if boundary == Boundary::Resumed {
            *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// A clock that stands at the end of what was written: the watch's own time is long past or to come.
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}
