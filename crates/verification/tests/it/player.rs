//! Plays a watch: a plan, a world that answers per look, and what came out.

use core::time::Duration;
use statistics::Sample;
use std::sync::Arc;
use verification::Watch;
use verification::decision::{Decision, Verb};
use verification::event::{Event, HumanAct, HumanActKind, Input, State};
use verification::intent::{Outcome, OutcomeKind};
use verification::observation::{BaselineLevel, Gap, Measured, PodSet, Reading, Sides, Tick};
use verification::seal::Sealed;
use verification::terms::*;
use verification::time::Timestamp;
use verification::verdict::{Verdict, VerdictKind};

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
    Level(f64),
    Nothing(Gap),
}

impl Look {
    fn measured(self) -> Measured {
        match self {
            Self::Counts(events, trials) => Measured::Counts(Sample { events, trials }),
            Self::Level(level) => Measured::Level(level),
            Self::Nothing(gap) => Measured::Nothing(gap),
        }
    }
}

pub fn tick(second: u64, canary: Look, baseline: Look) -> Tick {
    tick_of(
        at(second),
        at(second + 1),
        vec![reading(0, None, canary, baseline)],
    )
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
    let game = Game {
        acts,
        result,
        ..Game::new(plan, seconds)
    };
    game.play(|second, rolled_back| {
        let (canary, baseline) = world(second, rolled_back);
        Some(tick(second, canary, baseline))
    })
}

/// A watch to be played: looks are one `judge_every` apart and numbered from 0.
pub struct Game<'acts> {
    pub plan: Plan,
    pub levels: Vec<BaselineLevel>,
    pub looks: u64,
    pub acts: &'acts [(u64, HumanActKind)],
    /// Whether orders have outcomes at all.
    pub answered: bool,
    /// What becomes of a rollback.
    pub result: OutcomeKind,
}

impl Game<'_> {
    pub fn new(plan: Plan, looks: u64) -> Self {
        Self {
            plan,
            levels: vec![],
            looks,
            acts: &[],
            answered: true,
            result: OutcomeKind::Done,
        }
    }

    pub fn sealed(&self) -> Arc<Sealed> {
        Arc::new(Sealed {
            plan: self.plan.clone(),
            hash: "00".into(),
            at: START,
            late: false,
            levels: self.levels.clone(),
        })
    }

    /// Asks the world for each look, telling it whether the rollback is done; a look without a tick passes time alone.
    pub fn play(&self, mut world: impl FnMut(u64, bool) -> Option<Tick>) -> Played {
        let mut watch = Watch::begin(self.sealed(), START);
        let mut events = Vec::new();
        let mut rolled_back = false;
        for look in 0..self.looks {
            let every = u32::try_from(look + 1).unwrap();
            let now = START + self.plan.judge_every * every;
            let mut inputs = vec![world(look, rolled_back).map_or(Input::Clock, Input::Tick)];
            for (when, kind) in self.acts {
                if *when == look {
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
                    if let (Event::Intent(intent), true) = (&event, self.answered) {
                        let result = if intent.reaction == Reaction::RollBack {
                            self.result
                        } else {
                            OutcomeKind::Done
                        };
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
                    events.push((look, event));
                }
                next += 1;
            }
            if watch.is_over() {
                break;
            }
        }
        Played { watch, events }
    }
}

/// A tick of one look between `from` and `through`, with one canary pod and three of the baseline.
pub fn tick_of(from: Timestamp, through: Timestamp, readings: Vec<Reading>) -> Tick {
    let pods = PodSet {
        count: 1,
        young: 0,
        fingerprint: 1,
    };
    Tick {
        from,
        through,
        readings,
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

pub fn reading(signal: u16, slice: Option<u16>, canary: Look, baseline: Look) -> Reading {
    Reading {
        signal,
        slice,
        sides: Sides {
            canary: canary.measured(),
            baseline: baseline.measured(),
        },
    }
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

    /// All looks with a decision of this kind.
    pub fn decisions(&self, verb: Verb) -> Vec<(u64, Decision)> {
        self.events
            .iter()
            .filter_map(|(look, event)| match event {
                Event::Decision(decision) if decision.verb == verb => {
                    Some((*look, decision.clone()))
                }
                _ => None,
            })
            .collect()
    }

    /// Look at which an order of this kind was given.
    pub fn ordered(&self, reaction: Reaction) -> Option<u64> {
        self.events.iter().find_map(|(look, event)| {
            matches!(event, Event::Intent(intent) if intent.reaction == reaction).then_some(*look)
        })
    }

    /// The verdict on a criterion as a whole.
    pub fn verdict(&self, criterion: u16) -> Verdict {
        let summary = self.watch.summary();
        let row = summary
            .rows
            .iter()
            .find(|row| row.verdict.row.criterion == criterion && row.verdict.row.slice.is_none());
        row.unwrap().verdict.clone()
    }

    pub fn word(&self, criterion: u16) -> VerdictKind {
        self.verdict(criterion).kind
    }
}
