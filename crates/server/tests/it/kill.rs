//! `kill -9` at any step boundary: whoever goes on finishes the watch, and nothing counts, or takes effect, twice.

use crate::child::{Fate, KeeperProcess, was_a_child};
use crate::watching::{Terms, Watching, counted, held};
use crate::world::World;
use server::Boundary;
use std::os::unix::process::ExitStatusExt;
use verification::event::State;
use verification::observation::Tick;

const SPEED: u32 = 4;
/// One canary request in two fails.
const BROKEN: u64 = 2;

/// Which source is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// It has a memory: a gap between two keepers is read later.
    Prometheus,
    /// It has none: what happens while nobody reads is lost, and only that.
    Pages,
}

/// Keeps a watch of a broken canary to its end, by one keeper after the other, each of which meets its fate.
async fn keep_through(test: &str, source: Source, fates: &[Fate]) {
    let world = World::begin(SPEED, BROKEN).await;
    let text = match source {
        Source::Prometheus => world.prometheus(),
        Source::Pages => world.pages(),
    };
    let watching = Watching::seal(&world, &Terms::default(), &text).await;
    for fate in fates {
        let test = test.to_owned();
        let mut child = KeeperProcess::start(&watching, &test, Some(*fate), false);
        let status = tokio::task::spawn_blocking(move || child.ended())
            .await
            .unwrap();
        assert_eq!(status.signal(), Some(9), "{fate:?} was not met");
    }
    let mut last = KeeperProcess::start(&watching, test, None, false);
    let said = tokio::task::spawn_blocking(move || (last.line(), last.ended()))
        .await
        .unwrap();
    // Rolled back and recovered, but a human was paged too, as the plan asks.
    assert_eq!(said.0.as_deref(), Some("over 21"), "{fates:?}");

    let replayed = watching.checked().await;
    let watch = replayed.watch.as_ref().unwrap();
    assert_eq!(watch.state(), State::RolledBack, "{fates:?}");
    let summary = watch.summary();
    assert!(summary.recovery.as_ref().unwrap().recovered, "{fates:?}");
    assert_eq!(world.puts(), [0], "{fates:?}");
    let mut keys: Vec<String> = world
        .received("on-call")
        .into_iter()
        .map(|received| received.key)
        .collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "one page, be it repeated: {fates:?}");

    let ticks = watching.ticks().await;
    each_moment_once(&ticks);
    match source {
        Source::Prometheus => {
            // Also where the first keeper died before its first look.
            assert_eq!(ticks.first().map(|tick| tick.from), replayed.started);
            assert_eq!(counted(&ticks), held(&world, &ticks), "{fates:?}");
        }
        Source::Pages => {
            let (traffic, begun) = (world.traffic(), replayed.started.unwrap().millis());
            let most = traffic.requests(world.last_page()) - traffic.requests(begun);
            let (_, trials) = counted(&ticks);
            assert!(trials <= most, "{trials} of {most} {fates:?}");
            assert!(trials > 0);
        }
    }
}

/// No look covers a moment that an earlier one has covered.
fn each_moment_once(ticks: &[Tick]) {
    for pair in ticks.windows(2) {
        assert!(pair[1].from >= pair[0].through, "{pair:#?}");
    }
}

/// A later occurrence that every keeper of such a watch comes to.
const fn later(boundary: Boundary) -> Option<u32> {
    match boundary {
        Boundary::Fetched => Some(3),
        Boundary::Stepped | Boundary::Recorded => Some(4),
        // The rollback and the page.
        Boundary::Ordered
        | Boundary::AttemptRecorded
        | Boundary::Acted
        | Boundary::OutcomeRecorded => Some(2),
        // Once in a keeper's life.
        Boundary::LeaseTaken | Boundary::Resumed | Boundary::Over => None,
    }
}

/// The first occurrence; a later one; the first one of two keepers in a row. For both kinds of source.
async fn kill_at(test: &str, boundary: Boundary) {
    let first = Fate::kill(boundary, 1);
    let once = [first];
    let again = [first, first];
    let mut tasks = tokio::task::JoinSet::new();
    for source in [Source::Prometheus, Source::Pages] {
        let mut fates: Vec<Vec<Fate>> = vec![once.to_vec()];
        fates.extend(later(boundary).map(|occurrence| vec![Fate::kill(boundary, occurrence)]));
        if later(boundary).is_none() {
            fates.push(again.to_vec());
        }
        for fates in fates {
            let test = test.to_owned();
            tasks.spawn(async move { keep_through(&test, source, &fates).await });
        }
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

/// One test for each boundary, so that they run side by side.
macro_rules! kill_9_at_any_step_boundary {
    ($($name:ident: $boundary:ident,)*) => {
        mod kill_9_at_any_step_boundary {
            use super::*;

            $(#[test]
            fn $name() {
                if was_a_child() {
                    return;
                }
                let test = concat!("kill::kill_9_at_any_step_boundary::", stringify!($name));
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(kill_at(test, Boundary::$boundary));
            })*

            #[test]
            fn all_of_them_are_here() {
                assert_eq!([$(Boundary::$boundary),*], Boundary::ALL);
            }
        }
    };
}

kill_9_at_any_step_boundary! {
    lease_taken: LeaseTaken,
    resumed: Resumed,
    fetched: Fetched,
    stepped: Stepped,
    recorded: Recorded,
    ordered: Ordered,
    attempt_recorded: AttemptRecorded,
    acted: Acted,
    outcome_recorded: OutcomeRecorded,
    over: Over,
}
