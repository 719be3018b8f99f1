//! What a tick costs in the ledger: bytes, and time with the commit that many watches share.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::encoding::encode_record;
use ledger::{Acquired, Lease, Ledger, OpenMode, Record};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use verification::Watch;
use verification::event::{Event, Input};
use verification::time::Timestamp;

use crate::Problem;
use crate::effort::Effort;
use crate::processor_time;
use crate::service::{self, Service};
use crate::spread::Spread;
use crate::table::{Goal, Row, Section};
use crate::watch_steps::{LOOK_SECONDS, WATCHES, look};

/// Most bytes of a tick of 20 criteria.
const TICK_BYTES: f64 = 400.0;

/// Bytes of the hash beside each payload.
const HASH_BYTES: usize = 32;

/// Ticks that one run appends at least, so that a run of few watches lasts longer than one commit.
const TICKS_A_RUN: u32 = 200;

/// Measures sizes, then speed by number of watches, then step and record together.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let folder = tempfile::tempdir()?;
    let runtime = one_thread()?;
    let mut rows = sizes(effort, folder.path(), &runtime)?;
    for count in effort.size(&[1, 100, 1_000, 10_000][..], &[1, 20][..]) {
        rows.push(speed(effort, folder.path(), &runtime, *count)?);
    }
    rows.extend(step_and_record(effort, folder.path(), &runtime)?);
    Ok(Section {
        about: format!(
            "A ledger in a folder for temporary files on this machine's disk: SQLite, write-ahead log, every commit synced before it is answered. Watches with \
             {}; {}. Ticks a second are time on the wall, from the first append to the answer of the last, all watches appending at once. The last rows are \
             processor time of the whole process, threads of the store and the kernel's part included, while every watch steps and \
             appends; a run is the next ten looks.",
            service::MIX,
            service::TRAFFIC
        ),
        rows,
        limits: "for few watches the sync of the disk, one for each commit; for many the one writer of the store, which inserts an entry and updates the watch for \
                 every tick. What others do on the same disk widens the ranges. Step and record is bounded by the step, see watch-steps: early looks cost more, as \
                 their words still change.",
    })
}

/// All of a program's own work on one thread; the store has threads of its own.
fn one_thread() -> Result<Runtime, Problem> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn sizes(effort: Effort, folder: &Path, runtime: &Runtime) -> Result<Vec<Row>, Problem> {
    let looks = effort.size(service::LOOKS, 60);
    eprintln!("  sizes over {looks} looks …");
    let service = Service::new(false)?;
    let records: Vec<Record> = (1..=looks)
        .map(|number| tick_record(&service, 0, number))
        .collect();
    let stored = records
        .iter()
        .map(|record| (encode_record(record).len() + HASH_BYTES) as f64)
        .collect();
    let path = folder.join("sizes.db");
    let growth = runtime.block_on(async {
        let ledger = open(&path).await?;
        let leases = keepers(&ledger, &service, 1).await?;
        ledger.close().await;
        let before = fs::metadata(&path)?.len();
        let ledger = open(&path).await?;
        for some in records.chunks(60) {
            ledger.append(&leases[0], some, service::at(looks)).await?;
        }
        ledger.close().await;
        Ok::<_, Problem>(fs::metadata(&path)?.len().saturating_sub(before))
    })?;
    Ok(vec![
        Row {
            what: "stored for a tick of 20 criteria: payload and hash".to_owned(),
            value: Spread::among(stored),
            unit: "bytes",
            goal: Some(Goal::AtMost(TICK_BYTES)),
        },
        Row {
            what: format!("growth of the file for a tick, mean of {looks}"),
            value: Spread::exactly(growth as f64 / f64::from(looks)),
            unit: "bytes",
            goal: None,
        },
    ])
}

fn speed(effort: Effort, folder: &Path, runtime: &Runtime, count: u32) -> Result<Row, Problem> {
    eprintln!("  appends of {count} watches …");
    let service = Service::new(false)?;
    let looks = (effort.size(TICKS_A_RUN, 1) / count).max(1);
    let path = folder.join(format!("speed-{count}.db"));
    let value = runtime.block_on(async {
        let ledger = open(&path).await?;
        let leases: Vec<Arc<Lease>> = keepers(&ledger, &service, count)
            .await?
            .into_iter()
            .map(Arc::new)
            .collect();
        let mut values = Vec::new();
        let mut number = 0;
        // The first run is for warmth.
        for run in 0..=effort.runs {
            let mut took = Duration::ZERO;
            for _ in 0..looks {
                number += 1;
                let records = (0..count)
                    .map(|watch| tick_record(&service, watch, number))
                    .collect();
                took += append_all(&ledger, &leases, records, service::at(number)).await?;
            }
            if run > 0 {
                values.push(f64::from(looks * count) / took.as_secs_f64());
            }
        }
        ledger.close().await;
        Ok::<_, Problem>(Spread::among(values))
    })?;
    Ok(Row {
        what: if count == 1 {
            "ticks of one watch".to_owned()
        } else {
            format!("ticks of {count} watches appended at once")
        },
        value,
        unit: "a second",
        // A look a minute of all of them.
        goal: (f64::from(count) == WATCHES).then_some(Goal::AtLeast(WATCHES / LOOK_SECONDS)),
    })
}

/// Appends one record for each watch, all at the same time, and returns how long it took until the last was on disk.
async fn append_all(
    ledger: &Ledger,
    leases: &[Arc<Lease>],
    records: Vec<Record>,
    at: Timestamp,
) -> Result<Duration, Problem> {
    let begun = Instant::now();
    let mut appends = JoinSet::new();
    for (lease, record) in leases.iter().zip(records) {
        let (ledger, lease) = (ledger.clone(), Arc::clone(lease));
        appends.spawn(async move { ledger.append(&lease, &[record], at).await });
    }
    while let Some(appended) = appends.join_next().await {
        appended??;
    }
    Ok(begun.elapsed())
}

/// A watch with its right to append.
struct Kept {
    watch: Watch,
    lease: Lease,
}

/// Looks that a watch takes before it is timed: past the warm-up, with full windows.
const FIRST_LOOKS: u32 = 60;

/// Looks that are timed together.
const LOOKS_A_RUN: u32 = 10;

fn step_and_record(effort: Effort, folder: &Path, runtime: &Runtime) -> Result<Vec<Row>, Problem> {
    let count = effort.size(100, 5);
    eprintln!("  step and record of {count} watches …");
    let service = Service::new(false)?;
    let path = folder.join("together.db");
    let worked = runtime.block_on(async {
        let ledger = open(&path).await?;
        let leases = keepers(&ledger, &service, count).await?;
        let mut kept: Vec<Kept> = (0..)
            .zip(leases)
            .map(|(name, lease)| {
                let mut watch = service.begin();
                for number in 1..=FIRST_LOOKS {
                    look(&mut watch, service.tick(name, number));
                }
                Kept { watch, lease }
            })
            .collect();
        let mut worked = Vec::new();
        let mut number = FIRST_LOOKS;
        // The first run is for warmth.
        for run in 0..=effort.runs {
            let mut took = Duration::ZERO;
            for _ in 0..LOOKS_A_RUN {
                number += 1;
                let ticks = (0..count)
                    .map(|name| Input::Tick(service.tick(name, number)))
                    .collect();
                let begun = processor_time::of_process();
                kept = step_all(&ledger, kept, ticks, service::at(number)).await?;
                took += processor_time::of_process().saturating_sub(begun);
            }
            if run > 0 {
                worked.push(took.as_secs_f64() * 1e6 / f64::from(LOOKS_A_RUN * count));
            }
        }
        ledger.close().await;
        Ok::<_, Problem>(Spread::among(worked))
    })?;
    Ok(vec![
        Row {
            what: format!("step and record of one tick, {count} watches after {FIRST_LOOKS} looks"),
            value: worked,
            unit: "µs",
            goal: None,
        },
        Row {
            what: "watches at a look a minute on one core, step and record".to_owned(),
            value: worked.through(|micros| LOOK_SECONDS * 1e6 / micros),
            unit: "watches",
            goal: Some(Goal::AtLeast(WATCHES)),
        },
    ])
}

/// Steps every watch and appends what came of it, as a keeper does, and returns them when all is on disk.
async fn step_all(
    ledger: &Ledger,
    kept: Vec<Kept>,
    ticks: Vec<Input>,
    now: Timestamp,
) -> Result<Vec<Kept>, Problem> {
    let mut steps = JoinSet::new();
    for (mut kept, input) in kept.into_iter().zip(ticks) {
        let ledger = ledger.clone();
        steps.spawn(async move {
            let records = step(&mut kept.watch, now, input);
            ledger
                .append(&kept.lease, &records, now)
                .await
                .map(|_| kept)
        });
    }
    let mut all = Vec::with_capacity(steps.len());
    while let Some(kept) = steps.join_next().await {
        all.push(kept??);
    }
    all.sort_by_key(|kept| kept.lease.watch);
    Ok(all)
}

/// Steps a watch and returns the records of it.
pub fn step(watch: &mut Watch, now: Timestamp, input: Input) -> Vec<Record> {
    let events: Vec<Event> = watch.step(now, &input);
    let mut records = vec![Record::Input { now, input }];
    records.extend(events.into_iter().map(Record::Event));
    records
}

fn tick_record(service: &Service, watch: u32, number: u32) -> Record {
    Record::Input {
        now: service::at(number) + Duration::from_millis(5041),
        input: Input::Tick(service.tick(watch, number)),
    }
}

async fn open(path: &PathBuf) -> Result<Ledger, Problem> {
    Ok(Ledger::open(path, OpenMode::READ_WRITE).await?)
}

/// Seals watches, starts them and takes their leases.
async fn keepers(ledger: &Ledger, service: &Service, count: u32) -> Result<Vec<Lease>, Problem> {
    let mut begun = JoinSet::new();
    for _ in 0..count {
        let (ledger, seal) = (ledger.clone(), service.seal());
        begun.spawn(async move { lease(&ledger, seal).await });
    }
    let mut leases = Vec::new();
    while let Some(lease) = begun.join_next().await {
        leases.push(lease??);
    }
    leases.sort_by_key(|lease| lease.watch);
    Ok(leases)
}

/// Seals a watch, starts it and takes its lease.
///
/// # Errors
/// If the ledger fails.
pub async fn lease(ledger: &Ledger, seal: ledger::SealRecord) -> Result<Lease, Problem> {
    let at = service::at(0);
    let watch = ledger.seal_watch(seal).await?;
    match ledger
        .acquire(watch, "bench", at, Duration::from_secs(10))
        .await?
    {
        Acquired::Lease(lease) => {
            ledger.append(&lease, &[Record::Started { at }], at).await?;
            Ok(lease)
        }
        Acquired::HeldBy(holder) => {
            Err(format!("{} holds a watch that was just sealed", holder.name).into())
        }
    }
}
