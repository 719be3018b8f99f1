//! One keeper steps, others wait; human acts reach it exactly once.

use crate::chain::{Place, acquire, watch_of};
use crate::samples::{seal, tick_record, time};
use ledger::{Acquired, Holder, Lease, Ledger, LedgerError, Record};
use std::time::Duration;
use verification::event::{HumanAct, HumanActKind, Input};

const TTL: Duration = Duration::from_secs(30);

async fn take(ledger: &Ledger, lease: &Lease, holder: &str, seconds: i64) -> Acquired {
    ledger
        .acquire(lease.watch, holder, time(seconds), TTL)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_lease_is_held_until_it_runs_out_and_its_old_holder_cannot_append() {
    let place = Place::new();
    let ledger = place.open().await;
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let first = ledger.acquire(watch, "keeper-1", time(0), TTL).await;
    let Ok(Acquired::Lease(first)) = first else {
        panic!("{first:?}");
    };
    assert_eq!((first.generation, first.until), (1, time(30)));
    let held = Acquired::HeldBy(Holder {
        name: "keeper-1".to_owned(),
        until: time(30),
    });
    assert_eq!(take(&ledger, &first, "keeper-2", 29).await, held);
    assert_eq!(
        ledger.watch(watch).await.unwrap().keeper.unwrap().name,
        "keeper-1"
    );

    let renewed = ledger.renew(&first, time(20), TTL).await.unwrap();
    assert_eq!((renewed.generation, renewed.until), (1, time(50)));
    assert!(matches!(
        take(&ledger, &first, "keeper-2", 49).await,
        Acquired::HeldBy(_)
    ));
    // It has run out, but nobody has taken it over: nothing speaks against its holder.
    ledger
        .append(&renewed, &[tick_record(1, 1000)], time(60))
        .await
        .unwrap();

    let Acquired::Lease(second) = take(&ledger, &first, "keeper-2", 60).await else {
        panic!("not acquired");
    };
    assert_eq!(second.generation, 2);
    let lost = LedgerError::LeaseLost {
        watch,
        holder: "keeper-1".to_owned(),
        generation: 1,
    };
    let before = ledger.watch(watch).await.unwrap();
    let appended = ledger
        .append(&renewed, &[tick_record(2, 1000)], time(61))
        .await;
    assert_eq!(appended, Err(lost.clone()));
    assert_eq!(ledger.watch(watch).await.unwrap(), before);
    assert_eq!(
        ledger.renew(&renewed, time(61), TTL).await,
        Err(lost.clone())
    );
    assert_eq!(ledger.release(renewed).await, Err(lost));

    ledger.release(second.clone()).await.unwrap();
    assert_eq!(ledger.watch(watch).await.unwrap().keeper, None);
    let Acquired::Lease(third) = take(&ledger, &first, "keeper-1", 61).await else {
        panic!("not acquired");
    };
    assert_eq!(third.generation, 3);
    let Acquired::Lease(fourth) = take(&ledger, &first, "keeper-1", 62).await else {
        panic!("a keeper that starts again gets its own watch back");
    };
    assert_eq!(fourth.generation, 4);
    assert!(
        ledger
            .append(&third, &[tick_record(2, 1000)], time(63))
            .await
            .is_err()
    );
    ledger.close().await;
}

fn hold(name: &str) -> HumanAct {
    HumanAct {
        kind: HumanActKind::Hold,
        name: name.to_owned(),
        reason: "looking into it".to_owned(),
    }
}

fn taken_up(act: HumanAct) -> Record {
    Record::Input {
        now: time(10),
        input: Input::Human(act),
    }
}

#[tokio::test]
async fn a_request_is_taken_up_with_its_input_or_not_at_all() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, lease) = watch_of(&ledger, 3).await;
    // Another process, as the ledger sees it.
    let other = place.open().await;
    let ann = other
        .post_request(watch, &hold("Ann"), time(5))
        .await
        .unwrap();
    let bob = other
        .post_request(watch, &hold("Bob"), time(6))
        .await
        .unwrap();
    let pending = ledger.pending_requests(watch).await.unwrap();
    assert_eq!(
        pending
            .iter()
            .map(|request| (request.id, request.at, request.act.clone()))
            .collect::<Vec<_>>(),
        [(ann, time(5), hold("Ann")), (bob, time(6), hold("Bob"))]
    );

    let records = [taken_up(hold("Ann"))];
    let appended = ledger
        .append_taking(&lease, &records, &[ann], time(10))
        .await
        .unwrap();
    assert_eq!(other.taken_with(ann).await, Ok(Some(appended.first_seq)));
    assert_eq!(other.taken_with(bob).await, Ok(None));

    // A keeper that did not hear the answer tries again: nothing is appended, not even what came with it.
    let before = ledger.verify(watch).await.unwrap();
    let again = ledger
        .append_taking(
            &lease,
            &[taken_up(hold("Ann")), taken_up(hold("Bob"))],
            &[bob, ann],
            time(11),
        )
        .await;
    assert_eq!(
        again,
        Err(LedgerError::RequestTaken {
            watch,
            request: ann,
            seq: appended.first_seq
        })
    );
    assert_eq!(ledger.verify(watch).await.unwrap(), before);
    let left = ledger.pending_requests(watch).await.unwrap();
    assert_eq!(left.iter().map(|r| r.id).collect::<Vec<_>>(), [bob]);

    // Requests belong to their watch.
    let elsewhere = ledger.seal_watch(seal("cart")).await.unwrap();
    let wrong = acquire(&ledger, elsewhere).await;
    assert_eq!(
        ledger
            .append_taking(&wrong, &[taken_up(hold("Bob"))], &[bob], time(12))
            .await,
        Err(LedgerError::NoSuchRequest {
            watch: elsewhere,
            request: bob
        })
    );
    ledger.close().await;
    other.close().await;
}
