//! Commands end as a group: at the time limit, when given up, and when they leave something behind.

use crate::gone_process::{eventually, is_gone, number_in};
use crate::orders::{NOW, roll_back};
use crate::runners::{command, runner, shell};
use actions::{CommandConfig, Secret, Variable};
use core::time::Duration;
use std::path::Path;
use verification::intent::OutcomeKind;

/// A command in `directory` that writes down its own number and that of a child.
fn family(directory: &Path, line: &str) -> CommandConfig {
    CommandConfig {
        environment: vec![Variable::Set(
            "DIRECTORY".to_owned(),
            Secret::new(directory.to_str().unwrap()),
        )],
        ..command(shell(&format!(
            "cd \"$DIRECTORY\"; {line} sleep 100000 & echo $! > child; echo $$ > leader; "
        )))
    }
}

fn with_end(mut config: CommandConfig, end: &str) -> CommandConfig {
    if let actions::CommandLine::Shell(line) = &mut config.run {
        line.push_str(end);
    }
    config
}

fn numbers(directory: &Path) -> Option<[u32; 2]> {
    Some([
        number_in(&directory.join("leader"))?,
        number_in(&directory.join("child"))?,
    ])
}

async fn all_gone(processes: [u32; 2]) {
    eventually("the group is gone", || processes.into_iter().all(is_gone)).await;
}

#[tokio::test]
async fn the_time_limit_ends_the_whole_group_even_one_that_does_not_listen() {
    for line in ["", "trap '' TERM;"] {
        let directory = tempfile::tempdir().unwrap();
        // The limit grows until the machine was fast enough to start both processes within it.
        let mut limit = Duration::from_millis(200);
        let processes = loop {
            let config = CommandConfig {
                time_limit: limit,
                ..with_end(family(directory.path(), line), "wait")
            };
            let attempted = runner(config).run(&roll_back(), NOW).await;
            assert_eq!(attempted.result, OutcomeKind::Unknown);
            assert!(
                attempted
                    .detail
                    .ends_with("ran into its time limit and was ended"),
                "{}",
                attempted.detail
            );
            if let Some(processes) = numbers(directory.path()) {
                break processes;
            }
            limit *= 2;
        };
        all_gone(processes).await;
    }
}

#[tokio::test]
async fn a_given_up_attempt_takes_its_group_along() {
    let directory = tempfile::tempdir().unwrap();
    let config = with_end(family(directory.path(), ""), "wait");
    let attempt = tokio::spawn(async move { runner(config).run(&roll_back(), NOW).await });
    eventually("both processes have started", || {
        numbers(directory.path()).is_some()
    })
    .await;
    let processes = numbers(directory.path()).unwrap();
    assert!(!processes.into_iter().any(is_gone));
    attempt.abort();
    all_gone(processes).await;
}

#[tokio::test]
async fn what_a_command_leaves_behind_ends_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let attempted = runner(with_end(family(directory.path(), ""), "exit 0"))
        .run(&roll_back(), NOW)
        .await;
    assert_eq!(attempted.result, OutcomeKind::Done, "{}", attempted.detail);
    all_gone(numbers(directory.path()).unwrap()).await;
}

#[tokio::test]
async fn the_deadline_of_the_intent_ends_it_too() {
    let mut order = roll_back();
    order.intent.deadline = NOW + Duration::from_millis(200);
    let attempted = runner(command(shell("sleep 3"))).run(&order, NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Unknown);
}
