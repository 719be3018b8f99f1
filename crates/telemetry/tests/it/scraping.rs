//! Metrics pages read directly: the same rules as with a server.

use std::time::Duration;

use statistics::Histogram;
use telemetry::{Reader, ScrapeConfig, SetupError, SourceConfig, Target};
use verification::observation::{Gap, Measured, Sides};
use verification::terms::{CanaryChoice, SideRule, SignalKind};
use verification::time::Timestamp;

use crate::pages::{Page, Pages, Pod};
use crate::plans::{Watch, counts, errors, plan, selector, signal, whole};

const SECOND: i64 = 1000;
const START: i64 = 1_700_000_000_000;
const OLD: f64 = 1_600_000_000.0;

const fn at(step: i64) -> i64 {
    START + step * 15 * SECOND
}

const PODS: [(&str, &str); 3] = [("c1", "canary"), ("b1", "stable"), ("b2", "stable")];

/// Three pods with a lifetime behind them.
async fn shop() -> Pages {
    let pages = Pages::start().await;
    for (name, _) in PODS {
        let mut pod = Pod::new(OLD);
        pod.request("/pay", "200", 5000);
        pages.set(name, Page::Pod(pod));
    }
    pages
}

fn traffic(pages: &Pages) {
    pages.pod("c1", |pod| {
        pod.request("/pay", "200", 90);
        pod.request("/pay", "500", 10);
    });
    for name in ["b1", "b2"] {
        pages.pod(name, |pod| pod.request("/pay", "200", 200));
    }
}

#[tokio::test]
async fn increments_since_the_first_scrape() {
    let pages = shop().await;
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
    let first = watch.look(at(0)).await;
    assert_eq!(whole(&first, 0).canary, Measured::Nothing(Gap::FirstSample));
    traffic(&pages);
    let tick = watch.look(at(1)).await;
    assert_eq!(
        whole(&tick, 0),
        Sides {
            canary: counts(10, 100),
            baseline: counts(0, 400)
        }
    );
    assert_eq!((tick.from.millis(), tick.through.millis()), (at(0), at(1)));
    assert_eq!(
        (
            tick.pods.canary.count,
            tick.pods.baseline.count,
            tick.pods.canary.young
        ),
        (1, 2, 0)
    );
    let idle = watch.look(at(2)).await;
    assert_eq!(
        whole(&idle, 0).canary,
        counts(0, 0),
        "seen, and nothing happened"
    );
}

#[tokio::test]
async fn after_a_restart_the_first_scrape_is_a_start() {
    let pages = shop().await;
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
    watch.look(at(0)).await;
    traffic(&pages);
    watch.look(at(1)).await;
    traffic(&pages);
    watch.restart();
    let tick = watch.look(at(2)).await;
    assert_eq!(
        whole(&tick, 0).canary,
        Measured::Nothing(Gap::FirstSample),
        "what was in between is lost, not guessed"
    );
    traffic(&pages);
    assert_eq!(whole(&watch.look(at(3)).await, 0).canary, counts(10, 100));
}

#[tokio::test]
async fn openmetrics_gives_the_same() {
    let pages = shop().await;
    for (name, _) in PODS {
        pages.pod(name, |pod| pod.open_metrics = true);
    }
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
    watch.look(at(0)).await;
    traffic(&pages);
    let tick = watch.look(at(1)).await;
    assert_eq!(
        whole(&tick, 0),
        Sides {
            canary: counts(10, 100),
            baseline: counts(0, 400)
        }
    );
}

#[tokio::test]
async fn a_process_that_begins_anew_and_one_that_is_new() {
    let pages = shop().await;
    let pods = [("c1", "canary"), ("c2", "canary"), ("b1", "stable")];
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&pods));
    watch.look(at(0)).await;
    traffic(&pages);
    watch.look(at(1)).await;
    let mut fresh = Pod::new(at(1) as f64 / 1000.0 + 3.0);
    fresh.request("/pay", "200", 40);
    fresh.request("/pay", "503", 2);
    pages.set("c1", Page::Pod(fresh.clone()));
    pages.set("c2", Page::Pod(fresh));
    let tick = watch.look(at(2)).await;
    assert_eq!(whole(&tick, 0).canary, counts(4, 84));
    assert_eq!((tick.pods.canary.count, tick.pods.canary.young), (2, 2));
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_a_gap_that_the_next_one_fills() {
    let broken = [
        Page::Status(500),
        Page::Status(404),
        Page::Body("text/html", "<html>It works!</html>\n".into()),
        // Half a page must not look like absent counters.
        Page::Body(
            "text/plain",
            "requests_total{route=\"/pay\",code=\"200\"} 5090\nrequests_to".into(),
        ),
        Page::Body(
            "application/openmetrics-text",
            "# TYPE requests counter\n".into(),
        ),
    ];
    for page in broken {
        let pages = shop().await;
        let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
        watch.look(at(0)).await;
        traffic(&pages);
        watch.look(at(1)).await;
        let mut pod = Pod::new(OLD);
        pod.request("/pay", "200", 5000 + 3 * 90);
        pod.request("/pay", "500", 30);
        pages.set("c1", page.clone());
        pages.pod("b1", |pod| pod.request("/pay", "200", 400));
        let tick = watch.look(at(2)).await;
        assert_eq!(
            whole(&tick, 0).canary,
            Measured::Nothing(Gap::Stale),
            "{page:?}"
        );
        assert_eq!(whole(&tick, 0).baseline, counts(0, 400), "{page:?}");
        assert_eq!(tick.problems.len(), 1, "{page:?}: {:?}", tick.problems);
        assert!(
            tick.problems[0].message.contains("/c1"),
            "{:?}",
            tick.problems
        );
        pages.set("c1", Page::Pod(pod));
        assert_eq!(
            whole(&watch.look(at(3)).await, 0).canary,
            counts(20, 200),
            "{page:?}"
        );
    }
}

#[tokio::test]
async fn all_pages_gone_is_a_failed_source() {
    let pages = shop().await;
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
    watch.look(at(0)).await;
    for (name, _) in PODS {
        pages.set(name, Page::Status(403));
    }
    let tick = watch.look(at(1)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::SourceFailed));
    assert!(
        tick.problems[0]
            .message
            .starts_with("3 of 3 metrics pages cannot be read"),
        "{:?}",
        tick.problems
    );
    assert!(tick.problems[0].refused);
}

#[tokio::test]
async fn slow_and_endless_pages_are_bounded() {
    let pages = shop().await;
    let mut sources = pages.source(&PODS);
    if let Some(SourceConfig::Scrape(config)) = sources.get_mut("metrics") {
        config.timeout = Duration::from_millis(300);
        config.page_limit = 2000;
    }
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), sources);
    watch.look(at(0)).await;
    pages.set("c1", Page::Silent);
    let tick = watch.look(at(1)).await;
    assert!(
        tick.problems[0]
            .message
            .contains("did not answer within 300ms"),
        "{:?}",
        tick.problems
    );
    pages.set("c1", Page::Body("text/plain", "# x\n".repeat(1000)));
    let tick = watch.look(at(2)).await;
    assert!(
        tick.problems[0].message.contains("larger than 2000 bytes"),
        "{:?}",
        tick.problems
    );
}

#[tokio::test]
async fn a_canary_that_stops_exporting_goes_silent() {
    let pages = shop().await;
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), pages.source(&PODS));
    watch.look(at(0)).await;
    pages.set("c1", Page::Body("text/plain", String::new()));
    for step in 1..=22 {
        traffic(&pages);
        let tick = watch.look(at(step)).await;
        let gap = if step <= 20 {
            Gap::Stale
        } else {
            Gap::NoSeries
        };
        assert_eq!(
            whole(&tick, 0).canary,
            Measured::Nothing(gap),
            "step {step}"
        );
        assert_eq!(whole(&tick, 0).baseline, counts(0, 400), "step {step}");
        assert_eq!(
            tick.newest.canary.map(Timestamp::millis),
            (step <= 40).then_some(at(0)).filter(|_| step < 42)
        );
    }
}

#[tokio::test]
async fn latencies_and_levels() {
    let pages = shop().await;
    let latency = SignalKind::Histogram {
        of: selector("latency_seconds", vec![]),
    };
    let queue = SignalKind::Level {
        query: "sum(queue_depth{$side})".into(),
    };
    let signals = vec![signal("latency", latency), signal("queue", queue)];
    let mut watch = Watch::new(plan(signals), pages.source(&PODS));
    pages.pod("c1", |pod| {
        pod.latencies.insert("0.1", 5);
        pod.latencies.insert("+Inf", 0);
        pod.more = "queue_depth{q=\"a\"} 3\nqueue_depth{q=\"b\"} 4.5\n".into();
    });
    let tick = watch.look(at(0)).await;
    assert_eq!(whole(&tick, 1).canary, Measured::Level(7.5));
    assert_eq!(whole(&tick, 1).baseline, Measured::Nothing(Gap::NoSeries));
    pages.pod("c1", |pod| {
        pod.latencies.insert("0.1", 7);
        pod.latencies.insert("+Inf", 1);
    });
    let tick = watch.look(at(1)).await;
    let expected = Histogram::from_pairs([(0.1, 2), (f64::INFINITY, 1)]);
    assert_eq!(whole(&tick, 0).canary, Measured::Durations(expected));
}

#[tokio::test]
async fn the_newest_version_by_the_start_of_its_oldest_process() {
    let pages = Pages::start().await;
    let mut sources = pages.source(&[]);
    let mut targets = Vec::new();
    for (name, version, age) in [("a", "1", 9000.0), ("b", "2", 100.0), ("c", "1", 50.0)] {
        let mut pod = Pod::new(START as f64 / 1000.0 - age);
        pod.request("/", "200", 10);
        pages.set(name, Page::Pod(pod));
        targets.push(
            Target::new(format!("{}/{name}", pages.url))
                .label("version", version)
                .label("pod", name),
        );
    }
    sources.insert(
        "metrics".into(),
        SourceConfig::Scrape(ScrapeConfig::new(targets)),
    );
    let mut plan = plan(vec![signal("errors", errors())]);
    plan.compare.sides = SideRule::ByLabel {
        label: "version".into(),
        canary: CanaryChoice::Newest,
        join: None,
    };
    let mut watch = Watch::new(plan, sources);
    let tick = watch.look(at(0)).await;
    assert_eq!(tick.versions.unwrap().canary.as_deref(), Some("2"));
    assert_eq!((tick.pods.canary.count, tick.pods.baseline.count), (1, 2));
    pages.pod("b", |pod| pod.request("/", "200", 7));
    assert_eq!(whole(&watch.look(at(1)).await, 0).canary, counts(0, 7));
}

#[test]
fn what_pages_cannot_give_is_said_before_anything_is_read() {
    let sources = |targets| {
        [(
            "metrics".to_owned(),
            SourceConfig::Scrape(ScrapeConfig::new(targets)),
        )]
        .into()
    };
    let error = |plan, sources| Reader::new(&plan, &sources, None).unwrap_err();
    let level = |query: &str| {
        plan(vec![signal(
            "queue",
            SignalKind::Level {
                query: query.into(),
            },
        )])
    };
    let target = || vec![Target::new("http://127.0.0.1:1/metrics")];
    let message = error(level("max(rate(x{$side}[5m]))"), sources(target())).to_string();
    assert!(
        message.contains("no PromQL") && message.contains("`queue`"),
        "{message}"
    );
    assert!(matches!(
        error(level("x{a=\"b\"}"), sources(target())),
        SetupError::NoSide { .. }
    ));
    let errors = || plan(vec![signal("errors", errors())]);
    assert!(matches!(
        error(errors(), sources(vec![])),
        SetupError::NoTargets { .. }
    ));
    let message = error(errors(), [].into()).to_string();
    assert!(
        message.contains("`metrics`, which is not among the sources"),
        "{message}"
    );
    let mut rare = errors();
    rare.judge_every = Duration::from_secs(600);
    assert!(matches!(
        error(rare, sources(target())),
        SetupError::LooksTooRare { .. }
    ));
    let message = error(errors(), sources(vec![Target::new("metrics:8080")])).to_string();
    assert!(
        message.contains("not an http or https address"),
        "{message}"
    );
    let wrong = SignalKind::Proportion {
        part: selector("x", vec![crate::plans::matches("code", "5(")]),
        whole: selector("x", vec![]),
    };
    let message = error(plan(vec![signal("errors", wrong)]), sources(target())).to_string();
    assert!(message.contains("wrong regular expression"), "{message}");
}
