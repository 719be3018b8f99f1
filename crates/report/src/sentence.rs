//! A criterion, and a decision, as English sentences.

use crate::clock::span;
use crate::count::{self, capitalised};
use crate::glyphs::Glyphs;
use crate::phrase;
use crate::quantity::Quantity;
use crate::row_view::reactions;
use crate::screen::verb_words;
use verification::decision::{By, Decision, Instead, Verb};
use verification::summary::Summary;
use verification::terms::{Criterion, Plan, Rule, SignalKind, Worse};

/// A criterion as sentences: what is allowed, for how long it may be passed, what follows.
///
/// A criterion whose signal the plan does not have is named and no more.
#[must_use]
pub fn sentence(criterion: &Criterion, plan: &Plan, glyphs: Glyphs) -> String {
    let Some(quantity) = Quantity::new(plan, criterion) else {
        return format!("{}: its signal is not in the plan.", criterion.name);
    };
    let subject = capitalised(&phrase::subject(&quantity, None));
    let each = match quantity.signal.for_each.as_slice() {
        [] => String::new(),
        labels => format!(" for each {}", count::list(labels)),
    };
    let allowed = match criterion.rule {
        Rule::AgainstBaseline { .. } => {
            let limit = phrase::limit(&quantity, glyphs).unwrap_or_default();
            match quantity.limit() {
                Some(0.0) => format!(
                    "must not be worse on the canary than on the baseline (limit {})",
                    quantity.limit_text(glyphs)
                ),
                _ => format!("may be at most {limit} on the canary than on the baseline"),
            }
        }
        Rule::NeverAbove(value) | Rule::NeverBelow(value) => {
            let side = if quantity.worse() == Worse::Higher {
                "above"
            } else {
                "below"
            };
            format!(
                "may never be {side} {} on the canary",
                quantity.absolute_text(value, glyphs)
            )
        }
    };
    let past = if matches!(quantity.signal.kind, SignalKind::Level { .. }) {
        "Past that in every reading for"
    } else {
        "Past that for"
    };
    let needed = if criterion.required {
        ""
    } else {
        " A confirm does not need it."
    };
    let then = if criterion.then.is_empty() {
        "nothing follows".to_owned()
    } else {
        reactions(&criterion.then)
    };
    format!(
        "{subject} {allowed}{each}. {past} {}: {then}.{needed}",
        span(criterion.sustained_for)
    )
}

/// A decision as a sentence: what, by whom, because of what, and why it is not graver.
#[must_use]
pub fn decision_sentence(summary: &Summary<'_>, decision: &Decision) -> String {
    format!(
        "{}, {}",
        capitalised(verb_words(decision.verb)),
        decision_clause(summary, decision)
    )
}

/// The same without the verb.
pub(crate) fn decision_clause(summary: &Summary<'_>, decision: &Decision) -> String {
    let names: Vec<String> = decision
        .rows
        .iter()
        .map(|id| {
            let row = summary.rows.iter().find(|row| row.verdict.row == *id);
            let criterion = || {
                summary
                    .plan
                    .criteria
                    .get(usize::from(id.criterion))
                    .map(|criterion| criterion.name.clone())
            };
            row.map(|row| row.name.clone())
                .or_else(criterion)
                .unwrap_or_else(|| "a criterion".to_owned())
        })
        .map(|name| format!("\"{name}\""))
        .collect();
    let because = match (names.as_slice(), decision.verb) {
        ([], _) => String::new(),
        (names, Verb::Review) if decision.authority == By::End => format!(
            ", because {} {} not settled",
            count::list(names),
            plural_is(names)
        ),
        (names, _) if decision.authority == By::Silence => {
            format!(", because {} cannot be seen", count::first_of(names, 4))
        }
        (names, _) => format!(
            ", because {} {} failing",
            count::first_of(names, 4),
            plural_is(names)
        ),
    };
    let by = match &decision.authority {
        By::Criteria => "by the sealed criteria".to_owned(),
        By::Silence => "by the rule for silence: nothing could be seen for too long".to_owned(),
        By::End if decision.verb == Verb::Confirm => {
            "by the sealed criteria at the end of the watch".to_owned()
        }
        By::End => "by the rule for the end of the watch".to_owned(),
        By::Recovery => "by the rule for rollbacks that fail or do not help".to_owned(),
        By::Human { name, reason } => format!("by {name}: \"{reason}\""),
    };
    let instead = match decision.instead {
        None => "",
        Some(Instead::HumanDecides) if decision.authority == By::End => {
            " Not confirmed by itself, because the plan leaves that to a human."
        }
        Some(Instead::Held) if decision.authority == By::End => {
            " Not confirmed, because a human holds the watch."
        }
        Some(Instead::BaselineToo) => " No rollback, because the baseline is past the limit too.",
        Some(Instead::HumanDecides) => {
            " No rollback by itself, because the plan leaves it to a human."
        }
        Some(Instead::Held) => " No rollback, because a human holds the watch.",
        Some(Instead::NoAction) => " No rollback, because the plan names no action for it.",
    };
    format!("decided {by}{because}.{instead}")
}

fn plural_is(names: &[String]) -> &'static str {
    count::is_are(count::number(names.len()))
}
