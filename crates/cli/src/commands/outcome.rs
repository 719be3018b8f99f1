//! `shakedown outcome`: what users found later.

use crate::answer::answer_line;
use crate::arguments::{Found, Outcome};
use crate::context::{Context, find_watch};
use crate::exit_reason::{Code, Done, Failure};
use crate::person::person;
use crate::trouble::of_ledger;
use core::time::Duration;
use ledger::{Acquired, Record};
use server::holder::holder_name;
use std::process::ExitCode;

/// How long the chain is held for one record.
const MOMENT: Duration = Duration::from_secs(5);

/// Records whether a deployment was good.
pub async fn run(context: &Context, arguments: &Outcome) -> Done {
    let ledger = context.ledger().await?;
    let row = find_watch(&ledger, Some(&arguments.id)).await?;
    let now = context.now();
    let lease = match ledger
        .acquire(row.id, &holder_name(), now, MOMENT)
        .await
        .map_err(|error| of_ledger(&error))?
    {
        Acquired::Lease(lease) => lease,
        Acquired::HeldBy(holder) => {
            return Err(Failure::new(
                Code::Usage,
                format!("{} is still being watched by {}", row.id, holder.name),
            )
            .hint("say the outcome when the watch is over"));
        }
    };
    let record = Record::Label {
        good: arguments.found == Found::Good,
        name: person(arguments.name.as_deref()),
        reason: arguments.reason.clone(),
    };
    let appended = ledger
        .append(&lease, &[record], now)
        .await
        .map_err(|error| of_ledger(&error))?;
    ledger
        .release(lease)
        .await
        .map_err(|error| of_ledger(&error))?;
    answer_line!("Recorded for {} as record {}.", row.id, appended.last_seq)?;
    Ok(ExitCode::SUCCESS)
}
