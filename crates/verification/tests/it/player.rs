//! Plays a watch: a plan, a world that answers per look, and what came out.

use core::time::Duration;
use statistics::Sample;
use std::sync::Arc;
use verification::Watch;
use verification::decision::Verb;
use verification::event::{Event, HumanAct, HumanActKind, Input, State};
use verification::intent::{Outcome, OutcomeKind};
use verification::observation::{Gap, Measured, PodSet, Reading, Sides, Tick};
use verification::seal::Sealed;
use verification::terms::*;
use verification::time::Timestamp;
use verification::verdict::VerdictKind;

pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub fn at(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

pub fn selector(metric: &str) -> Selector {
    Selector {
        metric: metric.into(),
        matchers: vec![],
    }
}

pub fn criterion(name: &str, signal: u16, rule: Rule, then: Vec<Reaction>) -> Criterion {
    Criterion {
        name: name.into(),
        signal,
        measure: Measure::Rate,
        rule,
        sustained_for: Duration::from_secs(5),
        then,
        required: true,
        plan_line: 1,
    }
}

pub fn action(reaction: Reaction) -> ActionTerms {
    ActionTerms {
        reaction,
        run: format!("test/{}", reaction.word()),
        target: None,
        recovered_when: None,
        within: Duration::from_secs(30),
        otherwise: Otherwise::Page,
        drilled_within: None,
        settings: vec![],
    }
}

/// One proportion, +2pp against the baseline, and a collapse limit of 50 %.
pub fn plan() -> Plan {
    Plan {
        service: "checkout".into(),
        change: None,
        owner: None,
        runbook: None,
        watch_for: Duration::from_secs(60),
        judge_every: Duration::from_secs(1),
        warm_up: Duration::from_secs(5),
        lateness: Duration::ZERO,
        compare: Compare {
            sides: SideRule::Matchers {
                canary: vec![],
                baseline: vec![],
            },
            pod_label: String::new(),
            false_alarms: 0.01,
            false_confirms: 0.05,
            noise: Some(Noise {
                dispersion: 1.0,
                pod_sd: 0.05,
            }),
            canary_share: None,
        },
        signals: vec![Signal {
            name: "failed".into(),
            source: "shop".into(),
            kind: SignalKind::Proportion {
                part: selector("errors_total"),
                whole: selector("requests_total"),
            },
            for_each: vec![],
            plan_line: 1,
        }],
        criteria: vec![
            criterion(
                "requests keep working",
                0,
                Rule::AgainstBaseline {
                    worse: Worse::Higher,
                    limit: Limit::Points(0.02),
                },
                vec![Reaction::RollBack],
            ),
            criterion(
                "no collapse",
                0,
                Rule::NeverAbove(0.5),
                vec![Reaction::RollBack, Reaction::Page],
            ),
        ],
        authority: Authority {
            roll_back: Decider {
                decided_by: DecidedBy::Shakedown,
                objection: None,
            },
            confirm: DecidedBy::Shakedown,
            review: None,
            undecided_at_the_end: Reaction::Review,
            cannot_see: vec![CannotSee {
                after: Duration::from_secs(15),
                then: Reaction::Page,
            }],
            plan_line: 1,
        },
        actions: vec![action(Reaction::RollBack), action(Reaction::Page)],
        tests: vec![],
    }
}

/// What a side measures in one look of one second.
#[derive(Clone, Copy)]
pub enum Look {
    Counts(u64, u64),
    Nothing(Gap),
}

impl Look {
    fn measured(self) -> Measured {
        match self {
            Self::Counts(events, trials) => Measured::Counts(Sample { events, trials }),
            Self::Nothing(gap) => Measured::Nothing(gap),
        }
    }
}

pub fn tick(second: u64, canary: Look, baseline: Look) -> Tick {
    let through = at(second + 1);
    let pods = PodSet {
        count: 1,
        young: 0,
        fingerprint: 1,
    };
    Tick {
        from: at(second),
        through,
        readings: vec![Reading {
            signal: 0,
            slice: None,
            sides: Sides {
                canary: canary.measured(),
                baseline: baseline.measured(),
            },
        }],
        pods: Sides {
            canary: pods,
            baseline: PodSet { count: 3, ..pods },
        },
        newest: Sides {
            canary: Some(through),
            baseline: Some(through),
        },
        ..Tick::default()
    }
}

/// A played watch.
pub struct Played {
    pub watch: Watch,
    pub events: Vec<(u64, Event)>,
}

/// Plays `seconds` looks; the world is asked per second and told whether the rollback is done. Actions succeed at once.
pub fn play(plan: Plan, seconds: u64, world: impl Fn(u64, bool) -> (Look, Look)) -> Played {
    play_with(plan, seconds, world, &[], OutcomeKind::Done)
}

pub fn play_with(
    plan: Plan,
    seconds: u64,
    world: impl Fn(u64, bool) -> (Look, Look),
    acts: &[(u64, HumanActKind)],
    result: OutcomeKind,
) -> Played {
    let sealed = Arc::new(Sealed {
        plan,
        hash: "00".into(),
        at: START,
        late: false,
        levels: vec![],
    });
    let mut watch = Watch::begin(sealed, START);
    let mut events = Vec::new();
    let mut rolled_back = false;
    for second in 0..seconds {
        let now = at(second + 1);
        let mut inputs = vec![Input::Tick({
            let (canary, baseline) = world(second, rolled_back);
            tick(second, canary, baseline)
        })];
        for (when, kind) in acts {
            if *when == second {
                inputs.push(Input::Human(HumanAct {
                    kind: *kind,
                    name: "ada".into(),
                    reason: "test".into(),
                }));
            }
        }
        let mut next = 0;
        while next < inputs.len() {
            for event in watch.step(now, &inputs[next]) {
                if let Event::Intent(intent) = &event {
                    rolled_back |=
                        intent.reaction == Reaction::RollBack && result == OutcomeKind::Done;
                    inputs.push(Input::Outcome(Outcome {
                        intent: intent.id,
                        result,
                        at: now,
                        took: Duration::from_millis(3),
                        detail: "done".into(),
                    }));
                }
                events.push((second, event));
            }
            next += 1;
        }
        if watch.is_over() {
            break;
        }
    }
    Played { watch, events }
}

impl Played {
    pub fn state(&self) -> State {
        self.watch.state()
    }

    pub fn decided(&self, verb: Verb) -> Option<u64> {
        self.events.iter().find_map(|(second, event)| match event {
            Event::Decision(decision) if decision.verb == verb => Some(*second),
            _ => None,
        })
    }

    pub fn word(&self, row: usize) -> VerdictKind {
        let summary = self.watch.summary();
        summary
            .rows
            .iter()
            .find(|known| usize::from(known.verdict.row.criterion) == row)
            .unwrap()
            .verdict
            .kind
    }
}
