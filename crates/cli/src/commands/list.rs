//! `shakedown list`: all watches, worst first.

use crate::answer::{answer, answer_line};
use crate::arguments::{List, Output};
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};
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
            if arguments.output == Output::Json {
                objects.push(serde_json::json!({
                    "watch": row.id.to_string(),
                    "service": row.service,
                    "sealed_at": report::rfc3339(row.sealed_at),
                    "started": false,
                }));
            }
            sealed.push(row);
            continue;
        };
        let summary = watch.summary();
        let frame = frame_of(context, &following);
        match arguments.output {
            Output::Text => shown.push(ListRow::of(&summary, &frame)),
            Output::Json => objects.push(
                serde_json::to_value(report::report_json(&summary, &frame)).map_err(|error| {
                    Failure::new(Code::Bug, format!("cannot write JSON: {error}"))
                })?,
            ),
        }
    }
    match arguments.output {
        Output::Text => {
            let frame = context.terminal.frame(context.now(), "");
            if !shown.is_empty() || sealed.is_empty() {
                answer!("{}", list_screen(&shown, &frame).render(&frame))?;
            }
            for row in &sealed {
                answer_line!(
                    "{:<5}  SEALED    {}, not started; criteria fixed {}",
                    row.id.to_string(),
                    row.service,
                    report::rfc3339(row.sealed_at)
                )?;
            }
        }
        Output::Json => answer_line!("{}", json(&objects)?)?,
    }
    Ok(ExitCode::SUCCESS)
}
