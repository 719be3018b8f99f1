//! `shakedown replay`: the same verdicts, byte for byte.

use crate::answer::answer_line;
use crate::arguments::Which;
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::following::Following;
use crate::trouble::of_ledger;
use std::process::ExitCode;

/// Differences that are printed; the count says how many there are.
const SHOWN: usize = 10;

/// Computes a watch again and compares every event with its record.
pub async fn run(context: &Context, arguments: &Which) -> Done {
    let ledger = context.ledger_to_read().await?;
    let row = find_watch(&ledger, arguments.id.as_deref()).await?;
    ledger
        .verify(row.id)
        .await
        .map_err(|error| of_ledger(&error))?;
    let mut following = Following::open(&ledger, row.id).await?;
    following.replayed.finish();
    let differences = &following.replayed.differences;
    if differences.is_empty() {
        answer_line!(
            "{}: {} records replayed; every verdict and decision is the same, byte for byte.",
            row.id,
            row.entries
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    for difference in differences.iter().take(SHOWN) {
        answer_line!(
            "record {}:\n  recorded {:?}\n  replayed {:?}",
            difference.seq,
            difference.recorded,
            difference.replayed
        )?;
    }
    let engines = format!(
        "sealed by {}, replayed by {}",
        following.replayed.seal.engine,
        crate::context::ENGINE
    );
    Err(Failure::new(
        Code::ChainBroken,
        format!(
            "{}: the replay differs from the record in {} places ({engines})",
            row.id,
            differences.len()
        ),
    ))
}
