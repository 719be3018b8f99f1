//! After a crash: every combination of what was attempted, what took effect, what can be read back and what may be repeated.

use crate::orders::{NOW, roll_back};
use crate::runners::{command, runner, shell};
use actions::{CommandConfig, Runner, Secret, Variable};
use std::path::Path;
use verification::intent::{Outcome, OutcomeKind};

/// What the next attempt does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Command {
    Works,
    FailsWithoutEffect,
    TakesEffectAndDies,
    DiesWithoutEffect,
}

/// What reading back says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Check {
    None,
    CannotTell,
    TellsTheTruth,
}

/// What happened before this keeper began.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Before {
    Nothing,
    AttemptWithoutEffect,
    AttemptWithEffect,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    before: Before,
    command: Command,
    check: Check,
    idempotent: bool,
}

fn every_case() -> Vec<Case> {
    let mut cases = Vec::new();
    for before in [
        Before::Nothing,
        Before::AttemptWithoutEffect,
        Before::AttemptWithEffect,
    ] {
        for command in [
            Command::Works,
            Command::FailsWithoutEffect,
            Command::TakesEffectAndDies,
            Command::DiesWithoutEffect,
        ] {
            for check in [Check::None, Check::CannotTell, Check::TellsTheTruth] {
                for idempotent in [false, true] {
                    cases.push(Case {
                        before,
                        command,
                        check,
                        idempotent,
                    });
                }
            }
        }
    }
    cases
}

fn action(case: Case, effects: &Path) -> Runner {
    runner(CommandConfig {
        check: match case.check {
            Check::None => None,
            Check::CannotTell => Some(shell("exit 2")),
            Check::TellsTheTruth => Some(shell("test -s \"$EFFECTS\"")),
        },
        idempotent: case.idempotent,
        environment: vec![Variable::Set(
            "EFFECTS".to_owned(),
            Secret::new(effects.to_str().unwrap()),
        )],
        ..command(shell(match case.command {
            Command::Works => "echo 1 >> \"$EFFECTS\"",
            Command::FailsWithoutEffect => "exit 1",
            Command::TakesEffectAndDies => "echo 1 >> \"$EFFECTS\"; kill -9 $$",
            Command::DiesWithoutEffect => "kill -9 $$",
        }))
    })
}

/// Runs a case; returns its outcome and how often the effect has happened in all.
async fn settle(case: Case) -> (Outcome, usize) {
    let directory = tempfile::tempdir().unwrap();
    let effects = directory.path().join("effects");
    if case.before == Before::AttemptWithEffect {
        std::fs::write(&effects, "0\n").unwrap();
    }
    let outcome = action(case, &effects)
        .settle(&roll_back(), case.before != Before::Nothing, NOW)
        .await;
    let happened = std::fs::read_to_string(&effects).map_or(0, |text| text.lines().count());
    (outcome, happened)
}

#[tokio::test]
async fn no_effect_happens_twice_that_can_be_checked() {
    for case in every_case() {
        let (outcome, happened) = settle(case).await;
        let told = format!("{case:?}: {happened} effects, {outcome:?}");
        let before = usize::from(case.before == Before::AttemptWithEffect);
        match case.check {
            Check::TellsTheTruth => {
                assert!(happened <= 1, "{told}");
                let expected = if happened == 1 {
                    OutcomeKind::Done
                } else {
                    OutcomeKind::Failed
                };
                assert_eq!(
                    outcome.result, expected,
                    "with a check, the outcome is known: {told}"
                );
            }
            Check::None | Check::CannotTell if !case.idempotent => {
                assert!(happened <= 1, "{told}");
                if case.before != Before::Nothing {
                    assert_eq!(happened, before, "not repeated: {told}");
                    assert_eq!(outcome.result, OutcomeKind::Unknown, "{told}");
                }
            }
            Check::None | Check::CannotTell => {}
        }
        match outcome.result {
            OutcomeKind::Done => assert!(happened >= 1, "{told}"),
            OutcomeKind::Failed => assert_eq!(happened, 0, "failed means as it was: {told}"),
            OutcomeKind::Unknown => {
                assert_ne!(case.check, Check::TellsTheTruth, "{told}");
            }
        }
    }
}

#[tokio::test]
async fn what_can_be_finished_is_finished() {
    for case in every_case() {
        let may_act =
            case.before == Before::Nothing || case.check == Check::TellsTheTruth || case.idempotent;
        if case.command == Command::Works && may_act {
            let (outcome, happened) = settle(case).await;
            assert_eq!(outcome.result, OutcomeKind::Done, "{case:?}: {outcome:?}");
            assert!(happened >= 1, "{case:?}");
            assert_eq!(
                outcome.detail.contains("already in effect"),
                case.before == Before::AttemptWithEffect && case.check == Check::TellsTheTruth,
                "{case:?}: {outcome:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_success_that_reading_back_denies_is_no_success() {
    let order = {
        let mut order = roll_back();
        order.intent.deadline = NOW + core::time::Duration::from_millis(400);
        order
    };
    let runner = runner(CommandConfig {
        check: Some(shell("exit 1")),
        ..command(shell("exit 0"))
    });
    let outcome = runner.settle(&order, false, NOW).await;
    assert_ne!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
}

/// The keeper settles several orders at once, each in a task of its own.
#[tokio::test]
async fn orders_can_be_settled_in_tasks() {
    let runner = std::sync::Arc::new(runner(command(shell("exit 0"))));
    let other = runner.clone();
    let task = tokio::spawn(async move { other.settle(&roll_back(), false, NOW).await });
    let here = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(here.result, OutcomeKind::Done);
    assert_eq!(task.await.unwrap().result, OutcomeKind::Done);
}
