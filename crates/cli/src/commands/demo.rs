//! `shakedown demo`: a deployment played on this machine, watched like any other.

use crate::answer::{answer, answer_line, progress};
use crate::arguments::{Demo, Output};
use crate::connections::Loaded;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure, chain};
use crate::follow::{Follow, follow_on};
use crate::following::Following;
use crate::interruption::Interruption;
use crate::keeping;
use crate::plan_file::{self, PlanFile};
use crate::showing::frame_of;
use crate::trouble::{of_keeper, of_ledger};
use core::time::Duration;
use ledger::{Ledger, OpenMode, WatchId};
use simulation::scenario::{Ending, Scenario};
use simulation::stage::{Stage, StageError};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use tokio::sync::watch as signal;
use verification::verdict::VerdictKind;

/// The plan that every play is watched by; it stands in `examples/` for everybody to read.
const PLAN: &str = include_str!("../../../../examples/demo.watch.yaml");
/// Its name in messages.
const PLAN_FILE: &str = "examples/demo.watch.yaml";
/// Time before the deployment in which the new version is started, without traffic, and the plan is sealed.
const BEFORE: Duration = Duration::from_secs(2);
/// What the level before the deployment is measured over at most: the pods' whole life so far.
const LEVELS_OVER: Duration = Duration::from_secs(60);

/// What a shell calls the end of a program by Ctrl-C: 128 and the number of SIGINT.
const INTERRUPTED: u8 = 130;

/// Plays a scenario, or lists them.
pub async fn run(context: &Context, arguments: &Demo) -> Done {
    if arguments.list {
        for scenario in Scenario::all() {
            answer_line!("{:<10} {}", scenario.name, scenario.description)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let scenario = Scenario::by_name(&arguments.scenario).ok_or_else(|| {
        let names: Vec<&str> = Scenario::all()
            .iter()
            .map(|scenario| scenario.name)
            .collect();
        Failure::new(
            Code::Usage,
            format!("there is no scenario `{}`", arguments.scenario),
        )
        .hint(format!("choose one of: {}", names.join(", ")))
    })?;
    let mut interruption = Interruption::listen();
    let folder = Folder::of(arguments.keep.as_deref())?;
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(Code::Bug, format!("cannot find this program: {error}")))?;
    progress!("Scenario `{}`: {}.", scenario.name, scenario.description);
    progress!(
        "Starting three processes of version 1, a traffic splitter, and users at {} requests a second.",
        scenario.traffic.requests_per_second
    );
    let set_up = Stage::set_up(scenario.clone(), arguments.seed, program, &["shop"]);
    let mut stage = tokio::select! {
        stage = set_up => stage.map_err(|error| of_stage(&error))?,
        () = interruption.wait() => return Err(stopped()),
    };
    let mut interrupted = interruption.clone();
    let played = tokio::select! {
        played = play(context, arguments, &scenario, &mut stage, &folder.path, interruption) => played,
        () = interrupted.wait() => Err(stopped()),
    };
    stage.clear().await.map_err(|error| of_stage(&error))?;
    let played = played?;
    finish(context, arguments, &scenario, &played)
}

/// The user has seen enough.
fn stopped() -> Failure {
    let mut failure = Failure::new(
        Code::Usage,
        "stopped before the end; every process of the demo has been ended",
    );
    failure.exit = Some(INTERRUPTED);
    failure
}

/// A watch that was played.
struct Played {
    following: Following,
}

async fn play(
    context: &Context,
    arguments: &Demo,
    scenario: &Scenario,
    stage: &mut Stage,
    folder: &Path,
    interruption: Interruption,
) -> Result<Played, Failure> {
    let begun = Instant::now();
    progress!(
        "Version 1 runs alone for {} s, so that its level is known before the deploy.",
        scenario.quiet.as_secs()
    );
    sleep_until(begun, scenario.quiet.saturating_sub(BEFORE)).await;
    stage
        .add_new_version()
        .await
        .map_err(|error| of_stage(&error))?;

    let mut context = context.clone();
    let file = plan_of(&context, stage, folder)?;
    context.config = file.loaded.path.clone();
    let ledger_path = folder.join("ledger.sqlite");
    let ledger = Ledger::open(&ledger_path, OpenMode::ReadWrite { most_bytes: None })
        .await
        .map_err(|error| of_ledger(&error))?;
    let sealed = super::seal::seal(&context, &ledger, &file, LEVELS_OVER).await?;
    progress!(
        "Criteria fixed before the deploy: {} sealed as {}.",
        PLAN_FILE,
        sealed.watch
    );

    sleep_until(begun, scenario.quiet).await;
    let row = ledger
        .watch(sealed.watch)
        .await
        .map_err(|error| of_ledger(&error))?;
    let keeper = keeping::keeper(&context, &ledger, &row).await?;
    let (stop, stopped) = signal::channel(false);
    stage.deploy().await.map_err(|error| of_stage(&error))?;
    let kept = tokio::spawn(keeper.keep(stopped));
    progress!(
        "Version 2 gets {} % of the traffic. Watching.\n",
        scenario.traffic.canary_percent
    );
    let watched = watch(
        &context,
        arguments,
        &ledger,
        sealed.watch,
        stop,
        interruption,
    );
    let kept = async {
        match kept.await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(of_keeper(&error)),
            Err(error) => Err(Failure::new(
                Code::Bug,
                format!("the keeper ended unexpectedly: {error}"),
            )),
        }
    };
    // A keeper that fails ends the play; one that is done waits for the watch to have been shown to its end.
    let watched = async { tokio::try_join!(watched, kept) };
    let faults = async {
        stage
            .play_faults()
            .await
            .map_err(|error| of_stage(&error))?;
        std::future::pending::<Result<(), Failure>>().await
    };
    tokio::select! {
        done = watched => done.map(|_| ())?,
        failed = faults => failed?,
    }
    let following = Following::open(&ledger, sealed.watch).await?;
    Ok(Played { following })
}

async fn watch(
    context: &Context,
    arguments: &Demo,
    ledger: &Ledger,
    id: WatchId,
    stop: signal::Sender<bool>,
    interruption: Interruption,
) -> Result<(), Failure> {
    if arguments.output == Output::Text {
        let wishes = Follow {
            all: true,
            timeout: None,
            keeper: Some(stop),
            interruption,
            erase: true,
        };
        let followed = follow_on(context, ledger, id, wishes).await?;
        return if followed.detached {
            Err(stopped())
        } else {
            Ok(())
        };
    }
    // Kept alive for as long as the watch runs: a dropped sender would stop the keeper.
    let _stop = stop;
    let mut following = Following::open(ledger, id).await?;
    loop {
        let news = following.read_on().await?;
        if let Some(watch) = &following.replayed.watch {
            let frame = frame_of(context, &following);
            let summary = watch.summary();
            for line in news.iter().filter_map(|news| news.line(&summary, &frame)) {
                progress!("{line}");
            }
            if watch.is_over() {
                return Ok(());
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The embedded plan with connections to the processes of this play.
fn plan_of(context: &Context, stage: &Stage, folder: &Path) -> Result<PlanFile, Failure> {
    use std::fmt::Write;
    let mut text = String::from(
        "connections: 1\nsources:\n  shop:\n    kind: scrape\n    timeout: 1s\n    targets:\n",
    );
    for pod in stage.pods() {
        let _ = writeln!(
            text,
            "      - {{url: 'http://{}/metrics', labels: {{track: {}, pod: {}}}}}",
            pod.address, pod.group, pod.name
        );
    }
    let _ = writeln!(
        text,
        "actions:\n  splitter/shop: {{kind: splitter, url: 'http://{}', group: canary, weight: 0}}",
        stage.splitter().admin
    );
    let path = folder.join("shakedown.yaml");
    std::fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))?;
    let loaded: Loaded = crate::connections::load(context, &path)?;
    plan_file::check(context, PLAN.to_owned(), PLAN_FILE.to_owned(), loaded)
}

fn finish(context: &Context, arguments: &Demo, scenario: &Scenario, played: &Played) -> Done {
    let Some(watch) = &played.following.replayed.watch else {
        return Err(Failure::new(Code::Bug, "the watch never started"));
    };
    let summary = watch.summary();
    let frame = frame_of(context, &played.following);
    let decision = summary
        .chief_decision()
        .map_or("keep-watching", |decision| decision.verb.word());
    let mut failing: Vec<String> = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::Failing)
        .map(|row| row.name.clone())
        .collect();
    failing.dedup();
    let ending = Ending {
        state: summary.state.word().to_owned(),
        decision: decision.to_owned(),
        exit_code: summary.exit.code(),
        recovered: summary.recovery.as_ref().map(|recovery| recovery.recovered),
        failing,
    };
    let differences = scenario.expected.differences(&ending);
    if arguments.output == Output::Text {
        answer!("{}", report::report_text(&summary, &frame).render(&frame))?;
    }
    for difference in &differences {
        progress!("not as described: {difference}");
    }
    if arguments.output == Output::Json {
        let phases = summary.phases;
        let json = serde_json::json!({
            "scenario": scenario.name,
            "state": ending.state,
            "decision": ending.decision,
            "exit_code": ending.exit_code,
            "recovered": ending.recovered,
            "failing": ending.failing,
            "detect_ms": phases.detect.map(millis),
            "decide_ms": phases.decide.map(millis),
            "execute_ms": phases.execute.map(millis),
            "verify_ms": phases.verify.map(millis),
        });
        answer_line!("{json}")?;
    }
    Ok(if differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

async fn sleep_until(begun: Instant, at: Duration) {
    tokio::time::sleep(at.saturating_sub(begun.elapsed())).await;
}

fn of_stage(error: &StageError) -> Failure {
    let code = match error {
        StageError::Splitter(_) => Code::AddressInUse,
        _ => Code::Bug,
    };
    Failure::new(code, chain(error))
        .hint("the demo takes free ports and starts processes on this machine; try again")
}

/// The folder of a play: a new one that goes away, or the one that was named.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn of(named: Option<&Path>) -> Result<Self, Failure> {
        let (path, temporary) = match named {
            Some(path) => (path.to_path_buf(), false),
            None => (
                std::env::temp_dir().join(format!("shakedown-demo-{}", std::process::id())),
                true,
            ),
        };
        std::fs::create_dir_all(&path)
            .map_err(|error| Failure::file("make the folder", &path, &error))?;
        Ok(Self { path, temporary })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
