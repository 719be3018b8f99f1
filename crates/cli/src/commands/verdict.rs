//! `shakedown verdict`: the one screen.

use crate::answer::{answer, answer_line, progress};
use crate::arguments::{Output, Verdict};
use crate::context::{Context, find_watch};
use crate::exit_reason::Done;
use crate::following::Following;
use crate::showing::{frame_of, json, not_started};
use std::process::ExitCode;

/// Shows a watch as it stands; the exit code is the watch's.
pub async fn run(context: &Context, arguments: &Verdict) -> Done {
    let ledger = context.ledger_to_read().await?;
    let row = find_watch(&ledger, arguments.which.id.as_deref()).await?;
    let following = Following::open(&ledger, row.id).await?;
    let Some(watch) = &following.replayed.watch else {
        return not_started(&row);
    };
    let summary = watch.summary();
    let mut frame = frame_of(context, &following);
    frame.all = arguments.all;
    match arguments.output {
        Output::Text => answer!(
            "{}",
            report::verdict_screen(&summary, &frame).render(&frame)
        )?,
        Output::Json => answer_line!("{}", json(&report::report_json(&summary, &frame))?)?,
    }
    if !watch.has_ended() && following.is_abandoned(context.now()).await? {
        progress!(
            "nobody keeps this watch; take it up with: shakedown watch --resume {}",
            row.id
        );
    }
    Ok(ExitCode::from(watch.exit().code()))
}
