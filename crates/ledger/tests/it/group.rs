//! Many watches share commits, and none of them notices.

use crate::chain::{Place, acquire};
use crate::samples::{seal, tick_record, time};
use ledger::{LedgerError, Record};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_of_many_watches_at_once_keep_the_order_of_each() {
    const WATCHES: usize = 40;
    const APPENDS: i64 = 25;
    let place = Place::new();
    let ledger = place.open().await;
    let mut tasks = Vec::new();
    for _ in 0..WATCHES {
        let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
        let lease = acquire(&ledger, watch).await;
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            let mut hashes = Vec::new();
            for number in 1..=APPENDS {
                let note = Record::Note {
                    text: format!("{watch} {number}"),
                };
                let done = ledger
                    .append(&lease, &[tick_record(number, 1000), note], time(number))
                    .await
                    .unwrap();
                assert_eq!(done.last_seq, done.first_seq + 1);
                hashes.push((done.last_seq, done.last_hash));
            }
            (watch, hashes)
        }));
    }
    for task in tasks {
        let (watch, answered) = task.await.unwrap();
        let entries = ledger.read(watch, 2).await.unwrap();
        let expected = (1..=APPENDS).flat_map(|number| {
            let note = Record::Note {
                text: format!("{watch} {number}"),
            };
            [tick_record(number, 1000), note]
        });
        assert!(
            entries
                .iter()
                .map(|entry| entry.record.clone().unwrap())
                .eq(expected)
        );
        let stored: Vec<_> = entries
            .iter()
            .skip(1)
            .step_by(2)
            .map(|entry| (entry.seq, entry.hash))
            .collect();
        assert_eq!(stored, answered);
        ledger.verify(watch).await.unwrap();
    }
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_append_does_not_hurt_those_that_share_its_commit() {
    let place = Place::new();
    let ledger = place.open().await;
    let mut tasks = Vec::new();
    for number in 0..30 {
        let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
        let mut lease = acquire(&ledger, watch).await;
        let stale = number % 3 == 0;
        if stale {
            lease.generation = 7;
        }
        let ledger = ledger.clone();
        tasks.push(tokio::spawn(async move {
            let done = ledger
                .append(&lease, &[tick_record(1, 1000)], time(1))
                .await;
            (watch, stale, done)
        }));
    }
    for task in tasks {
        let (watch, stale, done) = task.await.unwrap();
        assert_eq!(
            matches!(done, Err(LedgerError::LeaseLost { .. })),
            stale,
            "{done:?}"
        );
        let verified = ledger.verify(watch).await.unwrap();
        assert_eq!(verified.entries, if stale { 1 } else { 2 });
    }
    ledger.close().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_a_whole_chain() {
    let place = Place::new();
    let ledger = place.open().await;
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let lease = acquire(&ledger, watch).await;
    for number in 1..=20 {
        let records = [tick_record(number, 1000), tick_record(number, 1000)];
        let appending = ledger.append(&lease, &records, time(number));
        // Given up at once, or answered: both are fine, half an append is not.
        let _ = tokio::time::timeout(Duration::ZERO, appending).await;
    }
    ledger.close().await;
    let ledger = place.open().await;
    assert_eq!(ledger.verify(watch).await.unwrap().entries % 2, 1);
    ledger.close().await;
}

#[tokio::test]
async fn a_closed_ledger_says_so_to_every_clone() {
    let place = Place::new();
    let ledger = place.open().await;
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let lease = acquire(&ledger, watch).await;
    let clone = ledger.clone();
    ledger.close().await;
    let closed = LedgerError::Closed(place.file());
    assert_eq!(
        clone.append(&lease, &[tick_record(1, 1000)], time(1)).await,
        Err(closed.clone())
    );
    assert_eq!(clone.watches().await, Err(closed));
}
