//! `shakedown watch`: seal where that is still to do, start a keeper, follow.

use crate::arguments::Watch;
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::follow::{Follow, follow};
use crate::keeping;
use crate::one_line;
use crate::plan_file::{self, PlanFile};
use crate::trouble::{of_keeper, of_ledger};
use core::time::Duration;
use ledger::{Ledger, WatchRow};
use server::Kept;
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::watch as signal;
use verification::terms::Reaction;

/// Time before now over which the baseline's levels are measured where the plan was not sealed before.
const LEVELS_OVER: Duration = Duration::from_secs(3600);
/// How long a keeper may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Watches a deployment.
pub async fn run(context: &Context, arguments: &Watch) -> Done {
    if let Some(id) = &arguments.resume {
        let ledger = context.ledger().await?;
        let row = find_watch(&ledger, Some(id)).await?;
        return start_and_follow(context, &ledger, row, arguments).await;
    }
    let file = match (&arguments.plan, &arguments.service) {
        (Some(path), _) => plan_file::read(context, path)?,
        (None, Some(service)) => one_line::plan_of(context, service, arguments).await?,
        (None, None) => {
            return Err(Failure::new(
                Code::Usage,
                "name a plan file, or --service for a watch without one",
            ));
        }
    };
    if !file.warnings.is_empty() {
        eprint!(
            "{}",
            plan_file::rendered(context, &file.warnings, &file.text, &file.file)
        );
    }
    if arguments.service.is_some() || arguments.dry_run {
        eprintln!("The plan:\n");
        print!("{}", file.text);
        println!();
    }
    if arguments.dry_run {
        return dry_run(&file);
    }
    let ledger = context.ledger().await?;
    let row = find_or_seal(context, &ledger, &file).await?;
    if arguments.service.is_some() {
        one_line::keep_connections(&file, ledger.path(), row.id)?;
    }
    start_and_follow(context, &ledger, row, arguments).await
}

fn dry_run(file: &PlanFile) -> Done {
    for reaction in [
        Reaction::RollBack,
        Reaction::Page,
        Reaction::Ticket,
        Reaction::Review,
    ] {
        if file.plan.action(reaction).is_none() {
            continue;
        }
        println!("{} would make these calls:", reaction.word());
        for call in keeping::calls(&file.loaded, &file.plan, "W0", reaction)? {
            println!("  {call}");
        }
    }
    println!("Dry run: nothing was sealed, started or changed.");
    Ok(ExitCode::SUCCESS)
}

/// The watch to follow: one under way by the same seal, one sealed and not started, or a new seal.
async fn find_or_seal(
    context: &Context,
    ledger: &Ledger,
    file: &PlanFile,
) -> Result<WatchRow, Failure> {
    let described = server::connections::described(&file.plan, &file.loaded.connections);
    let hash = server::sealing::hash(&file.text, &described);
    let watches = ledger.watches().await.map_err(|error| of_ledger(&error))?;
    let of_service = || {
        watches
            .iter()
            .rev()
            .filter(|row| row.service == file.plan.service)
    };
    if let Some(running) = of_service()
        .find(|row| row.hash == hash && row.started_at.is_some() && row.ended_at.is_none())
    {
        eprintln!("{} is under way by this plan; attaching.", running.id);
        return Ok(running.clone());
    }
    match of_service().find(|row| row.started_at.is_none()) {
        Some(sealed) if sealed.hash == hash => Ok(sealed.clone()),
        Some(sealed) => Err(Failure::new(
            Code::PlanDiffers,
            format!(
                "{} is not the plan sealed as {} at {}",
                file.file,
                sealed.id,
                report::rfc3339(sealed.sealed_at)
            ),
        )
        .hint(format!(
            "watch the sealed one: shakedown watch --resume {}",
            sealed.id
        ))
        .hint(format!(
            "or seal the new one, which opens a new watch: shakedown seal {}",
            file.file
        ))),
        None => {
            let done = super::seal::seal(context, ledger, file, LEVELS_OVER).await?;
            let late = if done.sealed.late {
                ", late: the canary already has traffic"
            } else {
                ""
            };
            eprintln!("Sealed as {}{late}.", done.watch);
            ledger
                .watch(done.watch)
                .await
                .map_err(|error| of_ledger(&error))
        }
    }
}

async fn start_and_follow(
    context: &Context,
    ledger: &Ledger,
    row: WatchRow,
    arguments: &Watch,
) -> Done {
    let mut wishes = Follow {
        all: arguments.all,
        timeout: arguments.timeout,
        keeper: None,
    };
    if arguments.foreground {
        let keeper = keeping::keeper(context, ledger, &row).await?;
        let (stop, stopped) = signal::channel(false);
        let mut kept = tokio::spawn(keeper.keep(stopped));
        wishes.keeper = Some(stop);
        until_started(ledger, &row, || kept.is_finished()).await?;
        if kept.is_finished()
            && ledger
                .watch(row.id)
                .await
                .map_err(|error| of_ledger(&error))?
                .started_at
                .is_none()
        {
            return ended(&row, (&mut kept).await);
        }
        let code = follow(context, ledger, row.id, wishes).await?;
        return match kept.await {
            Ok(Ok(_)) => Ok(code),
            other => ended(&row, other),
        };
    }
    let mut child = keeping::spawn(context, row.id)?;
    let mut gone = false;
    until_started(ledger, &row, || {
        gone = gone
            || child
                .try_wait()
                .is_ok_and(|status| status.is_some_and(|status| !status.success()));
        gone
    })
    .await?;
    if ledger
        .watch(row.id)
        .await
        .map_err(|error| of_ledger(&error))?
        .started_at
        .is_none()
    {
        let code = child
            .try_wait()
            .ok()
            .flatten()
            .and_then(|status| status.code());
        let mut failure = Failure::new(
            Code::Ledger,
            format!("the keeper of {} did not start", row.id),
        );
        failure.what = format!(
            "{}\n{}",
            failure.what,
            keeping::last_words(ledger.path(), row.id)
        );
        failure.exit = code.and_then(|code| u8::try_from(code).ok());
        return Err(failure);
    }
    follow(context, ledger, row.id, wishes).await
}

async fn until_started(
    ledger: &Ledger,
    row: &WatchRow,
    mut gone: impl FnMut() -> bool,
) -> Result<(), Failure> {
    let begun = Instant::now();
    while begun.elapsed() < STARTS_WITHIN && !gone() {
        if ledger
            .watch(row.id)
            .await
            .map_err(|error| of_ledger(&error))?
            .started_at
            .is_some()
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn ended(
    row: &WatchRow,
    kept: Result<Result<Kept, server::KeeperError>, tokio::task::JoinError>,
) -> Done {
    match kept {
        Ok(Ok(Kept::Over(exit) | Kept::Stopped(exit))) => Ok(ExitCode::from(exit.code())),
        Ok(Ok(Kept::HeldBy { holder })) => {
            Err(
                Failure::new(Code::Usage, format!("{} is kept by {holder}", row.id)).hint(format!(
                    "follow it with: shakedown watch --resume {}",
                    row.id
                )),
            )
        }
        Ok(Err(error)) => Err(of_keeper(&error)),
        Err(error) => Err(Failure::new(
            Code::Bug,
            format!("the keeper ended unexpectedly: {error}"),
        )),
    }
}
