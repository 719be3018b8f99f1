//! Whatever the samples, the looks and the restarts: every increment counts once.

use proptest::prelude::*;
use statistics::Sample;

use crate::fake_prometheus::FakePrometheus;
use crate::plans::{Watch, add, errors, plan, prometheus, signal, whole};
use crate::shop::{SECOND, START, requests};

/// What happens between two scrapes of a pod.
#[derive(Clone, Debug)]
struct Step {
    /// Seconds since the scrape before.
    pause: i64,
    ok: u16,
    failed: u16,
    /// The process begins anew first.
    restarted: bool,
    /// The scrape fails.
    missed: bool,
    /// The keeper looks after this scrape, or not.
    look: bool,
    /// The keeper is restarted before that look.
    keeper_restarts: bool,
    /// The server cannot be reached in that look.
    down: bool,
}

fn step() -> impl Strategy<Value = Step> {
    (
        prop_oneof![4 => 1..60_i64, 1 => 60..280_i64],
        0..500_u16,
        0..20_u16,
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.15),
    )
        .prop_map(
            |(pause, ok, failed, restarted, missed, look, keeper_restarts, down)| Step {
                pause,
                ok,
                failed,
                restarted,
                missed,
                look,
                keeper_restarts,
                down,
            },
        )
}

/// One pod's counters and what a reader of all samples would add up: from the definition, not from the code under test.
#[derive(Default)]
struct Pod {
    ok: u64,
    failed: u64,
    last: Option<(u64, u64, i64)>,
    truth: Sample,
}

impl Pod {
    fn scrape(&mut self, at: i64) {
        let since = |now: u64, before: u64| if now < before { now } else { now - before };
        if let Some((ok, failed, time)) = self.last {
            assert!(
                at - time <= 300 * SECOND,
                "the test keeps within one series' life"
            );
            let (ok, failed) = (since(self.ok, ok), since(self.failed, failed));
            self.truth += Sample {
                events: failed,
                trials: ok + failed,
            };
        }
        self.last = Some((self.ok, self.failed, at));
    }
}

async fn play(steps: Vec<Step>) {
    let server = FakePrometheus::start().await;
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let mut pods = [
        ("canary", "c1", Pod::default()),
        ("stable", "b1", Pod::default()),
    ];
    let mut counted = [Sample::default(); 2];
    let mut now = START;
    let scrape = |pods: &mut [(&str, &str, Pod); 2], now: i64| {
        for (track, name, pod) in pods {
            server.push(&requests(track, name, "200"), now, pod.ok as f64);
            server.push(&requests(track, name, "500"), now, pod.failed as f64);
            pod.scrape(now);
        }
    };
    for (_, _, pod) in &mut pods {
        (pod.ok, pod.failed) = (12_345, 67);
    }
    scrape(&mut pods, now);
    watch.look(now).await;
    let mut missed_for = 0;
    for (at, step) in steps.iter().enumerate() {
        let next_pause = steps.get(at + 1).map_or(0, |next| next.pause);
        now += step.pause * SECOND;
        missed_for += step.pause;
        for (at, (_, _, pod)) in pods.iter_mut().enumerate() {
            if step.restarted && at == 0 {
                (pod.ok, pod.failed) = (0, 0);
            }
            pod.ok += u64::from(step.ok);
            pod.failed += u64::from(step.failed);
        }
        // Beyond five minutes a series is a new one, which is another rule.
        if !step.missed || missed_for + next_pause > 300 {
            scrape(&mut pods, now);
            missed_for = 0;
        }
        if step.keeper_restarts {
            watch.restart();
        }
        if step.look {
            server.fault(if step.down {
                crate::fake_prometheus::Fault::Status(500, "")
            } else {
                crate::fake_prometheus::Fault::None
            });
            let tick = watch.look(now).await;
            assert!(tick.from <= tick.through);
            add(&mut counted[0], &whole(&tick, 0).canary);
            add(&mut counted[1], &whole(&tick, 0).baseline);
        }
    }
    server.fault(crate::fake_prometheus::Fault::None);
    let tick = watch.look(now).await;
    add(&mut counted[0], &whole(&tick, 0).canary);
    add(&mut counted[1], &whole(&tick, 0).baseline);
    assert_eq!(counted, [pods[0].2.truth, pods[1].2.truth]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_twice_nothing_lost(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}
