//! Plays a plan's own tests through the real judge.

use crate::samples::Player;
use crate::units::duration_text;
use core::time::Duration;
use std::sync::Arc;
use verification::Watch;
use verification::decision::Verb;
use verification::event::{Event, Input};
use verification::seal::Sealed;
use verification::summary::{Row, Summary};
use verification::terms::{Plan, PlanTest};
use verification::time::Timestamp;
use verification::verdict::VerdictKind;

/// What came of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// Name of the test.
    pub name: String,
    /// Line of the plan, from 1.
    pub plan_line: u32,
    /// Whether all that was expected came out.
    pub passed: bool,
    /// The word of the decision that ended the test, if there was one.
    pub decision: Option<&'static str>,
    /// When it was taken, from the start of the watch.
    pub after: Option<Duration>,
    /// Criteria that were failing then.
    pub failing: Vec<String>,
    /// What came out, in one line; for a test that did not pass, beside what was expected.
    pub message: String,
}

/// Start of every played watch; any fixed moment will do.
const STARTED: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Plays every test of the plan.
///
/// Each side has four pods that are as old as the service, every sample arrives in time, the baseline's first samples are
/// its level before the deploy, and the share of traffic is not checked. Cost: one step of the watch a look, at most 259,200 looks a test.
#[must_use]
pub fn run_tests(plan: &Plan) -> Vec<TestResult> {
    plan.tests.iter().map(|test| run(plan, test)).collect()
}

/// One decision of the played watch.
struct Taken {
    verb: Verb,
    after: Duration,
    failing: Vec<String>,
    /// Required criteria that were not shown to be within their limit.
    open: Vec<String>,
}

fn run(plan: &Plan, test: &PlanTest) -> TestResult {
    let expected = test.expect.decision.as_deref().unwrap_or("");
    let taken = first_as_grave(plan, test, rank(expected));
    let mut wrong = Vec::new();
    match &taken {
        None => wrong.push(match test.expect.within {
            Some(within) => format!("no {expected} within {}", duration_text(within)),
            None => format!("the watch ended without a {expected}"),
        }),
        Some(taken) if taken.verb.word() != expected => {
            wrong.push(format!("{expected} was expected"));
            if expected == Verb::Confirm.word() && !taken.open.is_empty() {
                wrong.push(format!("not shown to be within: {}", taken.open.join(", ")));
            }
        }
        Some(taken) => {
            if let Some(names) = &test.expect.failing {
                let missing: Vec<&str> = names
                    .iter()
                    .filter(|name| !taken.failing.contains(name))
                    .map(String::as_str)
                    .collect();
                if !missing.is_empty() {
                    wrong.push(format!("not failing: {}", missing.join(", ")));
                }
                if names.is_empty() && !taken.failing.is_empty() {
                    wrong.push("nothing should be failing".to_owned());
                }
            }
        }
    }
    let came = taken.as_ref().map(|taken| {
        let failing = match taken.failing.as_slice() {
            [] => "nothing failing".to_owned(),
            names => format!("failing: {}", names.join(", ")),
        };
        format!(
            "{} after {}, {failing}",
            taken.verb.word(),
            duration_text(taken.after)
        )
    });
    let message = came
        .into_iter()
        .chain(wrong.iter().cloned())
        .collect::<Vec<_>>()
        .join("; ");
    TestResult {
        name: test.name.clone(),
        plan_line: test.plan_line,
        passed: wrong.is_empty(),
        decision: taken.as_ref().map(|taken| taken.verb.word()),
        after: taken.as_ref().map(|taken| taken.after),
        failing: taken.map_or(Vec::new(), |taken| taken.failing),
        message,
    }
}

/// Gravity of a decision's word, gravest first.
fn rank(word: &str) -> usize {
    ["roll-back", "page", "ticket", "review", "confirm"]
        .iter()
        .position(|known| *known == word)
        .unwrap_or(usize::MAX)
}

/// The first decision that is at least as grave as the expected one, up to the latest moment the test allows.
fn first_as_grave(plan: &Plan, test: &PlanTest, expected: usize) -> Option<Taken> {
    let mut played = plan.clone();
    // Test samples are round numbers, not the service's split of traffic.
    played.compare.canary_share = None;
    let mut player = Player::new(plan, test);
    let sealed = Sealed {
        plan: played,
        hash: String::new(),
        at: STARTED,
        late: false,
        levels: player.levels(),
    };
    let mut watch = Watch::begin(Arc::new(sealed), STARTED);
    let last = test
        .expect
        .within
        .map_or(plan.watch_for, |within| within.min(plan.watch_for));
    for look in 1..=plan.looks() {
        let elapsed = plan.judge_every.saturating_mul(look).min(plan.watch_for);
        if elapsed > last {
            return None;
        }
        let now = STARTED + elapsed;
        let tick = player.tick(STARTED, elapsed);
        let mut events = watch.step(now, &Input::Tick(tick));
        if elapsed == plan.watch_for {
            events.extend(watch.step(now, &Input::Clock));
        }
        let taken = events.iter().find_map(|event| match event {
            Event::Decision(decision) if rank(decision.verb.word()) <= expected => {
                Some(decision.verb)
            }
            _ => None,
        });
        if let Some(verb) = taken {
            let summary = watch.summary();
            return Some(Taken {
                verb,
                after: elapsed,
                failing: criteria(&summary, |row| row.verdict.kind == VerdictKind::Failing),
                open: criteria(&summary, |row| {
                    row.required && row.verdict.kind != VerdictKind::Within
                }),
            });
        }
    }
    None
}

/// Names of the criteria with a row of which `wanted` holds, in the plan's order.
fn criteria(summary: &Summary<'_>, wanted: impl Fn(&Row) -> bool) -> Vec<String> {
    let rows: Vec<u16> = summary
        .rows
        .iter()
        .filter(|row| wanted(row))
        .map(|row| row.verdict.row.criterion)
        .collect();
    let criteria = summary.plan.criteria.iter().enumerate();
    criteria
        .filter(|(at, _)| rows.iter().any(|row| usize::from(*row) == *at))
        .map(|(_, criterion)| criterion.name.clone())
        .collect()
}
