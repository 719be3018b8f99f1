//! A sealed watch in a ledger of its own, and keepers for it.

use crate::fast_clock::FastClock;
use crate::world::World;
use core::time::Duration;
use ledger::{Entry, Ledger, OpenMode, Record, WatchId};
use server::sealing::{ToSeal, seal_measured};
use server::{Boundaries, Clock, Keeper, NoBoundaries, Replayed};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use tempfile::TempDir;
use verification::event::Input;
use verification::observation::{Measured, Tick};

/// Longest wait for anything; nothing asserts how long it took.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// What the plans of the tests differ in.
#[derive(Clone, Debug)]
pub struct Terms {
    pub watch_for: &'static str,
    /// What the only criterion asks for.
    pub then: &'static str,
    /// Name of the action that rolls back.
    pub run: &'static str,
    /// Who decides on a rollback.
    pub decider: &'static str,
    pub recover_within: &'static str,
    pub cannot_see_for: &'static str,
    pub review: &'static str,
    pub lateness: &'static str,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            watch_for: "600s",
            then: "[roll-back, page]",
            run: "splitter/shop",
            decider: "{decided-by: shakedown}",
            recover_within: "240s",
            cannot_see_for: "120s",
            review: "",
            lateness: "0s",
        }
    }
}

impl Terms {
    pub fn plan(&self) -> String {
        let Self {
            watch_for,
            then,
            run,
            decider,
            recover_within,
            cannot_see_for,
            review,
            lateness,
        } = self;
        format!(
            "plan: 1
service: shop
demonstration: true
watch: {{for: {watch_for}, judge-every: 1s, warm-up: 2s, lateness: {lateness}}}
compare:
  canary: 'track=\"canary\"'
  baseline: 'track=\"baseline\"'
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
    sustained-for: 5s
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
        Self::seal_in(world, terms, source, OpenMode::READ_WRITE).await
    }

    pub async fn seal_in(world: &World, terms: &Terms, source: &str, mode: OpenMode) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connections = world.connections(source);
        std::fs::write(folder.path().join("shakedown.yaml"), &connections).unwrap();
        let ledger = Ledger::open(ledger_in(folder.path()), mode).await.unwrap();
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
