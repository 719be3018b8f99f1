//! A ledger that cannot be written: records go to the spill file and come back in order, once; where nothing can be recorded,
//! somebody is paged instead of an action.

use crate::child::{Fate, KeeperProcess, was_a_child};
use crate::watching::{PATIENCE, Terms, Watching, counted, held, intents, looks};
use crate::world::World;
use core::time::Duration;
use ledger::{Ledger, Record, RequestId};
use rustix::process::Signal;
use server::{Boundary, KeeperError, Kept};
use std::time::Instant;
use verification::event::{HumanActKind, Input, State};
use verification::exit::Exit;
use verification::terms::Reaction;

const SPEED: u32 = 4;
const BROKEN: u64 = 2;
const SOUND: u64 = 200;
/// Less than the log of a new ledger, more than a spill file of these tests.
const FULL: u64 = 64 * 1024;

/// A rollback that was done while the ledger was full and is in the chain by now.
async fn rolled_back_once(world: &World, watching: &Watching) {
    assert!(!watching.spill().exists());
    let watch = watching.checked().await.watch.unwrap();
    assert_eq!(watch.state(), State::RolledBack);
    assert!(watch.summary().recovery.unwrap().recovered);
    assert_eq!(world.puts(), [0]);
    let ticks = watching.ticks().await;
    assert_eq!(counted(&ticks), held(world, &ticks));
}

fn is_attempt(record: &Record) -> bool {
    matches!(record, Record::Attempt { .. })
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_full_the_spill_file_takes_the_records_and_the_next_keeper_puts_them_into_the_chain()
{
    let world = World::begin(SPEED, BROKEN).await;
    let mut watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    watching.fill().await;
    let first = watching.start(watching.keeper("first").await);
    rolled_back(&world).await;
    assert!(!watching.records().await.iter().any(is_attempt));
    // It stays, even once the watch is over, for as long as nobody else can know.
    assert!(matches!(first.stop().await, Kept::Stopped(_)));
    assert!(watching.spill().exists());

    watching.reopen(None).await;
    assert_eq!(watching.keep().await, Kept::Over(Exit::RolledBack));
    rolled_back_once(&world, &watching).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_still_full_the_next_keeper_goes_on_behind_the_spilled_records() {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        decider: "{decided-by: shakedown, may-object: [on-call], within: 40s}",
        then: "roll-back",
        ..Terms::default()
    };
    let mut watching = Watching::seal(&world, &terms, &world.prometheus()).await;
    watching.fill().await;
    let first = watching.start(watching.keeper("first").await);
    let begun = Instant::now();
    let length = || std::fs::metadata(watching.spill()).map_or(0, |file| file.len());
    while length() < 4000 {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    first.stop().await;
    assert_eq!(world.puts(), [0_u64; 0]);
    let second = watching.start(watching.keeper("second").await);
    rolled_back(&world).await;
    second.stop().await;

    watching.reopen(None).await;
    assert_eq!(watching.keep().await, Kept::Over(Exit::RolledBack));
    rolled_back_once(&world, &watching).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_spill_file_the_keeper_ends_and_somebody_is_paged() {
    let world = World::begin(SPEED, SOUND).await;
    let mut watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    watching.reopen(Some(64 * 1024)).await;
    let mut keeper = watching.keeper("the only keeper").await;
    keeper.spill = None;
    let ended = watching.start(keeper).result().await;
    let error = ended.unwrap_err();
    assert!(matches!(error, KeeperError::Unwritable { .. }), "{error}");
    let pages = world.received("on-call");
    assert_eq!(pages.len(), 1);
    let line = pages[0].body["first_line"].as_str().unwrap();
    assert!(line.contains("the watch has stopped"), "{line}");
    // With room again it goes on where it was.
    watching.reopen(None).await;
    let again = watching.start(watching.keeper("the next keeper").await);
    let before = looks(&watching.records().await);
    watching
        .until("it goes on", |records| looks(records) > before + 2)
        .await;
    again.stop().await;
    watching.checked().await;
}

#[test]
fn nothing_can_be_recorded_so_a_rollback_is_paged_and_not_done() {
    if was_a_child() {
        return;
    }
    let test = "ledger_full::nothing_can_be_recorded_so_a_rollback_is_paged_and_not_done";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::begin(SPEED, BROKEN).await;
        let terms = Terms {
            then: "roll-back",
            ..Terms::default()
        };
        let watching = Watching::seal(&world, &terms, &world.prometheus()).await;
        let fate = Fate {
            boundary: Boundary::Ordered,
            occurrence: 1,
            signal: Signal::STOP,
        };
        let mut child = KeeperProcess::start(&watching, test, Some(fate), false);
        let mut child = tokio::task::spawn_blocking(move || {
            assert_eq!(child.line().as_deref(), Some("met"));
            child.suspended();
            child
        })
        .await
        .unwrap();
        // Neither the ledger nor a spill file.
        child.limit_files(Some(0));
        child.wake(&watching);
        let said = tokio::task::spawn_blocking(move || (child.line(), child.ended()))
            .await
            .unwrap();
        assert!(said.0.unwrap().contains("Unwritable"));
        assert_eq!(world.puts(), [0_u64; 0]);
        let pages = world.received("on-call");
        assert_eq!(pages.len(), 1);
        let line = pages[0].body["first_line"].as_str().unwrap();
        assert!(line.contains("a rollback is due and NOT done"), "{line}");

        // The order is on record and still open: whoever goes on carries it out.
        assert_eq!(watching.keep().await, Kept::Over(Exit::RolledBack));
        rolled_back_once(&world, &watching).await;
    });
}

/// Waits until the world has seen the rollback.
async fn rolled_back(world: &World) {
    let begun = Instant::now();
    while world.puts().is_empty() {
        assert!(begun.elapsed() < PATIENCE, "no rollback");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A keeper's process that has run into a full ledger, was asked for a rollback, and has done it.
async fn rolled_back_while_full(
    world: &World,
    watching: &Watching,
    test: &str,
) -> (KeeperProcess, RequestId) {
    let child = KeeperProcess::start(watching, test, None, false);
    watching
        .until("it looks", |records| looks(records) > 2)
        .await;
    child.limit_files(Some(FULL));
    let begun = Instant::now();
    while !watching.spill().exists() {
        assert!(begun.elapsed() < PATIENCE, "nothing is spilled");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let request = watching.request(HumanActKind::RollBack).await;
    rolled_back(world).await;
    assert!(!watching.records().await.iter().any(is_attempt));
    assert_eq!(watching.ledger.taken_with(request).await.unwrap(), None);
    (child, request)
}

/// The request was carried out once and is known to have been.
async fn asked_once(ledger: &Ledger, watching: &Watching, request: RequestId) {
    assert!(ledger.taken_with(request).await.unwrap().is_some());
    let records = watching.records().await;
    let acts = records.iter().filter(|record| {
        matches!(
            record,
            Record::Input {
                input: Input::Human(_),
                ..
            }
        )
    });
    assert_eq!(acts.count(), 1);
    let rollbacks = intents(&records)
        .into_iter()
        .filter(|intent| intent.reaction == Reaction::RollBack)
        .count();
    assert_eq!(rollbacks, 1);
}

#[test]
fn a_running_keeper_takes_requests_while_the_ledger_is_full_and_returns_to_it() {
    if was_a_child() {
        return;
    }
    let test =
        "ledger_full::a_running_keeper_takes_requests_while_the_ledger_is_full_and_returns_to_it";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::begin(SPEED, SOUND).await;
        let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
        let (mut child, request) = rolled_back_while_full(&world, &watching, test).await;
        child.limit_files(None);
        watching
            .until("it is back in the ledger", |records| {
                records.iter().any(is_attempt)
            })
            .await;
        let said = tokio::task::spawn_blocking(move || (child.line(), child.ended()))
            .await
            .unwrap();
        assert_eq!(said.0.as_deref(), Some("over 21"));
        asked_once(&watching.ledger, &watching, request).await;
        rolled_back_once(&world, &watching).await;
    });
}

#[test]
fn a_keeper_killed_while_the_ledger_is_full_leaves_nothing_to_be_done_twice() {
    if was_a_child() {
        return;
    }
    let test =
        "ledger_full::a_keeper_killed_while_the_ledger_is_full_leaves_nothing_to_be_done_twice";
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::begin(SPEED, SOUND).await;
        let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
        let (mut child, request) = rolled_back_while_full(&world, &watching, test).await;
        child.kill();
        assert_eq!(watching.keep().await, Kept::Over(Exit::RolledBack));
        asked_once(&watching.ledger, &watching, request).await;
        rolled_back_once(&world, &watching).await;
    });
}
