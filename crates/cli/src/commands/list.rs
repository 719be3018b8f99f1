//! `shakedown list`: all watches, worst first.

use crate::answer::{answer, answer_line};
use crate::arguments::{List, Output};
use crate::context::Context;
use crate::exit_reason::Done;
use crate::following::Following;
use crate::showing::{frame_of, json};
use crate::trouble::of_ledger;
use report::{ListRow, list_screen};
use std::process::ExitCode;

/// Lists all watches.
pub async fn run(context: &Context, arguments: &List) -> Done {
    let ledger = context.ledger_to_read().await?;
    let mut shown = Vec::new();
    let mut objects = Vec::new();
    let mut sealed = Vec::new();
    for row in ledger.watches().await.map_err(|error| of_ledger(&error))? {
        let following = Following::open(&ledger, row.id).await?;
        let Some(watch) = &following.replayed.watch else {
            sealed.push(row);
            continue;
        };
        let summary = watch.summary();
        let frame = frame_of(context, &following);
        match arguments.output {
            Output::Text => shown.push(ListRow::of(&summary, &frame)),
            Output::Json => objects.push(report::report_json(&summary, &frame)),
        }
    }
    match arguments.output {
        Output::Text => {
            let frame = context.terminal.frame(context.now(), "");
            answer!("{}", list_screen(&shown, &frame).render(&frame))?;
            for row in &sealed {
                answer_line!(
                    "{}  {}  sealed {}, not started",
                    row.id,
                    row.service,
                    report::rfc3339(row.sealed_at)
                )?;
            }
        }
        Output::Json => answer_line!("{}", json(&objects)?)?,
    }
    Ok(ExitCode::SUCCESS)
}
