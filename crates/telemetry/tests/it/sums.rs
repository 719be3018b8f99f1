//! What is counted when nothing goes wrong.

use serde_json::json;
use statistics::Histogram;
use verification::observation::{Gap, Measured, Reading};
use verification::terms::SignalKind;

use crate::fake_prometheus::{FakePrometheus, Labels, labels};
use crate::plans::{Watch, counts, errors, plan, prometheus, selector, signal, whole};
use crate::shop::{SECOND, START, after, at, requests, scrape, scrape_all};

#[tokio::test]
async fn increments_since_the_first_look_on_both_sides() {
    let server = FakePrometheus::start().await;
    scrape_all(&server, 0);
    scrape_all(&server, 1);
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let first = watch.look(after(0)).await;
    assert_eq!(whole(&first, 0).canary, Measured::Nothing(Gap::FirstSample));
    assert_eq!(first.from, first.through);
    let second = watch.look(after(1)).await;
    assert_eq!(whole(&second, 0).canary, counts(10, 100));
    assert_eq!(whole(&second, 0).baseline, counts(8, 408));
    assert_eq!(
        second.newest.canary.map(|newest| newest.millis()),
        Some(at(1))
    );
    let idle = watch.look(at(1) + 5 * SECOND).await;
    assert_eq!(whole(&idle, 0).canary, Measured::Nothing(Gap::Stale));
    watch.restart();
    scrape_all(&server, 2);
    let third = watch.look(after(2)).await;
    assert_eq!(whole(&third, 0).canary, counts(10, 100));
    assert_eq!(third.from, idle.through);
    assert!(third.problems.is_empty(), "{:?}", third.problems);
}

#[tokio::test]
async fn a_selector_of_several_signals_is_asked_once() {
    let server = FakePrometheus::start().await;
    scrape_all(&server, 0);
    let twice = plan(vec![signal("errors", errors()), signal("again", errors())]);
    let mut watch = Watch::new(twice, prometheus(&server.url));
    watch.look(after(0)).await;
    let queries = server.with(|data| std::mem::take(&mut data.queries));
    let raw: Vec<&String> = queries.iter().filter(|query| query.contains('[')).collect();
    let mut distinct = raw.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(raw.len(), distinct.len(), "{raw:?}");
}

fn slices(readings: &[Reading]) -> Vec<(Option<u16>, Measured)> {
    readings
        .iter()
        .map(|reading| (reading.slice, reading.sides.canary.clone()))
        .collect()
}

#[tokio::test]
async fn slices_by_label_values() {
    let server = FakePrometheus::start().await;
    let series = |route: &str, code: &str| {
        let mut labels = requests("canary", "c1", code);
        labels.insert("route".into(), route.into());
        labels.insert("method".into(), "POST".into());
        labels
    };
    let mut by_route = signal("errors", errors());
    by_route.for_each = vec!["method".into(), "route".into()];
    let mut watch = Watch::new(plan(vec![by_route]), prometheus(&server.url));
    for step in 0..=2 {
        let value = |each: i64| (100 + each * step) as f64;
        server.push(&series("/pay", "200"), at(step), value(10));
        server.push(&series("/pay", "500"), at(step), value(3));
        server.push(&series("/cart", "200"), at(step), value(40));
        if step == 2 {
            server.push(&series("/new", "200"), at(step), 5.0);
        }
    }
    watch.look(after(0)).await;
    let tick = watch.look(after(1)).await;
    assert_eq!(watch.slices.names(0), ["POST,/cart", "POST,/pay"]);
    assert_eq!(
        slices(&tick.readings),
        [
            (None, counts(3, 53)),
            (Some(0), counts(0, 40)),
            (Some(1), counts(3, 13))
        ]
    );
    let tick = watch.look(after(2)).await;
    assert_eq!(
        watch.slices.names(0).last().map(String::as_str),
        Some("POST,/new")
    );
    assert_eq!(slices(&tick.readings)[3], (Some(2), counts(0, 5)));
    let silent = watch.look(after(3)).await;
    assert_eq!(
        slices(&silent.readings),
        [(None, Measured::Nothing(Gap::Stale))]
    );
}

#[tokio::test]
async fn orders_by_request_and_orders_by_pod_time() {
    let server = FakePrometheus::start().await;
    let orders = |pod: &str| {
        labels(
            "orders_total",
            &[
                ("track", "stable"),
                ("pod", pod),
                ("instance", pod),
                ("job", "shop"),
            ],
        )
    };
    let per_request = SignalKind::Count {
        of: selector("orders_total", vec![]),
        per: Some(selector("requests_total", vec![])),
    };
    let per_time = SignalKind::Count {
        of: selector("orders_total", vec![]),
        per: None,
    };
    let signals = vec![
        signal("per request", per_request),
        signal("per time", per_time),
    ];
    let mut watch = Watch::new(plan(signals), prometheus(&server.url));
    for step in 0..=3 {
        scrape_all(&server, step);
        // The second pod takes its first order late.
        server.push(&orders("b1"), at(step), (7 * step) as f64 + 1.0);
        if step == 3 {
            server.push(&orders("b2"), at(step), 2.0);
        }
        let tick = watch.look(after(step)).await;
        let expected = match step {
            0 => continue,
            3 => (9, 2),
            _ => (7, 2),
        };
        assert_eq!(
            whole(&tick, 0).baseline,
            counts(expected.0, 408),
            "step {step}"
        );
        assert_eq!(
            whole(&tick, 1).baseline,
            counts(expected.0, expected.1 * 15_000),
            "step {step}"
        );
        // The canary has taken none, and the counter exists elsewhere.
        assert_eq!(whole(&tick, 1).canary, counts(0, 15_000), "step {step}");
    }
}

fn latencies() -> SignalKind {
    SignalKind::Histogram {
        of: selector("latency_seconds", vec![]),
    }
}

fn bucket(pod: &str, edge: &str) -> Labels {
    labels(
        "latency_seconds_bucket",
        &[
            ("track", "canary"),
            ("pod", pod),
            ("instance", pod),
            ("job", "shop"),
            ("le", edge),
        ],
    )
}

#[tokio::test]
async fn classic_histograms_with_different_edges_and_a_reset() {
    let server = FakePrometheus::start().await;
    let mut watch = Watch::new(
        plan(vec![signal("latency", latencies())]),
        prometheus(&server.url),
    );
    let push = |pod: &str, step: i64, buckets: &[(&str, f64)]| {
        for (edge, count) in buckets {
            server.push(&bucket(pod, edge), at(step), *count);
        }
    };
    push("c1", 0, &[("0.1", 10.0), ("0.5", 14.0), ("+Inf", 15.0)]);
    push("c2", 0, &[("0.1", 5.0), ("0.25", 6.0), ("+Inf", 6.0)]);
    watch.look(after(0)).await;
    push("c1", 1, &[("0.1", 12.0), ("0.5", 17.0), ("+Inf", 20.0)]);
    push("c2", 1, &[("0.1", 6.0), ("0.25", 9.0), ("+Inf", 10.0)]);
    let tick = watch.look(after(1)).await;
    let expected = Histogram::from_pairs([(0.1, 3), (0.25, 2), (0.5, 1), (f64::INFINITY, 3)]);
    assert_eq!(whole(&tick, 0).canary, Measured::Durations(expected));
    // One bucket has passed its old count after the restart: still a restart of all.
    push("c1", 2, &[("0.1", 1.0), ("0.5", 2.0), ("+Inf", 30.0)]);
    push("c2", 2, &[("0.1", 6.0), ("0.25", 9.0), ("+Inf", 10.0)]);
    let tick = watch.look(after(2)).await;
    let expected = Histogram::from_pairs([(0.1, 1), (0.25, 0), (0.5, 1), (f64::INFINITY, 28)]);
    assert_eq!(whole(&tick, 0).canary, Measured::Durations(expected));
    assert_eq!(tick.resets, 1);
    // A bucket that cannot be read makes the whole frame a gap.
    push("c1", 3, &[("0.1", 1.0), ("0.5", f64::NAN), ("+Inf", 31.0)]);
    let tick = watch.look(after(3)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::NotANumber));
}

#[tokio::test]
async fn native_histograms_are_preferred_and_may_lose_resolution() {
    let server = FakePrometheus::start().await;
    let native = labels(
        "latency_seconds",
        &[
            ("track", "canary"),
            ("pod", "c1"),
            ("instance", "c1"),
            ("job", "shop"),
        ],
    );
    let push = |step: i64, count: &str, buckets: serde_json::Value| {
        let value = json!({"count": count, "sum": "1", "buckets": buckets});
        server.with(|data| {
            data.histograms
                .entry(native.clone())
                .or_default()
                .push((at(step), value));
        });
        // The same requests in classic buckets, which must not count again.
        server.push(&bucket("c1", "+Inf"), at(step), count.parse().unwrap());
    };
    let mut watch = Watch::new(
        plan(vec![signal("latency", latencies())]),
        prometheus(&server.url),
    );
    push(0, "3", json!([[0, "0.5", "1", "2"], [0, "1", "2", "1"]]));
    watch.look(after(0)).await;
    push(
        1,
        "7",
        json!([[0, "0.5", "1", "3"], [0, "1", "2", "1"], [0, "4", "8", "3"]]),
    );
    let tick = watch.look(after(1)).await;
    let expected = Histogram::from_pairs([(1.0, 1), (2.0, 0), (8.0, 3)]);
    assert_eq!(whole(&tick, 0).canary, Measured::Durations(expected));
    push(2, "9", json!([[0, "0.25", "2", "5"], [0, "2", "8", "4"]]));
    let tick = watch.look(after(2)).await;
    let expected = Histogram::from_pairs([(2.0, 1), (8.0, 1)]);
    assert_eq!(whole(&tick, 0).canary, Measured::Durations(expected));
    push(3, "1", json!([[0, "0.25", "2", "1"]]));
    let tick = watch.look(after(3)).await;
    assert_eq!(
        whole(&tick, 0).canary,
        Measured::Durations(Histogram::from_pairs([(2.0, 1)]))
    );
    assert_eq!(tick.resets, 1);
}

#[tokio::test]
async fn levels_with_the_sides_matchers() {
    let server = FakePrometheus::start().await;
    let depth = |track: &str| labels("queue_depth", &[("track", track), ("queue", "capture")]);
    let level = SignalKind::Level {
        query: "sum(queue_depth{queue=\"capture\",$side})".into(),
    };
    let many = SignalKind::Level {
        query: "requests_total{$side}".into(),
    };
    let signals = vec![signal("queue", level), signal("many", many)];
    let mut watch = Watch::new(plan(signals), prometheus(&server.url));
    server.push(&depth("canary"), at(0), 12.5);
    scrape_all(&server, 0);
    let tick = watch.look(after(0)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Level(12.5));
    assert_eq!(whole(&tick, 0).baseline, Measured::Nothing(Gap::NoSeries));
    assert_eq!(whole(&tick, 1).canary, Measured::Nothing(Gap::SourceFailed));
    assert!(
        tick.problems[0]
            .message
            .contains("gives 2 series instead of one"),
        "{:?}",
        tick.problems
    );
    server.push(&depth("canary"), at(1), f64::NAN);
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::NotANumber));
}

#[tokio::test]
async fn two_scrapers_of_one_pod_that_take_turns_do_not_lose_each_other() {
    // Errors come from one exporter, all requests from another, at other times and half as often as looks are taken.
    let server = FakePrometheus::start().await;
    let part = labels(
        "failures_total",
        &[
            ("track", "canary"),
            ("pod", "c1"),
            ("instance", "c1:1"),
            ("job", "a"),
        ],
    );
    let all = labels(
        "requests_total",
        &[
            ("track", "canary"),
            ("pod", "c1"),
            ("instance", "c1:2"),
            ("job", "b"),
        ],
    );
    let kind = SignalKind::Proportion {
        part: selector("failures_total", vec![]),
        whole: selector("requests_total", vec![]),
    };
    let mut watch = Watch::new(plan(vec![signal("errors", kind)]), prometheus(&server.url));
    let mut sum = statistics::Sample::default();
    for step in 0..20 {
        if step % 2 == 0 {
            server.push(&part, at(step), (5 * step) as f64 + 100.0);
        } else {
            server.push(&all, at(step), (50 * step) as f64 + 1000.0);
        }
        if step % 5 == 4 {
            watch.restart();
        }
        let tick = watch.look(after(step)).await;
        if let Measured::Counts(sample) = whole(&tick, 0).canary {
            assert!(sample.trials > 0 || sample.events > 0);
        }
        crate::plans::add(&mut sum, &whole(&tick, 0).canary);
    }
    assert_eq!(
        (sum.events, sum.trials),
        (90, 800),
        "all but what still waits for its counterpart"
    );
}

#[tokio::test]
async fn versions_are_told_by_the_usual_labels() {
    let server = FakePrometheus::start().await;
    for (track, pod, version) in [
        ("canary", "c1", "3.1"),
        ("stable", "b1", "3.0"),
        ("stable", "b2", "2.9"),
    ] {
        let mut labels = requests(track, pod, "200");
        labels.insert("version".into(), version.into());
        server.push(&labels, at(0), 1.0);
    }
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let versions = watch.look(after(0)).await.versions.unwrap();
    assert_eq!(versions.canary.as_deref(), Some("3.1"));
    assert_eq!(versions.baseline.as_deref(), Some("2.9, 3.0"));
    assert_eq!(
        watch.look(after(0) + SECOND).await.versions,
        None,
        "said once"
    );
}

#[tokio::test]
async fn what_happened_before_the_first_look_is_not_counted() {
    let server = FakePrometheus::start().await;
    for step in -30..=0 {
        scrape(&server, "canary", "c1", step, 90, 10);
    }
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let tick = watch.look(START + SECOND).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::FirstSample));
}
