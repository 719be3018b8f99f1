//! A clock that is set back or leaps ahead while a keeper is at work.

use crate::fast_clock::FastClock;
use crate::watching::{Terms, Watching, keeper, looks};
use crate::world::World;
use core::time::Duration;
use server::{Clock, Kept, NoBoundaries};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use verification::time::Timestamp;

const SPEED: u32 = 4;
const SOUND: u64 = 200;
const HOUR: i64 = 3_600_000;

/// A clock that somebody sets.
struct Set {
    clock: FastClock,
    by: AtomicI64,
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.now().millis() + self.by.load(Ordering::SeqCst))
    }

    fn sleeps(&self, span: Duration) -> Duration {
        self.clock.sleeps(span)
    }
}

async fn begun(world: &World) -> (Watching, Arc<Set>, crate::watching::AtWork) {
    let watching = Watching::seal(world, &Terms::default(), &world.pages()).await;
    let clock = Arc::new(Set {
        clock: world.clock,
        by: AtomicI64::new(0),
    });
    let keeper = keeper(
        watching.ledger.clone(),
        watching.folder.path(),
        watching.watch,
        "the only keeper",
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(NoBoundaries),
    )
    .await;
    let at_work = watching.start(keeper);
    watching
        .until("it looks", |records| looks(records) > 3)
        .await;
    (watching, clock, at_work)
}

#[tokio::test(flavor = "multi_thread")]
async fn set_back_it_goes_on_looking_and_holds_its_lease_no_longer_than_others_would_wait() {
    let world = World::begin(SPEED, SOUND).await;
    let (watching, clock, at_work) = begun(&world).await;
    clock.by.store(-HOUR, Ordering::SeqCst);
    let before = looks(&watching.records().await);
    watching
        .until("it goes on looking", |records| looks(records) > before + 5)
        .await;
    let row = watching.ledger.watch(watching.watch).await.unwrap();
    let until = row.keeper.unwrap().until;
    assert!(
        until <= clock.now() + Duration::from_secs(10),
        "others would wait for an hour"
    );
    at_work.stop().await;
    // Time does not go back for the watch, and no moment counts twice.
    let replayed = watching.checked().await;
    assert!(replayed.watch.unwrap().summary().at > clock.now());
    let ticks = watching.ticks().await;
    for pair in ticks.windows(2) {
        assert!(pair[1].from >= pair[0].through);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn set_ahead_beyond_its_end_the_watch_ends_without_evidence_for_the_rest() {
    let world = World::begin(SPEED, SOUND).await;
    let (watching, clock, at_work) = begun(&world).await;
    clock.by.store(HOUR, Ordering::SeqCst);
    let kept = at_work.end().await;
    assert!(matches!(kept, Kept::Over(_)), "{kept:?}");
    let watch = watching.checked().await.watch.unwrap();
    assert_ne!(
        watch.state(),
        verification::event::State::Confirmed,
        "a leap is no evidence"
    );
    assert_eq!(world.puts(), [0_u64; 0]);
}
