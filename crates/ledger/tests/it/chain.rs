//! The chain finds whatever was done to it.

use crate::samples::{seal, tick_record, time};
use ledger::{Acquired, Broken, Fault, Lease, Ledger, LedgerError, OpenMode, Record, WatchId};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("shakedown.ledger")
    }

    pub async fn open(&self) -> Ledger {
        Ledger::open(self.file(), OpenMode::READ_WRITE)
            .await
            .unwrap()
    }
}

pub async fn acquire(ledger: &Ledger, watch: WatchId) -> Lease {
    let acquired = ledger
        .acquire(watch, "keeper-1", time(0), Duration::from_secs(60))
        .await
        .unwrap();
    match acquired {
        Acquired::Lease(lease) => lease,
        Acquired::HeldBy(holder) => panic!("held by {holder:?}"),
    }
}

/// A watch with its seal and these many ticks, a checkpoint after every tenth.
pub async fn watch_of(ledger: &Ledger, ticks: i64) -> (WatchId, Lease) {
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let lease = acquire(ledger, watch).await;
    for number in 1..=ticks {
        let mut records = vec![tick_record(number, 1000)];
        if number % 10 == 0 {
            records.push(Record::Checkpoint {
                state: vec![7; 1000],
            });
        }
        ledger
            .append(&lease, &records, time(60 * number))
            .await
            .unwrap();
    }
    (watch, lease)
}

/// Does something to the file behind the ledger's back.
async fn tamper(file: &Path, statements: &[&'static str]) {
    let mut connection = SqliteConnectOptions::new()
        .filename(file)
        .connect()
        .await
        .unwrap();
    for statement in statements {
        let done = sqlx::query(*statement)
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(done.rows_affected() > 0, "{statement} changed nothing");
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn an_untouched_chain_verifies_and_its_hash_is_the_one_that_was_answered() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, lease) = watch_of(&ledger, 25).await;
    let last = ledger
        .append(&lease, &[tick_record(26, 1000)], time(1560))
        .await
        .unwrap();
    let verified = ledger.verify(watch).await.unwrap();
    assert_eq!(verified.entries, 1 + 25 + 2 + 1);
    assert_eq!(verified.entries, last.last_seq);
    assert_eq!(verified.last_hash, last.last_hash);
    assert_eq!(verified.expired, 0);
    ledger.close().await;

    let again = place.open().await;
    assert_eq!(again.verify(watch).await.unwrap(), verified);
    let entries = again.read(watch, 1).await.unwrap();
    assert_eq!(entries.len(), 29);
    assert_eq!(entries[0].record, Some(Record::Sealed(seal("checkout"))));
    assert_eq!(entries[1].record, Some(tick_record(1, 1000)));
    assert_eq!(entries[28].record, Some(tick_record(26, 1000)));
    assert!(entries.iter().zip(1..).all(|(entry, seq)| entry.seq == seq));
    assert_eq!(again.read(watch, 28).await.unwrap(), entries[27..]);
    let checkpoint = again.latest_checkpoint(watch).await.unwrap().unwrap();
    assert_eq!(checkpoint.seq, 23);
    again.close().await;
}

#[tokio::test]
async fn every_way_to_change_a_chain_is_found_where_it_was_done() {
    let swap = "UPDATE records SET payload = (SELECT o.payload FROM records o WHERE o.watch = 1 AND o.seq = 11 - records.seq)
        WHERE watch = 1 AND seq IN (5, 6)";
    let swap_whole: &[&str] = &[
        "UPDATE records SET seq = 1000 WHERE watch = 1 AND seq = 5",
        "UPDATE records SET seq = 5 WHERE watch = 1 AND seq = 6",
        "UPDATE records SET seq = 6 WHERE watch = 1 AND seq = 1000",
    ];
    let cases: &[(&str, &[&'static str], u64, Fault)] = &[
        (
            "a byte of a record",
            &[
                "UPDATE records SET payload = CAST(substr(payload, 1, 20) || x'00' || substr(payload, 22) AS BLOB) WHERE watch = 1 AND seq = 5",
            ],
            5,
            Fault::Changed,
        ),
        (
            "a time",
            &["UPDATE records SET at_ms = at_ms + 1 WHERE watch = 1 AND seq = 7"],
            7,
            Fault::Changed,
        ),
        (
            "a hash",
            &["UPDATE records SET hash = zeroblob(32) WHERE watch = 1 AND seq = 7"],
            7,
            Fault::Changed,
        ),
        (
            "a shortened hash",
            &["UPDATE records SET hash = x'00' WHERE watch = 1 AND seq = 7"],
            7,
            Fault::Changed,
        ),
        (
            "a kind",
            &["UPDATE records SET kind = 17 WHERE watch = 1 AND seq = 7"],
            7,
            Fault::Mislabelled,
        ),
        (
            "a record removed",
            &["DELETE FROM records WHERE watch = 1 AND seq = 5"],
            5,
            Fault::Missing,
        ),
        (
            "the seal removed",
            &["DELETE FROM records WHERE watch = 1 AND seq = 1"],
            1,
            Fault::Missing,
        ),
        (
            "the last record removed",
            &["DELETE FROM records WHERE watch = 1 AND seq = 14"],
            14,
            Fault::Missing,
        ),
        (
            "the last record removed and the watch told so",
            &[
                "DELETE FROM records WHERE watch = 1 AND seq = 14",
                "UPDATE watches SET last_seq = 13 WHERE id = 1",
            ],
            13,
            Fault::WrongEnd,
        ),
        (
            "the gap of a removed record closed",
            &[
                "DELETE FROM records WHERE watch = 1 AND seq = 13",
                "UPDATE records SET seq = 13 WHERE watch = 1 AND seq = 14",
            ],
            13,
            Fault::Changed,
        ),
        ("two records swapped", &[swap], 5, Fault::Changed),
        ("two entries swapped whole", swap_whole, 5, Fault::Changed),
        (
            "a record repeated at the end",
            &[
                "INSERT INTO records (watch, seq, at_ms, kind, hash, payload) SELECT watch, 15, at_ms, kind, hash, payload FROM records WHERE watch = 1 AND seq = 14",
                "UPDATE watches SET last_seq = 15 WHERE id = 1",
            ],
            15,
            Fault::Changed,
        ),
        (
            "an entry of another watch put in its place",
            &[
                "DELETE FROM records WHERE watch = 1 AND seq = 5",
                "UPDATE records SET watch = 1 WHERE watch = 2 AND seq = 5",
            ],
            5,
            Fault::Changed,
        ),
        (
            "a checkpoint emptied",
            &["UPDATE records SET payload = NULL WHERE watch = 1 AND seq = 12"],
            12,
            Fault::Emptied,
        ),
        (
            "a tick after the last checkpoint emptied",
            &["UPDATE records SET payload = NULL WHERE watch = 1 AND seq = 13"],
            13,
            Fault::Emptied,
        ),
        (
            "another seal named",
            &["UPDATE watches SET hash = 'ab' WHERE id = 1"],
            1,
            Fault::Changed,
        ),
        (
            "another service named",
            &["UPDATE watches SET service = 'cart' WHERE id = 1"],
            1,
            Fault::NotTheSeal,
        ),
    ];
    for (name, statements, seq, what) in cases {
        let place = Place::new();
        let ledger = place.open().await;
        let (watch, _) = watch_of(&ledger, 12).await;
        let other = ledger.seal_watch(seal("other")).await.unwrap();
        let lease = acquire(&ledger, other).await;
        for number in 1..6 {
            let records = [tick_record(100 + number, 1000)];
            ledger.append(&lease, &records, time(number)).await.unwrap();
        }
        assert_eq!(ledger.verify(watch).await.unwrap().entries, 14);
        ledger.close().await;

        tamper(&place.file(), statements).await;
        let ledger = place.open().await;
        let broken = Broken {
            watch,
            seq: *seq,
            what: what.clone(),
        };
        assert_eq!(
            ledger.verify(watch).await,
            Err(LedgerError::Broken(broken)),
            "{name}"
        );
        ledger.close().await;
    }
}

#[tokio::test]
async fn ticks_expire_up_to_the_last_checkpoint_and_the_chain_holds() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, lease) = watch_of(&ledger, 25).await;
    let whole = ledger.verify(watch).await.unwrap();
    // Entries: 1 seal, 2 to 11 ticks 1 to 10, 12 checkpoint, 13 to 22 ticks 11 to 20, 23 checkpoint, 24 to 28 ticks 21 to 25.
    assert_eq!(ledger.expire(watch, time(60 * 6)).await, Ok(5));
    assert_eq!(ledger.expire(watch, time(60 * 6)).await, Ok(0));
    assert_eq!(ledger.expire(watch, time(60 * 1000)).await, Ok(15));
    let verified = ledger.verify(watch).await.unwrap();
    assert_eq!(verified.expired, 20);
    assert_eq!(verified.last_hash, whole.last_hash);

    let entries = ledger.read(watch, 1).await.unwrap();
    let expired: Vec<u64> = entries
        .iter()
        .filter(|entry| entry.record.is_none())
        .map(|entry| entry.seq)
        .collect();
    assert_eq!(expired, (2..=11).chain(13..=22).collect::<Vec<_>>());
    ledger
        .append(&lease, &[tick_record(26, 1000)], time(1560))
        .await
        .unwrap();
    assert_eq!(ledger.verify(watch).await.unwrap().entries, 29);
    ledger.close().await;
}
