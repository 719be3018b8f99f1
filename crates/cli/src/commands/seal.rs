//! `shakedown seal`: the criteria are fixed before the deploy.

use crate::answer::{answer, answer_line};
use crate::arguments::{Seal, SealOutput};
use crate::context::{Context, ENGINE};
use crate::exit_reason::{Code, Done, Failure, chain};
use crate::plan_file::{self, PlanFile};
use crate::trouble::of_seal;
use core::time::Duration;
use ledger::Ledger;
use server::sealing::{self, ToSeal};
use std::process::ExitCode;

/// Seals a plan and prints what was sealed.
pub async fn run(context: &Context, arguments: &Seal) -> Done {
    let context = &context.for_plan(&arguments.plan);
    let file = plan_file::read(context, &arguments.plan)?;
    let ledger = context.ledger().await?;
    let done = seal(context, &ledger, &file, arguments.over).await?;
    match arguments.output {
        SealOutput::Text => {
            answer_line!(
                "Sealed {} as {}; hash {}.",
                file.file,
                done.watch,
                &done.sealed.hash[..12]
            )?;
            if done.sealed.late {
                answer_line!(
                    "LATE: the canary already has traffic, so these criteria were not fixed before the deploy. The watch says so."
                )?;
            }
            let missing: Vec<&str> = done
                .sealed
                .plan
                .signals
                .iter()
                .enumerate()
                .filter(|(at, _)| {
                    !done
                        .sealed
                        .levels
                        .iter()
                        .any(|level| usize::from(level.signal) == *at)
                })
                .map(|(_, signal)| signal.name.as_str())
                .collect();
            if !missing.is_empty() {
                answer_line!(
                    "No level before the deploy for: {}. It is learned from the baseline side while watching.",
                    missing.join(", ")
                )?;
            }
            answer_line!("After the deploy: shakedown watch {}", file.file)?;
        }
        SealOutput::Json => answer_line!(
            "{}",
            serde_json::json!({
                "schema_version": 1,
                "watch": done.watch.to_string(),
                "service": done.sealed.plan.service,
                "hash": done.sealed.hash,
                "sealed_at": report::rfc3339(done.sealed.at),
                "late": done.sealed.late,
                "levels": done.sealed.levels.len(),
            })
        )?,
        SealOutput::Markdown => {
            let frame = context
                .terminal
                .frame(context.now(), done.watch.to_string());
            answer!("{}", report::seal_markdown(&done.sealed, &frame))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Seals a plan that was read.
pub async fn seal(
    context: &Context,
    ledger: &Ledger,
    file: &PlanFile,
    over: Duration,
) -> Result<sealing::Done, Failure> {
    let resolved =
        server::connections::resolve(&file.plan, &file.loaded.connections, &file.loaded.folder)
            .map_err(|error| Failure::new(Code::PlanInvalid, chain(&error)))?;
    let to_seal = ToSeal {
        plan: file.plan.clone(),
        plan_text: file.text.clone(),
        plan_file: file.file.clone(),
        connections: server::connections::described(&file.plan, &file.loaded.connections),
        engine: ENGINE.to_owned(),
    };
    sealing::seal(ledger, to_seal, &resolved.sources, context.now(), over)
        .await
        .map_err(|error| of_seal(&error))
}
