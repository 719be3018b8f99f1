//! Watches that roll back, at every step of it.

use crate::plans::{minutes, seconds};
use core::time::Duration;
use verification::decision::{By, Verb};
use verification::event::State;
use verification::exit::Exit;
use verification::intent::{Intent, IntentId, Outcome, OutcomeKind};
use verification::recovery::{RecoveryReport, RecoveryRow};
use verification::summary::{ActionSummary, Milestone, MilestoneKind, Phases, Summary};
use verification::terms::{Plan, Reaction};
use verification::time::Timestamp;
use verification::verdict::{Because, Numbers, VerdictKind};

use crate::rows::*;
use crate::watches::*;

pub fn intent(reaction: Reaction, at: Timestamp, run: Option<&str>) -> Intent {
    Intent {
        id: IntentId(1),
        generation: 1,
        reaction,
        run: run.map(ToOwned::to_owned),
        target: None,
        settings: Vec::new(),
        at,
        deadline: at + minutes(5),
    }
}

pub fn outcome(result: OutcomeKind, at: Timestamp, detail: &str) -> Outcome {
    Outcome {
        intent: IntentId(1),
        result,
        at,
        took: Duration::from_millis(120),
        detail: detail.to_owned(),
    }
}

/// The rollback was ordered; with or without an outcome.
pub fn executing(plan: &Plan, outcome: Option<Outcome>) -> Summary<'_> {
    let base = countdown(plan);
    let ordered = START + minutes(12) + seconds(40);
    let at = ordered + seconds(3);
    Summary {
        at,
        roll_back_at: None,
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        silent: Vec::new(),
        actions: vec![ActionSummary {
            intent: intent(Reaction::RollBack, ordered, Some("haproxy/checkout")),
            outcome,
        }],
        ..base
    }
}

pub const EXECUTED: Timestamp = Timestamp::from_millis(START.millis() + 761_000);

pub fn proving(plan: &Plan) -> Summary<'_> {
    let done = outcome(
        OutcomeKind::Done,
        EXECUTED,
        "weight of canary set to 0, read back",
    );
    let base = executing(plan, Some(done));
    let mut timeline = base.timeline.clone();
    timeline.push(Milestone {
        at: EXECUTED,
        what: MilestoneKind::RolledBack,
    });
    Summary {
        recovery_deadline: Some(EXECUTED + minutes(10)),
        canary_share: Some(0.0),
        timeline,
        phases: Phases {
            detect: Some(minutes(6)),
            decide: Some(seconds(100)),
            execute: Some(Duration::from_millis(120)),
            verify: None,
        },
        ..base
    }
}

fn recovery(recovered: bool, at: Timestamp, after: f64) -> RecoveryReport {
    RecoveryReport {
        recovered,
        at,
        rows: vec![RecoveryRow {
            row: row_id(0),
            before: 0.006_1,
            limit: 0.011_1,
            after: Some(after),
            ln_evidence: if recovered { 3.3 } else { -2.0 },
            ln_needed: 3.0,
        }],
        canary_share: Some(if recovered { 0.0 } else { 0.04 }),
    }
}

pub fn recovered(plan: &Plan) -> Summary<'_> {
    let base = proving(plan);
    let at = EXECUTED + minutes(3);
    let mut timeline = base.timeline.clone();
    timeline.push(Milestone {
        at,
        what: MilestoneKind::Recovered,
    });
    Summary {
        state: State::RolledBack,
        exit: Exit::RolledBack,
        at,
        ended: Some(at),
        recovery: Some(recovery(true, at, 0.005_8)),
        recovery_deadline: None,
        newest: sides(Some(at - seconds(7)), Some(EXECUTED)),
        timeline,
        phases: Phases {
            verify: Some(minutes(3)),
            ..base.phases
        },
        ..base
    }
}

pub fn not_recovered(plan: &Plan) -> Summary<'_> {
    let base = proving(plan);
    let at = EXECUTED + minutes(10);
    let mut timeline = base.timeline.clone();
    timeline.push(Milestone {
        at,
        what: MilestoneKind::NotRecovered,
    });
    let mut actions = base.actions.clone();
    actions.push(ActionSummary {
        intent: intent(Reaction::Page, at, Some("pagerduty/payments-primary")),
        outcome: Some(outcome(OutcomeKind::Done, at, "incident PX-17 opened")),
    });
    let mut decisions = base.decisions.clone();
    decisions.push(decision(Verb::Page, at, Vec::new(), By::Recovery));
    Summary {
        state: State::RolledBack,
        exit: Exit::NotRecovered,
        at,
        ended: Some(at),
        actions,
        decisions,
        recovery: Some(recovery(false, at, 0.041)),
        recovery_deadline: None,
        newest: sides(Some(at - seconds(7)), Some(at - seconds(4))),
        timeline,
        ..base
    }
}

pub fn collapse(plan: &Plan) -> Summary<'_> {
    let base = countdown(plan);
    let at = base.at;
    let collapsed = row(
        plan,
        0,
        VerdictKind::Failing,
        Because::Collapse,
        numbers(0.005_1, 0.904, 0.898_9, (0.71, 0.96)),
        at - seconds(2),
    );
    let absolute = row(
        plan,
        1,
        VerdictKind::Failing,
        Because::PastLimit,
        Numbers {
            difference: None,
            range: None,
            ..numbers(0.005_1, 0.904, 0.822, (0.0, 0.0))
        },
        at - seconds(2),
    );
    Summary {
        rows: vec![
            collapsed,
            absolute,
            undecided_latency(plan),
            within(plan, 3),
            within(plan, 4),
            within(plan, 5),
        ],
        silent: Vec::new(),
        ..base
    }
}

pub fn rolled_back_by_human(plan: &Plan) -> Summary<'_> {
    let base = proving(plan);
    let at = base.at;
    let by = By::Human {
        name: "grace".to_owned(),
        reason: "support reports double charges".to_owned(),
    };
    Summary {
        rows: vec![
            undecided_latency(plan),
            within(plan, 0),
            within(plan, 1),
            within(plan, 3),
            within(plan, 4),
            within(plan, 5),
        ],
        decisions: vec![decision(Verb::RollBack, at - seconds(10), Vec::new(), by)],
        ..base
    }
}
