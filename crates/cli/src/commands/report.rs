//! `shakedown report`: the whole watch.

use crate::answer::{answer, answer_line};
use crate::arguments::{Report, ReportOutput};
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure, chain};
use crate::following::Following;
use crate::showing::{frame_of, json, must_have_started};
use std::process::ExitCode;

/// Prints the report; the exit code is the watch's.
pub async fn run(context: &Context, arguments: &Report) -> Done {
    let ledger = context.ledger_to_read().await?;
    let row = find_watch(&ledger, arguments.which.id.as_deref()).await?;
    let following = Following::open(&ledger, row.id).await?;
    let watch = following
        .replayed
        .watch
        .as_ref()
        .ok_or_else(|| must_have_started(&row))?;
    let summary = watch.summary();
    let frame = frame_of(context, &following);
    match arguments.output {
        ReportOutput::Text => answer!("{}", report::report_text(&summary, &frame).render(&frame))?,
        ReportOutput::Json => answer_line!("{}", json(&report::report_json(&summary, &frame))?)?,
        ReportOutput::Markdown => answer!("{}", report::report_markdown(&summary, &frame))?,
        ReportOutput::Junit => {
            let text = report::report_junit(&summary, &frame)
                .map_err(|error| Failure::new(Code::Bug, chain(&error)))?;
            answer!("{text}")?;
        }
    }
    Ok(ExitCode::from(watch.exit().code()))
}
