//! Whether a page, ticket or review reached anybody.

use crate::clock::Clock;
use crate::what_next::sentence_end;
use verification::intent::OutcomeKind;
use verification::summary::Summary;
use verification::terms::Reaction;
use verification::time::Timestamp;

/// One sentence on the last order of this kind: `Paged at 14:12.`, `The page of 14:12 failed: …`.
pub(crate) fn sentence(
    summary: &Summary<'_>,
    reaction: Reaction,
    decided: Timestamp,
    clock: &Clock<'_>,
) -> String {
    let (noun, done) = match reaction {
        Reaction::Page => ("page", "Paged"),
        Reaction::Ticket => ("ticket", "Ticket opened"),
        Reaction::Review => ("review", "Review asked for"),
        Reaction::RollBack => ("rollback", "Rolled back"),
    };
    let order = summary
        .actions
        .iter()
        .rev()
        .find(|action| action.intent.reaction == reaction);
    match order.map(|action| (action, action.outcome.as_ref())) {
        Some((action, _)) if action.intent.run.is_none() => {
            format!(
                "{done} {}, here alone: the plan names no receiver for a {noun}.",
                clock.on(decided)
            )
        }
        Some((_, Some(outcome))) => match outcome.result {
            OutcomeKind::Done => format!("{done} {}.", clock.on(outcome.at)),
            OutcomeKind::Failed => format!(
                "The {noun} failed {}: {}.",
                clock.on(outcome.at),
                sentence_end(&outcome.detail)
            ),
            OutcomeKind::Unknown => format!(
                "Nobody knows whether the {noun} arrived: {}.",
                sentence_end(&outcome.detail)
            ),
        },
        Some((action, None)) => format!(
            "The {noun} was sent {}; no answer yet.",
            clock.on(action.intent.at)
        ),
        None => format!("Decided {}: {noun}.", clock.on(decided)),
    }
}
