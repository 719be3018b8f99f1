//! What the shell may complete: watches, names of criteria, scenarios. A ledger that cannot be read completes nothing.

use crate::arguments::Cli;
use crate::context::Context;
use crate::following::Following;
use clap::Parser;
use clap_complete::engine::CompletionCandidate;
use ledger::WatchRow;
use simulation::scenario::Scenario;
use std::collections::BTreeSet;

/// Ids of watches, newest first, each with its service.
pub fn watches() -> Vec<CompletionCandidate> {
    in_ledger(async |context| {
        let ledger = context.ledger_to_read().await.ok()?;
        let rows = ledger.watches().await.ok()?;
        Some(rows.iter().rev().map(of_watch).collect())
    })
}

/// What `explain` takes: criteria of the newest watch, then watches.
pub fn references() -> Vec<CompletionCandidate> {
    in_ledger(async |context| {
        let ledger = context.ledger_to_read().await.ok()?;
        let row = ledger.latest(None).await.ok()??;
        let following = Following::open(&ledger, row.id).await.ok()?;
        let names: BTreeSet<String> = following
            .replayed
            .sealed
            .plan
            .criteria
            .iter()
            .map(|criterion| criterion.name.clone())
            .collect();
        let rows = ledger.watches().await.ok()?;
        Some(
            names
                .into_iter()
                .map(|name| {
                    CompletionCandidate::new(name).help(Some(format!("of {}", row.id).into()))
                })
                .chain(rows.iter().rev().map(of_watch))
                .collect(),
        )
    })
}

/// The plays of the demo.
pub fn scenarios() -> Vec<CompletionCandidate> {
    Scenario::all()
        .into_iter()
        .map(|scenario| {
            CompletionCandidate::new(scenario.name).help(Some(scenario.description.into()))
        })
        .collect()
}

fn of_watch(row: &WatchRow) -> CompletionCandidate {
    let state = match (row.started_at, row.ended_at) {
        (None, _) => "sealed, not started",
        (_, None) => "under way",
        _ => "over",
    };
    CompletionCandidate::new(row.id.to_string())
        .help(Some(format!("{}, {state}", row.service).into()))
}

/// Runs in a small runtime of its own: the shell asks before anything else is set up. Options are not known here, the
/// environment is.
fn in_ledger(
    look: impl AsyncFnOnce(Context) -> Option<Vec<CompletionCandidate>>,
) -> Vec<CompletionCandidate> {
    let Ok(cli) = Cli::try_parse_from(["shakedown"]) else {
        return Vec::new();
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return Vec::new();
    };
    runtime
        .block_on(look(Context::of(&cli)))
        .unwrap_or_default()
}
