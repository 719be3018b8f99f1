//! `shakedown explain`: why.

use crate::answer::{answer, answer_line};
use crate::arguments::Explain;
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::following::Following;
use crate::showing::{frame_of, must_have_started};
use crate::trouble::of_ledger;
use report::Reference;
use std::process::ExitCode;

/// Explains a criterion, a record or a whole watch.
pub async fn run(context: &Context, arguments: &Explain) -> Done {
    let ledger = context.ledger_to_read().await?;
    let reference = arguments.reference.as_str();
    let names_a_watch = arguments.watch.is_none()
        && reference.starts_with(['W', 'w'])
        && reference[1..].parse::<u64>().is_ok();
    let id = if names_a_watch {
        Some(reference)
    } else {
        arguments.watch.as_deref()
    };
    let row = find_watch(&ledger, id).await?;
    if let Ok(seq) = reference.parse::<u64>() {
        let entries = ledger
            .read_some(row.id, seq, 1)
            .await
            .map_err(|error| of_ledger(&error))?;
        let Some(entry) = entries.first().filter(|entry| entry.seq == seq) else {
            return Err(Failure::new(
                Code::Usage,
                format!(
                    "{} has no record {seq}; its records are 1 to {}",
                    row.id, row.entries
                ),
            ));
        };
        answer_line!(
            "{}",
            serde_json::to_string_pretty(&ledger::json::entry(row.id, entry)).unwrap_or_default()
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let following = Following::open(&ledger, row.id).await?;
    let watch = following
        .replayed
        .watch
        .as_ref()
        .ok_or_else(|| must_have_started(&row))?;
    let summary = watch.summary();
    let frame = frame_of(context, &following);
    let asked = if names_a_watch {
        Reference::Watch
    } else {
        Reference::Name(reference)
    };
    let text = report::explain(&summary, &asked, &frame)
        .map_err(|error| Failure::new(Code::Usage, format!("{}: {error}", row.id)))?;
    answer!("{text}")?;
    Ok(ExitCode::SUCCESS)
}
