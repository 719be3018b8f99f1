//! Frames for watches that are read from a ledger.

use crate::answer::answer_line;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};
use crate::following::Following;
use ledger::WatchRow;
use report::{Chain, Frame};
use std::process::ExitCode;
use verification::exit::Exit;

/// The frame of a followed watch. Reading follows the chain, but only `ledger verify` computes its hashes.
pub fn frame_of(context: &Context, following: &Following) -> Frame {
    let mut frame = context
        .terminal
        .frame(context.now(), following.id.to_string());
    frame.last_record = Some(following.replayed.last_seq);
    frame.chain = Chain::NotChecked;
    frame
}

/// A watch that is sealed and not started.
pub fn not_started(row: &WatchRow) -> Done {
    answer_line!("SEALED     {}   not started yet", row.service)?;
    answer_line!(
        "The criteria were fixed; hash {}.",
        &row.hash[..row.hash.len().min(12)]
    )?;
    answer_line!("Start it with: shakedown watch --resume {}", row.id)?;
    Ok(ExitCode::from(Exit::Watching.code()))
}

/// A watch must have been started for this.
pub fn must_have_started(row: &WatchRow) -> Failure {
    Failure::new(
        Code::Usage,
        format!("{} is sealed and not started yet", row.id),
    )
    .hint(format!(
        "start it with: shakedown watch --resume {}",
        row.id
    ))
}

/// A structure as one JSON object.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(Code::Bug, format!("cannot write JSON: {error}")))
}
