//! `shakedown ledger show | verify | export`.

use crate::answer::{answer_line, unwritten};
use crate::arguments::LedgerCommand;
use crate::context::{Context, find_watch};
use crate::exit_reason::Done;
use crate::trouble::of_ledger;
use ledger::{Entry, ExportError, Record};
use std::process::ExitCode;
use verification::event::{Event, Input};

/// Entries read at a time.
const PAGE: u32 = 512;

/// Runs one of the three.
pub async fn run(context: &Context, command: &LedgerCommand) -> Done {
    let ledger = context.ledger_to_read().await?;
    match command {
        LedgerCommand::Show { which, from } => {
            let row = find_watch(&ledger, which.id.as_deref()).await?;
            let mut next = *from;
            loop {
                let entries = ledger
                    .read_some(row.id, next, PAGE)
                    .await
                    .map_err(|error| of_ledger(&error))?;
                let Some(last) = entries.last() else {
                    return Ok(ExitCode::SUCCESS);
                };
                next = last.seq + 1;
                for entry in &entries {
                    answer_line!("{}", line(entry))?;
                }
            }
        }
        LedgerCommand::Verify { which } => {
            let row = find_watch(&ledger, which.id.as_deref()).await?;
            let verified = ledger
                .verify(row.id)
                .await
                .map_err(|error| of_ledger(&error))?;
            answer_line!(
                "{}: chain intact, {} entries, last hash {}",
                row.id,
                verified.entries,
                verified.last_hash
            )?;
            if verified.expired > 0 {
                answer_line!(
                    "{} old ticks have expired; their hashes are kept and fit.",
                    verified.expired
                )?;
            }
            Ok(ExitCode::SUCCESS)
        }
        LedgerCommand::Export { which } => {
            let row = find_watch(&ledger, which.id.as_deref()).await?;
            let mut out = std::io::BufWriter::new(std::io::stdout());
            ledger
                .export(row.id, &mut out)
                .await
                .map_err(|error| match &error {
                    ExportError::Ledger(error) => of_ledger(error),
                    ExportError::Output(error) => unwritten(error),
                })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn line(entry: &Entry) -> String {
    let hash = entry.hash.to_string();
    let text = match &entry.record {
        None => "tick         expired, hash kept".to_owned(),
        Some(record) => format!("{:<12} {}", record.kind().word(), words(record)),
    };
    format!(
        "{:>6}  {}  {}  {text}",
        entry.seq,
        report::rfc3339(entry.at),
        &hash[..hash.len().min(8)]
    )
}

/// A record in one line; `explain NUMBER` shows all of it.
fn words(record: &Record) -> String {
    match record {
        Record::Sealed(seal) => format!(
            "{} by {}, hash {}{}",
            seal.service,
            seal.engine,
            &seal.hash[..seal.hash.len().min(12)],
            if seal.late { ", late" } else { "" }
        ),
        Record::Started { at } => report::rfc3339(*at),
        Record::Input { input, .. } => match input {
            Input::Tick(tick) => format!(
                "{} readings through {}, {} problems",
                tick.readings.len(),
                report::rfc3339(tick.through),
                tick.problems.len()
            ),
            Input::Human(act) => format!(
                "{} by {}: {}",
                super::act::act_words(act.kind),
                act.name,
                act.reason
            ),
            Input::Outcome(outcome) => format!(
                "intent {}: {:?} in {:?}: {}",
                outcome.intent.0, outcome.result, outcome.took, outcome.detail
            ),
            Input::Clock => String::new(),
        },
        Record::Event(event) => match event {
            Event::Verdict(verdict) => format!(
                "criterion {}{}: {}",
                verdict.row.criterion,
                verdict
                    .row
                    .slice
                    .map_or_else(String::new, |slice| format!(" slice {slice}")),
                verdict.kind.word()
            ),
            Event::Decision(decision) => decision.verb.word().to_owned(),
            Event::Intent(intent) => format!(
                "{} {} ({})",
                intent.id.0,
                intent.reaction.word(),
                intent.run.as_deref().unwrap_or("no receiver")
            ),
            Event::State(change) => format!(
                "{}{}",
                change.state.word(),
                if change.ended { ", ended" } else { "" }
            ),
            Event::Recovery(recovery) => if recovery.recovered {
                "recovered"
            } else {
                "not recovered"
            }
            .to_owned(),
            Event::Refused(refusal) => format!("{refusal:?}"),
        },
        Record::Attempt { intent, .. } => format!("intent {}", intent.0),
        Record::Engine { version, keeper } => format!("{version}, keeper {keeper}"),
        Record::Checkpoint { state } => format!("{} bytes", state.len()),
        Record::Label { good, name, reason } => {
            format!("{} by {name}: {reason}", if *good { "good" } else { "bad" })
        }
        Record::Note { text } => text.clone(),
    }
}
