//! A place without anything of the machine's own: variables cleared, a home folder of its own, a fixed width.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_shakedown");

/// A home and a working folder that go away.
pub struct Environment {
    folder: TempDir,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    /// Exit code; `None` for an end by a signal.
    pub code: Option<i32>,
}

impl Environment {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder }
    }

    /// The working folder.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder of home and work.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Where the ledger is where nothing else is said.
    pub fn ledger(&self) -> PathBuf {
        self.root()
            .join("home/.local/state/shakedown/ledger.sqlite")
    }

    /// Writes a file into the working folder.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.work().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Any program in this environment.
    pub fn command_of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.root().join("home"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("TMPDIR", self.root())
            .env("USER", "tester")
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("COLUMNS", "100")
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// The built program in this environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command_of(PROGRAM);
        command.args(arguments);
        command
    }

    /// Runs the built program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&self.command(arguments).output().unwrap())
    }

    /// Runs it and gives both streams and the exit code as one text, without what differs from run to run.
    pub fn told(&self, arguments: &[&str]) -> String {
        self.redacted(&self.run(arguments))
    }

    /// One text of both streams and the exit code, with times, ports, paths and hashes replaced.
    pub fn redacted(&self, ran: &Ran) -> String {
        let mut text = String::new();
        if !ran.out.is_empty() {
            text.push_str(&ran.out);
        }
        if !ran.err.is_empty() {
            text.push_str("----- stderr -----\n");
            text.push_str(&ran.err);
        }
        text.push_str(&format!(
            "----- exit {} -----\n",
            ran.code
                .map_or("by a signal".to_owned(), |code| code.to_string())
        ));
        redact(&text.replace(&self.root().display().to_string(), "$ROOT"))
    }
}

/// What an ended process left.
pub fn ran(output: &Output) -> Ran {
    Ran {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}

/// Replaces digits of times and of ports, and hashes, each by as many letters: widths stay.
pub fn redact(text: &str) -> String {
    text.split_inclusive(['\n', ' '])
        .map(|word| {
            let body = word.trim_end();
            let kernel = body.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let is_hash = kernel.len() >= 12 && kernel.bytes().all(|b| b.is_ascii_hexdigit());
            let is_time = kernel.contains(':')
                && kernel
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b":-TZ.".contains(&b));
            if is_hash {
                word.replace(kernel, &"h".repeat(kernel.len()))
            } else if is_time {
                word.replace(|c: char| c.is_ascii_digit(), "0")
            } else if let Some(at) = word.find("127.0.0.1:") {
                let (before, port) = word.split_at(at + "127.0.0.1:".len());
                let digits = port.bytes().take_while(u8::is_ascii_digit).count();
                format!("{before}{}{}", "P".repeat(5), &port[digits..])
            } else {
                word.to_owned()
            }
        })
        .collect()
}
