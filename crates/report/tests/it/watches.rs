//! Watches in every state.

use crate::plans::{MINUTE, minutes, seconds};
use core::time::Duration;
use verification::decision::{By, Decision, Instead, Verb};
use verification::event::{HumanAct, HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::SourceProblem;
use verification::summary::{
    ActionSummary, Milestone, MilestoneKind, Phases, Row, Silent, Summary,
};
use verification::terms::{Plan, Reaction};
use verification::time::Timestamp;
use verification::verdict::{Because, Numbers, RowId, ThresholdProblem, Verdict, VerdictKind};

pub use crate::endings::*;
pub use crate::rollbacks::*;
pub use crate::rows::*;

pub fn milestone(after: Duration, what: MilestoneKind) -> Milestone {
    Milestone {
        at: START + after,
        what,
    }
}

/// Eleven minutes in, everything as it should be.
pub fn watching(plan: &Plan) -> Summary<'_> {
    let at = START + minutes(11);
    Summary {
        plan,
        sealed_at: START - minutes(8),
        sealed_late: false,
        started: START,
        at,
        ends: START + plan.watch_for,
        ended: None,
        state: State::Watching,
        exit: Exit::Watching,
        versions: sides(Some("4.17.3".to_owned()), Some("4.18.0".to_owned())),
        pods: sides(9, 1),
        canary_share: Some(0.1),
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        looks: 22,
        warming_up: false,
        rows: vec![
            undecided_latency(plan),
            within(plan, 0),
            within(plan, 1),
            within(plan, 3),
            within(plan, 4),
            within(plan, 5),
        ],
        decisions: Vec::new(),
        roll_back_at: None,
        held_by: None,
        actions: Vec::new(),
        recovery: None,
        recovery_deadline: None,
        silent: Vec::new(),
        timeline: vec![
            Milestone {
                at: START - minutes(8),
                what: MilestoneKind::Sealed,
            },
            milestone(Duration::ZERO, MilestoneKind::Started),
            milestone(seconds(20), MilestoneKind::CanarySeen),
        ],
        acts: Vec::new(),
        phases: Phases::default(),
    }
}

pub fn warming_up(plan: &Plan) -> Summary<'_> {
    let at = START + MINUTE;
    let rows = (0..6)
        .map(|criterion| {
            let numbers = Numbers {
                level: sides(Some(0.006), Some(0.007)),
                exposure: sides(2_000, 220),
                looks: 2,
                ..Numbers::default()
            };
            row(
                plan,
                criterion,
                VerdictKind::Undecided,
                Because::WarmingUp,
                numbers,
                START,
            )
        })
        .collect();
    Summary {
        at,
        rows,
        warming_up: true,
        looks: 2,
        newest: sides(Some(at - seconds(3)), Some(at - seconds(12))),
        ..watching(plan)
    }
}

pub fn not_seen_yet(plan: &Plan) -> Summary<'_> {
    let rows = (0..6)
        .map(|criterion| {
            row(
                plan,
                criterion,
                VerdictKind::Undecided,
                Because::NothingYet,
                Numbers::default(),
                START,
            )
        })
        .collect();
    Summary {
        rows,
        versions: sides(Some("4.17.3".to_owned()), None),
        pods: sides(10, 0),
        canary_share: None,
        newest: sides(Some(START + minutes(11) - seconds(8)), None),
        ..watching(plan)
    }
}

pub fn decision(verb: Verb, at: Timestamp, rows: Vec<RowId>, authority: By) -> Decision {
    Decision {
        verb,
        at,
        rows,
        authority,
        effective_at: None,
        instead: None,
    }
}

/// The picture of the reference: failing, and the rollback starts by itself.
pub fn countdown(plan: &Plan) -> Summary<'_> {
    let base = watching(plan);
    let at = base.at;
    let mut timeline = base.timeline.clone();
    timeline.push(milestone(minutes(2), MilestoneKind::WarmedUp));
    timeline.push(milestone(minutes(6), MilestoneKind::Failing));
    timeline.push(milestone(
        minutes(11) - seconds(20),
        MilestoneKind::RollBackDecided,
    ));
    Summary {
        state: State::RollingBack,
        exit: Exit::RollBackDecided,
        rows: vec![
            failing_payments(plan, at - seconds(20)),
            undecided_latency(plan),
            no_data(plan, 5, START + minutes(2)),
            within(plan, 1),
            within(plan, 3),
            within(plan, 4),
        ],
        decisions: vec![Decision {
            effective_at: Some(at + seconds(100)),
            ..decision(
                Verb::RollBack,
                at - seconds(20),
                vec![row_id(0)],
                By::Criteria,
            )
        }],
        roll_back_at: Some(at + seconds(100)),
        silent: vec![Silent {
            since: START + minutes(2),
            problem: SourceProblem {
                source: "queue-exporter".to_owned(),
                message: "GET http://queue.example:9100/metrics: connection refused.".to_owned(),
                refused: false,
            },
        }],
        timeline,
        ..base
    }
}

pub fn held(plan: &Plan) -> Summary<'_> {
    let base = countdown(plan);
    let at = base.at - seconds(5);
    let mut decisions = base.decisions.clone();
    let reason = "the payment provider has an incident of its own".to_owned();
    decisions.push(decision(
        Verb::Hold,
        at,
        Vec::new(),
        By::Human {
            name: "ada".to_owned(),
            reason: reason.clone(),
        },
    ));
    Summary {
        state: State::Held,
        exit: Exit::Held,
        held_by: Some("ada".to_owned()),
        roll_back_at: None,
        decisions,
        silent: Vec::new(),
        acts: vec![(
            at,
            HumanAct {
                kind: HumanActKind::Hold,
                name: "ada".to_owned(),
                reason,
            },
        )],
        ..base
    }
}

pub fn cannot_see(plan: &Plan, paged: bool) -> Summary<'_> {
    let base = watching(plan);
    let since = START + minutes(2);
    let decisions = if paged {
        vec![decision(
            Verb::Page,
            START + minutes(12),
            Vec::new(),
            By::Silence,
        )]
    } else {
        Vec::new()
    };
    let at = if paged { START + minutes(13) } else { base.at };
    Summary {
        state: State::CannotSee,
        exit: Exit::CannotSee,
        at,
        rows: (0..6)
            .map(|criterion| no_data(plan, criterion, since))
            .collect(),
        newest: sides(Some(at - seconds(4)), Some(since)),
        actions: decisions
            .iter()
            .map(|page| ActionSummary {
                intent: intent(Reaction::Page, page.at, Some("pagerduty/payments-primary")),
                outcome: Some(outcome(
                    OutcomeKind::Failed,
                    page.at,
                    "POST https://events.example/v2/enqueue: 503 Service Unavailable",
                )),
            })
            .collect(),
        decisions,
        silent: vec![Silent {
            since,
            problem: SourceProblem {
                source: "prometheus".to_owned(),
                message: "http://prometheus.example:9090/api/v1/query: 503 Service Unavailable"
                    .to_owned(),
                refused: false,
            },
        }],
        ..base
    }
}

pub fn ticket(plan: &Plan) -> Summary<'_> {
    let base = watching(plan);
    let at = START + minutes(140);
    let slow = row(
        plan,
        2,
        VerdictKind::Failing,
        Because::PastLimit,
        numbers(0.412, 0.474, 0.062, (0.044, 0.08)),
        at - MINUTE,
    );
    Summary {
        at,
        exit: Exit::Ticket,
        rows: vec![
            slow,
            within(plan, 0),
            within(plan, 1),
            within(plan, 3),
            within(plan, 4),
            within(plan, 5),
        ],
        decisions: vec![decision(
            Verb::Ticket,
            at - MINUTE,
            vec![row_id(2)],
            By::Criteria,
        )],
        actions: vec![ActionSummary {
            intent: intent(Reaction::Ticket, at - MINUTE, Some("github/acme-checkout")),
            outcome: Some(outcome(OutcomeKind::Done, at - MINUTE, "issue 481")),
        }],
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        ..base
    }
}

pub fn baseline_too(plan: &Plan) -> Summary<'_> {
    let base = watching(plan);
    let at = base.at;
    let absolute = row(
        plan,
        1,
        VerdictKind::Failing,
        Because::PastLimit,
        Numbers {
            difference: None,
            range: None,
            ..numbers(0.31, 0.33, 0.3, (0.0, 0.0))
        },
        at - seconds(15),
    );
    let mixed = row(
        plan,
        4,
        VerdictKind::NotComparable,
        Because::MixDiffers(0.31),
        numbers(0.118, 0.071, -0.4, (-0.6, 0.1)),
        at - MINUTE,
    );
    let share = row(
        plan,
        2,
        VerdictKind::NotComparable,
        Because::ShareDiffers(0.27),
        Numbers::default(),
        at - MINUTE,
    );
    let bucket = row(
        plan,
        3,
        VerdictKind::NoData,
        Because::NoThreshold(ThresholdProblem::BelowABucket(0.05)),
        Numbers::default(),
        START,
    );
    Summary {
        exit: Exit::Paged,
        rows: vec![
            absolute,
            undecided_latency(plan),
            bucket,
            mixed,
            share,
            within(plan, 5),
        ],
        decisions: vec![Decision {
            instead: Some(Instead::BaselineToo),
            ..decision(Verb::Page, at - seconds(15), vec![row_id(1)], By::Criteria)
        }],
        actions: vec![ActionSummary {
            intent: intent(Reaction::Page, at - seconds(15), None),
            outcome: None,
        }],
        ..base
    }
}

pub fn fewer_orders(plan: &Plan) -> Summary<'_> {
    let base = watching(plan);
    let at = START + minutes(95);
    let orders = row(
        plan,
        4,
        VerdictKind::Failing,
        Because::PastLimit,
        numbers(0.118_2, 0.082_1, -0.305, (-0.41, -0.26)),
        at - seconds(30),
    );
    let queue = row(
        plan,
        5,
        VerdictKind::Failing,
        Because::PastLimitThroughout,
        Numbers {
            range: None,
            ..numbers(3.0, 71.0, 68.0, (0.0, 0.0))
        },
        at - MINUTE,
    );
    Summary {
        at,
        exit: Exit::Review,
        rows: vec![
            orders,
            queue,
            within(plan, 0),
            within(plan, 1),
            within(plan, 2),
            within(plan, 3),
        ],
        decisions: vec![
            decision(Verb::Ticket, at - MINUTE, vec![row_id(5)], By::Criteria),
            decision(
                Verb::Review,
                at - seconds(30),
                vec![row_id(4)],
                By::Criteria,
            ),
        ],
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        ..base
    }
}

/// Many slices: what a plan with `for-each` looks like on a bad day.
pub fn many_slices(plan: &Plan) -> Summary<'_> {
    let base = countdown(plan);
    let mut rows = vec![failing_payments(plan, base.at)];
    let slice = |row: Row, id: u16, name: &str| Row {
        name: format!("{} / {name}", row.name),
        verdict: Verdict {
            row: RowId {
                slice: Some(id),
                ..row.verdict.row
            },
            ..row.verdict
        },
        ..row
    };
    for id in 0..14 {
        rows.push(slice(
            failing_payments(plan, base.at),
            id,
            &format!("POST /checkout/v{id}/payment-methods"),
        ));
    }
    for id in 14..60 {
        rows.push(slice(
            undecided_latency(plan),
            id,
            &format!("GET /catalogue/{id}"),
        ));
    }
    for id in 60..90 {
        rows.push(slice(within(plan, 3), id, &format!("GET /orders/{id}")));
    }
    Summary {
        rows,
        silent: Vec::new(),
        ..base
    }
}

/// Everything by name, for tables of tests.
pub fn all(plan: &Plan) -> Vec<(&'static str, Summary<'_>)> {
    vec![
        ("not_seen_yet", not_seen_yet(plan)),
        ("warming_up", warming_up(plan)),
        ("watching", watching(plan)),
        ("countdown", countdown(plan)),
        ("collapse", collapse(plan)),
        ("held", held(plan)),
        ("executing", executing(plan, None)),
        (
            "failed_action",
            executing(
                plan,
                Some(outcome(
                    OutcomeKind::Failed,
                    EXECUTED,
                    "haproxy socket: permission denied",
                )),
            ),
        ),
        (
            "unknown_action",
            executing(
                plan,
                Some(outcome(
                    OutcomeKind::Unknown,
                    EXECUTED,
                    "the keeper ended before the answer came",
                )),
            ),
        ),
        ("proving", proving(plan)),
        ("recovered", recovered(plan)),
        ("not_recovered", not_recovered(plan)),
        ("rolled_back_by_human", rolled_back_by_human(plan)),
        ("cannot_see", cannot_see(plan, false)),
        ("cannot_see_paged", cannot_see(plan, true)),
        ("ticket", ticket(plan)),
        ("baseline_too", baseline_too(plan)),
        ("fewer_orders", fewer_orders(plan)),
        ("review", review(plan)),
        ("confirmed", confirmed(plan)),
        ("confirmed_by_human", confirmed_by_human(plan)),
        ("many_slices", many_slices(plan)),
    ]
}
