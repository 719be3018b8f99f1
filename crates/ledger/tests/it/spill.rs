//! What could not be written comes into the chain later, in order, once.

use crate::chain::{Place, acquire, watch_of};
use crate::samples::{seal, tick_record, time};
use ledger::{Lease, Ledger, LedgerError, Record, Spill};
use std::path::PathBuf;
use verification::event::Input;
use verification::intent::IntentId;

fn attempt(number: u32) -> Record {
    Record::Attempt {
        intent: IntentId(number),
        at: time(number.into()),
    }
}

fn file(place: &Place) -> PathBuf {
    place.folder.path().join("W1.spill")
}

fn open(place: &Place, lease: &Lease) -> Spill {
    Spill::open(file(place), lease.watch, &lease.holder, time(100)).unwrap()
}

async fn tail(ledger: &Ledger, lease: &Lease, from: u64) -> Vec<Record> {
    let entries = ledger.read(lease.watch, from).await.unwrap();
    entries
        .into_iter()
        .map(|entry| entry.record.unwrap())
        .collect()
}

#[tokio::test]
async fn spilled_records_are_absorbed_in_order_with_their_times() {
    let place = Place::new();
    let ledger = place.open().await;
    let (_, lease) = watch_of(&ledger, 2).await;
    let mut spill = open(&place, &lease);
    spill
        .append(&lease, &[attempt(1), attempt(2)], time(101))
        .unwrap();
    spill
        .append(&lease, &[tick_record(5, 1000)], time(102))
        .unwrap();
    drop(spill);
    // Opened again, as after a crash, it holds the same and goes on.
    let mut spill = open(&place, &lease);
    spill.append(&lease, &[attempt(3)], time(103)).unwrap();
    assert_eq!(
        spill.records().map(|(at, _)| at).collect::<Vec<_>>(),
        [time(101), time(101), time(102), time(103)]
    );

    assert_eq!(ledger.absorb(spill, &lease, time(110)).await, Ok(4));
    assert!(!file(&place).exists());
    let records = tail(&ledger, &lease, 4).await;
    assert!(matches!(&records[0], Record::Note { text } if text.contains("spill file")));
    assert_eq!(
        records[1..],
        [attempt(1), attempt(2), tick_record(5, 1000), attempt(3)]
    );
    let entries = ledger.read(lease.watch, 4).await.unwrap();
    let times: Vec<_> = entries.iter().map(|entry| entry.at).collect();
    assert_eq!(
        times,
        [time(110), time(101), time(101), time(102), time(103)]
    );
    ledger.verify(lease.watch).await.unwrap();
    ledger.close().await;
}

#[tokio::test]
async fn a_crash_between_commit_and_removal_appends_nothing_twice() {
    let place = Place::new();
    let ledger = place.open().await;
    let (_, lease) = watch_of(&ledger, 1).await;
    let mut spill = open(&place, &lease);
    spill.append(&lease, &[attempt(1)], time(101)).unwrap();
    let bytes = std::fs::read(file(&place)).unwrap();
    assert_eq!(ledger.absorb(spill, &lease, time(110)).await, Ok(1));
    let before = ledger.verify(lease.watch).await.unwrap();

    std::fs::write(file(&place), &bytes).unwrap();
    let mut spill = open(&place, &lease);
    assert_eq!(spill.records().count(), 1);
    // The keeper goes on with the same file: only what is new is appended.
    spill.append(&lease, &[attempt(2)], time(111)).unwrap();
    assert_eq!(ledger.absorb(spill, &lease, time(112)).await, Ok(1));
    let records = tail(&ledger, &lease, before.entries + 2).await;
    assert_eq!(records, [attempt(2)]);

    std::fs::write(file(&place), &bytes).unwrap();
    let spill = open(&place, &lease);
    assert_eq!(ledger.absorb(spill, &lease, time(113)).await, Ok(0));
    assert!(!file(&place).exists());

    // A new file at the same path is another one.
    let mut spill = Spill::open(file(&place), lease.watch, &lease.holder, time(120)).unwrap();
    spill.append(&lease, &[attempt(3)], time(121)).unwrap();
    assert_eq!(ledger.absorb(spill, &lease, time(122)).await, Ok(1));
    ledger.verify(lease.watch).await.unwrap();
    ledger.close().await;
}

#[tokio::test]
async fn a_line_cut_off_anywhere_is_dropped_and_the_lines_before_stay() {
    let place = Place::new();
    let ledger = place.open().await;
    let (_, lease) = watch_of(&ledger, 1).await;
    let mut spill = open(&place, &lease);
    spill.append(&lease, &[attempt(1)], time(101)).unwrap();
    let whole = std::fs::read(file(&place)).unwrap().len();
    spill.append(&lease, &[attempt(2)], time(102)).unwrap();
    drop(spill);
    let bytes = std::fs::read(file(&place)).unwrap();
    for cut in whole..bytes.len() {
        std::fs::write(file(&place), &bytes[..cut]).unwrap();
        let mut spill = open(&place, &lease);
        assert_eq!(spill.records().count(), 1, "cut at {cut}");
        spill.append(&lease, &[attempt(3)], time(103)).unwrap();
        drop(spill);
        let records: Vec<Record> = open(&place, &lease)
            .records()
            .map(|(_, record)| record.clone())
            .collect();
        assert_eq!(records, [attempt(1), attempt(3)]);
    }
    for cut in 0..whole {
        std::fs::write(file(&place), &bytes[..cut]).unwrap();
        assert_eq!(open(&place, &lease).records().count(), 0, "cut at {cut}");
    }
    ledger.close().await;
}

#[tokio::test]
async fn damaged_and_foreign_spill_files_are_refused() {
    let place = Place::new();
    let ledger = place.open().await;
    let (_, lease) = watch_of(&ledger, 1).await;
    let mut spill = open(&place, &lease);
    spill.append(&lease, &[attempt(1)], time(101)).unwrap();
    spill.append(&lease, &[attempt(2)], time(102)).unwrap();
    drop(spill);
    let mut bytes = std::fs::read(file(&place)).unwrap();
    let second = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 10;
    bytes[second] ^= 1;
    std::fs::write(file(&place), &bytes).unwrap();
    let error = Spill::open(file(&place), lease.watch, "k", time(1)).unwrap_err();
    assert!(
        matches!(error, LedgerError::Spill { line: 2, .. }),
        "{error}"
    );

    std::fs::write(file(&place), "something else\n").unwrap();
    let error = Spill::open(file(&place), lease.watch, "k", time(1)).unwrap_err();
    assert!(
        matches!(error, LedgerError::Spill { line: 1, .. }),
        "{error}"
    );
    std::fs::remove_file(file(&place)).unwrap();

    drop(open(&place, &lease));
    let other = ledger.seal_watch(seal("cart")).await.unwrap();
    let error = Spill::open(file(&place), other, "k", time(1)).unwrap_err();
    assert!(
        matches!(error, LedgerError::Spill { line: 1, .. }),
        "{error}"
    );
    let spill = open(&place, &lease);
    let other = acquire(&ledger, other).await;
    assert!(ledger.absorb(spill, &other, time(2)).await.is_err());
    ledger.close().await;
}

#[tokio::test]
async fn a_lost_lease_keeps_the_spill_file_for_the_new_keeper() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, lease) = watch_of(&ledger, 1).await;
    let mut spill = open(&place, &lease);
    spill
        .append(
            &lease,
            &[Record::Input {
                now: time(101),
                input: Input::Clock,
            }],
            time(101),
        )
        .unwrap();
    let newer = acquire(&ledger, watch).await;
    let error = ledger.absorb(spill, &lease, time(110)).await.unwrap_err();
    assert!(matches!(error, LedgerError::LeaseLost { .. }), "{error}");
    assert_eq!(
        ledger.absorb(open(&place, &newer), &newer, time(111)).await,
        Ok(1)
    );
    ledger.close().await;
}
