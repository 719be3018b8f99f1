//! What is seen of a followed watch: the screen on a terminal, a line per change elsewhere.

use crate::answer::{answer_line, progress};
use crate::context::Context;
use crate::exit_reason::Failure;
use crate::following::{Following, News};
use crate::interruption::Interruption;
use crate::keys::{Keys, Pressed};
use crate::showing::frame_of;
use crate::terminal::{Canvas, announce};
use core::time::Duration;
use report::{Key, Reference};
use std::time::Instant;
use verification::Watch;
use verification::event::HumanActKind;

/// Between heartbeats where the output is no terminal.
const HEARTBEAT: Duration = Duration::from_secs(15 * 60);
/// How long a note stays on the screen.
const NOTE_STAYS: Duration = Duration::from_secs(12);

/// The screen, or the lines.
pub enum View {
    /// The screen, redrawn in place.
    Live(Box<Live>),
    /// A line per change.
    Lines {
        /// When the last line was printed.
        heartbeat: Instant,
        /// Whether nothing has been printed yet.
        first: bool,
        /// Notes that were printed.
        noted: Vec<String>,
    },
}

/// A screen with its keys.
pub struct Live {
    canvas: Canvas,
    keys: Keys,
    all: bool,
    explained: bool,
    notes: Vec<(Instant, String)>,
    detached: bool,
    asked: Option<HumanActKind>,
    /// Title and mark of the window as they are.
    announced: Option<(String, report::Progress)>,
}

impl View {
    /// The view that standard output allows.
    pub fn new(context: &Context, all: bool) -> Self {
        if context.terminal.live {
            Self::Live(Box::new(Live {
                canvas: Canvas::new(context.terminal.ellipsis()),
                keys: Keys::listen(),
                all,
                explained: false,
                notes: Vec::new(),
                detached: false,
                asked: None,
                announced: None,
            }))
        } else {
            Self::Lines {
                heartbeat: Instant::now(),
                first: true,
                noted: Vec::new(),
            }
        }
    }

    /// Shows the watch as it stands, or what has changed.
    pub fn show(
        &mut self,
        context: &Context,
        following: &Following,
        news: &[News],
    ) -> Result<(), Failure> {
        let Some(watch) = &following.replayed.watch else {
            return Ok(());
        };
        match self {
            Self::Live(live) => {
                live.show(context, following, watch);
                Ok(())
            }
            Self::Lines {
                heartbeat, first, ..
            } => {
                let due = *first || heartbeat.elapsed() >= HEARTBEAT;
                if news.is_empty() && !due {
                    return Ok(());
                }
                let frame = frame_of(context, following);
                let summary = watch.summary();
                for line in news.iter().filter_map(|news| news.line(&summary, &frame)) {
                    answer_line!("{line}")?;
                    *heartbeat = Instant::now();
                }
                if due {
                    answer_line!("{}", report::heartbeat_line(&summary, &frame))?;
                    *first = false;
                    *heartbeat = Instant::now();
                }
                Ok(())
            }
        }
    }

    /// Waits for a beat, or until something is asked for.
    pub async fn wait(&mut self, beat: Duration, interruption: &mut Interruption) {
        let beat = async {
            match self {
                Self::Live(live) => live.wait(beat).await,
                Self::Lines { .. } => tokio::time::sleep(beat).await,
            }
        };
        tokio::select! {
            () = beat => {}
            () = interruption.wait() => {}
        }
    }

    /// Whether the user has detached.
    pub fn detached(&self) -> bool {
        matches!(self, Self::Live(live) if live.detached)
    }

    /// An act that was asked for by a key.
    pub fn asked(&mut self) -> Option<HumanActKind> {
        match self {
            Self::Live(live) => live.asked.take(),
            Self::Lines { .. } => None,
        }
    }

    /// Says something beside the watch, once.
    pub fn note(&mut self, text: String) {
        match self {
            Self::Live(live) => {
                live.notes.retain(|(_, known)| *known != text);
                live.notes.push((Instant::now(), text));
            }
            Self::Lines { noted, .. } => {
                if !noted.contains(&text) {
                    progress!("{text}");
                    noted.push(text);
                }
            }
        }
    }

    /// Gives the terminal back for a question.
    pub fn pause(&mut self) {
        if let Self::Live(live) = self {
            live.keys.stop();
            live.canvas.leave();
        }
    }

    /// Takes the terminal again.
    pub fn go_on(&mut self) {
        if let Self::Live(live) = self {
            live.keys = Keys::listen();
        }
    }

    /// Takes the screen away.
    pub fn erase(&mut self) {
        if let Self::Live(live) = self {
            live.canvas.erase();
        }
    }

    /// Leaves the last screen as it is, all of it, and gives the terminal back.
    pub fn leave(&mut self, watch: &Watch) {
        if let Self::Live(live) = self {
            live.keys.stop();
            live.canvas.leave();
            announce(&watch.plan().service, report::Progress::None);
        }
    }
}

impl Live {
    fn show(&mut self, context: &Context, following: &Following, watch: &Watch) {
        let mut frame = frame_of(context, following);
        let summary = watch.summary();
        frame.live = self.keys.are_read();
        frame.all = self.all;
        let mut text = report::verdict_screen(&summary, &frame).render(&frame);
        if self.explained
            && let Some(first) = summary.rows.first()
        {
            text.push('\n');
            text.push_str(
                &report::explain(&summary, &Reference::Row(first.verdict.row), &frame)
                    .unwrap_or_default(),
            );
        }
        self.notes.retain(|(at, _)| at.elapsed() < NOTE_STAYS);
        // Above the screen's end, which a small window cuts off.
        let mut noted = String::new();
        for (_, note) in &self.notes {
            noted.push_str(note);
            noted.push('\n');
        }
        // A terminal that is gone is found out by the signal that tells of it.
        let _ = self.canvas.draw(&noted, &text);
        let announced = (report::title(&summary), report::progress(&summary, &frame));
        if self.announced.as_ref() != Some(&announced) {
            announce(&announced.0, announced.1);
            self.announced = Some(announced);
        }
    }

    async fn wait(&mut self, beat: Duration) {
        match self.keys.next(beat).await {
            Some(Pressed::Detach) => self.detached = true,
            Some(Pressed::All) => self.all = !self.all,
            Some(Pressed::Key(Key::Explain)) => self.explained = !self.explained,
            Some(Pressed::Key(Key::RollBack)) => self.asked = Some(HumanActKind::RollBack),
            Some(Pressed::Key(Key::Hold)) => self.asked = Some(HumanActKind::Hold),
            Some(Pressed::Key(Key::Release)) => self.asked = Some(HumanActKind::Release),
            Some(Pressed::Key(Key::Confirm)) => self.asked = Some(HumanActKind::Confirm),
            None => {}
        }
    }
}
