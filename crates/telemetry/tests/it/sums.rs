//! What is counted when nothing goes wrong.

use verification::observation::{Gap, Measured};

use crate::fake_prometheus::{FakePrometheus, labels};
use crate::plans::{Watch, counts, errors, plan, prometheus, signal, whole};

const SECOND: i64 = 1000;
const START: i64 = 1_700_000_000_000;

#[tokio::test]
async fn increments_since_the_first_look_on_both_sides() {
    let server = FakePrometheus::start().await;
    let series = |track, code| {
        let pod = format!("{track}-1");
        labels(
            "requests_total",
            &[("track", track), ("code", code), ("pod", &pod)],
        )
    };
    for step in 0..3_i32 {
        let at = START + i64::from(step) * 15 * SECOND;
        let step = f64::from(step);
        server.push(&series("canary", "200"), at, 1000.0 + 90.0 * step);
        server.push(&series("canary", "500"), at, 7.0 + 10.0 * step);
        server.push(&series("stable", "200"), at, 5000.0 + 900.0 * step);
        server.push(&series("stable", "500"), at, 0.0 + step);
    }
    let mut watch = Watch::new(
        plan(vec![signal("errors", errors())]),
        prometheus(&server.url),
    );
    let first = watch.look(START + SECOND).await;
    assert_eq!(whole(&first, 0).canary, Measured::Nothing(Gap::FirstSample));
    assert_eq!(first.from, first.through);
    let second = watch.look(START + 16 * SECOND).await;
    assert_eq!(whole(&second, 0).canary, counts(10, 100));
    assert_eq!(whole(&second, 0).baseline, counts(1, 901));
    let idle = watch.look(START + 20 * SECOND).await;
    assert_eq!(whole(&idle, 0).canary, Measured::Nothing(Gap::Stale));
    watch.restart();
    let third = watch.look(START + 31 * SECOND).await;
    assert_eq!(whole(&third, 0).canary, counts(10, 100));
    assert_eq!(third.from, idle.through);
    assert!(third.problems.is_empty(), "{:?}", third.problems);
}
