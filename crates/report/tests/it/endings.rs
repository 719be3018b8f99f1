//! Watches that are over without a rollback.

use crate::plans::{minutes, seconds};
use verification::decision::{By, Verb};
use verification::event::State;
use verification::exit::Exit;
use verification::summary::{Milestone, MilestoneKind, Summary};
use verification::terms::Plan;

use crate::rows::*;
use crate::watches::*;

pub fn review(plan: &Plan) -> Summary<'_> {
    let base = watching(plan);
    let at = base.ends;
    let latency = undecided_latency(plan);
    Summary {
        state: State::NeedsReview,
        exit: Exit::Review,
        at,
        ended: Some(at),
        rows: vec![
            latency,
            within(plan, 0),
            within(plan, 1),
            within(plan, 3),
            within(plan, 4),
            within(plan, 5),
        ],
        decisions: vec![decision(Verb::Review, at, vec![row_id(2)], By::End)],
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        looks: 2_880,
        ..base
    }
}

pub fn confirmed(plan: &Plan) -> Summary<'_> {
    let base = review(plan);
    let at = base.at;
    Summary {
        state: State::Confirmed,
        exit: Exit::Confirmed,
        rows: (0..6).map(|criterion| within(plan, criterion)).collect(),
        decisions: vec![decision(Verb::Confirm, at, Vec::new(), By::Criteria)],
        canary_share: Some(1.0),
        timeline: base
            .timeline
            .iter()
            .copied()
            .chain([Milestone {
                at,
                what: MilestoneKind::Confirmed,
            }])
            .collect(),
        ..base
    }
}

pub fn confirmed_by_human(plan: &Plan) -> Summary<'_> {
    let base = review(plan);
    let at = base.at - minutes(600);
    let by = By::Human {
        name: "ada".to_owned(),
        reason: "compared the traces by hand; the slow calls are a batch job".to_owned(),
    };
    Summary {
        state: State::Confirmed,
        exit: Exit::Confirmed,
        at,
        ended: Some(at),
        decisions: vec![decision(Verb::Confirm, at, Vec::new(), by)],
        newest: sides(Some(at - seconds(7)), Some(at - seconds(8))),
        ..base
    }
}
