//! Plans and readers for tests.

use std::collections::BTreeMap;
use std::time::Duration;

use statistics::Sample;
use telemetry::{PrometheusConfig, Reader, SourceConfig};
use verification::observation::{Measured, Sides, Tick};
use verification::slices::SliceTable;
use verification::terms::{
    Authority, CannotSee, Compare, DecidedBy, Decider, MatchOp, Matcher, Plan, Reaction, Selector,
    SideRule, Signal, SignalKind,
};
use verification::time::Timestamp;

pub fn equal(label: &str, value: &str) -> Matcher {
    Matcher {
        label: label.into(),
        op: MatchOp::Equal,
        value: value.into(),
    }
}

pub fn matches(label: &str, value: &str) -> Matcher {
    Matcher {
        op: MatchOp::Matches,
        ..equal(label, value)
    }
}

pub fn selector(metric: &str, matchers: Vec<Matcher>) -> Selector {
    Selector {
        metric: metric.into(),
        matchers,
    }
}

/// `requests_total{code=~"5.."}` among `requests_total`.
pub fn errors() -> SignalKind {
    SignalKind::Proportion {
        part: selector("requests_total", vec![matches("code", "5..")]),
        whole: selector("requests_total", vec![]),
    }
}

pub fn signal(name: &str, kind: SignalKind) -> Signal {
    Signal {
        name: name.into(),
        source: "metrics".into(),
        kind,
        for_each: Vec::new(),
        plan_line: 0,
    }
}

/// A plan whose sides are `track="canary"` and `track="stable"`, with a look every 15 s and no lateness.
pub fn plan(signals: Vec<Signal>) -> Plan {
    Plan {
        service: "shop".into(),
        change: None,
        owner: None,
        runbook: None,
        watch_for: Duration::from_secs(3600),
        judge_every: Duration::from_secs(15),
        warm_up: Duration::from_secs(60),
        lateness: Duration::ZERO,
        compare: Compare {
            sides: SideRule::Matchers {
                canary: vec![equal("track", "canary")],
                baseline: vec![equal("track", "stable")],
            },
            pod_label: String::new(),
            false_alarms: 0.01,
            false_confirms: 0.01,
            noise: None,
            canary_share: None,
        },
        signals,
        criteria: Vec::new(),
        authority: Authority {
            roll_back: Decider {
                decided_by: DecidedBy::Shakedown,
                objection: None,
            },
            confirm: DecidedBy::Shakedown,
            review: None,
            undecided_at_the_end: Reaction::Review,
            cannot_see: vec![CannotSee {
                after: Duration::from_secs(600),
                then: Reaction::Page,
            }],
            plan_line: 0,
        },
        actions: Vec::new(),
        tests: Vec::new(),
    }
}

pub fn prometheus(url: &str) -> BTreeMap<String, SourceConfig> {
    let mut config = PrometheusConfig::new(url);
    config.timeout = Duration::from_secs(5);
    BTreeMap::from([("metrics".to_owned(), SourceConfig::Prometheus(config))])
}

/// A reader with the slices that its ticks named.
pub struct Watch {
    pub reader: Reader,
    pub slices: SliceTable,
    plan: Plan,
    sources: BTreeMap<String, SourceConfig>,
    consumed: Option<Timestamp>,
    versions: Sides<Option<String>>,
}

impl Watch {
    pub fn new(plan: Plan, sources: BTreeMap<String, SourceConfig>) -> Self {
        Self {
            reader: Reader::new(&plan, &sources, None).expect("a plan that can be read"),
            slices: SliceTable::new(),
            plan,
            sources,
            consumed: None,
            versions: Sides::default(),
        }
    }

    pub async fn look(&mut self, at: i64) -> Tick {
        let tick = self
            .reader
            .look(Timestamp::from_millis(at), &self.slices)
            .await;
        self.slices.admit(&tick);
        self.consumed = Some(tick.through);
        if let Some(versions) = &tick.versions {
            self.versions = versions.clone();
        }
        tick
    }

    /// What a new process does: only what was recorded is known.
    pub fn restart(&mut self) {
        self.reader = Reader::new(&self.plan, &self.sources, self.consumed)
            .expect("a plan that could be read");
        self.reader.resume_versions(&self.versions);
    }
}

/// The whole of a signal.
pub fn whole(tick: &Tick, signal: u16) -> Sides<Measured> {
    tick.readings
        .iter()
        .find(|reading| reading.signal == signal && reading.slice.is_none())
        .expect("every signal has a whole")
        .sides
        .clone()
}

pub fn counts(events: u64, trials: u64) -> Measured {
    Measured::Counts(Sample { events, trials })
}

/// Adds up the counts of many looks.
pub fn add(sum: &mut Sample, measured: &Measured) {
    if let Measured::Counts(sample) = measured {
        *sum += *sample;
    }
}
