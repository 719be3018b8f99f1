//! Starting keepers: in a process of its own, or in this one.

use crate::connections::{self, Loaded};
use crate::context::{Context, ENGINE};
use crate::exit_reason::{Code, Failure, chain};
use crate::trouble::of_ledger;
use actions::{ActionConfig, Message, Order, Runner};
use ledger::{Ledger, WatchId, WatchRow};
use server::holder::holder_name;
use server::spill_place::spill_path;
use server::{Keeper, NoBoundaries, Replayed, SystemClock};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use verification::Watch;
use verification::intent::{Intent, IntentId};
use verification::terms::Reaction;

/// A file of one watch, beside the ledger.
pub fn beside(ledger: &Path, watch: WatchId, ending: &str) -> PathBuf {
    let folder = ledger.parent().unwrap_or_else(|| Path::new(""));
    folder.join(format!("{watch}.{ending}"))
}

/// The connections of a watch: those written when it was started without a plan file, else the usual file or the one named
/// by option, else the one beside the sealed plan.
pub fn connections_of(
    context: &Context,
    ledger: &Path,
    watch: WatchId,
    plan_file: &str,
) -> Result<Loaded, Failure> {
    let own = beside(ledger, watch, "shakedown.yaml");
    if own.is_file() {
        connections::load(context, &own)
    } else {
        connections::of_context(&context.for_plan(Path::new(plan_file)))
    }
}

/// A keeper in a process of its own.
pub struct Spawned {
    child: Child,
    log: PathBuf,
    /// Length of the log before it.
    begins: usize,
}

/// Starts a keeper in a process of its own: it outlives this one, and the terminal.
pub fn spawn(context: &Context, watch: WatchId) -> Result<Spawned, Failure> {
    let ledger = context.ledger_path()?;
    let log = beside(&ledger, watch, "keeper.log");
    let trouble = |error: std::io::Error| Failure::file("write", &log, &error);
    let begins = std::fs::read(&log).map_or(0, |text| text.len());
    let out = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log)
        .map_err(trouble)?;
    let errors = out.try_clone().map_err(trouble)?;
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Bug, format!("cannot find this program: {error}")))?;
    let mut command = Command::new(program);
    command.arg("--ledger").arg(&ledger);
    if let Some(config) = &context.config {
        command.arg("--config").arg(config);
    }
    command.arg("keep").arg(watch.to_string());
    // A process group of its own: Ctrl-C and the end of the terminal do not reach it.
    command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors);
    let child = command
        .spawn()
        .map_err(|error| Failure::new(Code::Bug, format!("cannot start the keeper: {error}")))?;
    Ok(Spawned { child, log, begins })
}

impl Spawned {
    /// Where the keeper writes what it has to say.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// The keeper's own failure, with its exit code, where it has ended by one.
    pub fn failure(&mut self) -> Option<Failure> {
        let status = self.child.try_wait().ok().flatten()?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        if code.is_some_and(is_a_watchs_end) {
            return None;
        }
        let log = std::fs::read(&self.log).unwrap_or_default();
        let words = String::from_utf8_lossy(log.get(self.begins..).unwrap_or_default());
        let mut failure = Failure::said(&words).unwrap_or_else(|| {
            Failure::new(Code::Bug, format!("the keeper ended with {status}"))
                .hint(format!("its words are in {}", self.log.display()))
        });
        failure.exit = code;
        Some(failure)
    }
}

/// Whether an exit code is one of a watch, in contrast to trouble of the program.
const fn is_a_watchs_end(code: u8) -> bool {
    !matches!(code, 1 | 2) && code < Code::PlanInvalid as u8
}

/// A keeper for this process.
pub async fn keeper(context: &Context, ledger: &Ledger, row: &WatchRow) -> Result<Keeper, Failure> {
    let entries = ledger
        .read_some(row.id, 1, 1)
        .await
        .map_err(|error| of_ledger(&error))?;
    let replayed = Replayed::begin(&row.id.to_string(), &entries)
        .map_err(|error| Failure::new(Code::ChainBroken, chain(&error)))?;
    let loaded = connections_of(context, ledger.path(), row.id, &replayed.seal.plan_file)?;
    let described = server::connections::described(&replayed.sealed.plan, &loaded.connections);
    if described != replayed.seal.connections {
        return Err(Failure::new(Code::PlanDiffers, format!("the connections in {} are not those sealed with {}", loaded.place(), row.id))
            .hint("name the connections file of the seal with --config, or seal again: changed actions are a new watch"));
    }
    let mut resolved =
        server::connections::resolve(&replayed.sealed.plan, &loaded.connections, &loaded.folder)
            .map_err(|error| Failure::new(Code::PlanInvalid, chain(&error)))?;
    let has_commands = resolved
        .actions
        .values()
        .any(|action| matches!(action, ActionConfig::Command(_)));
    if has_commands {
        let marks = beside(ledger.path(), row.id, "attempts");
        std::fs::create_dir_all(&marks)
            .map_err(|error| Failure::file("make the folder", &marks, &error))?;
        resolved.mark_commands_in(&marks);
    }
    Ok(Keeper {
        ledger: ledger.clone(),
        watch: row.id,
        holder: holder_name(),
        engine: ENGINE.to_owned(),
        sources: resolved.sources,
        actions: resolved.actions,
        spill: spill_path(ledger.path(), row.id),
        clock: Arc::new(SystemClock),
        boundaries: Arc::new(NoBoundaries),
    })
}

/// The exact calls that a rollback of this watch makes.
pub fn roll_back_calls(
    context: &Context,
    watch: &Watch,
    id: WatchId,
    plan_file: &str,
) -> Result<Vec<String>, Failure> {
    let loaded = connections_of(context, &context.ledger_path()?, id, plan_file)?;
    calls(&loaded, watch.plan(), &id.to_string(), Reaction::RollBack)
}

/// The exact calls of one reaction of a plan.
pub fn calls(
    loaded: &Loaded,
    plan: &verification::terms::Plan,
    watch: &str,
    reaction: Reaction,
) -> Result<Vec<String>, Failure> {
    let Some(terms) = plan.action(reaction) else {
        return Ok(vec![format!(
            "the plan names no action for {}",
            reaction.word()
        )]);
    };
    let Some(action) = plan::receiver(&loaded.connections, &terms.run) else {
        return Err(Failure::new(
            Code::PlanInvalid,
            format!("there is no action `{}` in {}", terms.run, loaded.place()),
        ));
    };
    let invalid = |error: &dyn std::error::Error| Failure::new(Code::PlanInvalid, chain(error));
    let config = server::connections::action_config(&terms.run, action, &loaded.folder)
        .map_err(|error| invalid(&error))?;
    let runner = Runner::new(&terms.run, config).map_err(|error| invalid(&error))?;
    let at = server::Clock::now(&SystemClock);
    let order = Order {
        watch: watch.to_owned(),
        service: plan.service.clone(),
        intent: Intent {
            id: IntentId(1),
            generation: 1,
            reaction,
            run: Some(terms.run.clone()),
            target: terms.target.clone(),
            settings: terms.settings.clone(),
            at,
            deadline: at + terms.within,
        },
        message: Message {
            first_line: format!("{}: {} (dry run)", plan.service, reaction.word()),
            body: String::new(),
        },
        idempotency_key: format!("{watch}-dry-run"),
    };
    Ok(runner.dry_run(&order))
}
