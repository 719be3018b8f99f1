//! `shakedown hold | roll-back | confirm | release`: a human acts.

use crate::arguments::{Act, RollBack};
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::following::Following;
use crate::keeping;
use crate::person::person;
use crate::showing::must_have_started;
use crate::trouble::of_ledger;
use core::time::Duration;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;
use verification::event::{Event, HumanAct, HumanActKind, Refusal};

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
    let reason = reason(arguments, kind)?;
    if !arguments.yes {
        ask_back(&row.id.to_string(), &row.service, kind)?;
    }
    let act = HumanAct {
        kind,
        name: person(arguments.name.as_deref()),
        reason,
    };
    ledger
        .post_request(row.id, &act, context.now())
        .await
        .map_err(|error| of_ledger(&error))?;
    if following.is_abandoned(context.now()).await? {
        // Nobody would take it: a keeper is started for it.
        keeping::spawn(context, row.id)?;
    }
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let events = following.read_on().await?;
        let taken = following
            .replayed
            .watch
            .as_ref()
            .is_some_and(|watch| watch.summary().acts.iter().any(|(_, known)| *known == act));
        if let Some(refusal) = events.iter().find_map(|event| {
            if let Event::Refused(refusal) = event {
                Some(*refusal)
            } else {
                None
            }
        }) {
            return Err(refused(&row.id.to_string(), refusal));
        }
        if taken {
            let Some(watch) = &following.replayed.watch else {
                break;
            };
            println!(
                "{}: {} by {}, record {}.",
                row.id,
                act_words(kind),
                act.name,
                following.replayed.last_seq
            );
            if kind == HumanActKind::RollBack {
                println!("Follow it with: shakedown watch --resume {}", row.id);
            }
            return Ok(ExitCode::from(watch.exit().code()));
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
    for line in keeping::roll_back_calls(context, watch, row.id)? {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

fn reason(arguments: &Act, kind: HumanActKind) -> Result<String, Failure> {
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
    let reason = ask("Reason: ")?;
    if reason.is_empty() {
        return Err(Failure::new(
            Code::Usage,
            "no reason given; nothing was done",
        ));
    }
    Ok(reason)
}

fn ask_back(id: &str, service: &str, kind: HumanActKind) -> Result<(), Failure> {
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
    let answer = ask(&format!("{} {id} ({service})? [y/N] ", act_words(kind)))?;
    if matches!(answer.as_str(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::new(Code::Usage, "nothing was done"))
    }
}

/// Asks on the terminal.
pub fn ask(question: &str) -> Result<String, Failure> {
    let trouble = |error: std::io::Error| Failure::new(Code::Usage, format!("cannot ask: {error}"));
    eprint!("{question}");
    std::io::stderr().flush().map_err(trouble)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(trouble)?;
    Ok(answer.trim().to_owned())
}

fn refused(id: &str, refusal: Refusal) -> Failure {
    let why = match refusal {
        Refusal::Ended => "is over",
        Refusal::AlreadyRollingBack => "is rolling back already",
        Refusal::NotHeld => "is not held by anybody",
        Refusal::NoAction => "has no roll-back action in its plan",
    };
    Failure::new(Code::Usage, format!("{id} {why}; nothing was done"))
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
