//! What is done for each reaction.

use super::authority::light_reaction;
use super::keys::{ACTION_ROLL_BACK, ACTIONS, RECEIVER, RECOVERED_BY_FAILED};
use super::{Draft, ReferenceTo};
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::suggestion::nearest;
use crate::tree::{Entry, Node};
use core::time::Duration;
use verification::terms::{ActionTerms, Otherwise, Reaction};

/// Time to prove the recovery, where the plan does not say, and its range.
const RECOVERED_WITHIN: Duration = Duration::from_secs(600);
const SHORTEST_RECOVERY: Duration = Duration::from_secs(5);
const LONGEST_RECOVERY: Duration = Duration::from_secs(86_400);
/// A rehearsal older than ten years proves nothing.
const OLDEST_DRILL: Duration = Duration::from_secs(3650 * 86_400);

/// An action with its places.
#[derive(Debug)]
pub(crate) struct ActionDraft {
    pub(crate) terms: ActionTerms,
    pub(crate) key_span: Span,
    /// Whether `recovered-when` stands in the plan.
    pub(crate) recovery_named: bool,
}

pub(super) fn actions(reader: &mut Reader<'_>, node: &Node, draft: &mut Draft) {
    let Some(mut fields) = reader.open(node, &ACTIONS) else {
        return;
    };
    for reaction in [
        Reaction::RollBack,
        Reaction::Page,
        Reaction::Ticket,
        Reaction::Review,
    ] {
        let Some(entry) = fields.take_entry(reaction.word()) else {
            continue;
        };
        let found = if reaction == Reaction::RollBack {
            roll_back(reader, entry, draft)
        } else {
            receiver(reader, entry, reaction, draft)
        };
        draft.actions.extend(found);
    }
    fields.done();
}

fn roll_back(reader: &mut Reader<'_>, entry: &Entry, draft: &mut Draft) -> Option<ActionDraft> {
    let mut fields = reader.open(&entry.node, &ACTION_ROLL_BACK)?;
    let run = fields
        .take("run")
        .and_then(|node| named(reader, node, ReferenceTo::Action, draft));
    let target = fields
        .take("target")
        .map_or(Some(None), |node| reader.text(node).map(Some));
    let recovered_node = fields.take("recovered-when");
    let recovered_when =
        recovered_node.map_or(Some(None), |node| recovered_when(reader, node, draft));
    let within = fields
        .take("within")
        .map_or(Some(RECOVERED_WITHIN), |node| {
            reader.duration_between(node, SHORTEST_RECOVERY, LONGEST_RECOVERY)
        });
    let otherwise = fields
        .take("otherwise")
        .map_or(Some(Reaction::Page), |node| {
            light_reaction(reader, node, &["page", "ticket"])
        });
    let drilled_within = fields.take("drilled-within").map_or(Some(None), |node| {
        reader
            .duration_between(node, Duration::from_secs(60), OLDEST_DRILL)
            .map(Some)
    });
    fields.done();
    Some(ActionDraft {
        terms: ActionTerms {
            reaction: Reaction::RollBack,
            run: run?,
            target: target?,
            recovered_when: recovered_when?,
            within: within?,
            otherwise: if otherwise? == Reaction::Ticket {
                Otherwise::Ticket
            } else {
                Otherwise::Page
            },
            drilled_within: drilled_within?,
            settings: Vec::new(),
        },
        key_span: entry.key_span,
        recovery_named: recovered_node.is_some(),
    })
}

/// Index of the criterion that proves the recovery; `Some(None)` where those that failed prove it.
fn recovered_when(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Option<Option<u16>> {
    let name = reader.text(node)?;
    if name == RECOVERED_BY_FAILED {
        return Some(None);
    }
    let at = draft
        .criteria
        .iter()
        .position(|criterion| criterion.name.as_deref() == Some(name.as_str()));
    if let Some(index) = at.and_then(|at| u16::try_from(at).ok()) {
        return Some(Some(index));
    }
    if !reader.truncated {
        let names = draft
            .criteria
            .iter()
            .filter_map(|criterion| criterion.name.as_deref());
        let suggestion = nearest(&name, names.chain([RECOVERED_BY_FAILED]));
        reader
            .error(
                Code::UnknownName,
                node.span,
                format!("no criterion is named `{name}`"),
            )
            .suggest(
                suggestion,
                format!("name a criterion of this plan, or write `{RECOVERED_BY_FAILED}`"),
            );
    }
    None
}

fn receiver(
    reader: &mut Reader<'_>,
    entry: &Entry,
    reaction: Reaction,
    draft: &mut Draft,
) -> Option<ActionDraft> {
    let mut fields = reader.open(&entry.node, &RECEIVER)?;
    let send = fields.take_entry("send");
    let run = fields.take_entry("run");
    let target = fields
        .take("target")
        .map_or(Some(None), |node| reader.text(node).map(Some));
    let settings = reader.settings(fields.others());
    if let (Some(_), Some(run)) = (send, run) {
        reader
            .error(
                Code::KeysConflict,
                run.key_span,
                "`send` and `run` exclude each other",
            )
            .help("keep one of them");
    }
    let stands = fields.stands("send") || fields.stands("run");
    let receiver = send.or(run);
    if receiver.is_none() && !stands && !reader.truncated {
        let near = fields.others().iter().find_map(|other| {
            nearest(&other.key, ["send", "run"]).map(|word| (other.key_span, word))
        });
        let problem = reader.error(
            Code::MissingKey,
            near.map_or(entry.key_span, |(span, _)| span),
            format!("`{}` does not say who hears of it", entry.key),
        );
        problem.help("name a receiver of the connections file, as send: pagerduty/payments");
        if let Some((_, word)) = near {
            problem.label(format!("did you mean `{word}`?"));
        }
    }
    fields.done();
    let to = if send.is_some() {
        ReferenceTo::Receiver
    } else {
        ReferenceTo::Action
    };
    let run = named(reader, &receiver?.node, to, draft)?;
    Some(ActionDraft {
        terms: ActionTerms {
            reaction,
            run,
            target: target?,
            recovered_when: None,
            within: RECOVERED_WITHIN,
            otherwise: Otherwise::Page,
            drilled_within: None,
            settings,
        },
        key_span: entry.key_span,
        recovery_named: false,
    })
}

fn named(
    reader: &mut Reader<'_>,
    node: &Node,
    to: ReferenceTo,
    draft: &mut Draft,
) -> Option<String> {
    let name = reader.text(node)?;
    draft.references.push((to, name.clone(), node.span));
    Some(name)
}
