//! The plays of the demo, each as it is shown to a newcomer.

use crate::environment::{Environment, Ran, ran};
use crate::processes::{self, until};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

fn played(scenario: &str) -> (Value, Ran) {
    let environment = Environment::new();
    let ran = environment.run(&["demo", "--scenario", scenario, "--output", "json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let last: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["scenario"], scenario);
    nothing_is_left(&environment);
    (last, ran)
}

fn nothing_is_left(environment: &Environment) {
    let root = environment.root().display().to_string();
    until("every process of the demo has ended", || {
        processes::with(&root).is_empty()
    });
    let left: Vec<_> = std::fs::read_dir(environment.root())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().starts_with("shakedown-demo"))
        .collect();
    assert_eq!(left, Vec::<std::ffi::OsString>::new());
}

fn is_rolled_back(last: &Value) {
    assert_eq!(last["state"], "rolled-back");
    assert_eq!(last["decision"], "roll-back");
    assert_eq!(last["exit_code"], 21);
    assert_eq!(last["recovered"], true);
    for span in ["detect_ms", "decide_ms", "execute_ms", "verify_ms"] {
        assert!(last[span].is_u64(), "{span}: {last}");
    }
}

#[test]
fn demo_errors_is_rolled_back() {
    let (last, _) = played("errors");
    is_rolled_back(&last);
    assert_eq!(last["failing"][0], "requests keep working");
}

#[test]
fn demo_slow_is_rolled_back() {
    let (last, _) = played("slow");
    is_rolled_back(&last);
    let name = last["failing"][0].as_str().unwrap();
    assert!(name.starts_with("p99 has not doubled"), "{last}");
}

#[test]
fn demo_collapse_is_rolled_back() {
    let (last, _) = played("collapse");
    is_rolled_back(&last);
}

#[test]
fn demo_blind_pages_and_never_confirms() {
    let (last, _) = played("blind");
    assert_eq!(last["state"], "cannot-see");
    assert_eq!(last["decision"], "page");
    assert_eq!(last["recovered"], Value::Null);
    assert_eq!(last["failing"], serde_json::json!([]));
}

#[test]
fn demo_healthy_is_confirmed() {
    let (last, ran) = played("healthy");
    assert_eq!(last["state"], "confirmed");
    assert_eq!(last["exit_code"], 0);
    assert_eq!(last["verify_ms"], Value::Null);
    for word in [
        "OK",
        "healthy ",
        "passed",
        "score",
        "anomaly",
        "significant",
    ] {
        assert!(!ran.err.contains(word), "{word}: {}", ran.err);
    }
}

#[test]
fn demo_outage_is_no_reason_to_roll_back() {
    let (last, _) = played("outage");
    assert_ne!(last["decision"], "roll-back");
    assert_eq!(last["recovered"], Value::Null);
}

#[test]
fn demo_is_stopped_at_any_moment_and_leaves_nothing() {
    // The words after which it is stopped: with processes starting, with version 1 alone, with the watch under way.
    for (signal, words) in [
        ("INT", "Starting three processes"),
        ("TERM", "Version 1 runs alone"),
        ("INT", "Version 2 gets"),
    ] {
        let environment = Environment::new();
        let mut child = environment
            .command(&["demo", "--output", "json"])
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let met = lines.by_ref().any(|line| line.unwrap().contains(words));
        assert!(met, "{words}");
        processes::signal(signal, child.id());
        let said: Vec<String> = lines.map(Result::unwrap).collect();
        let ended = ran(&child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(130), "{words}: {said:?}");
        assert!(
            said.last()
                .unwrap()
                .contains("every process of the demo has been ended"),
            "{said:?}"
        );
        nothing_is_left(&environment);
    }
}

#[test]
fn the_plays_are_listed() {
    insta::assert_snapshot!(Environment::new().told(&["demo", "--list"]));
}

#[test]
fn an_unknown_play_is_refused() {
    insta::assert_snapshot!(Environment::new().told(&["demo", "--scenario", "eclipse"]), @r"
    ----- stderr -----
    error: there is no scenario `eclipse`
      hint: choose one of: errors, slow, collapse, blind, healthy, outage
    ----- exit 2 -----
    ");
}
