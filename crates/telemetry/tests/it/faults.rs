//! Faults of a Prometheus server. Each has a test, and none yields a number that is not true.

use std::time::Duration;

use statistics::Sample;
use telemetry::SourceConfig;
use verification::observation::{Gap, Measured, Tick};

use crate::fake_prometheus::{FakePrometheus, Fault};
use crate::plans::{Watch, add, counts, errors, plan, prometheus, signal, whole};
use crate::shop::{SECOND, START, after, at, scrape_all};

/// What the shop did in `steps` steps: events and trials of the canary and of the baseline.
pub fn truth(steps: u64) -> (Sample, Sample) {
    let sample = |events, trials| Sample {
        events: events * steps,
        trials: trials * steps,
    };
    (sample(10, 100), sample(8, 408))
}

pub async fn watch(server: &FakePrometheus) -> Watch {
    scrape_all(server, 0);
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    watch.look(after(0)).await;
    watch
}

/// Adds up both sides over looks.
#[derive(Default)]
pub struct Total {
    canary: Sample,
    baseline: Sample,
}

impl Total {
    pub fn add(&mut self, tick: &Tick) {
        let sides = whole(tick, 0);
        add(&mut self.canary, &sides.canary);
        add(&mut self.baseline, &sides.baseline);
    }

    pub fn both(&self) -> (Sample, Sample) {
        (self.canary, self.baseline)
    }
}

fn failed() -> Measured {
    Measured::Nothing(Gap::SourceFailed)
}

/// Plays a fault for three looks in the middle of a watch: they bring gaps and one clear line each, and the look after them
/// brings everything that was missed.
async fn plays(fault: Fault, words: &str) -> Vec<Tick> {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    let mut total = Total::default();
    let mut broken = Vec::new();
    for step in 1..=8 {
        scrape_all(&server, step);
        let is_broken = (3..=5).contains(&step);
        server.fault(if is_broken {
            fault.clone()
        } else {
            Fault::None
        });
        let tick = watch.look(after(step)).await;
        if is_broken {
            assert_eq!(whole(&tick, 0).canary, failed(), "step {step}");
            assert_eq!(whole(&tick, 0).baseline, failed(), "step {step}");
            assert_eq!(tick.through, tick.from, "nothing was consumed");
            broken.push(tick.clone());
        }
        total.add(&tick);
    }
    assert_eq!(
        total.both(),
        truth(8),
        "nothing is lost, nothing counts twice"
    );
    for tick in &broken {
        assert!(!tick.problems.is_empty());
        // A wrong query is named; of a broken server one line is enough.
        assert!(
            tick.problems.len() == 1 || words == "no such thing",
            "{:?}",
            tick.problems
        );
        for problem in &tick.problems {
            assert_eq!(problem.source, "metrics");
            assert!(problem.message.contains(words), "{}", problem.message);
            assert!(!problem.message.contains('\n'));
        }
    }
    broken
}

#[tokio::test]
async fn a_server_that_answers_500() {
    let broken = plays(
        Fault::Status(500, "{\"status\":\"error\",\"error\":\"out of memory\"}"),
        "status 500 (out of memory)",
    )
    .await;
    assert!(!broken[0].problems[0].refused);
}

#[tokio::test]
async fn a_server_that_cuts_its_answers() {
    plays(Fault::Truncated, "cannot be read (EOF").await;
}

#[tokio::test]
async fn a_page_that_is_no_prometheus() {
    plays(
        Fault::Html,
        "check that the address leads to the right service",
    )
    .await;
}

#[tokio::test]
async fn refused_access_is_marked() {
    for status in [401, 403] {
        let broken = plays(Fault::Status(status, "no"), "refused access").await;
        assert!(broken.iter().all(|tick| tick.problems[0].refused));
    }
}

#[tokio::test]
async fn an_unknown_function_or_metric_is_the_servers_word() {
    plays(
        Fault::Status(
            422,
            "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"no such thing\"}",
        ),
        "no such thing",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_is_down() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    let url = server.url.clone();
    drop(server);
    let mut tick = watch.look(after(1)).await;
    // The listener may need a moment to be gone.
    for _ in 0..1000 {
        if !tick.problems.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
        tick = watch.look(after(1)).await;
    }
    assert_eq!(whole(&tick, 0).canary, failed());
    assert_eq!(tick.problems.len(), 1);
    let message = &tick.problems[0].message;
    assert!(
        message.contains(&url) && message.contains("cannot be reached"),
        "{message}"
    );
}

#[tokio::test]
async fn a_server_that_is_slow() {
    let server = FakePrometheus::start().await;
    scrape_all(&server, 0);
    let mut sources = prometheus(&server.url);
    if let Some(SourceConfig::Prometheus(config)) = sources.get_mut("metrics") {
        config.timeout = Duration::from_millis(200);
    }
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), sources);
    watch.look(after(0)).await;
    scrape_all(&server, 1);
    server.fault(Fault::Silent);
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, failed());
    assert!(
        tick.problems[0]
            .message
            .contains("did not answer within 200ms"),
        "{:?}",
        tick.problems
    );
    server.fault(Fault::None);
    scrape_all(&server, 2);
    let tick = watch.look(after(2)).await;
    assert_eq!(whole(&tick, 0).canary, counts(20, 200));
}

#[tokio::test]
async fn a_server_that_wants_fewer_requests_is_left_alone_for_as_long() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    server.fault(Fault::Busy("40"));
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, failed());
    assert!(
        tick.problems[0].message.contains("waiting 40s"),
        "{:?}",
        tick.problems
    );
    server.fault(Fault::None);
    let asked = server.with(|data| data.queries.len());
    let tick = watch.look(after(2)).await;
    assert!(
        tick.problems[0].message.contains("another 25s"),
        "{:?}",
        tick.problems
    );
    assert_eq!(
        server.with(|data| data.queries.len()),
        asked,
        "nothing was asked"
    );
    scrape_all(&server, 4);
    let tick = watch.look(after(4)).await;
    assert_eq!(whole(&tick, 0).canary, counts(40, 400));
}

#[tokio::test]
async fn a_wait_of_a_day_is_not_obeyed() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    server.fault(Fault::Busy("86400"));
    watch.look(after(1)).await;
    server.fault(Fault::None);
    scrape_all(&server, 20);
    let tick = watch.look(at(1) + 302 * SECOND).await;
    assert!(tick.problems.is_empty(), "{:?}", tick.problems);
}

#[tokio::test]
async fn partial_answers_are_used_and_said() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    server.with(|data| data.warning = Some("store eu-1 did not answer"));
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, counts(10, 100));
    assert!(
        tick.problems[0].message.contains("store eu-1"),
        "{:?}",
        tick.problems
    );
}

#[tokio::test]
async fn one_side_that_fails_holds_both_for_a_minute_and_then_only_itself() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    server.with(|data| {
        data.fault = Fault::Status(503, "");
        data.only = "stable".to_owned();
    });
    let mut total = Total::default();
    for step in 1..=4 {
        scrape_all(&server, step);
        let tick = watch.look(after(step)).await;
        assert_eq!(whole(&tick, 0).canary, failed(), "step {step}");
        total.add(&tick);
    }
    scrape_all(&server, 5);
    let tick = watch.look(after(5)).await;
    assert_eq!(whole(&tick, 0).canary, counts(50, 500));
    assert_eq!(whole(&tick, 0).baseline, failed());
    server.fault(Fault::None);
    scrape_all(&server, 6);
    let tick = watch.look(after(6)).await;
    assert_eq!(whole(&tick, 0).canary, counts(10, 100));
    assert_eq!(
        whole(&tick, 0).baseline,
        counts(8, 408),
        "only what both sides were read for"
    );
}

#[tokio::test]
async fn a_counter_that_cannot_be_read_keeps_the_other_waiting() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    server.with(|data| {
        data.fault = Fault::Status(500, "");
        data.only = "5..".to_owned();
    });
    for step in 1..=20 {
        scrape_all(&server, step);
        let tick = watch.look(after(step)).await;
        assert_eq!(
            whole(&tick, 0).canary,
            failed(),
            "errors unknown: no trials either"
        );
    }
    server.fault(Fault::None);
    scrape_all(&server, 21);
    let tick = watch.look(after(21)).await;
    assert_eq!(whole(&tick, 0).canary, counts(210, 2100));
}

#[tokio::test]
async fn a_long_outage_is_read_in_pieces_and_nothing_is_lost() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    server.fault(Fault::Status(502, "<html>bad gateway</html>"));
    for step in 1..=400 {
        scrape_all(&server, step);
    }
    watch.look(after(200)).await;
    watch.restart();
    server.fault(Fault::None);
    let asked = server.with(|data| data.queries.len());
    let tick = watch.look(after(400)).await;
    assert_eq!(whole(&tick, 0).canary, counts(4000, 40_000));
    let longest = server.with(|data| {
        data.queries[asked..]
            .iter()
            .filter_map(|query| {
                query
                    .rsplit_once('[')?
                    .1
                    .strip_suffix("ms]")?
                    .parse::<i64>()
                    .ok()
            })
            .max()
    });
    assert!(longest <= Some(600_000), "{longest:?}");
}

#[tokio::test]
async fn answers_that_are_too_large_are_asked_for_in_smaller_pieces() {
    let server = FakePrometheus::start().await;
    for step in 0..=40 {
        scrape_all(&server, step);
    }
    let mut sources = prometheus(&server.url);
    if let Some(SourceConfig::Prometheus(config)) = sources.get_mut("metrics") {
        config.answer_limit = 1200;
    }
    let mut watch = Watch::new(plan(vec![signal("errors", errors())]), sources);
    watch.look(after(0)).await;
    let tick = watch.look(after(40)).await;
    assert_eq!(
        whole(&tick, 0).canary,
        counts(400, 4000),
        "{:?}",
        tick.problems
    );
}

#[tokio::test]
async fn a_proxy_that_lets_only_get_through() {
    let server = FakePrometheus::start().await;
    server.with(|data| data.refuses_post = true);
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    let tick = watch.look(after(1)).await;
    assert_eq!(whole(&tick, 0).canary, counts(10, 100));
}

#[tokio::test]
async fn a_clock_that_is_set_back_counts_nothing_twice() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    let mut total = Total::default();
    for step in 1..=4 {
        scrape_all(&server, step);
        total.add(&watch.look(after(step)).await);
    }
    let back = watch.look(after(2)).await;
    assert!(back.through >= back.from);
    total.add(&back);
    scrape_all(&server, 5);
    total.add(&watch.look(after(5)).await);
    assert_eq!(total.both(), truth(5));
}

#[tokio::test]
async fn a_watch_that_starts_now_counts_from_now_whatever_the_lateness() {
    let server = FakePrometheus::start().await;
    scrape_all(&server, 0);
    let mut late = plan(vec![signal("errors", errors())]);
    late.lateness = Duration::from_secs(30);
    let sources = prometheus(&server.url);
    let begun = verification::time::Timestamp::from_millis(START + SECOND);
    let mut reader = telemetry::Reader::new(&late, &sources, Some(begun)).unwrap();
    let slices = verification::slices::SliceTable::new();
    let mut total = Total::default();
    for step in 0..=6 {
        scrape_all(&server, step + 1);
        let now = verification::time::Timestamp::from_millis(after(step));
        total.add(&reader.look(now, &slices).await);
    }
    assert_eq!(
        total.both(),
        truth(4),
        "scrapes 1 to 4 are at least 30 s old"
    );
}

#[tokio::test]
async fn an_outage_does_not_change_the_set_of_pods() {
    let server = FakePrometheus::start().await;
    let mut watch = watch(&server).await;
    scrape_all(&server, 1);
    let before = watch.look(after(1)).await;
    server.fault(Fault::Status(500, ""));
    for step in 2..=20 {
        let tick = watch.look(after(step)).await;
        assert_eq!(tick.pods, before.pods, "step {step}");
        assert_eq!(tick.newest, before.newest, "step {step}");
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_once_a_look() {
    let server = FakePrometheus::start().await;
    let level = verification::terms::SignalKind::Level {
        query: "sum(queue_depth{$side})".into(),
    };
    let signals = vec![signal("errors", errors()), signal("queue", level)];
    let mut watch = Watch::new(plan(signals), prometheus(&server.url));
    server.fault(Fault::Status(500, ""));
    let tick = watch.look(after(0)).await;
    assert_eq!(whole(&tick, 0).canary, failed());
    assert_eq!(whole(&tick, 1).canary, failed());
    assert_eq!(server.with(|data| data.queries.len()), 1);
}
