//! From the arrival of the decisive scrape to the executed rollback.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actions::{ActionConfig, Address, SplitterConfig};
use ledger::{Ledger, OpenMode};
use server::sealing::{ToSeal, seal_measured};
use server::{Boundaries, Boundary, Clock, Keeper, SystemClock};
use telemetry::{ScrapeConfig, SourceConfig, Target};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Problem;
use crate::effort::Effort;
use crate::pages::Pages;
use crate::service::parse;
use crate::spread::Spread;
use crate::table::{Goal, Row, Section};

/// Most milliseconds from scrape to rollback.
const MILLISECONDS: f64 = 1000.0;

/// Watches in each batch; their looks are spread over a second.
const AT_ONCE: u32 = 8;
const BATCHES: u32 = 3;

/// Scrapes before the canary breaks: past the warm-up.
const WHOLE_FOR: u64 = 8;

/// Longest time one watch may take; a rollback that does not come is an error, no number.
const PATIENCE: Duration = Duration::from_secs(60);

const PLAN: &str = "\
plan: 1
service: shop
demonstration: true
watch: {for: 2m, judge-every: 1s, warm-up: 5s, lateness: 0s}
compare:
  canary: 'track=\"canary\"'
  baseline: 'track=\"baseline\"'
  noise: {dispersion: 1, pods: 0.05}
signals:
  failed: {source: shop, kind: proportion, part: 'http_requests_total{code=~\"5..\"}', whole: http_requests_total}
criteria:
  - {name: requests keep working, signal: failed, worse-when: higher, limit: +2pp, sustained-for: 5s, then: roll-back}
authority:
  roll-back: {decided-by: shakedown}
  confirm: {decided-by: shakedown}
  undecided-at-the-end: review
  cannot-see-for: {15s: page}
actions:
  roll-back: {run: splitter/shop, within: 30s, otherwise: page}
";

/// Measures real keepers, a batch at a time.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let folder = tempfile::tempdir()?;
    let (batches, at_once) = (effort.size(BATCHES, 1), effort.size(AT_ONCE, 1));
    let mut all = Vec::new();
    for batch in 1..=batches {
        eprintln!("  batch {batch} of {batches}: {at_once} watches …");
        let path = folder.path().join(format!("batch-{batch}.db"));
        let whole_for = effort.size(WHOLE_FOR, 3);
        all.extend(runtime.block_on(batch_of(&path, at_once, whole_for))?);
    }
    let row = |what: &str, goal, part: fn(&Times) -> Option<Duration>| {
        let values = all
            .iter()
            .filter_map(part)
            .map(|took| took.as_secs_f64() * 1e3)
            .collect();
        Row {
            what: what.to_owned(),
            value: Spread::among(values),
            unit: "ms",
            goal,
        }
    };
    Ok(Section {
        about: format!(
            "{} keepers of one watch each, {at_once} at once over one ledger on disk, looks spread over the second: two metrics pages scraped every second over \
             HTTP on this machine, a canary that begins to fail nine requests in ten, the built-in splitter's admin API as the action. From the moment before \
             the last metrics page of the decisive look was written to the arrival of the order that sets the canary's weight to 0. Time on the wall; a run is a watch, \
             and the upper end of the range is the slowest of all. The wait for the next scrape (up to a second here) is not in it.",
            all.len()
        ),
        rows: vec![
            row(
                "decisive scrape to executed rollback",
                Some(Goal::AtMost(MILLISECONDS)),
                |times| {
                    times
                        .ordered_at
                        .checked_duration_since(times.seen.decisive?)
                },
            ),
            row(
                "of that: page written, read, look complete",
                None,
                |times| {
                    times
                        .seen
                        .fetched?
                        .checked_duration_since(times.seen.decisive?)
                },
            ),
            row("of that: step, decision", None, |times| {
                times
                    .seen
                    .stepped?
                    .checked_duration_since(times.seen.fetched?)
            }),
            row("of that: records on disk", None, |times| {
                times
                    .seen
                    .recorded?
                    .checked_duration_since(times.seen.stepped?)
            }),
            row("of that: attempt on disk", None, |times| {
                times
                    .seen
                    .attempted?
                    .checked_duration_since(times.seen.recorded?)
            }),
            row("of that: weights read, order arrived", None, |times| {
                times
                    .ordered_at
                    .checked_duration_since(times.seen.attempted?)
            }),
        ],
        limits: "the disk: two commits, each synced, lie between decision and order, one for the records of the look and one for the attempt. What remains are two \
                 exchanges over HTTP: weights are read before they are written.",
    })
}

/// When what happened in one watch.
struct Times {
    seen: Seen,
    /// Arrival of the order at the splitter.
    ordered_at: Instant,
}

async fn batch_of(path: &Path, at_once: u32, whole_for: u64) -> Result<Vec<Times>, Problem> {
    let ledger = Ledger::open(path, OpenMode::READ_WRITE).await?;
    let mut watches = JoinSet::new();
    for number in 0..at_once {
        let ledger = ledger.clone();
        watches.spawn(async move {
            tokio::time::sleep(Duration::from_secs(1) * number / at_once).await;
            one_watch(ledger, format!("bench-{number}"), whole_for).await
        });
    }
    let mut all = Vec::new();
    while let Some(times) = watches.join_next().await {
        all.push(times??);
    }
    ledger.close().await;
    Ok(all)
}

async fn one_watch(ledger: Ledger, holder: String, whole_for: u64) -> Result<Times, Problem> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (pages, ordered) = Pages::new(whole_for);
    let serving = tokio::spawn(pages.clone().serve(listener));

    let to_seal = ToSeal {
        plan: parse(PLAN)?,
        plan_text: PLAN.to_owned(),
        plan_file: "shop.watch.yaml".to_owned(),
        connections: "{}".to_owned(),
        engine: "bench".to_owned(),
    };
    let clock = Arc::new(SystemClock);
    let sealed = seal_measured(&ledger, to_seal, Vec::new(), false, clock.now()).await?;
    let boundaries = Arc::new(Timing {
        pages,
        seen: Mutex::default(),
    });
    let keeper = Keeper {
        ledger,
        watch: sealed.watch,
        holder,
        engine: "bench".to_owned(),
        sources: BTreeMap::from([("shop".to_owned(), source(address))]),
        actions: BTreeMap::from([("splitter/shop".to_owned(), splitter(address)?)]),
        spill: None,
        clock,
        boundaries: Arc::clone(&boundaries) as Arc<dyn Boundaries>,
    };
    let (stop, stopped) = watch::channel(false);
    let keeping = tokio::spawn(keeper.keep(stopped));
    let ordered_at = tokio::time::timeout(PATIENCE, ordered).await;
    // A keeper that has ended by itself needs no stop.
    let _ = stop.send(true);
    keeping.await??;
    serving.abort();
    let ordered_at = ordered_at.map_err(|_| format!("no rollback within {PATIENCE:?}"))??;
    let seen = *boundaries.lock();
    Ok(Times { seen, ordered_at })
}

fn source(address: SocketAddr) -> SourceConfig {
    let target = |side: &str| {
        Target::new(format!("http://{address}/{side}"))
            .label("track", side)
            .label("pod", side)
    };
    SourceConfig::Scrape(ScrapeConfig::new(vec![
        target("canary"),
        target("baseline"),
    ]))
}

fn splitter(address: SocketAddr) -> Result<ActionConfig, Problem> {
    Ok(ActionConfig::Splitter(SplitterConfig {
        admin: Address::open(&format!("http://{address}"))?,
        token: None,
        group: "canary".to_owned(),
        weight: 0,
        time_limit: Duration::from_secs(5),
    }))
}

/// When the boundaries up to the first attempt were reached the last time.
#[derive(Clone, Copy, Default)]
struct Seen {
    decisive: Option<Instant>,
    fetched: Option<Instant>,
    stepped: Option<Instant>,
    recorded: Option<Instant>,
    attempted: Option<Instant>,
}

/// Notes the time at each boundary until the attempt of the rollback.
struct Timing {
    pages: Pages,
    seen: Mutex<Seen>,
}

impl Timing {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Boundaries for Timing {
    fn reach(&self, boundary: Boundary) {
        let mut seen = self.lock();
        // The first order is the rollback: what follows it belongs to later looks.
        if seen.attempted.is_some() {
            return;
        }
        let now = Some(Instant::now());
        match boundary {
            Boundary::Fetched if seen.decisive.is_none() => seen.fetched = now,
            Boundary::Stepped if seen.decisive.is_none() => seen.stepped = now,
            Boundary::Recorded if seen.decisive.is_none() => seen.recorded = now,
            // The keeper asks for its next look only after this: the last page is the one that it has just judged.
            Boundary::Ordered => seen.decisive = self.pages.page_written(),
            Boundary::AttemptRecorded => seen.attempted = now,
            _ => {}
        }
    }
}
