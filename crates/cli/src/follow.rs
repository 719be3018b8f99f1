//! Following a watch until it has ended, the user detaches, or the time is over.

use crate::answer::progress;
use crate::commands::act::{act_words, refusal_words};
use crate::context::Context;
use crate::exit_reason::{Done, Failure};
use crate::following::{Following, News};
use crate::interruption::Interruption;
use crate::person::person;
use crate::prompt::ask;
use crate::trouble::of_ledger;
use crate::view::View;
use core::time::Duration;
use ledger::{Ledger, WatchId};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::watch as signal;
use verification::event::{HumanAct, HumanActKind};
use verification::exit::Exit;

/// How often records are read and the screen is drawn: at most five times a second.
const BEAT: Duration = Duration::from_millis(200);
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
    /// Whether the user has asked to end.
    pub interruption: Interruption,
    /// Take the last screen of an ended watch away, for what is printed next holds it.
    pub erase: bool,
}

/// How following ended.
pub struct Followed {
    /// Exit code of the watch as it stands.
    pub exit: Exit,
    /// Whether the watch goes on without us.
    pub detached: bool,
}

/// Follows a watch and says how to come back where it goes on; gives the watch's exit code.
pub async fn follow(context: &Context, ledger: &Ledger, id: WatchId, wishes: Follow) -> Done {
    let kept_here = wishes.keeper.is_some();
    let followed = follow_on(context, ledger, id, wishes).await?;
    if followed.detached && kept_here {
        progress!("Stopped. Take the watch up again with: shakedown watch --resume {id}");
    } else if followed.detached {
        progress!("Detached; the keeper goes on. Come back with: shakedown watch --resume {id}");
    }
    Ok(ExitCode::from(followed.exit.code()))
}

/// Follows until the watch has ended, the user detaches, or the time is over; a keeper of this process is stopped then.
pub async fn follow_on(
    context: &Context,
    ledger: &Ledger,
    id: WatchId,
    mut wishes: Follow,
) -> Result<Followed, Failure> {
    let mut following = Following::open(ledger, id).await?;
    let begun = Instant::now();
    let mut view = View::new(context, wishes.all);
    let mut ended_at: Option<Instant> = None;
    let mut checked = Instant::now();
    loop {
        let news = following.read_on().await?;
        for refusal in news.iter().filter_map(News::refusal) {
            view.note(format!("{id} {}", refusal_words(refusal)));
        }
        view.show(context, &following, &news)?;
        if let Some(watch) = &following.replayed.watch {
            if watch.has_ended() {
                let since = *ended_at.get_or_insert_with(Instant::now);
                if watch.open_intents().next().is_none() || since.elapsed() > LAST_MESSAGES {
                    if wishes.erase {
                        view.erase();
                    }
                    view.leave(watch);
                    let exit = watch.exit();
                    stop(&wishes);
                    return Ok(Followed {
                        exit,
                        detached: false,
                    });
                }
            } else {
                ended_at = None;
            }
        }
        let out_of_time = wishes
            .timeout
            .is_some_and(|timeout| begun.elapsed() >= timeout);
        if out_of_time || view.detached() || wishes.interruption.came() {
            if let Some(watch) = &following.replayed.watch {
                view.leave(watch);
            }
            stop(&wishes);
            let exit = following
                .replayed
                .watch
                .as_ref()
                .map_or(Exit::Watching, verification::Watch::exit);
            return Ok(Followed {
                exit,
                detached: true,
            });
        }
        if let Some(kind) = view.asked() {
            view.pause();
            let acted = act(ledger, id, kind, context, &mut wishes.interruption).await;
            view.go_on();
            if acted? {
                view.note(format!("{} is asked for.", act_words(kind)));
            }
        }
        if wishes.keeper.is_none() && checked.elapsed() > ABANDONED {
            checked = Instant::now();
            let goes_on = following
                .replayed
                .watch
                .as_ref()
                .is_some_and(|watch| !watch.has_ended());
            if goes_on && following.is_abandoned(context.now()).await? {
                view.note(format!(
                    "Nobody keeps this watch any more; take it up with: shakedown watch --resume {id}"
                ));
            }
        }
        view.wait(BEAT, &mut wishes.interruption).await;
    }
}

fn stop(wishes: &Follow) {
    if let Some(keeper) = &wishes.keeper {
        let _ = keeper.send(true);
    }
}

/// Asks for the reason and posts the act; without a reason nothing is done.
async fn act(
    ledger: &Ledger,
    id: WatchId,
    kind: HumanActKind,
    context: &Context,
    interruption: &mut Interruption,
) -> Result<bool, Failure> {
    let question = format!("{}: why? (empty to go back) ", act_words(kind));
    let reason = tokio::select! {
        reason = ask(&question) => reason?,
        () = interruption.wait() => String::new(),
    };
    if reason.is_empty() {
        return Ok(false);
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
    Ok(true)
}
