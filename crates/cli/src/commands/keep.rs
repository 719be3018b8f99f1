//! `shakedown keep`: the keeper's own process.

use crate::answer::answer_line;
use crate::arguments::Keep;
use crate::context::{Context, find_watch};
use crate::exit_reason::Done;
use crate::keeping;
use crate::trouble::of_keeper;
use server::Kept;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Keeps a watch until it is over. A hang-up of the terminal is nothing to it; a request to end gives the lease back.
pub async fn run(context: &Context, arguments: &Keep) -> Done {
    let ledger = context.ledger().await?;
    let row = find_watch(&ledger, Some(&arguments.id)).await?;
    let keeper = keeping::keeper(context, &ledger, &row).await?;
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut end), Ok(mut hang_up)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) else {
            return;
        };
        loop {
            tokio::select! {
                _ = end.recv() => { let _ = stop.send(true); return }
                _ = hang_up.recv() => {}
            }
        }
    });
    match keeper
        .keep(stopped)
        .await
        .map_err(|error| of_keeper(&error))?
    {
        Kept::Over(exit) | Kept::Stopped(exit) => Ok(ExitCode::from(exit.code())),
        Kept::HeldBy { holder } => {
            answer_line!("{} is kept by {holder}.", row.id)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
