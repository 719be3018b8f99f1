//! Rule 4: when an absent counter of errors is zero, and when it is no data.

use verification::observation::{Gap, Measured};
use verification::terms::SignalKind;

use crate::fake_prometheus::{FakePrometheus, labels};
use crate::plans::{Watch, counts, equal, errors, plan, prometheus, selector, signal, whole};
use crate::shop::{after, at, requests};

/// Errors under a metric of their own.
fn own_counter() -> SignalKind {
    SignalKind::Proportion {
        part: selector("failures_total", vec![equal("kind", "payment")]),
        whole: selector("requests_total", vec![]),
    }
}

fn failures(track: &str, pod: &str) -> crate::fake_prometheus::Labels {
    labels(
        "failures_total",
        &[
            ("track", track),
            ("pod", pod),
            ("instance", pod),
            ("job", "shop"),
            ("kind", "payment"),
        ],
    )
}

/// Both sides answer 100 requests a step, all well.
fn scrape_well(server: &FakePrometheus, step: i64) {
    for (track, pod) in [("canary", "c1"), ("stable", "b1")] {
        server.push(
            &requests(track, pod, "200"),
            at(step),
            (1000 + 100 * step) as f64,
        );
    }
}

async fn watch(server: &FakePrometheus, kind: SignalKind) -> Watch {
    scrape_well(server, 0);
    let mut watch = Watch::new(plan(vec![signal("errors", kind)]), prometheus(&server.url));
    watch.look(after(0)).await;
    watch
}

const NEVER_SEEN: Measured = Measured::Nothing(Gap::PartNeverSeen);

#[tokio::test]
async fn a_counter_that_never_matched_is_no_data() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server, own_counter()).await;
    for step in 1..=3 {
        scrape_well(&server, step);
        let tick = watch.look(after(step)).await;
        assert_eq!(whole(&tick, 0).canary, NEVER_SEEN);
        assert_eq!(whole(&tick, 0).baseline, NEVER_SEEN);
    }
}

#[tokio::test]
async fn metadata_do_not_prove_labels() {
    let server = FakePrometheus::start().await;
    server.with(|data| data.metadata.insert("failures_total".into(), "counter"));
    let mut watch = watch(&server, own_counter()).await;
    scrape_well(&server, 1);
    assert_eq!(whole(&watch.look(after(1)).await, 0).canary, NEVER_SEEN);
}

#[tokio::test]
async fn a_bare_metric_that_the_server_knows_is_zero() {
    let server = FakePrometheus::start().await;
    server.with(|data| data.metadata.insert("failures_total".into(), "counter"));
    let kind = SignalKind::Proportion {
        part: selector("failures_total", vec![]),
        whole: selector("requests_total", vec![]),
    };
    let mut watch = watch(&server, kind).await;
    scrape_well(&server, 1);
    assert_eq!(whole(&watch.look(after(1)).await, 0).canary, counts(0, 100));
}

#[tokio::test]
async fn what_matched_in_history_is_zero() {
    let server = FakePrometheus::start().await;
    server.push(&failures("stable", "gone"), at(-4 * 60 * 24), 3.0);
    let mut watch = watch(&server, own_counter()).await;
    scrape_well(&server, 1);
    assert_eq!(whole(&watch.look(after(1)).await, 0).canary, counts(0, 100));
}

#[tokio::test]
async fn statuses_that_were_never_given_are_zero() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server, errors()).await;
    scrape_well(&server, 1);
    assert_eq!(whole(&watch.look(after(1)).await, 0).canary, counts(0, 100));
}

#[tokio::test]
async fn a_counter_that_is_absent_until_the_first_error_counts_it() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server, own_counter()).await;
    scrape_well(&server, 1);
    server.push(&failures("stable", "b1"), at(1), 2.0);
    let tick = watch.look(after(1)).await;
    assert_eq!(
        whole(&tick, 0).canary,
        counts(0, 100),
        "seen on another pod: zero here"
    );
    assert_eq!(
        whole(&tick, 0).baseline,
        counts(2, 100),
        "born on a pod that was there: from zero"
    );
    scrape_well(&server, 2);
    server.push(&failures("stable", "b1"), at(2), 2.0);
    server.push(&failures("canary", "c1"), at(2), 7.0);
    watch.restart();
    let tick = watch.look(after(2)).await;
    assert_eq!(whole(&tick, 0).canary, counts(7, 100));
    assert_eq!(whole(&tick, 0).baseline, counts(0, 100));
}

#[tokio::test]
async fn a_counter_that_stands_at_zero_elsewhere_is_missing_where_it_is_absent() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server, own_counter()).await;
    for step in 1..=3 {
        scrape_well(&server, step);
        server.push(&failures("stable", "b1"), at(step), 0.0);
        let tick = watch.look(after(step)).await;
        assert_eq!(
            whole(&tick, 0).canary,
            NEVER_SEEN,
            "it may have a new name there"
        );
        assert_eq!(whole(&tick, 0).baseline, counts(0, 100));
    }
}

#[tokio::test]
async fn errors_without_requests_are_not_counted() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server, own_counter()).await;
    for step in 1..=3 {
        server.push(
            &requests("stable", "b1", "200"),
            at(step),
            (1000 + 100 * step) as f64,
        );
        server.push(&failures("canary", "c1"), at(step), (5 * step) as f64);
        let tick = watch.look(after(step)).await;
        assert!(matches!(whole(&tick, 0).canary, Measured::Nothing(_)));
        assert_eq!(whole(&tick, 0).baseline, counts(0, 100));
    }
}

#[tokio::test]
async fn a_server_that_answers_nothing_is_no_series() {
    let server = FakePrometheus::start().await;
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    for step in 0..3 {
        let tick = watch.look(after(step)).await;
        assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::NoSeries));
        assert_eq!(tick.newest.canary, None);
        assert_eq!(tick.pods.canary.count, 0);
    }
}
