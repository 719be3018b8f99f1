//! Humans act: with a reason, asked back on a terminal, with `--yes` elsewhere.

use crate::environment::Environment;
use crate::keepers::{Keepers, begun, prepared};

#[test]
fn an_act_needs_a_reason_and_a_yes() {
    let environment = begun();
    let mut told = String::new();
    for arguments in [
        &["hold", "W1"][..],
        &["hold", "W1", "--reason", " "],
        &["roll-back", "W1", "--reason", "checkout is down"],
        &["release", "W9", "--reason", "x", "--yes"],
        &["confirm", "one", "--reason", "x", "--yes"],
        &["outcome", "W1", "bad"],
    ] {
        told.push_str(&format!(
            "$ shakedown {}\n{}",
            arguments.join(" "),
            environment.told(arguments)
        ));
    }
    insta::assert_snapshot!(told);
    assert_eq!(Keepers(&environment).ids(), Vec::<u32>::new());
}

#[test]
fn acts_are_taken_by_a_keeper_that_is_started_for_them() {
    let environment = begun();
    let keepers = Keepers(&environment);
    let act = |arguments: &[&str], code: i32| {
        let ran = environment.run(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:?}");
        ran
    };
    let held = act(
        &[
            "hold",
            "W1",
            "--reason",
            "a colleague looks",
            "--yes",
            "--as",
            "Ada",
        ],
        23,
    );
    assert!(held.out.starts_with("W1: hold by Ada, record "), "{held:?}");
    let verdict = act(&["verdict"], 23);
    assert!(verdict.out.contains("Ada"), "{verdict:?}");
    act(&["release", "W1", "--reason", "seen", "--yes"], 10);
    let twice = act(&["release", "W1", "--reason", "seen", "--yes"], 2);
    assert!(
        twice
            .err
            .contains("W1 is not held by anybody; nothing was done"),
        "{twice:?}"
    );
    let dry = act(&["roll-back", "W1", "--dry-run"], 0);
    assert!(dry.out.contains("/weights/canary"), "{dry:?}");
    act(&["confirm", "W1", "--reason", "known noise", "--yes"], 0);
    let report = act(&["report"], 0);
    assert!(report.out.contains("tester"), "{report:?}");
    assert_eq!(environment.run(&["replay"]).code, Some(0));
    drop(keepers);
}

#[test]
fn a_watch_that_was_not_begun_takes_no_act() {
    let environment = prepared();
    assert_eq!(environment.run(&["seal", "shop.watch.yaml"]).code, Some(0));
    insta::assert_snapshot!(environment.told(&["hold", "W1", "--reason", "x", "--yes"]));
    insta::assert_snapshot!(environment.told(&["verdict"]));
    insta::assert_snapshot!(environment.told(&["list"]));
    insta::assert_snapshot!(environment.told(&["report"]));
}

#[test]
fn completion_knows_watches_and_criteria() {
    let environment = begun();
    let complete = |words: &[&str]| {
        let mut command = environment.command(&["--", "shakedown"]);
        let output = command
            .args(words)
            .env("COMPLETE", "fish")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(complete(&["verdict", ""]).starts_with("W1\tshop, under way\n"));
    let references = complete(&["explain", ""]);
    assert!(
        references.contains("requests keep working\tof W1\n"),
        "{references}"
    );
    assert!(complete(&["demo", "--scenario", ""]).contains("collapse\t"));
    let nothing = Environment::new();
    let mut command = nothing.command(&["--", "shakedown", "verdict", ""]);
    let output = command.env("COMPLETE", "fish").output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "without a ledger there is nothing to complete"
    );
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = environment.run(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{shell}");
        assert!(script.out.contains("shakedown"), "{shell}");
    }
}
