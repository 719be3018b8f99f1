//! Keepers in processes of their own: they outlive whoever follows, are taken up after a crash, and say why they cannot begin.

use crate::environment::{Environment, PROGRAM};
use crate::metrics_page::nobody;
use crate::plans;
use crate::processes::{self, until};
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Plan and connections to a server that does not answer: such a watch begins, and cannot see.
pub fn prepared() -> Environment {
    let environment = Environment::new();
    environment.write("shop.watch.yaml", plans::PLAN);
    environment.write("shakedown.yaml", &plans::connections(&nobody(), &nobody()));
    environment
}

/// An environment in which W1 was begun and is kept by nobody now.
pub fn begun() -> Environment {
    let environment = prepared();
    let ran = environment.run(&[
        "watch",
        "shop.watch.yaml",
        "--foreground",
        "--timeout",
        "1s",
    ]);
    assert_eq!(ran.code, Some(10), "{ran:?}");
    environment
}

/// Keepers of an environment; dropped, they are ended.
pub struct Keepers<'a>(pub &'a Environment);

impl Keepers<'_> {
    pub fn ids(&self) -> Vec<u32> {
        let ledger = self.0.ledger().display().to_string();
        processes::with(&ledger)
            .into_iter()
            .filter(|id| {
                let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                line.starts_with(PROGRAM) && line.contains(" keep W")
            })
            .collect()
    }
}

impl Drop for Keepers<'_> {
    fn drop(&mut self) {
        for id in self.ids() {
            processes::signal("KILL", id);
        }
    }
}

#[test]
fn a_keeper_outlives_whoever_follows_and_is_taken_up_after_a_crash() {
    let environment = prepared();
    let keepers = Keepers(&environment);
    let mut first = environment
        .command(&["watch", "shop.watch.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("WATCHING"));
    let kept_by = keepers.ids();
    assert_eq!(kept_by.len(), 1);

    let second = environment.run(&["watch", "shop.watch.yaml", "--timeout", "1s"]);
    assert_eq!(second.code, Some(10), "{second:?}");
    assert!(
        second
            .err
            .contains("W1 is under way by this plan; attaching."),
        "{second:?}"
    );
    assert!(
        second.err.contains("Detached; the keeper goes on."),
        "{second:?}"
    );
    assert_eq!(
        keepers.ids(),
        kept_by,
        "a second one attaches and starts no keeper"
    );

    processes::signal("INT", first.id());
    let ended = first.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(10));
    assert!(
        String::from_utf8_lossy(&ended.stderr)
            .contains("Come back with: shakedown watch --resume W1")
    );
    assert_eq!(keepers.ids(), kept_by, "Ctrl-C leaves the keeper");

    processes::signal("KILL", kept_by[0]);
    until("the keeper is gone", || keepers.ids().is_empty());
    let verdict = environment.run(&["verdict"]);
    assert!(
        verdict
            .err
            .contains("nobody keeps this watch; take it up with: shakedown watch --resume W1"),
        "{verdict:?}"
    );
    let doctor = environment.run(&["doctor"]);
    assert_eq!(doctor.code, Some(52), "{doctor:?}");
    let resumed = environment.run(&["watch", "--resume", "W1", "--timeout", "1s"]);
    assert_eq!(resumed.code, Some(10), "{resumed:?}");
    let now = keepers.ids();
    assert_eq!(now.len(), 1);
    processes::signal("TERM", now[0]);
    until("the keeper has given the watch back", || {
        keepers.ids().is_empty()
    });
    let replayed = environment.run(&["replay"]);
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    assert_eq!(environment.run(&["ledger", "verify"]).code, Some(0));
}

#[test]
fn a_watch_that_cannot_see_says_so() {
    let environment = prepared();
    let keepers = Keepers(&environment);
    // Nothing is seen for ten seconds: a page, and the watch goes on.
    let mut child = environment
        .command(&["watch", "shop.watch.yaml"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let paged = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("PAGE"));
    assert!(paged);
    let verdict = environment.run(&["verdict", "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&verdict.out).unwrap();
    assert_eq!(json["state"], "cannot-see");
    assert!(matches!(verdict.code, Some(12 | 31)), "{verdict:?}");
    until("the receiver was called", || {
        environment.work().join("paged").exists()
    });
    processes::signal("INT", child.id());
    child.wait().unwrap();
    drop(keepers);
}

#[test]
fn a_secret_that_is_missing_is_said_before_anything_is_begun() {
    let environment = prepared();
    let connections = plans::connections(&nobody(), &nobody())
        .replace("timeout: 2s", "timeout: 2s, bearer-token-env: SHOP_TOKEN");
    environment.write("shakedown.yaml", &connections);
    insta::assert_snapshot!(environment.told(&["watch", "shop.watch.yaml"]));
    assert!(environment.run(&["list"]).out.starts_with("No watches yet"));
    assert_eq!(Keepers(&environment).ids(), Vec::<u32>::new());
}

#[test]
fn what_was_sealed_is_what_is_watched() {
    let environment = prepared();
    assert_eq!(environment.run(&["seal", "shop.watch.yaml"]).code, Some(0));
    environment.write("shop.watch.yaml", &plans::PLAN.replace("+2pp", "+3pp"));
    insta::assert_snapshot!(environment.told(&["watch", "shop.watch.yaml"]));
    environment.write("shop.watch.yaml", plans::PLAN);
    environment.write(
        "shakedown.yaml",
        &plans::connections(&nobody(), "http://127.0.0.1:9"),
    );
    insta::assert_snapshot!(environment.told(&["watch", "--resume", "W1"]));
    assert_eq!(Keepers(&environment).ids(), Vec::<u32>::new());
}

#[test]
fn an_old_seal_does_not_stand_in_the_way_of_a_later_deploy() {
    let environment = prepared();
    assert_eq!(environment.run(&["seal", "shop.watch.yaml"]).code, Some(0));
    environment.write("shop.watch.yaml", &plans::PLAN.replace("+2pp", "+3pp"));
    assert_eq!(environment.run(&["seal", "shop.watch.yaml"]).code, Some(0));
    let second = environment.run(&[
        "watch",
        "shop.watch.yaml",
        "--foreground",
        "--timeout",
        "1s",
    ]);
    assert_eq!(second.code, Some(10), "{second:?}");
    environment.write("shop.watch.yaml", &plans::PLAN.replace("+2pp", "+4pp"));
    let third = environment.run(&[
        "watch",
        "shop.watch.yaml",
        "--foreground",
        "--timeout",
        "1s",
    ]);
    assert_eq!(third.code, Some(10), "{third:?}");
    assert!(third.err.contains("Sealed as W3"), "{third:?}");
}

#[test]
fn the_connections_beside_a_plan_are_found_from_any_folder() {
    let environment = Environment::new();
    environment.write("plans/shop.watch.yaml", plans::PLAN);
    environment.write(
        "plans/shakedown.yaml",
        &plans::connections(&nobody(), &nobody()),
    );
    let begun = environment.run(&[
        "watch",
        "plans/shop.watch.yaml",
        "--foreground",
        "--timeout",
        "1s",
    ]);
    assert_eq!(begun.code, Some(10), "{begun:?}");
    let resumed = environment.run(&["watch", "--resume", "W1", "--foreground", "--timeout", "1s"]);
    assert_eq!(resumed.code, Some(10), "{resumed:?}");
}
