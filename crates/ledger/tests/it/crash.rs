//! Processes that are killed at any moment, and processes that want the same watch.
//!
//! The children are this test binary again: each test has two parts, and an environment variable tells a child that it is one.

use crate::chain::{Place, acquire};
use crate::samples::{Sequence, seal, tick_record, time};
use ledger::{Acquired, Hash, Lease, Ledger, LedgerError, OpenMode, Record, WatchId};
use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use tokio::task::JoinSet;

const FILE: &str = "LEDGER_OF_THE_TEST";
const NAME: &str = "KEEPER_OF_THE_TEST";

/// Runs one of the children below in a process of its own; it is killed at the latest when this is dropped.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    fn start(test: &str, file: &Path, keeper: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(FILE, file)
            .env(NAME, keeper)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that the child itself wrote; `None` at its end. A line that was cut off by its death does not count.
    fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 || !line.ends_with('\n') {
                return None;
            }
            if let Some(said) = line.trim_end().strip_prefix("> ") {
                return Some(said.to_owned());
            }
        }
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn go_on(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says a line to the test that started this process. One write, so that it is whole or missing.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The ledger that a child is to use; `None` in the test itself.
fn told() -> Option<PathBuf> {
    env::var_os(FILE).map(PathBuf::from)
}

/// What append `round` of a watch holds: several records, so that half of them would show.
fn records_of(round: i64) -> Vec<Record> {
    let mut records = vec![
        tick_record(round, 1000),
        Record::Note {
            text: format!("after tick {round}"),
        },
    ];
    if round % 7 == 0 {
        records.push(Record::Checkpoint {
            state: vec![u8::try_from(round % 251).unwrap(); 30_000],
        });
    }
    records
}

fn child_appends_until_it_is_killed(file: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(file, OpenMode::READ_WRITE).await.unwrap();
        let mut tasks = JoinSet::new();
        for row in ledger.watches().await.unwrap() {
            tasks.spawn(append_for_ever(ledger.clone(), row.id));
        }
        tasks.join_all().await;
    });
}

async fn append_for_ever(ledger: Ledger, watch: WatchId) {
    let lease = acquire(&ledger, watch).await;
    let mut round = rounds_in(&ledger.read(watch, 1).await.unwrap());
    loop {
        round += 1;
        let done = ledger
            .append(&lease, &records_of(round), time(60 * round))
            .await
            .unwrap();
        say(&format!("{watch} {} {}", done.last_seq, done.last_hash));
    }
}

/// How many whole appends a chain holds; panics where one is there in part.
fn rounds_in(entries: &[ledger::Entry]) -> i64 {
    let mut records = entries[1..]
        .iter()
        .map(|entry| entry.record.clone().unwrap());
    let mut round = 0;
    while let Some(first) = records.next() {
        round += 1;
        let expected = records_of(round);
        assert_eq!(first, expected[0]);
        for record in &expected[1..] {
            assert_eq!(records.next().as_ref(), Some(record), "half an append");
        }
    }
    round
}

#[test]
fn a_killed_process_leaves_whole_chains_with_all_that_was_answered() {
    if let Some(file) = told() {
        return child_appends_until_it_is_killed(&file);
    }
    let place = Place::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let watches = runtime.block_on(async {
        let ledger = place.open().await;
        let mut watches = Vec::new();
        for _ in 0..5 {
            watches.push(ledger.seal_watch(seal("checkout")).await.unwrap());
        }
        ledger.close().await;
        watches
    });
    let mut random = Sequence(7);
    let mut answered: HashMap<WatchId, (u64, String)> = HashMap::new();
    for _ in 0..25 {
        let mut child = Running::start(
            "crash::a_killed_process_leaves_whole_chains_with_all_that_was_answered",
            &place.file(),
            "",
        );
        for _ in 0..=random.below(60) {
            note(
                &mut answered,
                &child.line().expect("the child goes on until it is killed"),
            );
        }
        child.kill();
        // What it had said before it died was answered, too.
        while let Some(line) = child.line() {
            note(&mut answered, &line);
        }

        runtime.block_on(async {
            let ledger = place.open().await;
            for watch in &watches {
                let verified = ledger.verify(*watch).await.unwrap();
                let entries = ledger.read(*watch, 1).await.unwrap();
                rounds_in(&entries);
                if let Some((seq, hash)) = answered.get(watch) {
                    assert!(verified.entries >= *seq, "{watch} lost what was answered");
                    let entry = &entries[usize::try_from(*seq).unwrap() - 1];
                    assert_eq!(entry.hash.to_string(), *hash);
                }
            }
            ledger.close().await;
        });
    }
    assert_eq!(
        answered.len(),
        watches.len(),
        "some watch was never appended to"
    );
}

fn note(answered: &mut HashMap<WatchId, (u64, String)>, line: &str) {
    let mut parts = line.split(' ');
    let watch = parts.next().unwrap().parse().unwrap();
    let seq = parts.next().unwrap().parse().unwrap();
    let hash = parts.next().unwrap().to_owned();
    answered.insert(watch, (seq, hash));
}

fn child_wants_the_watch(file: &Path) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let ledger = Ledger::open(file, OpenMode::READ_WRITE).await.unwrap();
        let keeper = env::var(NAME).unwrap();
        let watch = WatchId::from_number(1).unwrap();
        say("ready");
        std::io::stdin().read_line(&mut String::new()).unwrap();
        let acquired = ledger
            .acquire(watch, &keeper, time(0), Duration::from_secs(60))
            .await
            .unwrap();
        let lease = match acquired {
            Acquired::Lease(lease) => lease,
            Acquired::HeldBy(holder) => {
                say(&format!("held by {}", holder.name));
                // It tries all the same, with what the holder's lease looks like from here.
                let guess = Lease {
                    watch,
                    holder: keeper,
                    generation: 1,
                    until: holder.until,
                };
                let refused = ledger.append(&guess, &records_of(1), time(1)).await;
                assert!(
                    matches!(refused, Err(LedgerError::LeaseLost { .. })),
                    "{refused:?}"
                );
                say("refused");
                return;
            }
        };
        say(&format!("acquired by {}", lease.holder));
        for round in 1..=20 {
            let note = Record::Note {
                text: format!("{} {round}", lease.holder),
            };
            ledger.append(&lease, &[note], time(round)).await.unwrap();
        }
        say("appended");
        ledger.close().await;
    });
}

#[test]
fn of_two_processes_that_want_a_watch_exactly_one_appends() {
    if let Some(file) = told() {
        return child_wants_the_watch(&file);
    }
    for round in 0..5 {
        let place = Place::new();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let watch = runtime.block_on(async {
            let ledger = place.open().await;
            let watch = ledger.seal_watch(seal("checkout")).await.unwrap();
            ledger.close().await;
            watch
        });
        let mut children: Vec<Running> = ["keeper-a", "keeper-b"]
            .map(|keeper| {
                Running::start(
                    "crash::of_two_processes_that_want_a_watch_exactly_one_appends",
                    &place.file(),
                    keeper,
                )
            })
            .into();
        for child in &mut children {
            assert_eq!(child.line().as_deref(), Some("ready"));
        }
        children.iter_mut().for_each(Running::go_on);
        let said: Vec<Vec<String>> = children
            .iter_mut()
            .map(|child| std::iter::from_fn(|| child.line()).collect())
            .collect();
        for child in &mut children {
            assert!(child.child.wait().unwrap().success(), "{said:?}");
        }
        let winner = said
            .iter()
            .position(|lines| lines[0].starts_with("acquired"))
            .unwrap();
        let name = ["keeper-a", "keeper-b"][winner];
        assert_eq!(
            said[winner],
            [format!("acquired by {name}"), "appended".to_owned()]
        );
        assert_eq!(
            said[1 - winner],
            [format!("held by {name}"), "refused".to_owned()],
            "round {round}"
        );
        runtime.block_on(async {
            let ledger = place.open().await;
            let entries = ledger.read(watch, 2).await.unwrap();
            assert_eq!(entries.len(), 20);
            for (entry, round) in entries.iter().zip(1..) {
                let text = format!("{name} {round}");
                assert_eq!(entry.record, Some(Record::Note { text }));
            }
            let last: Hash = ledger.verify(watch).await.unwrap().last_hash;
            assert_eq!(last, entries[19].hash);
            ledger.close().await;
        });
    }
}
