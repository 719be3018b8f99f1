//! Faults in what a server holds: numbers that are none, markers, resets, other names, pods that come and go, other clocks.

use std::time::Duration;

use verification::observation::{Gap, Measured};

use crate::fake_prometheus::{FakePrometheus, labels};
use crate::faults::{Total, truth, watch};
use crate::plans::{Watch, counts, errors, plan, prometheus, signal, whole};
use crate::shop::{SECOND, after, at, requests, scrape, scrape_all};

#[tokio::test]
async fn not_a_number_is_a_gap_and_the_next_number_makes_up_for_it() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    for code in ["200", "500"] {
        server.push(&requests("canary", "c1", code), at(1), f64::NAN);
        server.push(&requests("canary", "c1", code), at(2), f64::INFINITY);
    }
    let tick = watch.look(after(2)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::NotANumber));
    scrape(&server, "canary", "c1", 3, 90, 10);
    let tick = watch.look(after(3)).await;
    assert_eq!(whole(&tick, 0).canary, counts(30, 300));
}

#[tokio::test]
async fn only_the_errors_are_not_a_number() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape(&server, "canary", "c1", 1, 90, 10);
    watch.look(after(1)).await;
    server.push(&requests("canary", "c1", "200"), at(2), 1_000_180.0);
    server.push(&requests("canary", "c1", "500"), at(2), f64::NAN);
    let tick = watch.look(after(2)).await;
    assert_eq!(
        whole(&tick, 0).canary,
        Measured::Nothing(Gap::NotANumber),
        "not 90 requests without an error"
    );
    scrape(&server, "canary", "c1", 3, 90, 10);
    let tick = watch.look(after(3)).await;
    assert_eq!(whole(&tick, 0).canary, counts(20, 200));
}

#[tokio::test]
async fn a_series_that_ended_with_a_staleness_marker_goes_silent_and_resumes() {
    // A server takes the markers out of range answers: the samples just stop.
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    watch.look(after(1)).await;
    for step in 2..=4 {
        scrape(&server, "stable", "b1", step, 200, 4);
        scrape(&server, "stable", "b2", step, 200, 4);
        let tick = watch.look(after(step)).await;
        assert_eq!(
            whole(&tick, 0).canary,
            Measured::Nothing(Gap::Stale),
            "step {step}"
        );
    }
    // The marker itself, from a server that does hand it out.
    server.push(&requests("canary", "c1", "200"), at(4) + SECOND, f64::NAN);
    scrape_all(&server, 5);
    let tick = watch.look(after(5)).await;
    assert_eq!(whole(&tick, 0).canary, counts(40, 400));
    for step in 6..=30 {
        scrape(&server, "stable", "b1", step, 200, 4);
        let tick = watch.look(after(step)).await;
        if step > 5 + 20 {
            assert_eq!(
                whole(&tick, 0).canary,
                Measured::Nothing(Gap::NoSeries),
                "step {step}"
            );
        }
    }
}

#[tokio::test]
async fn a_counter_reset_counts_what_came_after_it() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    let tick = watch.look(after(1)).await;
    assert_eq!(tick.resets, 0);
    server.push(&requests("canary", "c1", "200"), at(2), 40.0);
    server.push(&requests("canary", "c1", "500"), at(2), 2.0);
    let tick = watch.look(after(2)).await;
    assert_eq!(whole(&tick, 0).canary, counts(2, 42));
    assert_eq!(tick.resets, 3, "errors, and the two series of all requests");
}

#[tokio::test]
async fn a_renamed_metric_is_no_series_not_zero() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    let renamed = |code| {
        let mut labels = requests("canary", "c2", code);
        labels.insert("__name__".into(), "http_requests_total".into());
        labels
    };
    for step in 1..=30 {
        scrape(&server, "stable", "b1", step, 200, 4);
        server.push(&renamed("200"), at(step), 100.0 * step as f64);
        let tick = watch.look(after(step)).await;
        assert!(
            matches!(whole(&tick, 0).canary, Measured::Nothing(_)),
            "step {step}"
        );
    }
    let tick = watch.look(after(31)).await;
    assert_eq!(whole(&tick, 0).canary, Measured::Nothing(Gap::NoSeries));
}

#[tokio::test]
async fn a_pod_that_appears_and_goes() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    let before = watch.look(after(1)).await;
    assert_eq!(
        (before.pods.canary.count, before.pods.baseline.count),
        (1, 2)
    );
    // A new pod with a lifetime behind it that nobody saw, as after a change of scrape settings.
    for step in 2..=4 {
        scrape_all(&server, step);
        scrape(&server, "canary", "c2", step, 45, 5);
        let tick = watch.look(after(step)).await;
        let expected = if step == 2 {
            counts(10, 100)
        } else {
            counts(15, 150)
        };
        assert_eq!(whole(&tick, 0).canary, expected, "step {step}");
        assert_eq!(tick.pods.canary.count, 2);
        assert_ne!(tick.pods.canary.fingerprint, before.pods.canary.fingerprint);
        assert_eq!(
            tick.pods.baseline.fingerprint,
            before.pods.baseline.fingerprint
        );
    }
    for step in 5..=8 {
        scrape_all(&server, step);
        let tick = watch.look(after(step)).await;
        assert_eq!(whole(&tick, 0).canary, counts(10, 100), "step {step}");
        if step > 6 {
            let (now, then) = (tick.pods.canary, before.pods.canary);
            assert_eq!(
                (now.count, now.fingerprint),
                (1, then.fingerprint),
                "step {step}"
            );
        }
    }
}

#[tokio::test]
async fn a_new_process_counts_from_zero_even_with_clocks_15_s_apart() {
    for ahead in [-15, 0, 15] {
        let server = FakePrometheus::start().await;
        scrape_all(&server, 0);
        let mut plan = plan(vec![signal("errors", errors())]);
        plan.warm_up = Duration::from_secs(25);
        let mut watch = Watch::new(plan, prometheus(&server.url));
        watch.look(after(0)).await;
        scrape_all(&server, 1);
        watch.look(after(1)).await;
        scrape_all(&server, 2);
        // Began 5 s before its first scrape, by the pod's own clock.
        let start = labels(
            "process_start_time_seconds",
            &[
                ("track", "canary"),
                ("pod", "c2"),
                ("instance", "c2"),
                ("job", "shop"),
            ],
        );
        server.push(&start, at(2), (at(2) / SECOND - 5 + ahead) as f64);
        server.push(&requests("canary", "c2", "200"), at(2), 30.0);
        server.push(&requests("canary", "c2", "500"), at(2), 3.0);
        let tick = watch.look(after(2)).await;
        assert_eq!(whole(&tick, 0).canary, counts(13, 133), "{ahead} s ahead");
        assert_eq!(tick.pods.canary.young, 1, "{ahead} s ahead");
        // Our own clock differs from the server's: samples are neither missed nor taken twice.
        let mut total = Total::default();
        for step in 3..=10 {
            scrape_all(&server, step);
            server.with(|data| data.clock = Some(after(step)));
            total.add(&watch.look(after(step) + ahead * SECOND).await);
        }
        server.with(|data| data.clock = None);
        scrape_all(&server, 11);
        total.add(&watch.look(after(11) + 15 * SECOND).await);
        assert_eq!(total.both(), truth(9), "{ahead} s ahead");
    }
}
