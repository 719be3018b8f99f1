//! One watch, several keepers: one steps, whatever happens to it.

use crate::child::{Fate, KeeperProcess, was_a_child};
use crate::watching::{Terms, Watching, intents, keeper, looks};
use crate::world::World;
use core::time::Duration;
use ledger::{Acquired, Ledger, Record, WatchId};
use rustix::process::Signal;
use server::{Boundaries, Boundary, Clock, Kept};
use std::sync::Arc;
use verification::event::{Input, State};
use verification::terms::Reaction;
use verification::time::Timestamp;

const SPEED: u32 = 4;
const BROKEN: u64 = 2;
/// As little as the baseline.
const SOUND: u64 = 200;

/// Keepers that took the watch up, in order.
fn keepers(records: &[Record]) -> Vec<&str> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Engine { keeper, .. } => Some(keeper.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn of_two_keepers_one_steps_and_the_other_takes_over_at_once_when_it_is_killed() {
    if was_a_child() {
        return;
    }
    let test =
        "leases::of_two_keepers_one_steps_and_the_other_takes_over_at_once_when_it_is_killed";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        // At the machine's own pace: the lease of the first must be far from its end when the second takes over.
        let world = World::begin(1, BROKEN).await;
        let terms = Terms {
            decider: "{decided-by: shakedown, may-object: [on-call], within: 10s}",
            ..Terms::default()
        };
        let watching = Watching::seal(&world, &terms, &world.prometheus()).await;
        let mut first = KeeperProcess::start(&watching, test, None, false);
        watching
            .until("the first one looks", |records| looks(records) > 0)
            .await;
        let mut second = KeeperProcess::start(&watching, test, None, true);
        let name = format!("/{}/", first.id());
        let (said, mut second) = tokio::task::spawn_blocking(move || (second.line(), second))
            .await
            .unwrap();
        assert!(said.unwrap().contains(&name));
        let before = looks(&watching.records().await);
        watching
            .until("the first one goes on", |records| {
                looks(records) > before + 1
            })
            .await;
        assert_eq!(keepers(&watching.records().await).len(), 1);

        let row = watching.ledger.watch(watching.watch).await.unwrap();
        let until = row.keeper.unwrap().until;
        first.kill();
        let said = tokio::task::spawn_blocking(move || (second.line(), second.ended()))
            .await
            .unwrap();
        assert_eq!(said.0.as_deref(), Some("over 21"));
        assert_eq!(world.puts(), [0]);
        watching.checked().await;
        let entries = watching.entries().await;
        let taken = entries
            .iter()
            .filter(|entry| matches!(entry.record, Some(Record::Engine { .. })));
        let taken: Vec<Timestamp> = taken.map(|entry| entry.at).collect();
        assert_eq!(taken.len(), 2);
        assert!(taken[1] < until, "the lease of the dead one was waited for");
    });
}

/// Suspends a keeper at a boundary for longer than its lease, lets another one finish, and wakes the first again.
async fn suspended_at(test: String, boundary: Boundary) {
    let world = World::begin(SPEED, BROKEN).await;
    let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    let fate = Fate {
        boundary,
        occurrence: 1,
        signal: Signal::STOP,
    };
    let mut first = KeeperProcess::start(&watching, &test, Some(fate), false);
    let mut first = tokio::task::spawn_blocking(move || {
        assert_eq!(first.line().as_deref(), Some("met"));
        first.suspended();
        first
    })
    .await
    .unwrap();
    let mut second = KeeperProcess::start(&watching, &test, None, true);
    let said = tokio::task::spawn_blocking(move || {
        let mut line = second.line();
        // Unless the lease has run out by now, it waits for that.
        if line
            .as_ref()
            .is_some_and(|line| line.starts_with("held by "))
        {
            line = second.line();
        }
        second.ended();
        line
    })
    .await
    .unwrap();
    assert_eq!(said.as_deref(), Some("over 21"), "{boundary:?}");
    let before = (world.puts(), watching.entries().await.len());

    first.wake(&watching);
    let said = tokio::task::spawn_blocking(move || (first.line(), first.ended()))
        .await
        .unwrap();
    assert!(said.0.unwrap().starts_with("held by "), "{boundary:?}");
    assert_eq!(before.0, [0], "{boundary:?}");
    assert_eq!(world.puts(), [0], "{boundary:?}");
    assert_eq!(watching.entries().await.len(), before.1, "{boundary:?}");
    let replayed = watching.checked().await;
    assert_eq!(replayed.watch.unwrap().state(), State::RolledBack);
}

#[test]
fn a_keeper_suspended_longer_than_its_lease_does_nothing_twice() {
    if was_a_child() {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for boundary in [
            Boundary::Fetched,
            Boundary::Stepped,
            Boundary::Recorded,
            Boundary::Ordered,
            Boundary::AttemptRecorded,
        ] {
            let test = "leases::a_keeper_suspended_longer_than_its_lease_does_nothing_twice";
            tasks.spawn(suspended_at(test.to_owned(), boundary));
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    });
}

/// Takes the lease away from whoever has it, at one boundary.
struct Thief {
    ledger: Ledger,
    watch: WatchId,
    at: Boundary,
    now: Timestamp,
}

impl Boundaries for Thief {
    fn reach(&self, boundary: Boundary) {
        if boundary != self.at {
            return;
        }
        // As if the lease had long run out.
        let later = self.now + Duration::from_secs(3600);
        let (ledger, watch) = (self.ledger.clone(), self.watch);
        let took = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(ledger.acquire(watch, "thief", later, Duration::from_secs(60)))
        });
        let acquired = took.join().unwrap().unwrap();
        assert!(matches!(acquired, Acquired::Lease(_)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_cannot_be_recorded_because_the_lease_is_lost_is_not_made() {
    let world = World::begin(SPEED, BROKEN).await;
    let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    let thief = Thief {
        ledger: watching.ledger.clone(),
        watch: watching.watch,
        at: Boundary::Ordered,
        now: world.clock.now(),
    };
    let robbed = keeper(
        watching.ledger.clone(),
        watching.folder.path(),
        watching.watch,
        "robbed",
        Arc::new(world.clock),
        Arc::new(thief),
    )
    .await;
    let kept = watching.start(robbed).end().await;
    assert_eq!(
        kept,
        Kept::HeldBy {
            holder: "thief".to_owned()
        }
    );
    let records = watching.records().await;
    assert_eq!(intents(&records).len(), 2);
    assert!(
        !records
            .iter()
            .any(|record| matches!(record, Record::Attempt { .. }))
    );
    assert_eq!(world.puts(), [0_u64; 0]);
    assert!(world.received("on-call").is_empty());
}

/// Waits until the lease was renewed for longer than one term.
async fn long_renewed(watching: &Watching) {
    let until = async || {
        let row = watching.ledger.watch(watching.watch).await.unwrap();
        row.keeper.map(|keeper| keeper.until)
    };
    let first = until().await.unwrap();
    let begun = std::time::Instant::now();
    while until().await.unwrap() < first + Duration::from_secs(25) {
        assert!(begun.elapsed() < crate::watching::PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_look_hangs_the_lease_is_renewed_and_time_goes_on() {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        cannot_see_for: "20s",
        ..Terms::default()
    };
    let source = world.prometheus_within("60s");
    world.fault(crate::fake_prometheus::Fault::Slow(Duration::from_secs(60)));
    let watching = Watching::seal(&world, &terms, &source).await;
    let first = watching.start(watching.keeper("first").await);
    watching
        .until("somebody is paged", |records| !intents(records).is_empty())
        .await;
    long_renewed(&watching).await;
    let records = watching.records().await;
    assert_eq!(looks(&records), 0);
    assert!(records.iter().any(|record| matches!(
        record,
        Record::Input {
            input: Input::Clock,
            ..
        }
    )));
    let second = watching.start(watching.keeper("second").await).end().await;
    let holder = "first".to_owned();
    assert_eq!(second, Kept::HeldBy { holder });
    assert!(matches!(first.stop().await, Kept::Stopped(_)));
    assert_eq!(
        watching.checked().await.watch.unwrap().state(),
        State::CannotSee
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_action_takes_long_the_lease_is_renewed_and_its_outcome_recorded_once() {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        then: "roll-back",
        run: "hook/shop",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.prometheus()).await;
    world.receivers_hang(true);
    let first = watching.start(watching.keeper("first").await);
    watching
        .until("it is at it", |records| {
            records
                .iter()
                .any(|record| matches!(record, Record::Attempt { .. }))
        })
        .await;
    let before = looks(&watching.records().await);
    // The receiver's time limit is shorter than a lease here: hold it up only as long as needed.
    watching
        .until("it goes on looking", |records| looks(records) > before + 3)
        .await;
    let second = watching.start(watching.keeper("second").await).end().await;
    let holder = "first".to_owned();
    assert_eq!(second, Kept::HeldBy { holder });
    world.receivers_hang(false);
    assert!(matches!(first.end().await, Kept::Over(_)));
    assert_eq!(world.received("roll-back").len(), 1);
    let outcomes = watching.records().await.into_iter().filter(|record| {
        matches!(
            record,
            Record::Input {
                input: Input::Outcome(_),
                ..
            }
        )
    });
    assert_eq!(outcomes.count(), 1);
    watching.checked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keeper_that_is_asked_to_stop_records_what_came_of_its_attempt() {
    let world = World::begin(SPEED, BROKEN).await;
    let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    let first = watching.start(watching.keeper("first").await);
    watching
        .until("a rollback is ordered", |records| {
            intents(records)
                .iter()
                .any(|intent| intent.reaction == Reaction::RollBack)
        })
        .await;
    let kept = first.stop().await;
    assert!(matches!(kept, Kept::Stopped(_)), "{kept:?}");
    let records = watching.records().await;
    let attempts = records
        .iter()
        .filter(|record| matches!(record, Record::Attempt { .. }));
    let outcomes = records.iter().filter(|record| {
        matches!(
            record,
            Record::Input {
                input: Input::Outcome(_),
                ..
            }
        )
    });
    assert_eq!(attempts.count(), outcomes.count());
    // At once: the lease was given back.
    let kept = watching.start(watching.keeper("second").await).end().await;
    assert!(matches!(kept, Kept::Over(_)), "{kept:?}");
    assert_eq!(world.puts(), [0]);
    watching.checked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_canary_stays_the_one_that_was_chosen_before_a_restart() {
    let world = World::begin_without_canary(SPEED, SOUND).await;
    let terms = Terms {
        sides: "by: version\n  canary: newest",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.pages()).await;
    let first = watching.start(watching.keeper("first").await);
    watching
        .until("there is one version", |records| looks(records) > 1)
        .await;
    world.canary_appears();
    let chosen = |records: &[Record]| {
        records.iter().rev().find_map(|record| match record {
            Record::Input {
                input: Input::Tick(tick),
                ..
            } => tick
                .versions
                .clone()
                .filter(|versions| versions.canary.is_some()),
            _ => None,
        })
    };
    watching
        .until("the canary is chosen", |records| chosen(records).is_some())
        .await;
    first.stop().await;
    let versions = chosen(&watching.records().await).unwrap();
    assert_eq!(versions.canary.as_deref(), Some("2"));

    // To a reader that begins now, both versions were always there.
    let before = watching.ticks().await.len();
    let second = watching.start(watching.keeper("second").await);
    let mut counted = 0;
    while counted < 2 {
        let ticks = watching.ticks().await;
        counted = ticks[before..]
            .iter()
            .filter(|tick| {
                crate::watching::counted(core::slice::from_ref(tick)).1 > 0
                    && tick.pods.canary.count == 1
                    && tick.pods.baseline.count == 2
            })
            .count();
        assert!(ticks.len() < before + 60, "{:#?}", ticks.last());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    second.stop().await;
    let replayed = watching.checked().await;
    assert_eq!(replayed.watch.unwrap().summary().versions, versions);
}
