//! Sides by the value of a label: chosen by name, the newest, and through an info series.

use std::time::Duration;

use verification::observation::{Gap, Measured};
use verification::terms::{CanaryChoice, Join, SideRule, SignalKind};

use crate::fake_prometheus::{FakePrometheus, Labels, labels};
use crate::plans::{Watch, counts, errors, plan, prometheus, signal, whole};
use crate::shop::{after, at};

const HOUR: i64 = 240;

fn by_version(canary: CanaryChoice, join: Option<Join>) -> verification::terms::Plan {
    let mut plan = plan(vec![signal("errors", errors())]);
    plan.compare.sides = SideRule::ByLabel {
        label: "version".into(),
        canary,
        join,
    };
    plan
}

fn requests(version: &str, pod: &str) -> Labels {
    labels(
        "requests_total",
        &[
            ("version", version),
            ("pod", pod),
            ("instance", pod),
            ("job", "shop"),
            ("code", "200"),
        ],
    )
}

fn scrape(server: &FakePrometheus, version: &str, pod: &str, step: i64, each: i64) {
    server.push(
        &requests(version, pod),
        at(step),
        (1_000_000 + each * step) as f64,
    );
}

#[tokio::test]
async fn a_named_version_is_the_canary_and_all_others_are_baseline() {
    let server = FakePrometheus::start().await;
    let mut watch = Watch::new(
        by_version(CanaryChoice::Value("2".into()), None),
        prometheus(&server.url),
    );
    for step in 0..=1 {
        scrape(&server, "1", "a", step, 30);
        scrape(&server, "1.5", "b", step, 20);
        scrape(&server, "2", "c", step, 10);
        let tick = watch.look(after(step)).await;
        if step == 1 {
            assert_eq!(whole(&tick, 0).canary, counts(0, 10));
            assert_eq!(whole(&tick, 0).baseline, counts(0, 50));
        }
    }
}

#[tokio::test]
async fn the_newest_version_appears_during_the_watch_and_stays_the_canary() {
    let server = FakePrometheus::start().await;
    let mut watch = Watch::new(
        by_version(CanaryChoice::Newest, None),
        prometheus(&server.url),
    );
    for step in -25 * HOUR..0 {
        // A day of version 1; version 0 was there too until ten hours ago.
        scrape(&server, "1", "a", step, 30);
        if step < -10 * HOUR {
            scrape(&server, "0", "z", step, 30);
        }
    }
    let mut told = None;
    for step in 0..=60 {
        scrape(&server, "1", "a", step, 30);
        if step >= 3 {
            scrape(&server, "2", "b", step, 10);
        }
        // The next deployment, while this one is still watched.
        if step >= 30 {
            scrape(&server, "3", "c", step, 500);
        }
        if step == 45 {
            watch.restart();
        }
        let tick = watch.look(after(step)).await;
        if let Some(versions) = &tick.versions {
            told = versions.canary.clone();
        }
        let canary = whole(&tick, 0).canary;
        match step {
            0..3 => assert_eq!(canary, Measured::Nothing(Gap::NoSeries), "step {step}"),
            3 => assert_eq!(canary, Measured::Nothing(Gap::FirstSample)),
            _ => assert_eq!(canary, counts(0, 10), "step {step}"),
        }
        if step > 0 {
            assert_eq!(whole(&tick, 0).baseline, counts(0, 30), "step {step}");
        }
        let left_out = tick
            .problems
            .iter()
            .any(|problem| problem.message.contains("another version appeared (3)"));
        assert_eq!(
            left_out,
            step == 30 || step == 45,
            "step {step}: {:?}",
            tick.problems
        );
    }
    assert_eq!(told.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_version_that_began_two_hours_ago_is_the_newest() {
    let server = FakePrometheus::start().await;
    for step in -25 * HOUR..=1 {
        scrape(&server, "1", "a", step, 30);
        if step > -2 * HOUR {
            scrape(&server, "2", "b", step, 10);
        }
    }
    let mut watch = Watch::new(
        by_version(CanaryChoice::Newest, None),
        prometheus(&server.url),
    );
    watch.look(after(0)).await;
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, counts(0, 10));
}

#[tokio::test]
async fn without_history_nothing_has_a_side() {
    let server = FakePrometheus::start().await;
    server.with(|data| {
        data.fault = crate::fake_prometheus::Fault::Status(500, "");
        data.only = "count by".into();
    });
    let mut watch = Watch::new(
        by_version(CanaryChoice::Newest, None),
        prometheus(&server.url),
    );
    for step in 0..3 {
        scrape(&server, "1", "a", step, 30);
        scrape(&server, "2", "b", step, 10);
        let tick = watch.look(after(step)).await;
        assert!(
            matches!(whole(&tick, 0).baseline, Measured::Nothing(_)),
            "not both versions as baseline"
        );
        assert!(!tick.problems.is_empty());
    }
}

fn join() -> Option<Join> {
    Some(Join {
        metric: "target_info".into(),
        on: vec!["job".into(), "instance".into()],
    })
}

#[tokio::test]
async fn versions_that_live_in_an_info_series() {
    let server = FakePrometheus::start().await;
    let mut plan = by_version(CanaryChoice::Value("2".into()), join());
    plan.signals.push(signal(
        "level",
        SignalKind::Level {
            query: "sum(requests_total{$side})".into(),
        },
    ));
    plan.warm_up = Duration::from_secs(20);
    let mut watch = Watch::new(plan, prometheus(&server.url));
    let series = |instance: &str| {
        labels(
            "requests_total",
            &[("job", "shop"), ("instance", instance), ("code", "200")],
        )
    };
    let info = |instance: &str, version: &str| {
        labels(
            "target_info",
            &[
                ("job", "shop"),
                ("instance", instance),
                ("version", version),
            ],
        )
    };
    for step in 0..=4 {
        server.push(&series("a"), at(step), (100 + 30 * step) as f64);
        server.push(&info("a", "1"), at(step), 1.0);
        // An instance that no info series knows belongs to neither side.
        server.push(&series("x"), at(step), (100 + 999 * step) as f64);
        if step < 3 {
            server.push(&series("b"), at(step), (100 + 10 * step) as f64);
            server.push(&info("b", "2"), at(step), 1.0);
        }
        let tick = watch.look(after(step)).await;
        if step == 1 || step == 2 {
            assert_eq!(whole(&tick, 0).canary, counts(0, 10), "step {step}");
            assert_eq!(whole(&tick, 0).baseline, counts(0, 30), "step {step}");
            assert_eq!(
                whole(&tick, 1).canary,
                Measured::Level((100 + 10 * step) as f64)
            );
            assert_eq!((tick.pods.canary.count, tick.pods.baseline.count), (1, 1));
        }
    }
}
