//! Smoke tests over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use verification::observation::{Gap, Measured};
use verification::terms::{ProbeTerms, Signal, SignalKind};

use crate::pages::{Page, Pages};
use crate::plans::{Watch, counts, plan, signal, whole};

fn probe(url: String) -> ProbeTerms {
    ProbeTerms {
        url,
        baseline_url: None,
        status: 200,
        body_contains: None,
        answers_within: Duration::from_millis(500),
        certificate_valid_for: None,
    }
}

fn of(terms: ProbeTerms) -> Signal {
    Signal {
        source: "probe".into(),
        ..signal("smoke", SignalKind::Probe(terms))
    }
}

#[tokio::test]
async fn status_body_and_time() {
    let pages = Pages::start().await;
    pages.set("well", Page::Body("text/plain", "all is well".into()));
    pages.set("ill", Page::Status(500));
    pages.set("away", Page::Status(302));
    pages.set("slow", Page::Silent);
    let url = |name: &str| format!("{}/{name}", pages.url);
    let mut body = probe(url("well"));
    body.body_contains = Some("is well".into());
    let mut other_body = body.clone();
    other_body.body_contains = Some("is ill".into());
    let mut wanted = probe(url("away"));
    wanted.status = 302;
    let cases = [
        (probe(url("well")), 0, ""),
        (body, 0, ""),
        (other_body, 1, "does not contain `is ill`"),
        (probe(url("ill")), 1, "status 500 instead of 200"),
        (probe(url("away")), 1, "status 302 instead of 200"),
        (wanted, 0, ""),
        (probe(url("slow")), 1, "did not answer within 500ms"),
        (probe("http://127.0.0.1:1/".into()), 1, "cannot be reached"),
    ];
    for (terms, events, words) in cases {
        let mut watch = Watch::new(plan(vec![of(terms.clone())]), BTreeMap::new());
        let tick = watch.look(1_700_000_000_000).await;
        assert_eq!(whole(&tick, 0).canary, counts(events, 1), "{terms:?}");
        assert_eq!(whole(&tick, 0).baseline, Measured::Nothing(Gap::NoSeries));
        match tick.problems.as_slice() {
            [] => assert_eq!(events, 0),
            [problem] => assert!(
                problem.message.contains(words) && problem.source == "probe",
                "{problem:?}"
            ),
            more => panic!("{more:?}"),
        }
    }
}

#[tokio::test]
async fn both_sides() {
    let pages = Pages::start().await;
    pages.set("old", Page::Body("text/plain", "x".into()));
    let mut terms = probe(format!("{}/new", pages.url));
    terms.baseline_url = Some(format!("{}/old", pages.url));
    let mut watch = Watch::new(plan(vec![of(terms)]), BTreeMap::new());
    let tick = watch.look(1_700_000_000_000).await;
    assert_eq!(whole(&tick, 0).canary, counts(1, 1));
    assert_eq!(whole(&tick, 0).baseline, counts(0, 1));
}
