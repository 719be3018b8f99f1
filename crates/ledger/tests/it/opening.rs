//! What a ledger says where it cannot be opened or written.

use crate::chain::{Place, acquire, watch_of};
use crate::samples::{seal, tick_record, time};
use ledger::{Ledger, LedgerError, OpenMode, Record, RecordKind};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::path::Path;
use verification::event::{Event, State, StateChange};

async fn refused(path: &Path, mode: OpenMode) -> LedgerError {
    Ledger::open(path, mode).await.unwrap_err()
}

async fn execute(path: &Path, statement: &'static str) {
    let options = SqliteConnectOptions::new().filename(path);
    let mut connection = options.create_if_missing(true).connect().await.unwrap();
    sqlx::query(statement)
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn folders_are_made_and_wrong_places_are_named() {
    let place = Place::new();
    let deep = place.folder.path().join("a/b/shakedown.ledger");
    Ledger::open(&deep, OpenMode::READ_WRITE)
        .await
        .unwrap()
        .close()
        .await;
    assert!(deep.is_file());

    let folder = place.folder.path();
    assert_eq!(
        refused(folder, OpenMode::READ_WRITE).await,
        LedgerError::Folder(folder.to_owned())
    );
    let missing = folder.join("missing.ledger");
    assert_eq!(
        refused(&missing, OpenMode::ReadOnly).await,
        LedgerError::Missing(missing.clone())
    );
    assert!(!missing.exists());
    let through_a_file = deep.join("x/y.ledger");
    let error = refused(&through_a_file, OpenMode::READ_WRITE).await;
    assert!(
        matches!(
            &error,
            LedgerError::Io {
                doing: "make the folder",
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_place_without_permission_is_named_with_what_to_do() {
    // Not even root may make a folder here.
    let error = refused(Path::new("/proc/shakedown/s.ledger"), OpenMode::READ_WRITE).await;
    let text = error.to_string();
    assert!(text.contains("/proc/shakedown"), "{text}");

    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let shut = place.folder.path().join("shut");
    std::fs::create_dir(&shut).unwrap();
    std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(shut.join("probe"), "").is_ok() {
        // Root may write everywhere; the rest is for everyone else.
        return;
    }
    assert_eq!(
        refused(&shut.join("s.ledger"), OpenMode::READ_WRITE).await,
        LedgerError::Permission {
            path: shut.clone(),
            doing: "write in"
        }
    );
}

#[tokio::test]
async fn other_files_are_told_from_ledgers_and_left_alone() {
    let place = Place::new();
    let text = place.folder.path().join("notes.txt");
    let content = "not a database, but long enough to be looked at as one".repeat(40);
    std::fs::write(&text, &content).unwrap();
    let error = refused(&text, OpenMode::READ_WRITE).await;
    assert!(matches!(error, LedgerError::Corrupt { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&text).unwrap(), content);

    let foreign = place.folder.path().join("foreign.db");
    execute(&foreign, "CREATE TABLE customers (name TEXT)").await;
    for mode in [OpenMode::READ_WRITE, OpenMode::ReadOnly] {
        assert_eq!(
            refused(&foreign, mode).await,
            LedgerError::Foreign(foreign.clone())
        );
    }

    let newer = place.file();
    place.open().await.close().await;
    execute(&newer, "UPDATE ledger_schema SET version = 2").await;
    for mode in [OpenMode::READ_WRITE, OpenMode::ReadOnly] {
        assert_eq!(
            refused(&newer, mode).await,
            LedgerError::NewerSchema {
                path: newer.clone(),
                found: 2,
                known: 1
            }
        );
    }
}

#[tokio::test]
async fn a_damaged_page_is_an_error_and_not_a_wrong_answer() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, _) = watch_of(&ledger, 60).await;
    ledger.close().await;
    let mut bytes = std::fs::read(place.file()).unwrap();
    // Everything but the first page, which holds the schema.
    bytes[4096..].fill(0xaa);
    std::fs::write(place.file(), bytes).unwrap();
    let error = match Ledger::open(place.file(), OpenMode::ReadOnly).await {
        Ok(ledger) => ledger.read(watch, 1).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, LedgerError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn a_reader_sees_what_is_committed_and_writes_nothing() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, lease) = watch_of(&ledger, 3).await;
    let reader = Ledger::open(place.file(), OpenMode::ReadOnly)
        .await
        .unwrap();
    assert_eq!(reader.read(watch, 1).await.unwrap().len(), 4);
    ledger
        .append(&lease, &[tick_record(4, 1000)], time(240))
        .await
        .unwrap();
    assert_eq!(reader.read(watch, 1).await.unwrap().len(), 5);
    assert_eq!(
        reader
            .append(&lease, &[tick_record(5, 1000)], time(300))
            .await,
        Err(LedgerError::ReadOnly(place.file()))
    );
    reader.close().await;
    ledger.close().await;
}

#[tokio::test]
async fn many_open_a_new_ledger_at_once() {
    let place = Place::new();
    let opening = (0..8).map(|_| {
        let file = place.file();
        tokio::spawn(async move {
            let ledger = Ledger::open(file, OpenMode::READ_WRITE).await?;
            let watch = ledger.seal_watch(seal("checkout")).await?;
            ledger.close().await;
            Ok::<_, LedgerError>(watch.number())
        })
    });
    let mut numbers = Vec::new();
    for task in opening.collect::<Vec<_>>() {
        numbers.push(task.await.unwrap().unwrap());
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_half_written() {
    let place = Place::new();
    let mode = OpenMode::ReadWrite {
        most_bytes: Some(200_000),
    };
    let ledger = Ledger::open(place.file(), mode).await.unwrap();
    let small = ledger.seal_watch(seal("small")).await.unwrap();
    let small_lease = acquire(&ledger, small).await;
    let (watch, lease) = watch_of(&ledger, 3).await;
    let before = ledger.verify(watch).await.unwrap();
    // Fits in part: the first records have room, the last has not.
    let records: Vec<Record> = (0..10)
        .map(|_| Record::Checkpoint {
            state: vec![1; 40_000],
        })
        .collect();
    // In one commit with an append that fits by itself.
    let one = [tick_record(1, 1000)];
    let (too_much, fits) = tokio::join!(
        ledger.append(&lease, &records, time(300)),
        ledger.append(&small_lease, &one, time(300)),
    );
    assert_eq!(too_much, Err(LedgerError::Full(place.file())));
    assert!(fits.is_ok(), "{fits:?}");
    assert_eq!(ledger.verify(watch).await.unwrap(), before);

    let done = ledger
        .append(&lease, &[tick_record(4, 1000)], time(301))
        .await
        .unwrap();
    assert_eq!(done.first_seq, before.entries + 1);
    ledger.close().await;
    let ledger = place.open().await;
    assert_eq!(
        ledger.verify(watch).await.unwrap().entries,
        before.entries + 1
    );
    ledger.close().await;
}

#[tokio::test]
async fn the_list_shows_start_state_and_end_as_the_chain_has_them() {
    let place = Place::new();
    let ledger = place.open().await;
    assert_eq!(ledger.latest(None).await.unwrap(), None);
    let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
    let cart = ledger.seal_watch(seal("cart")).await.unwrap();
    let row = ledger.watch(watch).await.unwrap();
    assert_eq!(
        (row.started_at, row.ended_at, row.state),
        (None, None, None)
    );
    assert_eq!(row.sealed_at, seal("checkout").at);

    let lease = acquire(&ledger, watch).await;
    let state = |state, seconds, ended| {
        Record::Event(Event::State(StateChange {
            state,
            at: time(seconds),
            ended,
        }))
    };
    let records = [
        Record::Started { at: time(1) },
        state(State::Watching, 1, false),
    ];
    ledger.append(&lease, &records, time(1)).await.unwrap();
    let row = ledger.watch(watch).await.unwrap();
    assert_eq!(
        (row.started_at, row.ended_at, row.state),
        (Some(time(1)), None, Some(State::Watching))
    );
    ledger
        .append(&lease, &[state(State::RolledBack, 90, true)], time(90))
        .await
        .unwrap();
    let row = ledger.watch(watch).await.unwrap();
    assert_eq!(
        (row.started_at, row.ended_at, row.state),
        (Some(time(1)), Some(time(90)), Some(State::RolledBack))
    );
    // Labels come when the keeper has gone; they change no state.
    let label = Record::Label {
        good: false,
        name: "Ann".to_owned(),
        reason: "users complained".to_owned(),
    };
    ledger.append(&lease, &[label], time(100)).await.unwrap();
    let rows = ledger.watches().await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].state, Some(State::RolledBack));
    assert_eq!(rows[0].entries, 5);
    assert_eq!(
        ledger.latest(Some("checkout")).await.unwrap().unwrap().id,
        watch
    );
    assert_eq!(ledger.latest(None).await.unwrap().unwrap().id, cart);
    assert_eq!(ledger.latest(Some("search")).await.unwrap(), None);
    let none = ledger.watch("W9".parse().unwrap()).await;
    assert_eq!(none, Err(LedgerError::NoSuchWatch("W9".parse().unwrap())));
    let again = ledger
        .append(&lease, &[Record::Sealed(seal("checkout"))], time(101))
        .await;
    assert_eq!(again, Err(LedgerError::SealedBefore(watch)));
    ledger.close().await;
}

#[test]
fn kinds_have_words_of_their_own() {
    let mut words: Vec<_> = RecordKind::ALL.iter().map(|kind| kind.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), RecordKind::ALL.len());
}
