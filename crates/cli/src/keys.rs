//! Keys of the live view.

use core::time::Duration;
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, poll, read};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use report::Key;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// How often the reading thread looks whether it should end.
const PAUSE: Duration = Duration::from_millis(100);

/// Keys that wait to be taken, between two drawings.
const WAITING: usize = 16;

/// What was asked for by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// `q`, Escape or Ctrl-C.
    Detach,
    /// `a`: show rows that are within too.
    All,
    /// A key that the screen names.
    Key(Key),
}

/// Reads keys in a thread of its own, in raw mode while it lives.
#[derive(Debug)]
pub struct Keys {
    pressed: mpsc::Receiver<Pressed>,
    ends: Arc<AtomicBool>,
    reads: bool,
}

impl Keys {
    /// Listens, where standard input is a terminal.
    pub fn listen() -> Self {
        let (tell, pressed) = mpsc::channel(WAITING);
        let ends = Arc::new(AtomicBool::new(false));
        let reads = std::io::stdin().is_terminal() && enable_raw_mode().is_ok();
        if reads {
            let ends = Arc::clone(&ends);
            std::thread::spawn(move || {
                while !ends.load(Ordering::Relaxed) {
                    if !poll(PAUSE).unwrap_or(false) || ends.load(Ordering::Relaxed) {
                        continue;
                    }
                    let Ok(event) = read() else { return };
                    if let Some(key) = key_of(&event)
                        && tell.blocking_send(key).is_err()
                    {
                        return;
                    }
                }
            });
        }
        Self {
            pressed,
            ends,
            reads,
        }
    }

    /// Stops listening and gives the terminal back.
    pub fn stop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if self.reads {
            let _ = disable_raw_mode();
            self.reads = false;
            // The thread ends within one pause; until then it would take what is typed at a prompt.
            std::thread::sleep(PAUSE);
        }
    }

    /// Whether keys are read.
    pub const fn are_read(&self) -> bool {
        self.reads
    }

    /// The next key, or nothing after `beat`.
    pub async fn next(&mut self, beat: Duration) -> Option<Pressed> {
        if !self.reads {
            // Without keys, Ctrl-C is the signal.
            return tokio::select! {
                _ = tokio::signal::ctrl_c() => Some(Pressed::Detach),
                () = tokio::time::sleep(beat) => None,
            };
        }
        tokio::time::timeout(beat, self.pressed.recv())
            .await
            .ok()
            .flatten()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stop();
    }
}

fn key_of(event: &Event) -> Option<Pressed> {
    let Event::Key(key) = event else { return None };
    if key.kind != KeyEventKind::Press {
        return None;
    }
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
            Some(Pressed::Detach)
        }
        KeyCode::Char('q') | KeyCode::Esc => Some(Pressed::Detach),
        KeyCode::Char('a') => Some(Pressed::All),
        KeyCode::Char(letter) => Key::ALL
            .into_iter()
            .find(|key| key.letter() == letter)
            .map(Pressed::Key),
        _ => None,
    }
}
