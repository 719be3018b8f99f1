//! Commands: what they get, what their ends mean.

use crate::orders::{NOW, roll_back};
use crate::runners::{argv, command, runner, shell};
use actions::{
    ActionConfig, Checked, CommandConfig, CommandLine, ProbeProblem, Runner, Secret, Variable,
};
use std::os::unix::fs::PermissionsExt;
use verification::intent::OutcomeKind;

#[tokio::test]
async fn arguments_are_passed_on_as_they_are() {
    let mut order = roll_back();
    order.intent.target = Some("shop; touch /tmp/x".to_owned());
    let runner = runner(command(argv(&[
        "printf",
        "<%s>",
        "$HOME",
        "*",
        "`id`",
        "deployment/{target}",
        "{watch}",
        "{other}",
    ])));
    let attempted = runner.run(&order, NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Done);
    assert!(
        attempted
            .detail
            .ends_with(": <$HOME><*><`id`><deployment/shop; touch /tmp/x><W7><{other}>"),
        "{}",
        attempted.detail
    );
}

#[tokio::test]
async fn a_shell_line_gets_the_order_in_variables() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("environment");
    let runner = runner(CommandConfig {
        environment: vec![
            Variable::Set("FILE".to_owned(), Secret::new(file.to_str().unwrap())),
            Variable::PassOn("CARGO_PKG_NAME".to_owned()),
            Variable::PassOn("NOT_SET_ANYWHERE".to_owned()),
        ],
        ..command(shell(
            "env > \"$FILE\"; printf '%s' \"$SHAKEDOWN_TARGET\" | tr a-z A-Z",
        ))
    });
    let attempted = runner.run(&roll_back(), NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Done, "{}", attempted.detail);
    assert!(
        attempted.detail.ends_with(": CANARY"),
        "{}",
        attempted.detail
    );
    let environment = std::fs::read_to_string(file).unwrap();
    for line in [
        "SHAKEDOWN_WATCH=W7",
        "SHAKEDOWN_SERVICE=checkout",
        "SHAKEDOWN_INTENT=3",
        "SHAKEDOWN_REACTION=roll-back",
        "SHAKEDOWN_IDEMPOTENCY_KEY=W7/3",
        "SHAKEDOWN_GENERATION=2",
        "SHAKEDOWN_TARGET=canary",
        "SHAKEDOWN_REASON=checkout 4.18.0: rolling back",
        "SHAKEDOWN_MESSAGE=1.9 more failed payments per 100",
        "SHAKEDOWN_SETTINGS={\"channel\":\"#payments\"}",
        "CARGO_PKG_NAME=actions",
    ] {
        assert!(
            environment.lines().any(|found| found == line),
            "{line} in {environment}"
        );
    }
    assert!(
        std::env::var_os("CARGO_MANIFEST_DIR").is_some()
            && !environment.contains("CARGO_MANIFEST_DIR"),
        "what is not on the list is not passed on"
    );
}

#[tokio::test]
async fn the_input_is_empty() {
    let attempted = runner(command(argv(&["cat"]))).run(&roll_back(), NOW).await;
    assert_eq!(attempted.detail, "`cat` ended with exit code 0");
}

#[tokio::test]
async fn exit_codes_and_signals_have_their_meaning() {
    for (line, result, says) in [
        ("exit 0", OutcomeKind::Done, "ended with exit code 0"),
        (
            "echo no such deployment >&2; exit 3",
            OutcomeKind::Failed,
            "ended with exit code 3: no such deployment",
        ),
        ("kill -9 $$", OutcomeKind::Unknown, "was ended by signal 9"),
    ] {
        let attempted = runner(command(shell(line))).run(&roll_back(), NOW).await;
        assert_eq!(attempted.result, result, "{}", attempted.detail);
        assert!(attempted.detail.ends_with(says), "{}", attempted.detail);
    }
}

#[tokio::test]
async fn a_check_says_yes_no_or_nothing() {
    let check = |line: CommandLine| {
        let runner = runner(CommandConfig {
            check: Some(line),
            ..command(shell("exit 0"))
        });
        async move { runner.check(&roll_back(), NOW).await }
    };
    assert_eq!(check(shell("exit 0")).await, Checked::InEffect);
    assert_eq!(check(shell("exit 1")).await, Checked::NotInEffect);
    for (line, says) in [
        (shell("echo forbidden; exit 2"), "exit code 2: forbidden"),
        (shell("kill -15 $$"), "signal 15"),
        (argv(&["no-such-program"]), "no program `no-such-program`"),
    ] {
        match check(line).await {
            Checked::CannotCheck { why } => assert!(why.contains(says), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        runner(command(shell("exit 0")))
            .check(&roll_back(), NOW)
            .await,
        Checked::CannotCheck { .. }
    ));
}

#[tokio::test]
async fn of_a_flood_of_output_the_end_is_kept() {
    let attempted = runner(command(shell(
        "head -c 5000000 /dev/zero | tr '\\0' x; printf '\\n\\033[31mthe last line\\n'",
    )))
    .run(&roll_back(), NOW)
    .await;
    assert_eq!(attempted.result, OutcomeKind::Done);
    assert!(
        attempted.detail.ends_with("x / [31mthe last line"),
        "on one line, without terminal escapes"
    );
    assert!(attempted.detail.len() < 5000);
}

#[tokio::test]
async fn a_secret_appears_nowhere() {
    let runner = runner(CommandConfig {
        environment: vec![Variable::Set("TOKEN".to_owned(), Secret::new("hunter2"))],
        ..command(shell("echo \"$TOKEN\"; echo \"<$TOKEN>\" >&2; exit 1"))
    });
    let attempted = runner.run(&roll_back(), NOW).await;
    assert!(
        attempted.detail.ends_with("… / <…>"),
        "{}",
        attempted.detail
    );
    let lines = runner.dry_run(&roll_back());
    assert!(lines.contains(&"TOKEN=…".to_owned()), "{lines:?}");
    assert!(!format!("{lines:?} {runner:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_program_that_cannot_be_started_is_named_before_and_after() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str, mode| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let plain = write("plain", "#!/bin/sh\n", 0o644);
    let orphan = write("orphan", "#!/no/such/interpreter\n", 0o755);
    for (program, probe_finds_it, says) in [
        (
            "no-such-program",
            true,
            "no program `no-such-program` in PATH",
        ),
        (plain.as_str(), true, "is not executable"),
        (
            orphan.as_str(),
            false,
            "the interpreter that its first line names is missing",
        ),
    ] {
        let runner = runner(command(argv(&[program, "x"])));
        let outcome = runner.settle(&roll_back(), false, NOW).await;
        assert_eq!(outcome.result, OutcomeKind::Failed);
        assert!(outcome.detail.contains(says), "{}", outcome.detail);
        match runner.probe().await {
            Err(
                problem @ (ProbeProblem::NoProgram { .. } | ProbeProblem::NotExecutable { .. }),
            ) => {
                assert!(
                    probe_finds_it && problem.to_string().contains(says),
                    "{problem}"
                );
            }
            Ok(()) => assert!(!probe_finds_it, "{program}"),
            Err(other) => panic!("{other}"),
        }
    }
    runner(command(shell("exit 0"))).probe().await.unwrap();
}

#[test]
fn a_dry_run_can_be_pasted() {
    let runner = runner(command(argv(&[
        "kubectl",
        "rollout",
        "undo",
        "deployment/{target}",
        "--reason=it's bad",
    ])));
    let lines = runner.dry_run(&roll_back());
    assert_eq!(
        lines.last().unwrap(),
        r"kubectl rollout undo deployment/canary '--reason=it'\''s bad'"
    );
    assert!(
        lines.contains(&"SHAKEDOWN_REASON='checkout 4.18.0: rolling back'".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for config in [
        command(argv(&[])),
        command(argv(&["{target}"])),
        command(shell(" ")),
        command(shell("kubectl rollout undo {target}")),
        CommandConfig {
            check: Some(argv(&[""])),
            ..command(shell("exit 0"))
        },
        CommandConfig {
            environment: vec![Variable::PassOn("A=B".to_owned())],
            ..command(shell("exit 0"))
        },
        CommandConfig {
            environment: vec![Variable::PassOn("SHAKEDOWN_TARGET".to_owned())],
            ..command(shell("exit 0"))
        },
    ] {
        let problem = Runner::new("undo", ActionConfig::Command(config)).unwrap_err();
        assert!(
            problem.to_string().starts_with("action `undo`: "),
            "{problem}"
        );
    }
}
