//! A shop whose counters stand in a fake server: one canary pod, two baseline pods, scraped every 15 s.

use crate::fake_prometheus::{FakePrometheus, Labels, labels};

pub const SECOND: i64 = 1000;
pub const START: i64 = 1_700_000_000_000;

/// When a scrape happens.
pub const fn at(step: i64) -> i64 {
    START + step * 15 * SECOND
}

/// When a look after it happens.
pub const fn after(step: i64) -> i64 {
    at(step) + SECOND
}

/// A counter of requests by code.
pub fn requests(track: &str, pod: &str, code: &str) -> Labels {
    labels(
        "requests_total",
        &[
            ("track", track),
            ("pod", pod),
            ("instance", pod),
            ("job", "shop"),
            ("code", code),
        ],
    )
}

/// Scrapes one pod that has answered `ok` and `failed` a step since step 0, with a lifetime behind it.
pub fn scrape(server: &FakePrometheus, track: &str, pod: &str, step: i64, ok: i64, failed: i64) {
    server.push(
        &requests(track, pod, "200"),
        at(step),
        (1_000_000 + ok * step) as f64,
    );
    server.push(
        &requests(track, pod, "500"),
        at(step),
        (50_000 + failed * step) as f64,
    );
}

/// Scrapes all pods: the canary fails 10 of 100 a step, the baseline 8 of 408.
pub fn scrape_all(server: &FakePrometheus, step: i64) {
    scrape(server, "canary", "c1", step, 90, 10);
    scrape(server, "stable", "b1", step, 200, 4);
    scrape(server, "stable", "b2", step, 200, 4);
}
