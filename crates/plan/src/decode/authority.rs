//! Who decides, who may object, and what happens when nobody answers.

use super::Draft;
use super::keys::{AUTHORITY, AUTHORITY_CONFIRM, AUTHORITY_REVIEW, AUTHORITY_ROLL_BACK};
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;
use crate::units::{duration, duration_text};
use core::time::Duration;
use verification::terms::{
    Authority, CannotSee, DecidedBy, Decider, Objection, Reaction, ReviewTerms,
};

/// Time without sight after which somebody is woken, where the plan does not say.
const CANNOT_SEE: Duration = Duration::from_secs(10 * 60);
/// Shortest silence that is answered: one late scrape is no silence.
const SHORTEST_SILENCE: Duration = Duration::from_secs(5);
/// A rollback that waits longer than this for objections is a human's decision.
const LONGEST_OBJECTION: Duration = Duration::from_secs(3600);
/// Time to answer a review, where the plan does not say, and at most.
const REVIEW_WITHIN: Duration = Duration::from_secs(3600);
const LONGEST_REVIEW: Duration = Duration::from_secs(7 * 86_400);

/// Where the parts of the authority stand.
#[derive(Debug, Default)]
pub(crate) struct AuthorityPlaces {
    /// The roll-back authority, if the plan states it.
    pub(crate) roll_back: Option<Span>,
    /// The answer to silence, if the plan states it.
    pub(crate) cannot_see: Option<Span>,
    /// The review, if the plan states it.
    pub(crate) review: Option<Span>,
}

/// What holds where the plan does not say.
pub(super) fn unstated() -> Authority {
    Authority {
        roll_back: Decider {
            decided_by: DecidedBy::Shakedown,
            objection: None,
        },
        confirm: DecidedBy::Shakedown,
        review: None,
        undecided_at_the_end: Reaction::Review,
        cannot_see: vec![CannotSee {
            after: CANNOT_SEE,
            then: Reaction::Page,
        }],
        plan_line: 0,
    }
}

pub(super) fn authority(reader: &mut Reader<'_>, node: &Node, draft: &mut Draft) {
    let Some(mut fields) = reader.open(node, &AUTHORITY) else {
        return;
    };
    let mut terms = unstated();
    if let Some(entry) = fields.take_entry("roll-back") {
        draft.authority_places.roll_back = Some(entry.key_span);
        terms.plan_line = reader.line(entry.key_span);
        if let Some(decider) = roll_back(reader, &entry.node) {
            terms.roll_back = decider;
        }
    }
    if let Some(node) = fields.take("confirm")
        && let Some(mut fields) = reader.open(node, &AUTHORITY_CONFIRM)
    {
        if let Some(decider) = fields
            .take("decided-by")
            .and_then(|node| decided_by(reader, node))
        {
            terms.confirm = decider;
        }
        fields.done();
    }
    if let Some(entry) = fields.take_entry("review") {
        draft.authority_places.review = Some(entry.key_span);
        terms.review = review(reader, &entry.node);
    }
    if let Some(node) = fields.take("undecided-at-the-end")
        && let Some(reaction) = light_reaction(reader, node, &["review", "ticket", "page"])
    {
        terms.undecided_at_the_end = reaction;
    }
    if let Some(entry) = fields.take_entry("cannot-see-for") {
        draft.authority_places.cannot_see = Some(entry.key_span);
        if let Some(steps) = cannot_see(reader, &entry.node) {
            terms.cannot_see = steps;
        }
    }
    fields.done();
    draft.authority = Some(terms);
}

fn decided_by(reader: &mut Reader<'_>, node: &Node) -> Option<DecidedBy> {
    let text = reader.text(node)?;
    Some(if text == "shakedown" {
        DecidedBy::Shakedown
    } else {
        DecidedBy::Role(text)
    })
}

fn roll_back(reader: &mut Reader<'_>, node: &Node) -> Option<Decider> {
    let mut fields = reader.open(node, &AUTHORITY_ROLL_BACK)?;
    let decider = fields
        .take("decided-by")
        .map_or(Some(DecidedBy::Shakedown), |node| decided_by(reader, node));
    let roles_entry = fields.take_entry("may-object");
    let roles = roles_entry.and_then(|entry| reader.texts(&entry.node));
    let within_entry = fields.take_entry("within");
    let within = within_entry.and_then(|entry| {
        reader.duration_between(&entry.node, Duration::from_secs(1), LONGEST_OBJECTION)
    });
    fields.done();
    let objection = match (roles_entry, within_entry) {
        (None, None) => None,
        (Some(_), Some(_)) => Some(Objection {
            roles: roles?,
            within: within?,
        }),
        (Some(roles), None) => {
            reader
                .error(
                    Code::KeysConflict,
                    roles.key_span,
                    "`may-object` needs `within`",
                )
                .help("say how long they have, as within: 2m; the rollback waits that long");
            return None;
        }
        (None, Some(within)) => {
            reader
                .error(Code::KeysConflict, within.key_span, "`within` needs `may-object`")
                .help("name the roles that may object, or remove `within`: the rollback would wait for nobody");
            return None;
        }
    };
    if objection
        .as_ref()
        .is_some_and(|objection| objection.roles.is_empty())
        && let Some(roles) = roles_entry
    {
        reader
            .error(Code::NoValue, roles.node.span, "nobody may object here")
            .help("name a role, or remove `may-object` and `within`");
        return None;
    }
    Some(Decider {
        decided_by: decider?,
        objection,
    })
}

fn review(reader: &mut Reader<'_>, node: &Node) -> Option<ReviewTerms> {
    let mut fields = reader.open(node, &AUTHORITY_REVIEW)?;
    let role = fields
        .take("decided-by")
        .and_then(|node| reader.text(node).map(|text| (node, text)));
    let within = fields.take("within").map_or(Some(REVIEW_WITHIN), |node| {
        reader.duration_between(node, Duration::from_secs(60), LONGEST_REVIEW)
    });
    let otherwise = fields
        .take("otherwise")
        .map_or(Some(Reaction::Page), |node| {
            light_reaction(reader, node, &["page", "ticket"])
        });
    fields.done();
    let (node, role) = role?;
    if role == "shakedown" {
        reader
            .error(
                Code::BlindConfirm,
                node.span,
                "a review is answered by a human",
            )
            .help("name a role; a review is asked for because the evidence does not decide");
        return None;
    }
    Some(ReviewTerms {
        decided_by: role,
        within: within?,
        otherwise: otherwise?,
    })
}

/// A reaction that may follow from missing evidence or a missing answer: never a rollback, never a confirm.
pub(super) fn light_reaction(
    reader: &mut Reader<'_>,
    node: &Node,
    words: &[&'static str],
) -> Option<Reaction> {
    let written = reader.scalar(node, "one reaction")?.trim();
    let list = words.join(", ");
    match written {
        "roll-back" => {
            reader
                .error(Code::BlindRollBack, node.span, "a rollback never follows from silence")
                .label("no evidence against the new version stands behind this")
                .help(format!("use one of {list}: missing telemetry or a missing answer says nothing about the new version"));
            None
        }
        "confirm" => {
            reader
                .error(
                    Code::BlindConfirm,
                    node.span,
                    "a confirm never follows from silence",
                )
                .label("no evidence for the new version stands behind this")
                .help(format!(
                    "use one of {list}: a change is confirmed on evidence or by a human"
                ));
            None
        }
        _ => reader.word(node, words).and_then(Reaction::from_word),
    }
}

fn cannot_see(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<CannotSee>> {
    let entries = reader.entries(node, "a mapping from times to reactions, as {10m: page},")?;
    let mut steps: Vec<CannotSee> = Vec::new();
    let mut complete = true;
    for entry in entries {
        let after = match duration(&entry.key) {
            Ok(time) if time >= SHORTEST_SILENCE => Some(time),
            Ok(time) => {
                reader
                    .error(
                        Code::OutOfRange,
                        entry.key_span,
                        format!("{} without samples is no silence yet", duration_text(time)),
                    )
                    .help(format!("at least {}", duration_text(SHORTEST_SILENCE)));
                None
            }
            Err(unreadable) => {
                reader
                    .error(unreadable.code, entry.key_span, unreadable.message)
                    .help(unreadable.help);
                None
            }
        };
        let then = light_reaction(reader, &entry.node, &["page", "ticket", "review"]);
        match (after, then) {
            (Some(after), Some(then)) => steps.push(CannotSee { after, then }),
            _ => complete = false,
        }
    }
    if entries.is_empty() {
        reader
            .error(
                Code::SilenceNotAnswered,
                node.span,
                "nothing follows when nothing can be seen",
            )
            .help("write {10m: page}");
        complete = false;
    }
    steps.sort_by_key(|step| step.after);
    complete.then_some(steps)
}
