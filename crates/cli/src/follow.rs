//! Following a watch on the screen: a live view on a terminal, a line per change elsewhere.

use crate::commands::act::{act_words, ask};
use crate::context::Context;
use crate::exit_reason::{Done, Failure};
use crate::following::Following;
use crate::keys::{Keys, Pressed};
use crate::person::person;
use crate::showing::frame_of;
use crate::terminal::{Canvas, announce};
use crate::trouble::of_ledger;
use core::time::Duration;
use ledger::{Ledger, WatchId};
use report::{Key, Reference};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::watch as signal;
use verification::Watch;
use verification::event::{HumanAct, HumanActKind};
use verification::exit::Exit;

/// How often records are read and the screen is drawn: at most five times a second.
const BEAT: Duration = Duration::from_millis(200);
/// Between heartbeats where the output is no terminal.
const HEARTBEAT: Duration = Duration::from_secs(15 * 60);
/// How long the last messages of an ended watch are waited for.
const LAST_MESSAGES: Duration = Duration::from_secs(10);
/// How long a watch may be without keeper before the user is told.
const ABANDONED: Duration = Duration::from_secs(5);

/// What the user wishes of following.
pub struct Follow {
    /// Show rows that are within too.
    pub all: bool,
    /// Stop following after this time.
    pub timeout: Option<Duration>,
    /// Stops the keeper of this process, where the watch is kept here.
    pub keeper: Option<signal::Sender<bool>>,
}

/// Follows until the watch has ended, the user detaches, or the time is over.
pub async fn follow(context: &Context, ledger: &Ledger, id: WatchId, wishes: Follow) -> Done {
    let mut following = Following::open(ledger, id).await?;
    let begun = Instant::now();
    let mut view = View::new(context, wishes.all);
    let mut ended_at: Option<Instant> = None;
    let mut checked = Instant::now();
    loop {
        let events = following.read_on().await?;
        view.show(context, &following, &events)?;
        let Some(watch) = &following.replayed.watch else {
            tokio::time::sleep(BEAT).await;
            continue;
        };
        if watch.has_ended() {
            let since = *ended_at.get_or_insert_with(Instant::now);
            if watch.open_intents().next().is_none() || since.elapsed() > LAST_MESSAGES {
                let code = ExitCode::from(watch.exit().code());
                view.leave(watch);
                stop(&wishes);
                return Ok(code);
            }
        } else {
            ended_at = None;
        }
        let out_of_time = wishes
            .timeout
            .is_some_and(|timeout| begun.elapsed() >= timeout);
        if out_of_time || view.detached() {
            let exit = watch.exit();
            view.leave(watch);
            return Ok(detach(&wishes, id, exit));
        }
        if let Some(kind) = view.asked() {
            view.pause();
            let acted = act(ledger, id, kind, context).await;
            view.go_on();
            acted?;
        }
        if wishes.keeper.is_none() && checked.elapsed() > ABANDONED {
            checked = Instant::now();
            if !watch.has_ended() && following.is_abandoned(context.now()).await? {
                view.note(&format!("Nobody keeps this watch any more; take it up with: shakedown watch --resume {id}"));
            }
        }
        view.wait(BEAT).await;
    }
}

fn stop(wishes: &Follow) {
    if let Some(keeper) = &wishes.keeper {
        let _ = keeper.send(true);
    }
}

fn detach(wishes: &Follow, id: WatchId, exit: Exit) -> ExitCode {
    if wishes.keeper.is_some() {
        stop(wishes);
        eprintln!("Stopped. Take the watch up again with: shakedown watch --resume {id}");
    } else {
        eprintln!("Detached; the keeper goes on. Come back with: shakedown watch --resume {id}");
    }
    ExitCode::from(exit.code())
}

async fn act(
    ledger: &Ledger,
    id: WatchId,
    kind: HumanActKind,
    context: &Context,
) -> Result<(), Failure> {
    let reason = ask(&format!("{}: why? (empty to go back) ", act_words(kind)))?;
    if reason.is_empty() {
        return Ok(());
    }
    let act = HumanAct {
        kind,
        name: person(None),
        reason,
    };
    ledger
        .post_request(id, &act, context.now())
        .await
        .map_err(|error| of_ledger(&error))?;
    Ok(())
}

/// The screen, or the lines.
enum View {
    Live {
        canvas: Canvas,
        keys: Keys,
        all: bool,
        explained: bool,
        notes: Vec<String>,
        detached: bool,
        asked: Option<HumanActKind>,
    },
    Lines {
        heartbeat: Instant,
        first: bool,
        stopped: tokio::task::JoinHandle<()>,
    },
}

impl View {
    fn new(context: &Context, all: bool) -> Self {
        if context.terminal.live {
            Self::Live {
                canvas: Canvas::default(),
                keys: Keys::listen(),
                all,
                explained: false,
                notes: Vec::new(),
                detached: false,
                asked: None,
            }
        } else {
            let stopped = tokio::spawn(async {
                let _ = tokio::signal::ctrl_c().await;
            });
            Self::Lines {
                heartbeat: Instant::now(),
                first: true,
                stopped,
            }
        }
    }

    fn show(
        &mut self,
        context: &Context,
        following: &Following,
        events: &[verification::event::Event],
    ) -> Result<(), Failure> {
        let Some(watch) = &following.replayed.watch else {
            return Ok(());
        };
        let mut frame = frame_of(context, following);
        match self {
            Self::Live {
                canvas,
                all,
                explained,
                notes,
                keys,
                ..
            } => {
                let summary = watch.summary();
                frame.live = keys.are_read();
                frame.all = *all;
                let mut text = report::verdict_screen(&summary, &frame).render(&frame);
                if *explained && let Some(first) = summary.rows.first() {
                    text.push('\n');
                    text.push_str(
                        &report::explain(&summary, &Reference::Row(first.verdict.row), &frame)
                            .unwrap_or_default(),
                    );
                }
                for note in notes.iter() {
                    text.push_str(note);
                    text.push('\n');
                }
                let _ = canvas.draw(&text);
                let _ = announce(&report::title(&summary), report::progress(&summary, &frame));
            }
            Self::Lines {
                heartbeat, first, ..
            } => {
                if events.is_empty() && !*first && heartbeat.elapsed() < HEARTBEAT {
                    return Ok(());
                }
                let summary = watch.summary();
                for event in events {
                    if let Some(line) = report::change_line(&summary, event, &frame) {
                        println!("{line}");
                        *heartbeat = Instant::now();
                    }
                }
                if *first || heartbeat.elapsed() >= HEARTBEAT {
                    println!("{}", report::heartbeat_line(&summary, &frame));
                    *first = false;
                    *heartbeat = Instant::now();
                }
            }
        }
        Ok(())
    }

    async fn wait(&mut self, beat: Duration) {
        match self {
            Self::Live {
                keys,
                all,
                explained,
                detached,
                asked,
                ..
            } => match keys.next(beat).await {
                Some(Pressed::Detach) => *detached = true,
                Some(Pressed::All) => *all = !*all,
                Some(Pressed::Key(Key::Explain)) => *explained = !*explained,
                Some(Pressed::Key(Key::RollBack)) => *asked = Some(HumanActKind::RollBack),
                Some(Pressed::Key(Key::Hold)) => *asked = Some(HumanActKind::Hold),
                Some(Pressed::Key(Key::Release)) => *asked = Some(HumanActKind::Release),
                Some(Pressed::Key(Key::Confirm)) => *asked = Some(HumanActKind::Confirm),
                None => {}
            },
            Self::Lines { .. } => tokio::time::sleep(beat).await,
        }
    }

    fn detached(&self) -> bool {
        match self {
            Self::Live { detached, .. } => *detached,
            Self::Lines { stopped, .. } => stopped.is_finished(),
        }
    }

    fn asked(&mut self) -> Option<HumanActKind> {
        if let Self::Live { asked, .. } = self {
            asked.take()
        } else {
            None
        }
    }

    fn note(&mut self, text: &str) {
        match self {
            Self::Live { notes, .. } => {
                if !notes.iter().any(|known| known == text) {
                    notes.push(text.to_owned());
                }
            }
            Self::Lines { .. } => eprintln!("{text}"),
        }
    }

    fn pause(&mut self) {
        if let Self::Live { canvas, keys, .. } = self {
            canvas.leave();
            keys.stop();
        }
    }

    fn go_on(&mut self) {
        if let Self::Live { keys, .. } = self {
            *keys = Keys::listen();
        }
    }

    fn leave(&mut self, watch: &Watch) {
        if let Self::Live { canvas, keys, .. } = self {
            keys.stop();
            canvas.leave();
            let _ = announce(&watch.plan().service, report::Progress::None);
        }
    }
}
