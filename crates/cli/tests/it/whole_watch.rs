//! One watch from the seal to the report, on a real Prometheus server.

use crate::environment::Environment;
use crate::lab::{self, Prometheus};
use crate::plans;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_prometheus_from_seal_to_replay() {
    let environment = Arc::new(Environment::new());
    let stage = lab::shop("errors").await;
    let prometheus = Prometheus::start(environment.root(), &stage);
    let splitter = format!("http://{}", stage.splitter().admin);
    environment.write("shop.watch.yaml", plans::PLAN);
    environment.write(
        "shakedown.yaml",
        &plans::connections(&prometheus.url(), &splitter),
    );

    let run = |arguments: &'static [&'static str]| {
        let environment = Arc::clone(&environment);
        async move {
            tokio::task::spawn_blocking(move || environment.run(arguments))
                .await
                .unwrap()
        }
    };
    // Whether the limits can be judged is not asked: the server is some seconds old.
    let validated = run(&["validate", "shop.watch.yaml"]).await;
    assert!(
        validated
            .out
            .contains("failed-requests on the baseline side: "),
        "{validated:?}"
    );
    let sealed = run(&["seal", "shop.watch.yaml", "--output", "json"]).await;
    let sealed: serde_json::Value = serde_json::from_str(&sealed.out).unwrap();
    assert_eq!(
        (sealed["watch"].as_str(), sealed["late"].as_bool()),
        (Some("W1"), Some(false))
    );

    stage.deploy().await.unwrap();
    let watched = run(&["watch", "shop.watch.yaml", "--foreground"]).await;
    assert_eq!(watched.code, Some(21), "{watched:?}");
    assert!(watched.out.contains("rolled back"), "{watched:?}");
    assert!(
        !watched.err.contains("Sealed as"),
        "the earlier seal is used: {watched:?}"
    );

    let report = run(&["report", "--output", "json"]).await;
    assert_eq!(report.code, Some(21));
    let json: serde_json::Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(json["state"], "rolled-back");
    assert_eq!(json["exit_code"], 21);
    for (form, holds) in [
        ("text", "requests keep"),
        ("markdown", "| "),
        ("junit", "<failure"),
    ] {
        let report = run(match form {
            "text" => &["report", "W1", "--output", "text"],
            "markdown" => &["report", "W1", "--output", "markdown"],
            _ => &["report", "W1", "--output", "junit"],
        })
        .await;
        assert_eq!(report.code, Some(21), "{form}");
        assert!(report.out.contains(holds), "{form}: {}", report.out);
    }
    let coloured = run(&["verdict", "--color", "always"]).await;
    assert!(coloured.out.contains("\u{1b}["), "{coloured:?}");
    let never = run(&["verdict", "--color", "never"]).await;
    assert!(!never.out.contains('\u{1b}'), "{never:?}");
    let replayed = run(&["replay", "W1"]).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    assert!(replayed.out.contains("byte for byte"));
    let verified = run(&["ledger", "verify"]).await;
    assert_eq!(verified.code, Some(0));
    assert!(
        verified.out.starts_with("W1: chain intact, "),
        "{verified:?}"
    );
    for line in run(&["ledger", "export"]).await.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    let explained = run(&["explain", "requests keep working"]).await;
    assert_eq!(explained.code, Some(0));
    assert!(
        explained.out.starts_with("requests keep working: failing"),
        "{explained:?}"
    );
    let again = run(&["watch", "--resume", "W1"]).await;
    assert_eq!(
        again.code,
        Some(21),
        "an ended watch is shown as it ended: {again:?}"
    );
    let after = run(&["roll-back", "W1", "--reason", "again", "--yes"]).await;
    assert_eq!(after.code, Some(2), "{after:?}");
    assert!(after.err.contains("nothing was done"), "{after:?}");
    let outcome = run(&["outcome", "W1", "bad", "--reason", "tickets came"]).await;
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(run(&["replay", "W1"]).await.code, Some(0));
    stage.clear().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_prometheus_in_one_line() {
    let environment = Environment::new();
    let stage = lab::shop("errors").await;
    let prometheus = Prometheus::start(environment.root(), &stage);
    let url = prometheus.url();
    let made = environment.run(&[
        "init",
        "--prometheus",
        &url,
        "--service",
        "shop",
        "--into",
        "new",
    ]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let plan = environment.work().join("new/shop.watch.yaml");
    let again = environment.run(&[
        "init",
        "--prometheus",
        &url,
        "--service",
        "shop",
        "--into",
        "new",
    ]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("is there already; nothing was written"));
    let offline = environment.run(&["validate", "--offline", plan.to_str().unwrap()]);
    assert_eq!(
        offline.code,
        Some(0),
        "what init writes is valid: {offline:?}"
    );

    let dry = environment.run(&[
        "watch",
        "--service",
        "shop",
        "--prometheus",
        &url,
        "--by",
        "version",
        "--roll-back",
        "touch 'rolled back'",
        "--dry-run",
    ]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.out.contains("touch 'rolled back'"), "{dry:?}");
    assert!(!environment.ledger().exists(), "a dry run seals nothing");
    let unknown = environment.run(&[
        "watch",
        "--service",
        "nobody",
        "--prometheus",
        &url,
        "--by",
        "version",
    ]);
    assert_eq!(unknown.code, Some(40), "{unknown:?}");
    let quoted = environment.run(&[
        "watch",
        "--service",
        "shop",
        "--prometheus",
        &url,
        "--by",
        "version",
        "--roll-back",
        "touch 'x",
    ]);
    assert_eq!(quoted.code, Some(2), "{quoted:?}");
    assert!(!environment.ledger().exists());

    // The preset's times are those of real deployments: this watch is begun, looked at and left.
    let begun = environment.run(&[
        "watch",
        "--service",
        "shop",
        "--prometheus",
        &url,
        "--by",
        "version",
        "--roll-back",
        "touch rolled",
        "--foreground",
        "--timeout",
        "3s",
    ]);
    assert_eq!(begun.code, Some(10), "{begun:?}");
    assert!(
        begun.out.contains("plan: 1"),
        "the plan that the options imply is printed"
    );
    assert!(
        begun
            .err
            .contains("Stopped. Take the watch up again with: shakedown watch --resume W1"),
        "{begun:?}"
    );
    let elsewhere =
        environment.run(&["watch", "--resume", "W1", "--foreground", "--timeout", "1s"]);
    assert_eq!(
        elsewhere.code,
        Some(10),
        "it is taken up without the options: {elsewhere:?}"
    );
    assert_eq!(environment.run(&["replay"]).code, Some(0));
    stage.clear().await.unwrap();
}
