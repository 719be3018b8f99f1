//! `shakedown doctor`: everything a watch depends on, each finding with a fix.

use crate::answer::answer_line;
use crate::arguments::Doctor;
use crate::connections;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure, chain};
use crate::following::Following;
use crate::plan_file::{self, PlanFile};
use actions::Runner;
use core::time::Duration;
use ledger::{Ledger, OpenMode};
use server::connections::Resolved;
use std::path::Path;
use std::process::ExitCode;
use telemetry::Reader;
use verification::observation::Side;

/// Clocks that differ by more than this shift samples by more than a usual scrape.
const SKEW: Duration = Duration::from_secs(5);
/// Free space below which a ledger of some days may not fit.
const FREE: u64 = 256 * 1024 * 1024;

/// What was found: printed as it is found, the gravest code kept.
struct Findings {
    unicode: bool,
    gravest: Option<u8>,
    printed: Result<(), Failure>,
}

impl Findings {
    fn line(&mut self, line: &str) {
        if self.printed.is_ok() {
            self.printed = answer_line!("{line}");
        }
    }

    fn good(&mut self, what: &str) {
        let mark = if self.unicode { "\u{2713}" } else { "v" };
        self.line(&format!("  {mark} {what}"));
    }

    /// Worth knowing, nothing to mend.
    fn note(&mut self, what: &str) {
        let mark = if self.unicode { "\u{b7}" } else { "-" };
        self.line(&format!("  {mark} {what}"));
    }

    fn bad(&mut self, code: Code, what: &str, fix: &str) {
        let mark = if self.unicode { "\u{2717}" } else { "x" };
        self.line(&format!("  {mark} {what}"));
        self.line(&format!("      fix: {fix}"));
        self.gravest = self.gravest.max(Some(code as u8));
    }
}

/// Checks ledger, disk, connections and, with a plan, its sources, clocks, sides and actions.
pub async fn run(context: &Context, arguments: &Doctor) -> Done {
    let own = arguments.plan.as_deref().map(|path| context.for_plan(path));
    let context = own.as_ref().unwrap_or(context);
    let frame = context.terminal.frame(context.now(), "");
    let mut findings = Findings {
        unicode: frame.glyphs == report::Glyphs::Unicode,
        gravest: None,
        printed: Ok(()),
    };
    findings.line("Ledger");
    check_ledger(context, &mut findings).await;
    findings.line("Connections");
    match &arguments.plan {
        None => check_connections(context, &mut findings),
        Some(path) => match plan_file::read(context, path) {
            Err(failure) => findings.bad(
                failure.code,
                &failure.what,
                "mend the plan or the connections named above",
            ),
            Ok(file) => check_plan(context, &file, &mut findings).await,
        },
    }
    if findings.gravest.is_none() {
        findings.line("Nothing to mend.");
    }
    findings.printed?;
    Ok(ExitCode::from(findings.gravest.unwrap_or_default()))
}

async fn check_ledger(context: &Context, findings: &mut Findings) {
    let path = match context.ledger_path() {
        Ok(path) => path,
        Err(failure) => {
            return findings.bad(failure.code, &failure.what, "name a file with --ledger");
        }
    };
    let ledger = match Ledger::open(&path, OpenMode::READ_WRITE).await {
        Ok(ledger) => ledger,
        Err(error) => {
            let failure = crate::trouble::of_ledger(&error);
            return findings.bad(
                failure.code,
                &failure.what,
                "see above; --ledger FILE or `ledger:` in the connections file names another place",
            );
        }
    };
    findings.good(&format!("{} can be read and written", path.display()));
    check_disk(&path, findings);
    let watches = match ledger.watches().await {
        Ok(watches) => watches,
        Err(error) => {
            return findings.bad(
                Code::Ledger,
                &chain(&error),
                "restore the ledger from a copy",
            );
        }
    };
    for row in &watches {
        if let Err(error) = ledger.verify(row.id).await {
            findings.bad(Code::ChainBroken, &chain(&error), "records were changed or lost; restore the ledger from a copy and find out who wrote to it");
        }
        if row.started_at.is_some() && row.ended_at.is_none() {
            match Following::open(&ledger, row.id).await {
                Ok(following) if following.is_abandoned(context.now()).await.unwrap_or(false) => {
                    findings.bad(
                        Code::Ledger,
                        &format!(
                            "{} ({}) is under way and nobody keeps it",
                            row.id, row.service
                        ),
                        &format!("shakedown watch --resume {}", row.id),
                    );
                }
                Ok(_) => findings.good(&format!(
                    "{} ({}) is under way and kept",
                    row.id, row.service
                )),
                Err(failure) => {
                    findings.bad(failure.code, &failure.what, "see `shakedown ledger verify`")
                }
            }
        }
    }
    findings.good(&match watches.len() {
        0 => "no watch yet".to_owned(),
        1 => "one watch; its chain was checked".to_owned(),
        count => format!("{count} watches; their chains were checked"),
    });
}

fn check_disk(path: &Path, findings: &mut Findings) {
    match rustix::fs::statvfs(path) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let mebibytes = free / (1024 * 1024);
            if free < FREE {
                findings.bad(
                    Code::Ledger,
                    &format!("only {mebibytes} MiB are free beside the ledger"),
                    "free some space, or move the ledger: a full disk stops automatic actions",
                );
            } else {
                findings.good(&format!("{mebibytes} MiB free beside it"));
            }
        }
        Err(error) => findings.bad(
            Code::Ledger,
            &format!("the disk of {} cannot be asked: {error}", path.display()),
            "check the file system",
        ),
    }
}

fn check_connections(context: &Context, findings: &mut Findings) {
    match connections::of_context(context) {
        Ok(loaded) if loaded.path.is_some() => {
            findings.good(&format!(
                "{}: {} sources, {} actions, {} receivers",
                loaded.place(),
                loaded.connections.sources.len(),
                loaded.connections.actions.len(),
                loaded.connections.receivers.len()
            ));
            findings.note("name a plan to check what it uses: shakedown doctor PLAN");
        }
        Ok(_) => findings.bad(
            Code::Usage,
            "there is no shakedown.yaml here",
            "`shakedown init` writes one; --config names another",
        ),
        Err(failure) => findings.bad(failure.code, &failure.what, "mend the connections file"),
    }
}

async fn check_plan(context: &Context, file: &PlanFile, findings: &mut Findings) {
    findings.good(&format!(
        "{} and {} fit together",
        file.file,
        file.loaded.place()
    ));
    let resolved = match server::connections::resolve(
        &file.plan,
        &file.loaded.connections,
        &file.loaded.folder,
    ) {
        Ok(resolved) => resolved,
        Err(error) => {
            return findings.bad(
                Code::PlanInvalid,
                &chain(&error),
                "put the secret where the connections file says, or mend the address",
            );
        }
    };
    findings.line("Sources");
    check_sources(context, file, &resolved, findings).await;
    findings.line("Actions");
    if resolved.actions.is_empty() {
        findings.bad(
            Code::PlanInvalid,
            "the plan names no action and no receiver",
            "add `actions:`; without them nobody hears of a failing watch",
        );
    }
    for (name, config) in resolved.actions {
        let probed = match Runner::new(&name, config) {
            Ok(runner) => runner.probe().await.map_err(|error| chain(&error)),
            Err(error) => Err(chain(&error)),
        };
        match probed {
            Ok(()) => findings.good(&format!("{name} can be reached and used")),
            Err(problem) => findings.bad(
                Code::Unreachable,
                &format!("{name}: {problem}"),
                "a rollback would fail now; mend this before the deploy",
            ),
        }
    }
}

async fn check_sources(
    context: &Context,
    file: &PlanFile,
    resolved: &Resolved,
    findings: &mut Findings,
) {
    let mut reader = match Reader::new(&file.plan, &resolved.sources, None) {
        Ok(reader) => reader,
        Err(error) => return findings.bad(Code::PlanInvalid, &chain(&error), "mend the plan"),
    };
    for check in reader.check(context.now()).await {
        let signal = &file.plan.signals[usize::from(check.signal)];
        let place = format!(
            "{} on the {} side ({})",
            signal.name,
            check.side.word(),
            signal.source
        );
        match check.problem {
            None => findings.good(&format!("{place}: {} series", check.series)),
            Some(problem) if check.side == Side::Canary && check.series == 0 => {
                findings.note(&format!("{place}: {problem}"));
                findings.line(
                    "      as it should be before the deploy; afterwards check the canary's labels",
                );
            }
            Some(problem) => findings.bad(
                Code::Unreachable,
                &format!("{place}: {problem}"),
                "mend the selector, the side's matchers or the source",
            ),
        }
    }
    for clock in reader.clock_skew(context.now()).await {
        match clock.ahead {
            Ok((ahead, off))
                if Duration::from_millis(ahead.unsigned_abs()).saturating_sub(off) > SKEW =>
            {
                findings.bad(
                    Code::Unreachable,
                    &format!("the clock of {} is {} ms ahead of ours", clock.place, ahead),
                    "set both clocks by NTP: samples are taken by the source's time",
                );
            }
            Ok((ahead, _)) => findings.good(&format!(
                "the clock of {} is within {} ms of ours",
                clock.place,
                ahead.unsigned_abs()
            )),
            Err(trouble) => findings.bad(
                Code::Unreachable,
                &format!("{}: {}", clock.source, chain(&trouble)),
                "check address, network and credentials",
            ),
        }
    }
}
