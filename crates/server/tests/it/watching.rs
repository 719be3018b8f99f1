//! A sealed watch in a ledger of its own, and keepers for it.

use crate::fast_clock::FastClock;
use crate::world::World;
use core::time::Duration;
use ledger::{Acquired, Entry, Ledger, OpenMode, Record, RequestId, WatchId};
use server::sealing::{ToSeal, seal_measured};
use server::{Boundaries, Clock, Keeper, KeeperError, Kept, NoBoundaries, Replayed};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use verification::event::{Event, HumanAct, HumanActKind, Input};
use verification::intent::Intent;
use verification::observation::{Measured, Tick};
use verification::time::Timestamp;

/// Longest wait for anything; nothing asserts how long it took.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What the plans of the tests differ in.
#[derive(Clone, Debug)]
pub struct Terms {
    pub watch_for: &'static str,
    pub judge_every: &'static str,
    pub sustained_for: &'static str,
    /// How the sides are told apart.
    pub sides: &'static str,
    /// What the only criterion asks for.
    pub then: &'static str,
    /// Name of the action that rolls back.
    pub run: &'static str,
    /// Who decides on a rollback.
    pub decider: &'static str,
    pub recover_within: &'static str,
    pub cannot_see_for: &'static str,
    /// A line of the authority part.
    pub review: &'static str,
}

/// By the labels of the targets.
pub const BY_TRACK: &str = "canary: 'track=\"canary\"'\n  baseline: 'track=\"baseline\"'";

impl Default for Terms {
    fn default() -> Self {
        Self {
            watch_for: "600s",
            judge_every: "1s",
            sustained_for: "5s",
            sides: BY_TRACK,
            then: "[roll-back, page]",
            run: "splitter/shop",
            decider: "{decided-by: shakedown}",
            recover_within: "240s",
            cannot_see_for: "120s",
            review: "",
        }
    }
}

impl Terms {
    pub fn plan(&self) -> String {
        let Self {
            watch_for,
            judge_every,
            sustained_for,
            sides,
            then,
            run,
            decider,
            recover_within,
            cannot_see_for,
            review,
        } = self;
        format!(
            "plan: 1
service: shop
demonstration: true
watch: {{for: {watch_for}, judge-every: {judge_every}, warm-up: 2s, lateness: 0s}}
compare:
  {sides}
  false-alarms: 1 in 100 watches
  noise: {{dispersion: 1, pods: 0.05}}
signals:
  failed-requests:
    source: shop
    kind: proportion
    part: http_requests_total{{code=~\"5..\"}}
    whole: http_requests_total
criteria:
  - name: requests keep working
    signal: failed-requests
    worse-when: higher
    limit: +2pp
    sustained-for: {sustained_for}
    then: {then}
authority:
  roll-back: {decider}
  confirm: {{decided-by: shakedown}}
  undecided-at-the-end: review
  cannot-see-for: {{{cannot_see_for}: page}}
  {review}
actions:
  roll-back: {{run: {run}, recovered-when: the criteria that failed, within: {recover_within}, otherwise: page}}
  page: {{send: on-call}}
"
        )
    }
}

/// A watch and where it is kept.
pub struct Watching {
    pub folder: TempDir,
    pub ledger: Ledger,
    pub watch: WatchId,
    pub clock: FastClock,
}

impl Watching {
    /// Seals a plan over the world's only source, given as connections text.
    pub async fn seal(world: &World, terms: &Terms, source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connections = world.connections(source);
        std::fs::write(folder.path().join("shakedown.yaml"), &connections).unwrap();
        let ledger = Ledger::open(ledger_in(folder.path()), OpenMode::READ_WRITE)
            .await
            .unwrap();
        let text = terms.plan();
        let parsed = plan::parse(&text, "test.watch.yaml");
        let plan = parsed
            .plan
            .unwrap_or_else(|| panic!("{:?}", parsed.problems));
        let to_seal = ToSeal {
            plan,
            plan_text: text,
            plan_file: "test.watch.yaml".to_owned(),
            connections: String::new(),
            engine: "test".to_owned(),
        };
        let done = seal_measured(&ledger, to_seal, Vec::new(), false, world.clock.now())
            .await
            .unwrap();
        Self {
            folder,
            ledger,
            watch: done.watch,
            clock: world.clock,
        }
    }

    /// A keeper in this process.
    pub async fn keeper(&self, holder: &str) -> Keeper {
        keeper(
            self.ledger.clone(),
            self.folder.path(),
            self.watch,
            holder,
            Arc::new(self.clock),
            Arc::new(NoBoundaries),
        )
        .await
    }

    /// Keeps the watch in this process, to its end.
    pub async fn keep(&self) -> Kept {
        self.start(self.keeper("the only keeper").await).end().await
    }

    /// Sets a keeper to work in a task.
    pub fn start(&self, keeper: Keeper) -> AtWork {
        let (stop, stopped) = tokio::sync::watch::channel(false);
        AtWork {
            stop,
            kept: tokio::spawn(keeper.keep(stopped)),
        }
    }

    /// Asks the keeper for something, as other processes do.
    pub async fn request(&self, kind: HumanActKind) -> RequestId {
        let act = HumanAct {
            kind,
            name: "ada".to_owned(),
            reason: "because".to_owned(),
        };
        let now = self.clock.now();
        self.ledger
            .post_request(self.watch, &act, now)
            .await
            .unwrap()
    }

    /// Closes the ledger and opens it again, with so many bytes for it in all.
    pub async fn reopen(&mut self, most_bytes: Option<u64>) {
        self.ledger.close().await;
        let file = ledger_in(self.folder.path());
        self.ledger = Ledger::open(file, OpenMode::ReadWrite { most_bytes })
            .await
            .unwrap();
    }

    /// Opens the ledger again with no more room than it has now, and fills its pages with notes.
    pub async fn fill(&mut self) {
        self.reopen(None).await;
        self.ledger.close().await;
        let has = std::fs::metadata(ledger_in(self.folder.path()))
            .unwrap()
            .len();
        self.reopen(Some(has)).await;
        let now = self.clock.now();
        let acquired = self
            .ledger
            .acquire(self.watch, "filler", now, PATIENCE)
            .await
            .unwrap();
        let Acquired::Lease(lease) = acquired else {
            panic!("somebody keeps the watch");
        };
        for length in [1000, 100, 10] {
            let note = Record::Note {
                text: "x".repeat(length),
            };
            while self
                .ledger
                .append(&lease, core::slice::from_ref(&note), now)
                .await
                .is_ok()
            {}
        }
        self.ledger.release(lease).await.unwrap();
    }

    /// Where records go while the ledger cannot be written.
    pub fn spill(&self) -> PathBuf {
        self.folder.path().join("spill")
    }

    pub async fn entries(&self) -> Vec<Entry> {
        self.ledger.read(self.watch, 0).await.unwrap()
    }

    pub async fn records(&self) -> Vec<Record> {
        let entries = self.entries().await;
        entries
            .into_iter()
            .filter_map(|entry| entry.record)
            .collect()
    }

    /// Checks the chain and that a replay gives the record byte for byte; returns the watch.
    pub async fn checked(&self) -> Replayed {
        self.ledger.verify(self.watch).await.unwrap();
        let entries = self.entries().await;
        let mut replayed = Replayed::begin(&self.watch.to_string(), &entries).unwrap();
        replayed.finish();
        assert_eq!(replayed.differences, Vec::new());
        replayed
    }

    /// All looks that counted.
    pub async fn ticks(&self) -> Vec<Tick> {
        self.records()
            .await
            .into_iter()
            .filter_map(|record| match record {
                Record::Input {
                    input: Input::Tick(tick),
                    ..
                } => Some(tick),
                _ => None,
            })
            .collect()
    }

    /// Waits until the records fulfil a condition.
    pub async fn until(&self, what: &str, mut condition: impl FnMut(&[Record]) -> bool) {
        let begun = Instant::now();
        loop {
            let records = self.records().await;
            if condition(&records) {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "waited in vain until {what}: {records:#?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A keeper at work in a task of this process.
pub struct AtWork {
    stop: tokio::sync::watch::Sender<bool>,
    kept: JoinHandle<Result<Kept, KeeperError>>,
}

impl AtWork {
    /// Waits for its end.
    pub async fn end(self) -> Kept {
        self.result().await.unwrap()
    }

    pub async fn result(self) -> Result<Kept, KeeperError> {
        let kept = tokio::time::timeout(PATIENCE, self.kept).await;
        drop(self.stop);
        kept.expect("the keeper does not end").unwrap()
    }

    /// Asks it to stop and waits for its end.
    pub async fn stop(self) -> Kept {
        self.stop.send(true).unwrap();
        self.end().await
    }
}

/// Events and trials that looks have counted on both sides.
pub fn counted(ticks: &[Tick]) -> (u64, u64) {
    let mut sums = (0, 0);
    for tick in ticks {
        for reading in tick
            .readings
            .iter()
            .filter(|reading| reading.slice.is_none())
        {
            for measured in [&reading.sides.canary, &reading.sides.baseline] {
                if let Measured::Counts(sample) = measured {
                    sums.0 += sample.events;
                    sums.1 += sample.trials;
                }
            }
        }
    }
    sums
}

/// What a Prometheus server held of the time that looks have covered: events and trials.
pub fn held(world: &World, ticks: &[Tick]) -> (u64, u64) {
    // Samples are on the second.
    let whole = |moment: Timestamp| moment.millis().div_euclid(1000) * 1000;
    let from = whole(ticks.first().unwrap().from);
    let through = whole(ticks.last().unwrap().through);
    let traffic = world.traffic();
    (
        traffic.failed(through) - traffic.failed(from),
        traffic.requests(through) - traffic.requests(from),
    )
}

/// Looks among records.
pub fn looks(records: &[Record]) -> usize {
    records
        .iter()
        .filter(|record| {
            matches!(
                record,
                Record::Input {
                    input: Input::Tick(_),
                    ..
                }
            )
        })
        .count()
}

/// Orders among records.
pub fn intents(records: &[Record]) -> Vec<&Intent> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Event(Event::Intent(intent)) => Some(intent),
            _ => None,
        })
        .collect()
}

pub fn ledger_in(folder: &Path) -> PathBuf {
    folder.join("ledger.sqlite")
}

/// A keeper by what lies in the folder of a watch.
pub async fn keeper(
    ledger: Ledger,
    folder: &Path,
    watch: WatchId,
    holder: &str,
    clock: Arc<dyn Clock>,
    boundaries: Arc<dyn Boundaries>,
) -> Keeper {
    let text = std::fs::read_to_string(folder.join("shakedown.yaml")).unwrap();
    let parsed = plan::connections(&text, "shakedown.yaml");
    let connections = parsed
        .connections
        .unwrap_or_else(|| panic!("{:?}", parsed.problems));
    let entries = ledger.read_some(watch, 1, 1).await.unwrap();
    let sealed = Replayed::begin(&watch.to_string(), &entries)
        .unwrap()
        .sealed;
    let resolved = server::connections::resolve(&sealed.plan, &connections, folder).unwrap();
    Keeper {
        ledger,
        watch,
        holder: holder.to_owned(),
        engine: "test".to_owned(),
        sources: resolved.sources,
        actions: resolved.actions,
        spill: Some(folder.join("spill")),
        clock,
        boundaries,
    }
}
