//! `shakedown watch`: seal where that is still to do, start a keeper, follow.

use crate::answer::{answer, answer_line, progress};
use crate::arguments::Watch;
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::follow::{Follow, follow};
use crate::following::{Following, is_kept};
use crate::interruption::Interruption;
use crate::keeping;
use crate::one_line;
use crate::plan_file::{self, PlanFile};
use crate::trouble::{of_keeper, of_ledger};
use core::time::Duration;
use ledger::{Ledger, WatchRow};
use server::{Keeper, Kept};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::watch as signal;
use verification::terms::Reaction;

/// Time before now over which the baseline's levels are measured where the plan was not sealed before.
const LEVELS_OVER: Duration = Duration::from_secs(3600);
/// Between two looks whether a keeper has begun.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a keeper may take to start.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// Watches a deployment.
pub async fn run(context: &Context, arguments: &Watch) -> Done {
    let own = arguments.plan.as_deref().map(|path| context.for_plan(path));
    let context = own.as_ref().unwrap_or(context);
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
        progress!(
            "{}",
            plan_file::rendered(context, &file.warnings, &file.text, &file.file)
        );
    }
    if arguments.service.is_some() || arguments.dry_run {
        progress!("The plan:\n");
        answer!("{}", file.text)?;
        answer_line!()?;
    }
    if arguments.dry_run {
        return dry_run(&file);
    }
    let ledger = context.ledger().await?;
    let row = find_or_seal(context, &ledger, &file, arguments.plan.is_some()).await?;
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
        answer_line!("{} would make these calls:", reaction.word())?;
        for call in keeping::calls(&file.loaded, &file.plan, "W0", reaction)? {
            answer_line!("  {call}")?;
        }
    }
    answer_line!("Dry run: nothing was sealed, started or changed.")?;
    Ok(ExitCode::SUCCESS)
}

/// The watch to follow: one under way by the same seal, one sealed and not started, or a new seal. A plan file (`explicit`)
/// must be the one that was sealed for this deploy; a plan implied by options was never sealed by hand.
async fn find_or_seal(
    context: &Context,
    ledger: &Ledger,
    file: &PlanFile,
    explicit: bool,
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
        progress!("{} is under way by this plan; attaching.", running.id);
        return Ok(running.clone());
    }
    // Only a seal that is younger than every watch that was started stands for the deploy to come.
    let sealed = of_service()
        .take_while(|row| row.started_at.is_none())
        .find(|row| explicit || row.hash == hash);
    match sealed {
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
            progress!("Sealed as {}{late}.", done.watch);
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
    let wishes = Follow {
        all: arguments.all,
        timeout: arguments.timeout,
        keeper: None,
        interruption: Interruption::listen(),
        erase: false,
    };
    let following = Following::open(ledger, row.id).await?;
    let is_over = following
        .replayed
        .watch
        .as_ref()
        .is_some_and(verification::Watch::is_over);
    if is_over || is_kept(&row, context.now()) {
        return follow(context, ledger, row.id, wishes).await;
    }
    // Made here in any case: what is wrong with connections and secrets is said before anything is started.
    let keeper = keeping::keeper(context, ledger, &row).await?;
    if arguments.foreground {
        return keep_and_follow(context, ledger, &row, keeper, wishes).await;
    }
    drop(keeper);
    let mut spawned = keeping::spawn(context, row.id)?;
    let begun = Instant::now();
    while !is_started(ledger, &row).await? {
        if let Some(failure) = spawned.failure() {
            return Err(failure);
        }
        if begun.elapsed() > STARTS_WITHIN {
            return Err(Failure::new(
                Code::Ledger,
                format!(
                    "the keeper of {} has not begun within {STARTS_WITHIN:?}; it goes on trying",
                    row.id
                ),
            )
            .hint(format!("its words are in {}", spawned.log().display()))
            .hint(format!(
                "follow it with: shakedown watch --resume {}",
                row.id
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
    follow(context, ledger, row.id, wishes).await
}

/// Keeps a watch in this process while it is followed. A keeper that fails ends the following.
async fn keep_and_follow(
    context: &Context,
    ledger: &Ledger,
    row: &WatchRow,
    keeper: Keeper,
    mut wishes: Follow,
) -> Done {
    let (stop, stopped) = signal::channel(false);
    let kept = tokio::spawn(keeper.keep(stopped));
    wishes.keeper = Some(stop);
    let kept = async { ended(row, kept.await) };
    tokio::pin!(kept);
    let mut begins = true;
    while begins {
        tokio::select! {
            done = &mut kept => return done,
            () = tokio::time::sleep(PAUSE) => begins = !is_started(ledger, row).await?,
        }
    }
    let followed = follow(context, ledger, row.id, wishes);
    tokio::pin!(followed);
    tokio::select! {
        code = &mut followed => {
            let code = code?;
            kept.await?;
            Ok(code)
        }
        done = &mut kept => {
            done?;
            followed.await
        }
    }
}

async fn is_started(ledger: &Ledger, row: &WatchRow) -> Result<bool, Failure> {
    let row = ledger
        .watch(row.id)
        .await
        .map_err(|error| of_ledger(&error))?;
    Ok(row.started_at.is_some())
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
