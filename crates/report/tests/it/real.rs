//! A real watch, played from its first look to its end: the views follow it.

use crate::plans::{self, minutes, seconds};
use core::time::Duration;
use jiff::tz::TimeZone;
use report::{Frame, change_line, outcome_line, report_json, verdict_screen};
use statistics::Sample;
use std::sync::Arc;
use verification::Watch;
use verification::event::{Event, HumanAct, HumanActKind, Input};
use verification::intent::{Outcome, OutcomeKind};
use verification::observation::{Gap, Measured, PodSet, Reading, Sides, Tick};
use verification::seal::Sealed;
use verification::terms::{Limit, Measure, Plan, Reaction};
use verification::time::Timestamp;

const START: Timestamp = crate::watches::START;

/// A demo's plan: one criterion of half a percent and two points, looks every second.
fn plan() -> Plan {
    let mut plan = plans::checkout();
    plan.watch_for = minutes(5);
    plan.judge_every = seconds(1);
    plan.warm_up = seconds(5);
    plan.lateness = Duration::ZERO;
    plan.compare.canary_share = None;
    plan.signals.truncate(1);
    plan.criteria = vec![plans::criterion(
        "requests keep working",
        0,
        Measure::Rate,
        plans::higher(Limit::Points(0.02)),
        seconds(5),
        &[Reaction::RollBack],
        31,
    )];
    plan.authority.roll_back.objection = None;
    plan
}

/// A play of one watch with its log.
struct Play {
    watch: Watch,
    second: u64,
    log: Vec<String>,
}

impl Play {
    fn begin(plan: Plan) -> Self {
        let sealed = Sealed {
            plan,
            hash: "00".to_owned(),
            at: START,
            late: false,
            levels: Vec::new(),
        };
        Self {
            watch: Watch::begin(Arc::new(sealed), START),
            second: 0,
            log: Vec::new(),
        }
    }

    fn now(&self) -> Timestamp {
        START + seconds(self.second)
    }

    fn frame(&self) -> Frame {
        Frame::new(self.now(), TimeZone::UTC, "W7")
    }

    fn step(&mut self, input: &Input) {
        let events = self.watch.step(self.now(), input);
        let (summary, frame) = (self.watch.summary(), self.frame());
        if let Input::Outcome(outcome) = input {
            self.log.push(outcome_line(&summary, outcome, &frame));
        }
        let lines = events
            .iter()
            .filter_map(|event: &Event| change_line(&summary, event, &frame));
        self.log.extend(lines);
    }

    /// One second with so many failures among 20 requests of the canary; the baseline has one among 180.
    fn look(&mut self, canary: Measured) {
        let from = self.now();
        self.second += 1;
        let pods = |count| PodSet {
            count,
            young: 0,
            fingerprint: count,
        };
        let tick = Tick {
            from,
            through: self.now(),
            readings: vec![Reading {
                signal: 0,
                slice: None,
                sides: Sides {
                    canary,
                    baseline: Measured::Counts(Sample {
                        events: 1,
                        trials: 180,
                    }),
                },
            }],
            pods: Sides {
                canary: pods(1),
                baseline: pods(3),
            },
            newest: Sides {
                canary: Some(self.now()),
                baseline: Some(self.now()),
            },
            versions: (self.second == 1).then(|| Sides {
                canary: Some("2".to_owned()),
                baseline: Some("1".to_owned()),
            }),
            ..Tick::default()
        };
        self.step(&Input::Tick(tick));
    }

    fn requests(&mut self, seconds: u64, failed: u64) {
        for _ in 0..seconds {
            self.look(Measured::Counts(Sample {
                events: failed,
                trials: 20,
            }));
        }
    }

    fn answer(&mut self, result: OutcomeKind) {
        let intent = self
            .watch
            .open_intents()
            .next()
            .expect("an order is open")
            .id;
        let took = Duration::from_millis(80);
        let detail = "weight set to 0".to_owned();
        self.step(&Input::Outcome(Outcome {
            intent,
            result,
            at: self.now(),
            took,
            detail,
        }));
    }

    /// The screen in one line.
    fn screen(&self) -> String {
        let frame = self.frame();
        let screen = verdict_screen(&self.watch.summary(), &frame).render(&frame);
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Plays a fault until the rollback is ordered.
    fn until_ordered(&mut self) {
        self.requests(20, 0);
        for _ in 0..60 {
            if self.watch.open_intents().next().is_some() {
                return;
            }
            self.requests(1, 5);
        }
        panic!("no rollback was ordered:\n{}", self.screen());
    }
}

#[test]
fn a_fault_is_rolled_back_and_recovers() {
    let mut play = Play::begin(plan());
    play.requests(2, 0);
    assert!(
        play.screen().contains("Warming up until 14:00:0"),
        "{}",
        play.screen()
    );
    play.until_ordered();
    let ordered = play.screen();
    assert!(ordered.starts_with("ROLL BACK checkout 2 "), "{ordered}");
    assert!(
        ordered.contains("Rollback ordered at 14:00:") && ordered.contains("✗ FAILING"),
        "{ordered}"
    );
    play.answer(OutcomeKind::Done);
    assert!(
        play.screen().starts_with("ROLLED BACK"),
        "{}",
        play.screen()
    );
    assert!(
        play.screen().contains("the recovery is being proven"),
        "{}",
        play.screen()
    );
    for _ in 0..300 {
        play.look(Measured::Nothing(Gap::NoSeries));
    }
    let over = play.screen();
    assert!(
        over.contains("Recovered at 14:0") && over.contains("failed payments back at 0.5"),
        "{over}"
    );
    let report = report_json(&play.watch.summary(), &play.frame());
    assert_eq!((report.exit_code, report.recovered), (21, Some(true)));
    assert!(report.phases.detect_ms.is_some() && report.phases.verify_ms.is_some());
    let log = play.log.join("\n");
    for word in [
        "FAILING",
        "ROLL BACK",
        "ordered",
        "done",
        "RECOVERED",
        "rolled back",
    ] {
        assert!(log.contains(word), "{word} is missing:\n{log}");
    }
}

#[test]
fn a_rollback_that_fails_says_so_first() {
    let mut play = Play::begin(plan());
    play.until_ordered();
    play.answer(OutcomeKind::Failed);
    let screen = play.screen();
    assert!(screen.starts_with("ROLL BACK "), "{screen}");
    assert!(
        screen.contains("failed: weight set to 0. The new version is still live"),
        "{screen}"
    );
    // A human tries again: the second attempt is what counts.
    let act = HumanAct {
        kind: HumanActKind::RollBack,
        name: "ada".to_owned(),
        reason: "once more".to_owned(),
    };
    play.step(&Input::Human(act));
    assert!(
        play.screen().contains("Rollback ordered"),
        "{}",
        play.screen()
    );
}

#[test]
fn silence_is_said_and_never_confirmed() {
    let mut plan = plan();
    plan.authority.cannot_see[0].after = seconds(15);
    let mut play = Play::begin(plan);
    play.requests(20, 0);
    for _ in 0..30 {
        play.look(Measured::Nothing(Gap::Stale));
    }
    let blind = play.screen();
    assert!(blind.starts_with("CANNOT SEE checkout 2 "), "{blind}");
    assert!(
        blind.contains("Nothing can be seen of requests keep working since 14:00:"),
        "{blind}"
    );
    for _ in 0..300 {
        play.look(Measured::Nothing(Gap::Stale));
    }
    let report = report_json(&play.watch.summary(), &play.frame());
    assert_eq!(report.exit_code, 12, "{}", play.screen());
    assert!(
        play.screen()
            .contains("Release-captain: confirm or roll back by"),
        "{}",
        play.screen()
    );
}
