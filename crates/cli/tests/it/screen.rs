//! The live screen in a terminal: drawn in place, led by keys, and the terminal given back.

use crate::environment::{Environment, PROGRAM};
use crate::keepers::{Keepers, begun};
use crate::processes::{Child, until};
use std::io::{Read, Write};
use std::process::{ChildStdin, Stdio};
use std::sync::{Arc, Mutex};

/// A command in a terminal of a size, with all that it has written.
struct Terminal {
    keys: ChildStdin,
    written: Arc<Mutex<String>>,
    child: Child,
}

impl Terminal {
    /// Runs the program, then tells its exit code and whether the terminal is in its usual mode.
    fn open(environment: &Environment, columns: u16, rows: u16, arguments: &str) -> Self {
        let line = format!(
            "stty cols {columns} rows {rows}; '{PROGRAM}' {arguments}; echo \"exit $?\"; stty -a | grep -o -e '.icanon' -e ' icanon'"
        );
        let mut child = environment
            .command_of("script")
            .args(["--quiet", "--command", &line, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Debian package bsdutils is installed");
        let keys = child.stdin.take().unwrap();
        let mut out = child.stdout.take().unwrap();
        let written = Arc::new(Mutex::new(String::new()));
        let all = Arc::clone(&written);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut bytes) {
                all.lock()
                    .unwrap()
                    .push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        });
        Self {
            keys,
            written,
            child: Child(child),
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn shows(&self, text: &str) {
        until(text, || self.written.lock().unwrap().contains(text));
    }

    fn ends(&mut self) -> String {
        until("the terminal ends", || {
            self.child.0.try_wait().unwrap().is_some()
        });
        self.shows("icanon");
        self.written.lock().unwrap().clone()
    }
}

#[test]
fn the_screen_is_drawn_in_place_and_left_with_the_terminal_as_it_was() {
    let environment = begun();
    let mut terminal = Terminal::open(&environment, 80, 24, "watch --resume W1 --foreground");
    terminal.shows("WATCHING");
    terminal.shows("2s of 1m");
    terminal.press("e");
    terminal.shows("\u{2026} ");
    terminal.press("q");
    let written = terminal.ends();
    assert!(written.contains("exit 10"), "{written:?}");
    assert!(
        written.contains(" icanon") && !written.contains("-icanon"),
        "{written:?}"
    );
    assert!(
        written.contains("Stopped. Take the watch up again"),
        "{written:?}"
    );
    // Between two drawings the cursor goes back up; the alternate screen is never taken.
    assert!(
        written.contains("\u{1b}[") && !written.contains("\u{1b}[?1049h"),
        "{written:?}"
    );
    let ups = written.split("\u{1b}[").filter(|part| {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && part.as_bytes().get(digits) == Some(&b'A')
    });
    assert!(ups.count() > 1, "{written:?}");
}

#[test]
fn a_hold_by_key_asks_for_the_reason() {
    let environment = begun();
    let mut terminal = Terminal::open(&environment, 100, 40, "watch --resume W1 --foreground");
    terminal.shows("h hold");
    terminal.press("h");
    terminal.shows("hold: why? (empty to go back) ");
    terminal.press("a colleague looks\n");
    terminal.shows("hold is asked for.");
    terminal.shows("HELD");
    terminal.press("\u{3}");
    let written = terminal.ends();
    assert!(written.contains("exit 23"), "{written:?}");
    assert!(!written.contains("-icanon"), "{written:?}");
    let report = environment.run(&["report"]);
    assert!(report.out.contains("a colleague looks"), "{report:?}");
}

/// What a command writes to a terminal, with a variable set before it.
fn in_a_terminal(environment: &Environment, variable: &str, arguments: &str) -> String {
    let line = format!("{variable} '{PROGRAM}' {arguments}");
    let output = environment
        .command_of("script")
        .args(["--quiet", "--command", &line, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env("SHELL", "/bin/sh")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let environment = begun();
    let written = in_a_terminal(
        &environment,
        "TERM=dumb",
        "watch --resume W1 --foreground --timeout 1s",
    );
    assert!(written.contains("WATCHING"), "{written}");
    assert!(!written.contains('\u{1b}'), "{written:?}");
}

#[test]
fn no_color_is_heard() {
    let environment = begun();
    let keepers = Keepers(&environment);
    let held = environment.run(&["hold", "W1", "--reason", "a colleague looks", "--yes"]);
    assert_eq!(held.code, Some(23), "{held:?}");
    let coloured = in_a_terminal(&environment, "", "verdict");
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    let plain = in_a_terminal(&environment, "NO_COLOR=1", "verdict");
    assert!(
        plain.contains("HELD") && !plain.contains('\u{1b}'),
        "{plain:?}"
    );
    drop(keepers);
}
