//! `cargo xtask test`: everything that must hold before a change is shared, step by step.

mod counts;
mod generated;
mod packages;
mod programs;

use std::cell::RefCell;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::command::{cargo, run, run_and_read};
use crate::workspace::Workspace;
use crate::{arrows, tidy};
use counts::Counts;
use generated::Generated;

/// Where nextest writes its report, wherever the rest is built.
const REPORT: &str = "target/nextest/default/junit.xml";

/// What the steps share.
struct Run<'a> {
    workspace: &'a Workspace,
    /// None before the first test.
    counts: RefCell<Option<Counts>>,
    generated_before: Generated,
}

impl Run<'_> {
    fn count(&self, counts: Counts) {
        *self.counts.borrow_mut().get_or_insert_default() += counts;
    }
}

struct Step {
    name: &'static str,
    /// Returns a closing remark, which may be empty.
    run: fn(&Run<'_>) -> Result<String>,
    /// What to do when it fails.
    remedy: &'static str,
}

/// In this order: what is cheap and fails often comes first; all cargo commands are workspace-wide, so that nothing is
/// built twice with different features.
const STEPS: [Step; 9] = [
    Step {
        name: "programs",
        run: |_| programs::provide(),
        remedy: "install what the message names, then run `cargo xtask test` again",
    },
    Step {
        name: "format",
        run: |run| silent(cargo_in(run, &["fmt", "--all", "--check"])),
        remedy: "run `cargo fmt --all`",
    },
    Step {
        name: "arrows",
        run: |run| arrows::check(run.workspace),
        remedy: "each finding says how; again alone: `cargo xtask arrows`",
    },
    Step {
        name: "tidy",
        run: |run| tidy::check(run.workspace),
        remedy: "each finding says how; again alone: `cargo xtask tidy`",
    },
    Step {
        name: "clippy",
        run: |run| {
            silent(cargo_in(
                run,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--",
                    "-D",
                    "warnings",
                ],
            ))
        },
        remedy: "repair the first warning; again alone: `cargo xtask test clippy`",
    },
    Step {
        name: "build",
        // With all targets the tests' features count too, and the programs that tests start are there.
        run: |run| silent(cargo_in(run, &["build", "--workspace", "--all-targets"])),
        remedy: "repair the first error; again alone: `cargo xtask test build`",
    },
    Step {
        name: "examples in documentation",
        run: documentation,
        remedy: "repair the example or the code it shows; again alone: `cargo test --doc --workspace`",
    },
    Step {
        name: "tests",
        run: tests,
        remedy: "again alone: `cargo nextest run --workspace NAME`; expected files that change on purpose: CONTRIBUTING.md",
    },
    Step {
        name: "generated files",
        run: |run| {
            run.generated_before
                .compare(&Generated::read(run.workspace)?)
        },
        remedy: "look at `git diff`, then commit the files or repair what writes them",
    },
];

/// Runs all steps, or those whose name begins with one of `chosen`; stops at the first that fails and returns false.
///
/// # Errors
/// If a name chooses no step.
pub fn test(workspace: &Workspace, chosen: &[String]) -> Result<bool> {
    for name in chosen {
        if !STEPS
            .iter()
            .any(|step| step.name.starts_with(name.as_str()))
        {
            let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
            bail!(
                "no step is called `{name}`; there are: {}",
                names.join(", ")
            );
        }
    }
    let begun = Instant::now();
    let run = Run {
        generated_before: Generated::read(workspace)?,
        workspace,
        counts: RefCell::default(),
    };
    let is_chosen = |step: &&Step| {
        chosen.is_empty()
            || chosen
                .iter()
                .any(|name| step.name.starts_with(name.as_str()))
    };
    let all_hold = STEPS
        .iter()
        .filter(is_chosen)
        .all(|step| perform(step, &run));
    if all_hold {
        println!("all steps done in {}", seconds(begun));
    }
    // The last line is the count, whatever happened; steps without tests have none.
    if let Some(counts) = *run.counts.borrow() {
        println!("{counts}");
    }
    Ok(all_hold)
}

/// Returns whether the step holds.
fn perform(step: &Step, run: &Run<'_>) -> bool {
    println!("== {}", step.name);
    let begun = Instant::now();
    match (step.run)(run) {
        Ok(remark) if remark.is_empty() => println!("   {} in {}", step.name, seconds(begun)),
        Ok(remark) => println!("   {} in {}: {remark}", step.name, seconds(begun)),
        Err(error) => {
            println!(
                "   {} failed after {}: {error:#}",
                step.name,
                seconds(begun)
            );
            println!("   what to do: {}", step.remedy);
            return false;
        }
    }
    true
}

fn documentation(run: &Run<'_>) -> Result<String> {
    let mut test = cargo_in(run, &["test", "--doc", "--workspace"]);
    let (printed, outcome) = run_and_read(&mut test)?;
    let counts = counts::of_documentation(&printed);
    run.count(counts);
    outcome.map(|()| counts.to_string())
}

fn tests(run: &Run<'_>) -> Result<String> {
    let report = run.workspace.root.join(REPORT);
    // A report of an earlier run must not speak for this one.
    if report.exists() {
        std::fs::remove_file(&report)?;
    }
    let mut nextest = cargo_in(run, &["nextest", "run", "--workspace"]);
    nextest.env("PATH", programs::search_path());
    // A test compares expected files here; it writes none, whatever the shell says.
    nextest
        .env_remove("UPDATE_EXPECTED")
        .env("INSTA_UPDATE", "no");
    let outcome = crate::command::run(&mut nextest);
    match counts::of_report(&report) {
        Ok(counts) => {
            run.count(counts);
            outcome.map(|()| counts.to_string())
        }
        // Without a report nothing ran: the reason is the outcome, where there is one.
        Err(error) => outcome.and(Err(error)),
    }
}

fn cargo_in(run: &Run<'_>, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.current_dir(&run.workspace.root).args(arguments);
    command
}

fn silent(mut command: Command) -> Result<String> {
    run(&mut command)?;
    Ok(String::new())
}

fn seconds(begun: Instant) -> String {
    let elapsed = begun.elapsed().as_secs_f64();
    if elapsed < 60.0 {
        format!("{elapsed:.1} s")
    } else {
        format!(
            "{:.0} min {:02.0} s",
            (elapsed / 60.0).floor(),
            elapsed % 60.0
        )
    }
}
