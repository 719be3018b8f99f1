//! Keepers in processes of their own: this test binary again, told by an environment variable that it is one. So they can be killed
//! at a boundary, by the real signal, from inside.

use crate::fast_clock::FastClock;
use crate::watching::{PATIENCE, Watching, keeper, ledger_in};
use core::time::Duration;
use ledger::{Ledger, OpenMode, WatchId};
use rustix::process::{Pid, Resource, Rlimit, Signal, getpid, kill_process};
use server::holder::holder_name;
use server::{Boundaries, Boundary, Kept};
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;
use tokio::signal::unix::SignalKind;

const FOLDER: &str = "KEEPER_TEST_FOLDER";
const WATCH: &str = "KEEPER_TEST_WATCH";
const CLOCK: &str = "KEEPER_TEST_CLOCK";
const FATE: &str = "KEEPER_TEST_FATE";
/// The file that lets a keeper go on after its fate.
const GO_ON: &str = "go-on";

/// Where a keeper ends, or is suspended: at the `occurrence`-th time (from 1) at a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub boundary: Boundary,
    pub occurrence: u32,
    pub signal: Signal,
}

impl Fate {
    pub const fn kill(boundary: Boundary, occurrence: u32) -> Self {
        Self {
            boundary,
            occurrence,
            signal: Signal::KILL,
        }
    }

    fn text(self) -> String {
        let at = Boundary::ALL
            .iter()
            .position(|known| *known == self.boundary);
        format!(
            "{} {} {}",
            at.unwrap(),
            self.occurrence,
            self.signal.as_raw()
        )
    }

    fn read(text: &str) -> Self {
        let numbers: Vec<i32> = text
            .split(' ')
            .map(|number| number.parse().unwrap())
            .collect();
        Self {
            boundary: Boundary::ALL[usize::try_from(numbers[0]).unwrap()],
            occurrence: numbers[1].try_into().unwrap(),
            signal: Signal::from_named_raw(numbers[2]).unwrap(),
        }
    }
}

struct Fated {
    folder: PathBuf,
    fate: Option<Fate>,
    met: AtomicU32,
}

impl Boundaries for Fated {
    fn reach(&self, boundary: Boundary) {
        let Some(fate) = self.fate.filter(|fate| fate.boundary == boundary) else {
            return;
        };
        if self.met.fetch_add(1, Ordering::SeqCst) + 1 == fate.occurrence {
            say("met");
            kill_process(getpid(), fate.signal).unwrap();
            // The signal takes its time to reach every thread: this one goes no further until it is told to.
            while !self.folder.join(GO_ON).exists() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Says a line to the test that started this process. One write, so that it is whole or missing.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// In a child, keeps the watch as told and returns true; in a test, does nothing. Each test that starts children begins with it.
pub fn was_a_child() -> bool {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return false;
    };
    let watch: WatchId = env::var(WATCH).unwrap().parse().unwrap();
    let clock = FastClock::read(&env::var(CLOCK).unwrap());
    let fate = env::var(FATE).ok().map(|text| Fate::read(&text));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // A file that may not grow is to be an error of the write, not the end of the process.
        let too_large = SignalKind::from_raw(Signal::XFSZ.as_raw());
        let _too_large = tokio::signal::unix::signal(too_large).unwrap();
        let ledger = Ledger::open(ledger_in(&folder), OpenMode::READ_WRITE)
            .await
            .unwrap();
        let boundaries = Arc::new(Fated {
            folder: folder.clone(),
            fate,
            met: AtomicU32::new(0),
        });
        let (_stop, stopped) = tokio::sync::watch::channel(false);
        let mut told = false;
        loop {
            let keeper = keeper(
                ledger.clone(),
                &folder,
                watch,
                &holder_name(),
                Arc::new(clock),
                Arc::clone(&boundaries) as Arc<dyn Boundaries>,
            )
            .await;
            match keeper.keep(stopped.clone()).await {
                Ok(Kept::HeldBy { holder }) => {
                    if !told {
                        say(&format!("held by {holder}"));
                        told = true;
                    }
                    if env::var_os("KEEPER_TEST_WAITS").is_none() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Ok(Kept::Over(exit)) => {
                    say(&format!("over {}", exit.code()));
                    break;
                }
                other => {
                    say(&format!("ended {other:?}"));
                    break;
                }
            }
        }
    });
    true
}

/// A keeper's process; it is killed at the latest when this is dropped.
pub struct KeeperProcess {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl KeeperProcess {
    /// Starts this binary with `test`, which must begin with [`was_a_child`]. With `waits` it tries again as long as somebody else keeps the watch.
    pub fn start(watching: &Watching, test: &str, fate: Option<Fate>, waits: bool) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(FOLDER, watching.folder.path())
            .env(WATCH, watching.watch.to_string())
            .env(CLOCK, watching.clock.text())
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        if let Some(fate) = fate {
            command.env(FATE, fate.text());
        }
        if waits {
            command.env("KEEPER_TEST_WAITS", "1");
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that the child itself said; `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(said) = line.trim_end().strip_prefix("> ") {
                return Some(said.to_owned());
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the keeper does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lets its files grow up to so many bytes, as a full disk does; `None` frees it again. Longer files stay as they are.
    pub fn limit_files(&self, most: Option<u64>) {
        let id = Pid::from_raw(self.child.id().try_into().unwrap());
        let Rlimit { maximum, .. } = rustix::process::getrlimit(Resource::Fsize);
        let limit = Rlimit {
            current: most.or(maximum),
            maximum,
        };
        rustix::process::prlimit(id, Resource::Fsize, limit).unwrap();
    }

    /// Wakes a suspended keeper.
    pub fn wake(&self, watching: &Watching) {
        std::fs::write(watching.folder.path().join(GO_ON), "").unwrap();
        self.signal(Signal::CONT);
    }

    /// Waits until it is suspended.
    pub fn suspended(&self) {
        let begun = Instant::now();
        loop {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
            if stat.rsplit_once(") ").unwrap().1.starts_with('T') {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "the keeper is not suspended");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for KeeperProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
