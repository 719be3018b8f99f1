//! Deadlines that come between two looks, and humans who act meanwhile.

use crate::watching::{Terms, Watching, intents, looks};
use crate::world::World;
use ledger::Record;
use server::Kept;
use verification::decision::{By, Verb};
use verification::event::{Event, HumanActKind, Input, State};
use verification::exit::Exit;
use verification::terms::Reaction;

const SPEED: u32 = 4;
const BROKEN: u64 = 2;

/// Whether between two records, the first that fulfils each condition, there is no look.
fn no_look_between(
    records: &[Record],
    from: impl Fn(&Record) -> bool,
    to: impl Fn(&Record) -> bool,
) -> bool {
    let first = records.iter().position(from).unwrap();
    let last = first + records[first..].iter().position(to).unwrap();
    looks(&records[first..last]) == 0
}

fn is_clock(record: &Record) -> bool {
    matches!(
        record,
        Record::Input {
            input: Input::Clock,
            ..
        }
    )
}

fn decides(record: &Record, verb: Verb) -> bool {
    matches!(record, Record::Event(Event::Decision(decision)) if decision.verb == verb)
}

fn orders(record: &Record, reaction: Reaction) -> bool {
    matches!(record, Record::Event(Event::Intent(intent)) if intent.reaction == reaction)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_objection_window_and_of_a_recovery_need_no_look() {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        // The first look begins, the second decides; the rest of the watch is far away.
        judge_every: "30s",
        sustained_for: "60s",
        decider: "{decided-by: shakedown, may-object: [on-call], within: 5s}",
        run: "hook/idle",
        then: "roll-back",
        recover_within: "6s",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.pages()).await;
    assert_eq!(watching.keep().await, Kept::Over(Exit::NotRecovered));
    let records = watching.records().await;
    assert!(no_look_between(
        &records,
        |record| decides(record, Verb::RollBack),
        |record| orders(record, Reaction::RollBack),
    ));
    let ordered = records
        .iter()
        .position(|record| orders(record, Reaction::RollBack));
    assert!(is_clock(&records[ordered.unwrap() - 1]));
    assert!(no_look_between(
        &records,
        |record| orders(record, Reaction::RollBack),
        |record| matches!(record, Record::Event(Event::Recovery(report)) if !report.recovered),
    ));
    // Each deadline once.
    assert_eq!(records.iter().filter(|record| is_clock(record)).count(), 2);
    assert_eq!(world.received("idle").len(), 1);
    watching.checked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_nobody_answers_ends_by_itself() {
    // Near the limit: neither failing nor shown to be within in this time.
    let world = World::begin(10, 50).await;
    let terms = Terms {
        watch_for: "10s",
        review: "review: {decided-by: lead, within: 1m, otherwise: page}",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.pages()).await;
    let kept = watching.keep().await;
    let replayed = watching.checked().await;
    let watch = replayed.watch.unwrap();
    assert_eq!(watch.state(), State::NeedsReview, "{kept:?}");
    let records = watching.records().await;
    assert!(no_look_between(
        &records,
        |record| decides(record, Verb::Review),
        |record| decides(record, Verb::Page),
    ));
    assert_eq!(world.received("on-call").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_in_the_objection_window_stops_the_rollback_until_the_release() {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        decider: "{decided-by: shakedown, may-object: [on-call], within: 20s}",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.prometheus()).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    watching
        .until("it decides", |records| {
            records.iter().any(|record| decides(record, Verb::RollBack))
        })
        .await;
    let hold = watching.request(HumanActKind::Hold).await;
    watching
        .until("it is held", |records| {
            records.iter().any(|record| decides(record, Verb::Hold))
        })
        .await;
    assert!(watching.ledger.taken_with(hold).await.unwrap().is_some());
    let decided = watching.records().await;
    let effective_at = decided.iter().find_map(|record| match record {
        Record::Event(Event::Decision(decision)) => decision.effective_at,
        _ => None,
    });
    watching
        .until("the window is over", |records| {
            let newest = records.iter().rev().find_map(|record| match record {
                Record::Input { now, .. } => Some(*now),
                _ => None,
            });
            newest > effective_at
        })
        .await;
    assert_eq!(world.puts(), [0_u64; 0]);
    watching.request(HumanActKind::Release).await;
    assert!(matches!(at_work.end().await, Kept::Over(_)));
    assert_eq!(world.puts(), [0]);
    let records = watching.records().await;
    let released = records
        .iter()
        .position(|record| decides(record, Verb::Release))
        .unwrap();
    let ordered = records
        .iter()
        .position(|record| orders(record, Reaction::RollBack))
        .unwrap();
    assert!(ordered > released);
    watching.checked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_rolls_back_at_once_and_a_second_time_is_refused() {
    // Nothing is wrong with this canary; somebody knows better.
    let world = World::begin(SPEED, 200).await;
    let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    watching
        .until("it looks", |records| looks(records) > 2)
        .await;
    let first = watching.request(HumanActKind::RollBack).await;
    let second = watching.request(HumanActKind::RollBack).await;
    assert!(matches!(at_work.end().await, Kept::Over(_)));
    assert_eq!(world.puts(), [0]);
    for request in [first, second] {
        assert!(watching.ledger.taken_with(request).await.unwrap().is_some());
    }
    let replayed = watching.checked().await;
    let watch = replayed.watch.unwrap();
    let summary = watch.summary();
    let rollbacks: Vec<_> = summary
        .decisions
        .iter()
        .filter(|decision| decision.verb == Verb::RollBack)
        .collect();
    assert_eq!(rollbacks.len(), 1);
    assert!(matches!(rollbacks[0].authority, By::Human { .. }));
    assert_eq!(intents(&watching.records().await).len(), 1);
}
