//! Trouble with the source, end to end: whatever the canary does meanwhile, nothing is confirmed and nothing is rolled back.

use crate::fake_prometheus::Fault;
use crate::watching::{Terms, Watching, counted, held, intents, looks};
use crate::world::World;
use core::time::Duration;
use server::Kept;
use verification::decision::Verb;
use verification::event::State;
use verification::terms::Reaction;

const SPEED: u32 = 6;
/// One canary request in two fails: a rollback if it could be seen.
const BROKEN: u64 = 2;
/// As little as the baseline: a confirm if it could be seen.
const SOUND: u64 = 200;

fn short() -> Terms {
    Terms {
        watch_for: "40s",
        cannot_see_for: "12s",
        ..Terms::default()
    }
}

/// What every blind watch has in common.
async fn saw_nothing(world: &World, watching: &Watching, kept: Kept) {
    assert!(matches!(kept, Kept::Over(_)), "{kept:?}");
    let watch = watching.checked().await.watch.unwrap();
    assert!(
        matches!(watch.state(), State::CannotSee | State::NeedsReview),
        "{:?}",
        watch.state()
    );
    let summary = watch.summary();
    assert!(
        summary
            .decisions
            .iter()
            .all(|decision| !matches!(decision.verb, Verb::Confirm | Verb::RollBack))
    );
    let records = watching.records().await;
    assert!(
        intents(&records)
            .iter()
            .all(|intent| intent.reaction != Reaction::RollBack)
    );
    assert_eq!(world.puts(), [0_u64; 0]);
    assert!(!world.received("on-call").is_empty(), "nobody was told");
}

/// A server that is in trouble from the start, before a broken canary.
async fn from_the_start(fault: Fault) {
    let world = World::begin(SPEED, BROKEN).await;
    world.fault(fault);
    let watching = Watching::seal(&world, &short(), &world.prometheus_within("1s")).await;
    let kept = watching.keep().await;
    assert_eq!(counted(&watching.ticks().await), (0, 0));
    saw_nothing(&world, &watching, kept).await;
}

/// A server that gets into trouble while a sound canary is watched.
async fn later(fault: Fault) {
    let world = World::begin(SPEED, SOUND).await;
    let watching = Watching::seal(&world, &short(), &world.prometheus_within("1s")).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    watching
        .until("it has looked", |records| looks(records) > 4)
        .await;
    world.fault(fault);
    saw_nothing(&world, &watching, at_work.end().await).await;
    assert_ne!(counted(&watching.ticks().await), (0, 0));
}

macro_rules! troubles {
    ($($name:ident: $fault:expr,)*) => {
        mod from_the_start {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::from_the_start($fault).await;
            })*
        }

        mod later {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::later($fault).await;
            })*
        }
    };
}

troubles! {
    it_answers_500: Fault::Status(500),
    it_answers_404: Fault::Status(404),
    it_refuses_access: Fault::Status(403),
    it_answers_429: Fault::Busy,
    its_json_is_truncated: Fault::Truncated,
    it_is_slower_than_the_time_limit: Fault::Slow(Duration::from_secs(3)),
    nothing_matches: Fault::Empty,
    every_value_is_not_a_number: Fault::NotANumber,
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_down_from_the_start() {
    let mut world = World::begin(SPEED, BROKEN).await;
    let mut receivers = World::begin(SPEED, BROKEN).await;
    // Somebody must be there to be paged: the source alone is gone.
    let source = world.prometheus();
    world.end().await;
    receivers.clock = world.clock;
    let watching = Watching::seal(&receivers, &short(), &source).await;
    let kept = watching.keep().await;
    saw_nothing(&receivers, &watching, kept).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_down() {
    let mut world = World::begin(SPEED, SOUND).await;
    let mut receivers = World::begin(SPEED, SOUND).await;
    receivers.clock = world.clock;
    let watching = Watching::seal(&receivers, &short(), &world.prometheus()).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    watching
        .until("it has looked", |records| looks(records) > 4)
        .await;
    world.end().await;
    saw_nothing(&receivers, &watching, at_work.end().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_pages_are_gone() {
    let mut world = World::begin(SPEED, SOUND).await;
    let mut receivers = World::begin(SPEED, SOUND).await;
    receivers.clock = world.clock;
    let watching = Watching::seal(&receivers, &short(), &world.pages()).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    watching
        .until("it has looked", |records| looks(records) > 4)
        .await;
    world.end().await;
    saw_nothing(&receivers, &watching, at_work.end().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_is_read_through_the_gap() {
    let world = World::begin(SPEED, SOUND).await;
    let watching = Watching::seal(&world, &Terms::default(), &world.prometheus()).await;
    let at_work = watching.start(watching.keeper("the only keeper").await);
    for fault in [Fault::Status(500), Fault::Truncated, Fault::Empty] {
        let before = looks(&watching.records().await);
        watching
            .until("it sees", |records| looks(records) > before + 3)
            .await;
        world.fault(fault);
        let before = looks(&watching.records().await);
        watching
            .until("it does not see", |records| looks(records) > before + 3)
            .await;
        world.fault(Fault::None);
    }
    let before = looks(&watching.records().await);
    watching
        .until("it sees again", |records| looks(records) > before + 3)
        .await;
    at_work.stop().await;
    watching.checked().await;
    let ticks = watching.ticks().await;
    assert_eq!(counted(&ticks), held(&world, &ticks));
    assert!(intents(&watching.records().await).is_empty());
}
