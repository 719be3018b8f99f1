//! What a keeper does with an order that the keeper before may have carried out.

use crate::child::{Fate, KeeperProcess, was_a_child};
use crate::watching::{Terms, Watching};
use crate::world::World;
use server::Boundary;
use std::os::unix::process::ExitStatusExt;
use verification::decision::{By, Verb};
use verification::event::State;
use verification::intent::OutcomeKind;
use verification::summary::Summary;
use verification::terms::Reaction;

const SPEED: u32 = 4;
/// One canary request in two fails.
const BROKEN: u64 = 2;

/// Kills a keeper at a boundary of its rollback by `run`, lets another one finish, and looks at what has come of it.
async fn after_a_crash(
    test: &str,
    run: &'static str,
    boundary: Boundary,
    look: impl FnOnce(&World, &Summary<'_>),
) {
    let world = World::begin(SPEED, BROKEN).await;
    let terms = Terms {
        then: "roll-back",
        run,
        recover_within: "20s",
        ..Terms::default()
    };
    let watching = Watching::seal(&world, &terms, &world.prometheus()).await;
    let mut child = KeeperProcess::start(&watching, test, Some(Fate::kill(boundary, 1)), false);
    let status = tokio::task::spawn_blocking(move || child.ended())
        .await
        .unwrap();
    assert_eq!(status.signal(), Some(9));
    watching.keep().await;
    let replayed = watching.checked().await;
    look(&world, &replayed.watch.as_ref().unwrap().summary());
}

fn result(summary: &Summary<'_>) -> OutcomeKind {
    let order = summary
        .actions
        .iter()
        .find(|action| action.intent.reaction == Reaction::RollBack);
    order.unwrap().outcome.as_ref().unwrap().result
}

fn unknown_is_paged(world: &World, summary: &Summary<'_>) {
    assert_eq!(result(summary), OutcomeKind::Unknown);
    let pages = summary
        .decisions
        .iter()
        .filter(|decision| decision.verb == Verb::Page && decision.authority == By::Recovery);
    assert_ne!(pages.count(), 0);
    assert!(!world.received("on-call").is_empty());
}

macro_rules! effects {
    ($($name:ident: $run:literal at $boundary:ident, $look:expr;)*) => {
        $(#[test]
        fn $name() {
            if was_a_child() {
                return;
            }
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let test = concat!("effects::", stringify!($name));
            runtime.block_on(after_a_crash(test, $run, Boundary::$boundary, $look));
        })*
    };
}

effects! {
    what_is_in_effect_already_is_not_repeated: "splitter/shop" at Acted, |world, summary| {
        assert_eq!(world.puts(), [0]);
        assert_eq!(result(summary), OutcomeKind::Done);
        assert_eq!(summary.state, State::RolledBack);
    };
    what_is_not_in_effect_yet_is_done_once: "splitter/shop" at AttemptRecorded, |world, summary| {
        assert_eq!(world.puts(), [0]);
        assert_eq!(result(summary), OutcomeKind::Done);
    };
    what_nobody_can_check_is_not_repeated_and_somebody_is_told: "hook/shop" at Acted, |world, summary| {
        assert_eq!(world.received("roll-back").len(), 1);
        unknown_is_paged(world, summary);
        // The recovery is proven all the same: the requests tell.
        assert!(summary.recovery.as_ref().unwrap().recovered);
    };
    what_may_have_been_begun_and_nobody_can_check_is_not_done: "hook/shop" at AttemptRecorded, |world, summary| {
        assert_eq!(world.received("roll-back").len(), 0);
        unknown_is_paged(world, summary);
        assert!(!summary.recovery.as_ref().unwrap().recovered);
    };
    what_was_never_begun_is_done_without_a_check: "hook/shop" at Ordered, |world, summary| {
        assert_eq!(world.received("roll-back").len(), 1);
        assert_eq!(result(summary), OutcomeKind::Done);
    };
    what_may_be_repeated_is_repeated_under_one_key: "hook/idempotent" at Acted, |world, summary| {
        let received = world.received("roll-back");
        assert_eq!(received.len(), 2);
        assert_eq!(received[0].key, received[1].key);
        assert_eq!(result(summary), OutcomeKind::Done);
    };
}
