//! What is judged.

use super::keys::{CRITERION, REACTIONS, RECOVERED_BY_FAILED};
use super::signal::SignalDraft;
use super::{Draft, quantity};
use crate::fields::Fields;
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::suggestion::nearest;
use crate::tree::{Node, Value};
use crate::units::duration_text;
use core::time::Duration;
use verification::terms::{Criterion, Reaction, Rule, SignalKind, Worse};

/// Shortest time to sustain a limit: below, one slow scrape would decide.
const SHORTEST_SUSTAINED: Duration = Duration::from_secs(5);
/// Below this a restart, a garbage collection or one bad minute of a dependency is taken for a fault of the change.
const SHORT_COMPARED: Duration = Duration::from_secs(5 * 60);
/// A fixed value marks a collapse, which cannot wait as long.
const SHORT_FIXED: Duration = Duration::from_secs(60);
/// More criteria than this are no plan, and rows are numbered in sixteen bits.
const MOST_CRITERIA: usize = 1000;

/// A criterion as far as it could be read, with its places.
#[derive(Debug)]
pub(crate) struct CriterionDraft {
    pub(crate) name: Option<String>,
    pub(crate) name_span: Span,
    /// Name of the signal as written.
    pub(crate) signal: Option<String>,
    /// The limit or fixed value.
    pub(crate) limit_span: Span,
    pub(crate) then_span: Span,
    /// Reactions as far as they could be read.
    pub(crate) then: Vec<Reaction>,
    pub(crate) required: bool,
    pub(crate) criterion: Option<Criterion>,
}

pub(super) fn criteria(reader: &mut Reader<'_>, node: &Node, draft: &mut Draft) {
    let Value::List(items) = &node.value else {
        reader.wrong_type(node, "a list of criteria");
        return;
    };
    if items.len() > MOST_CRITERIA {
        reader
            .error(
                Code::OutOfRange,
                node.span,
                format!("{} criteria are more than {MOST_CRITERIA}", items.len()),
            )
            .help("use `for-each` for slices");
        return;
    }
    for item in items {
        let Some(found) = criterion(reader, item, draft) else {
            continue;
        };
        if let Some(name) = &found.name
            && draft
                .criteria
                .iter()
                .any(|earlier| earlier.name.as_ref() == Some(name))
        {
            reader
                .error(
                    Code::DuplicateName,
                    found.name_span,
                    format!("a second criterion is named `{name}`"),
                )
                .help("names stand in messages and commands; give each criterion its own");
        }
        draft.criteria.push(found);
    }
}

fn criterion(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Option<CriterionDraft> {
    let mut fields = reader.open(node, &CRITERION)?;
    let start = Span::new(node.span.start, node.span.start + 1);
    let name_node = fields.take("name");
    let name = name_node.and_then(|node| reader.text(node));
    if let (Some(node), Some(RECOVERED_BY_FAILED)) = (name_node, name.as_deref()) {
        reader
            .error(
                Code::DuplicateName,
                node.span,
                "this name has a meaning of its own in `recovered-when`",
            )
            .help("choose another name");
    }
    let signal_node = fields.take("signal");
    let signal_name = signal_node.and_then(|node| reader.text(node));
    let signal = match (signal_node, &signal_name) {
        (Some(node), Some(name)) => find_signal(reader, node, name, draft),
        _ => None,
    };
    let measure_node = fields.take("measure");
    let measure =
        signal.and_then(|(_, signal)| quantity::measure(reader, measure_node, signal, node));
    let limit_span = ["limit", "never-above", "never-below"]
        .into_iter()
        .find_map(|key| fields.take(key))
        .map_or(start, |node| node.span);
    let rule = rule(reader, &mut fields, signal.map(|(_, signal)| signal), start);
    let sustained_node = fields.take("sustained-for");
    let sustained_for = sustained_node.and_then(|node| sustained(reader, node, rule, draft));
    let then_node = fields.take("then");
    let (then, complete) = then_node.map_or((Vec::new(), false), |node| reactions(reader, node));
    let required = fields
        .take("required")
        .map_or(Some(true), |node| reader.flag(node));
    fields.done();
    let plan_line = reader.line(node.span);
    let criterion = match (&name, signal, measure, rule, sustained_for, required) {
        (
            Some(name),
            Some((index, _)),
            Some(measure),
            Some(rule),
            Some(sustained_for),
            Some(required),
        ) if complete => Some(Criterion {
            name: name.clone(),
            signal: index,
            measure,
            rule,
            sustained_for,
            then: then.clone(),
            required,
            plan_line,
        }),
        _ => None,
    };
    Some(CriterionDraft {
        name,
        name_span: name_node.map_or(start, |node| node.span),
        signal: signal_name,
        limit_span,
        then_span: then_node.map_or(start, |node| node.span),
        then,
        required: required.unwrap_or(true),
        criterion,
    })
}

fn find_signal<'draft>(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    draft: &'draft Draft,
) -> Option<(u16, &'draft SignalDraft)> {
    if let Some(at) = draft.signals.iter().position(|signal| signal.name == name) {
        return u16::try_from(at)
            .ok()
            .map(|index| (index, &draft.signals[at]));
    }
    if !reader.truncated {
        let names = || draft.signals.iter().map(|signal| signal.name.as_str());
        let list = names().collect::<Vec<_>>().join(", ");
        reader
            .error(
                Code::UnknownName,
                node.span,
                format!("no signal is named `{name}`"),
            )
            .suggest(
                nearest(name, names()),
                if list.is_empty() {
                    "declare it under `signals`".to_owned()
                } else {
                    format!("signals: {list}")
                },
            );
    }
    None
}

fn rule(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    signal: Option<&SignalDraft>,
    start: Span,
) -> Option<Rule> {
    let worse_entry = fields.take_entry("worse-when");
    let limit = fields.take_entry("limit");
    let above = fields.take_entry("never-above");
    let below = fields.take_entry("never-below");
    let forms = [limit.or(worse_entry), above, below];
    let given: Vec<Span> = forms
        .into_iter()
        .flatten()
        .map(|entry| entry.key_span)
        .collect();
    if given.len() > 1 {
        reader
            .error(Code::KeysConflict, given[1], "one criterion has one rule")
            .help("a comparison (`worse-when` and `limit`) and each fixed value (`never-above`, `never-below`) need criteria of their own");
        return None;
    }
    if let Some(entry) = above {
        let signal = signal?;
        let value = quantity::fixed_value(reader, &entry.node, signal)?;
        return Some(Rule::NeverAbove(value));
    }
    if let Some(entry) = below {
        let signal = signal?;
        let value = quantity::fixed_value(reader, &entry.node, signal)?;
        if value == 0.0 {
            reader
                .error(
                    Code::OutOfRange,
                    entry.node.span,
                    "nothing falls below zero",
                )
                .help("give the lowest value that is still acceptable");
            return None;
        }
        return Some(Rule::NeverBelow(value));
    }
    let worse = worse_entry
        .and_then(|entry| reader.word(&entry.node, &["higher", "lower"]))
        .map(|word| match word {
            "lower" => Worse::Lower,
            _ => Worse::Higher,
        });
    match (worse_entry, limit) {
        (Some(_), Some(limit)) => {
            let (worse, signal) = (worse?, signal?);
            let rule = quantity::limit(reader, &limit.node, worse, signal)
                .map(|limit| Rule::AgainstBaseline { worse, limit });
            if let Some(SignalKind::Probe(terms)) =
                signal.signal.as_ref().map(|signal| &signal.kind)
                && terms.baseline_url.is_none()
            {
                reader
                    .error(
                        Code::KeysConflict,
                        limit.key_span,
                        format!(
                            "the probe `{}` has no baseline to compare with",
                            signal.name
                        ),
                    )
                    .help("give the signal a `baseline-url`, or use `never-above`");
            }
            rule
        }
        (Some(entry), None) if !fields.stands("limit") && !reader.truncated => {
            reader
                .error(
                    Code::MissingKey,
                    entry.key_span,
                    "`worse-when` needs a `limit`",
                )
                .help("say how much worse is still acceptable, as limit: +0.5pp");
            None
        }
        (None, Some(entry)) if !fields.stands("worse-when") && !reader.truncated => {
            reader
                .error(
                    Code::MissingKey,
                    entry.key_span,
                    "`limit` needs `worse-when`",
                )
                .help("say the bad direction: worse-when: higher or worse-when: lower");
            None
        }
        (None, None)
            if ![
                "limit",
                "worse-when",
                "never-above",
                "never-below",
                "must-equal",
            ]
            .iter()
            .any(|key| fields.stands(key))
                && !reader.truncated =>
        {
            reader
                .error(Code::MissingKey, start, "the criterion has no rule")
                .help("compare with the baseline (`worse-when: higher` and `limit: +0.5pp`) or set a fixed value (`never-above: 5%`)");
            None
        }
        _ => None,
    }
}

fn sustained(
    reader: &mut Reader<'_>,
    node: &Node,
    rule: Option<Rule>,
    draft: &Draft,
) -> Option<Duration> {
    let time = reader.duration(node)?;
    if time < SHORTEST_SUSTAINED {
        reader
            .error(Code::SustainedTooShort, node.span, format!("a limit cannot be judged on {}", duration_text(time)))
            .help(format!("at least {}; an outright collapse is caught in one or two looks whatever stands here", duration_text(SHORTEST_SUSTAINED)));
        return None;
    }
    let (least, what) = match rule {
        Some(Rule::NeverAbove(_) | Rule::NeverBelow(_)) => (SHORT_FIXED, "for a fixed value"),
        _ => (SHORT_COMPARED, "in production"),
    };
    if time < least && !draft.demonstration {
        reader
            .warning(Code::SustainedTooShort, node.span, format!("{} is short {what}", duration_text(time)))
            .label("restarts and short dips of a dependency last this long")
            .help(format!(
                "use {} or more; a collapse is caught at once in any case. A plan that only shows how things work says `demonstration: true` at the top",
                duration_text(least)
            ));
    }
    if let Some(watch) = draft.watch {
        if time > watch.watch_for {
            reader
                .error(
                    Code::SustainedTooLong,
                    node.span,
                    format!(
                        "the limit would have to be crossed for longer than the watch of {} lasts",
                        duration_text(watch.watch_for)
                    ),
                )
                .help("shorten `sustained-for` or watch for longer");
            return None;
        }
        if time < watch.judge_every {
            reader
                .error(
                    Code::SustainedTooShort,
                    node.span,
                    format!(
                        "the limit would be judged on less than one look: looks are {} apart",
                        duration_text(watch.judge_every)
                    ),
                )
                .help("raise `sustained-for`, or lower `judge-every` under `watch`");
            return None;
        }
    }
    Some(time)
}

/// Reactions, gravest first and each once; false where one could not be read.
fn reactions(reader: &mut Reader<'_>, node: &Node) -> (Vec<Reaction>, bool) {
    let items = reader.one_or_more(node);
    let mut found: Vec<Reaction> = Vec::new();
    let mut complete = true;
    for item in &items {
        match reader.word(item, &REACTIONS).and_then(Reaction::from_word) {
            Some(reaction) if found.contains(&reaction) => {
                reader.error(
                    Code::DuplicateName,
                    item.span,
                    format!("`{}` stands here twice", reaction.word()),
                );
                complete = false;
            }
            Some(reaction) => found.push(reaction),
            None => complete = false,
        }
    }
    if items.is_empty() {
        reader
            .error(
                Code::NoValue,
                node.span,
                "nothing follows from this criterion",
            )
            .help("name a reaction: roll-back, page, ticket or review");
        complete = false;
    }
    found.sort_unstable();
    (found, complete)
}
