//! Standard output is the answer, standard error is progress; both can be closed, narrow, colourless or without Unicode.

use crate::environment::{Environment, ran};
use crate::keepers::begun;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

#[test]
fn a_reader_that_has_gone_ends_a_command_without_noise() {
    let environment = begun();
    for arguments in [
        &["report"][..],
        &["ledger", "show"],
        &["ledger", "export"],
        &["schema", "plan"],
        &["man"],
    ] {
        let mut child = environment
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = ran(&child.wait_with_output().unwrap());
        assert_eq!(
            (ended.code, ended.err.as_str()),
            (Some(141), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_full_disk_behind_the_answer_is_said() {
    let environment = Environment::new();
    let full = std::fs::File::create("/dev/full").unwrap();
    let child = environment
        .command(&["schema", "plan"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    insta::assert_snapshot!(environment.redacted(&ran(&child.wait_with_output().unwrap())), @r"
    ----- stderr -----
    error: no room left where the answer is written
      hint: free some space, or write it elsewhere
    ----- exit 52 -----
    ");
}

#[test]
fn without_a_terminal_there_is_no_colour() {
    let environment = begun();
    let plain = environment.run(&["verdict"]);
    assert!(!plain.out.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn without_unicode_everything_is_ascii() {
    let environment = begun();
    environment.write("wrong.watch.yaml", "plan: 1\nservice: shop\nwatsh: {}\n");
    for arguments in [
        &["verdict", "--all"][..],
        &["report"],
        &["list"],
        &["explain", "W1"],
        &["doctor", "shop.watch.yaml"],
        &["validate", "--offline", "wrong.watch.yaml"],
        &["replay"],
    ] {
        let mut command = environment.command(arguments);
        let ended = ran(&command.env("LC_ALL", "C").output().unwrap());
        assert!(
            ended.out.is_ascii() && ended.err.is_ascii(),
            "{arguments:?}: {ended:?}"
        );
        assert!(!ended.out.is_empty() || !ended.err.is_empty());
    }
}

#[test]
fn lines_keep_to_the_width() {
    let environment = begun();
    for columns in ["40", "60", "80"] {
        for arguments in [&["verdict", "--all"][..], &["report"], &["list"]] {
            let mut command = environment.command(arguments);
            let ended = ran(&command.env("COLUMNS", columns).output().unwrap());
            let most: usize = columns.parse().unwrap();
            for line in ended.out.lines() {
                assert!(
                    line.chars().count() <= most,
                    "{columns}, {arguments:?}: {line}"
                );
            }
        }
    }
}

#[test]
fn json_is_json() {
    let environment = begun();
    for arguments in [
        &["verdict", "--output", "json"][..],
        &["list", "--output", "json"],
        &["report", "--output", "json"],
        &[
            "validate",
            "--offline",
            "shop.watch.yaml",
            "--output",
            "json",
        ],
        &[
            "validate",
            "--offline",
            "shop.watch.yaml",
            "--output",
            "sarif",
        ],
        &["seal", "shop.watch.yaml", "--output", "json"],
    ] {
        let ended = environment.run(arguments);
        serde_json::from_str::<serde_json::Value>(&ended.out)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ended:?}"));
    }
}

#[test]
fn following_without_a_terminal_is_a_line_per_change() {
    let environment = begun();
    let mut child = environment
        .command(&["watch", "--resume", "W1", "--foreground", "--timeout", "2s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let first = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(first.split_whitespace().nth(1), Some("WATCHING"), "{first}");
    assert!(!first.contains('\u{1b}'));
    child.wait().unwrap();
}
