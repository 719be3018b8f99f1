//! `shakedown hold | roll-back | confirm | release`: a human acts.

use crate::answer::answer_line;
use crate::arguments::{Act, RollBack};
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::following::{Following, News};
use crate::keeping;
use crate::person::person;
use crate::prompt::ask;
use crate::showing::must_have_started;
use crate::trouble::of_ledger;
use core::time::Duration;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;
use verification::event::{HumanAct, HumanActKind, Refusal};

/// How long an act is waited for before the user is told that the keeper is slow.
const PATIENCE: Duration = Duration::from_secs(15);

/// Posts an act and waits until the keeper has taken it.
pub async fn run(context: &Context, kind: HumanActKind, arguments: &Act) -> Done {
    let ledger = context.ledger().await?;
    let row = find_watch(&ledger, Some(&arguments.id)).await?;
    let mut following = Following::open(&ledger, row.id).await?;
    if following.replayed.watch.is_none() {
        return Err(must_have_started(&row));
    }
    let reason = reason(arguments, kind).await?;
    if !arguments.yes {
        ask_back(&row.id.to_string(), &row.service, kind).await?;
    }
    let act = HumanAct {
        kind,
        name: person(arguments.name.as_deref()),
        reason,
    };
    let equal = |following: &Following| {
        following.replayed.watch.as_ref().map_or(0, |watch| {
            let acts = watch.summary().acts;
            acts.iter().filter(|(_, known)| *known == act).count()
        })
    };
    let before = equal(&following);
    ledger
        .post_request(row.id, &act, context.now())
        .await
        .map_err(|error| of_ledger(&error))?;
    // Where nobody would take it, a keeper is started for it.
    let mut spawned = if following.is_abandoned(context.now()).await? {
        Some(keeping::spawn(context, row.id)?)
    } else {
        None
    };
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let news = following.read_on().await?;
        let taken = equal(&following) > before;
        if let Some(refusal) = news.iter().find_map(News::refusal) {
            return Err(refused(&row.id.to_string(), refusal));
        }
        if taken {
            let Some(watch) = &following.replayed.watch else {
                break;
            };
            answer_line!(
                "{}: {} by {}, record {}.",
                row.id,
                act_words(kind),
                act.name,
                following.replayed.last_seq
            )?;
            if kind == HumanActKind::RollBack {
                answer_line!("Follow it with: shakedown watch --resume {}", row.id)?;
            }
            return Ok(ExitCode::from(watch.exit().code()));
        }
        if let Some(failure) = spawned.as_mut().and_then(keeping::Spawned::failure) {
            return Err(failure.hint(format!(
                "the act is posted; the next keeper of {} takes it",
                row.id
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::new(
        Code::Unreachable,
        format!(
            "{} is posted, but the keeper of {} has not taken it within {PATIENCE:?}",
            act_words(kind),
            row.id
        ),
    )
    .hint(format!("see who keeps it: shakedown verdict {}", row.id)))
}

/// Prints the exact calls of the roll-back action.
pub async fn dry_run(context: &Context, arguments: &RollBack) -> Done {
    let ledger = context.ledger_to_read().await?;
    let row = find_watch(&ledger, Some(&arguments.act.id)).await?;
    let following = Following::open(&ledger, row.id).await?;
    let watch = following
        .replayed
        .watch
        .as_ref()
        .ok_or_else(|| must_have_started(&row))?;
    for line in
        keeping::roll_back_calls(context, watch, row.id, &following.replayed.seal.plan_file)?
    {
        answer_line!("{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn reason(arguments: &Act, kind: HumanActKind) -> Result<String, Failure> {
    if let Some(reason) = arguments
        .reason
        .as_deref()
        .map(str::trim)
        .filter(|reason| !reason.is_empty())
    {
        return Ok(reason.to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(
            Failure::new(Code::Usage, format!("{} needs a reason", act_words(kind)))
                .hint("add --reason TEXT"),
        );
    }
    let reason = ask("Reason: ").await?;
    if reason.is_empty() {
        return Err(Failure::new(
            Code::Usage,
            "no reason given; nothing was done",
        ));
    }
    Ok(reason)
}

async fn ask_back(id: &str, service: &str, kind: HumanActKind) -> Result<(), Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            Code::Usage,
            format!(
                "{} changes {id}; without a terminal it must be confirmed",
                act_words(kind)
            ),
        )
        .hint("add --yes"));
    }
    let answer = ask(&format!("{} {id} ({service})? [y/N] ", act_words(kind))).await?;
    if matches!(answer.as_str(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new(Code::Usage, "nothing was done"))
    }
}

fn refused(id: &str, refusal: Refusal) -> Failure {
    Failure::new(Code::Usage, format!("{id} {}", refusal_words(refusal)))
}

/// Why an act was refused, after the watch's id.
pub const fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Ended => "is over; nothing was done",
        Refusal::AlreadyRollingBack => "is rolling back already; nothing was done",
        Refusal::NotHeld => "is not held by anybody; nothing was done",
        Refusal::NoAction => "has no roll-back action in its plan; nothing was done",
    }
}

/// What an act is called.
pub const fn act_words(kind: HumanActKind) -> &'static str {
    match kind {
        HumanActKind::Hold => "hold",
        HumanActKind::Release => "release",
        HumanActKind::RollBack => "roll back",
        HumanActKind::Confirm => "confirm",
    }
}
