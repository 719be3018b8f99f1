//! What is asked before a watch begins: levels for the seal, checks, clocks, the offer for a first plan.

use std::time::Duration;

use telemetry::{Kind, SourceConfig, offer};
use verification::observation::{Gap, Measured, Side};
use verification::terms::SignalKind;
use verification::time::Timestamp;

use crate::fake_prometheus::{FakePrometheus, Fault, labels};
use crate::pages::{Page, Pages, Pod};
use crate::plans::{Watch, counts, equal, errors, plan, prometheus, selector, signal};
use crate::shop::{START, after, at, requests, scrape, scrape_all};

fn level() -> SignalKind {
    SignalKind::Level {
        query: "sum(queue_depth{$side})".into(),
    }
}

#[tokio::test]
async fn levels_of_the_baseline_over_the_hour_before() {
    let server = FakePrometheus::start().await;
    for step in -300..=0 {
        scrape(&server, "stable", "b1", step, 200, 4);
        server.push(
            &labels("queue_depth", &[("track", "stable")]),
            at(step),
            5.0,
        );
    }
    let mut by_code = signal("errors", errors());
    by_code.for_each = vec!["code".into()];
    let signals = vec![by_code, signal("queue", level())];
    let mut watch = Watch::new(plan(signals), prometheus(&server.url));
    let over = Duration::from_secs(3600);
    let (levels, late) = watch
        .reader
        .levels_before(Timestamp::from_millis(after(0)), over)
        .await;
    assert!(!late);
    assert_eq!(levels[0].measured, counts(4 * 240, 204 * 240));
    assert_eq!(levels[0].over, over);
    assert_eq!(levels[1].slice.as_deref(), Some("200"), "the busiest first");
    assert_eq!(levels[3].measured, Measured::Level(5.0));
    // Now with traffic on the canary.
    scrape_all(&server, 1);
    scrape_all(&server, 2);
    let (_, late) = watch
        .reader
        .levels_before(Timestamp::from_millis(after(2)), over)
        .await;
    assert!(late);
    // Asking has not moved the watch itself.
    let tick = watch.look(after(2)).await;
    assert_eq!(tick.from, tick.through);
}

#[tokio::test]
async fn a_server_that_is_down_gives_no_levels_rather_than_none_at_all() {
    let server = FakePrometheus::start().await;
    server.fault(Fault::Status(500, ""));
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let (levels, _) = watch
        .reader
        .levels_before(Timestamp::from_millis(after(0)), Duration::from_secs(600))
        .await;
    assert_eq!(levels.len(), 1);
    assert_eq!(levels[0].measured, Measured::Nothing(Gap::SourceFailed));
}

#[tokio::test]
async fn pages_give_what_they_counted_since_their_start() {
    let pages = Pages::start().await;
    let mut pod = Pod::new(START as f64 / 1000.0 - 100.0);
    pod.request("/pay", "200", 990);
    pod.request("/pay", "500", 10);
    pages.set("b1", Page::Pod(pod));
    let mut sources = pages.source(&[("b1", "stable"), ("c1", "canary")]);
    if let Some(SourceConfig::Scrape(config)) = sources.get_mut("metrics") {
        config.timeout = Duration::from_secs(5);
    }
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), sources);
    let now = Timestamp::from_millis(START);
    let (levels, late) = watch
        .reader
        .levels_before(now, Duration::from_secs(3600))
        .await;
    assert_eq!(levels[0].measured, counts(10, 1000));
    assert_eq!(levels[0].over, Duration::from_secs(100));
    assert!(!late);
    let checks = watch.reader.check(now).await;
    assert_eq!(checks[1].trials_per_second, Some(10.0));
    assert!(
        checks[0].problem.is_some(),
        "the canary's page is not there"
    );
}

#[tokio::test]
async fn a_check_says_how_much_there_is_and_what_is_wrong() {
    let server = FakePrometheus::start().await;
    for step in -60..=0 {
        scrape(&server, "stable", "b1", step, 200, 4);
        server.push(
            &labels("queue_depth", &[("track", "stable")]),
            at(step),
            5.0,
        );
    }
    server.with(|data| {
        data.metadata.insert("queue_depth".into(), "gauge");
        data.metadata.insert("requests_total".into(), "counter");
    });
    let misspelt = SignalKind::Proportion {
        part: selector("requests_total", vec![equal("result", "eror")]),
        whole: selector("requests_total", vec![]),
    };
    let gauge = SignalKind::Count {
        of: selector("queue_depth", vec![]),
        per: None,
    };
    let signals = vec![
        signal("errors", errors()),
        signal("misspelt", misspelt),
        signal("gauge", gauge),
        signal("queue", level()),
    ];
    let mut watch = Watch::new(plan(signals), prometheus(&server.url));
    let checks = watch.reader.check(Timestamp::from_millis(after(0))).await;
    let of = |signal: u16, side: Side| {
        checks
            .iter()
            .find(|check| check.signal == signal && check.side == side)
            .unwrap()
    };
    let well = of(0, Side::Baseline);
    assert_eq!(well.problem, None);
    assert_eq!(well.series, 3);
    assert_eq!(well.trials_per_second, Some(204.0 / 15.0));
    assert_eq!(well.events_per_second, Some(4.0 / 15.0));
    assert_eq!(well.newest_age, Some(Duration::from_secs(1)));
    let problem = |signal, side| of(signal, side).problem.clone().unwrap_or_default();
    assert!(problem(0, Side::Canary).contains("matches no series on the canary side"));
    assert!(
        problem(1, Side::Baseline).contains("has never matched anything"),
        "{}",
        problem(1, Side::Baseline)
    );
    assert!(
        problem(2, Side::Baseline).contains("is a gauge, not a counter"),
        "{}",
        problem(2, Side::Baseline)
    );
    assert_eq!(of(3, Side::Baseline).level, Some(5.0));
    assert!(problem(3, Side::Canary).contains("gives nothing on the canary side"));
}

#[tokio::test]
async fn a_check_of_a_server_that_refuses_says_so() {
    let server = FakePrometheus::start().await;
    server.fault(Fault::Status(401, ""));
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let checks = watch.reader.check(Timestamp::from_millis(after(0))).await;
    for check in checks {
        assert!(
            check
                .problem
                .is_some_and(|problem| problem.contains("refused access"))
        );
    }
}

#[tokio::test]
async fn clocks_that_differ() {
    let server = FakePrometheus::start().await;
    server.with(|data| data.clock = Some(START + 90_000));
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let clocks = watch.reader.clock_skew(Timestamp::from_millis(START)).await;
    let (ahead, uncertain) = clocks[0].ahead.clone().unwrap();
    assert!(
        (90_000 - ahead).abs() <= 5000 + i64::try_from(uncertain.as_millis()).unwrap(),
        "{ahead}"
    );
    assert_eq!(clocks[0].place, server.url);
}

#[tokio::test]
async fn what_a_server_offers_for_a_service() {
    let server = FakePrometheus::start().await;
    for pod in ["b1", "b2"] {
        server.push(&requests("stable", pod, "200"), at(0), 1.0);
    }
    server.push(&labels("other_total", &[("job", "warehouse")]), at(0), 1.0);
    server.with(|data| data.metadata.insert("requests_total".into(), "counter"));
    let sources = prometheus(&server.url);
    let now = Timestamp::from_millis(after(0));
    let offered = offer(&sources["metrics"], now, Some("shop")).await.unwrap();
    assert_eq!(offered.service, Some(("job".into(), "shop".into())));
    assert_eq!(offered.metrics.len(), 1);
    assert_eq!(
        (offered.metrics[0].name.as_str(), offered.metrics[0].kind),
        ("requests_total", Kind::Counter)
    );
    assert!(offered.metrics[0].labels["pod"].contains("b2"));
    let partly = offer(&sources["metrics"], now, Some("ware")).await.unwrap();
    assert_eq!(partly.metrics[0].name, "other_total");
    let error = offer(&sources["metrics"], now, Some("nobody"))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("no series of the last hour names `nobody`"),
        "{error}"
    );
    let all = offer(&sources["metrics"], now, None).await.unwrap();
    assert_eq!(all.metrics.len(), 2);
}

#[tokio::test]
async fn what_a_page_offers() {
    let pages = Pages::start().await;
    let mut pod = Pod::new(1.0);
    pod.request("/pay", "200", 1);
    pod.latencies.insert("+Inf", 1);
    pages.set("b1", Page::Pod(pod));
    let sources = pages.source(&[("b1", "stable"), ("gone", "canary")]);
    let now = Timestamp::from_millis(START);
    let offered = offer(&sources["metrics"], now, None).await.unwrap();
    let kinds: Vec<(&str, Kind)> = offered
        .metrics
        .iter()
        .map(|metric| (metric.name.as_str(), metric.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("latency_seconds", Kind::Histogram),
            ("process_start_time_seconds", Kind::Gauge),
            ("requests_total", Kind::Counter),
        ]
    );
    let nothing = pages.source(&[("gone", "canary")]);
    assert!(offer(&nothing["metrics"], now, None).await.is_err());
}
