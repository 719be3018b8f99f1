//! A keeper that is killed while its command runs, and the keeper after it.

use crate::gone_process::eventually;
use crate::orders::{NOW, roll_back};
use crate::runners::{command, runner, shell};
use actions::{CommandConfig, Runner, Secret, Variable};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use verification::intent::OutcomeKind;

/// Tells the process of [`keeper_that_is_killed`] where to work.
const DIRECTORY: &str = "ACTIONS_TEST_KEEPER_DIRECTORY";

/// Adds a line to `effects` once it may go.
fn slow_action(directory: &Path) -> Runner {
    runner(CommandConfig {
        check: Some(shell("test -s \"$DIRECTORY/effects\"")),
        environment: vec![Variable::Set(
            "DIRECTORY".to_owned(),
            Secret::new(directory.to_str().unwrap()),
        )],
        marks: Some(directory.to_owned()),
        ..command(shell(
            "cd \"$DIRECTORY\"; echo > started; until test -e go; do sleep 0.02; done; echo done >> effects",
        ))
    })
}

#[tokio::test]
async fn an_attempt_that_outlives_its_keeper_is_waited_for() {
    for (attempted_before, known) in [
        (true, "an attempt was begun and its end is not recorded"),
        // Even where the ledger does not say so.
        (false, "an earlier attempt is still running"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let mut keeper = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "outliving::keeper_that_is_killed"])
            .env(DIRECTORY, directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the command runs", || {
            directory.path().join("started").exists()
        })
        .await;
        keeper.kill().unwrap();
        keeper.wait().unwrap();

        let runner = slow_action(directory.path());
        let order = roll_back();
        // The next keeper looks before the command of the killed one may go on.
        let (outcome, ()) = tokio::join!(runner.settle(&order, attempted_before, NOW), async {
            std::fs::write(directory.path().join("go"), "").unwrap();
        });
        assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
        assert_eq!(
            outcome.detail,
            format!("already in effect, read back ({known})"),
            "it was waited for, not tried beside"
        );
        let effects = std::fs::read_to_string(directory.path().join("effects")).unwrap();
        assert_eq!(effects, "done\n", "it happened once");
    }
}

#[tokio::test]
async fn marks_go_away_with_their_attempts() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("go"), "").unwrap();
    let runner = slow_action(directory.path());
    runner.probe().await.unwrap();
    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    let left: Vec<PathBuf> = std::fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some())
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
}

#[tokio::test]
async fn without_its_directory_of_marks_nothing_is_started() {
    let directory = tempfile::tempdir().unwrap();
    let runner = runner(CommandConfig {
        marks: Some(directory.path().join("none")),
        ..command(shell("exit 0"))
    });
    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(
        outcome.detail.contains("nothing was started"),
        "{}",
        outcome.detail
    );
    assert!(runner.probe().await.is_err());
}

/// The keeper's process of the first test; nothing where it is run like any other test.
#[tokio::test]
async fn keeper_that_is_killed() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        slow_action(Path::new(&directory))
            .settle(&roll_back(), false, NOW)
            .await;
    }
}
