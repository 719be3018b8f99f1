//! From the tree of a plan to its terms.

mod actions;
mod authority;
mod compare;
mod criterion;
pub(crate) mod keys;
mod level_query;
mod quantity;
mod signal;
mod tests;
mod watch;

pub(crate) use criterion::CriterionDraft;
pub(crate) use signal::{SignalDraft, picked_side};

use crate::place::Span;
use crate::problem::{Code, Problem, Subject};
use crate::reader::Reader;
use crate::tree::Node;
use verification::terms::{ActionTerms, Authority, Compare, Plan, Reaction, SideRule};
use watch::WatchTerms;

/// What could be made of a plan's text.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// Name of the file, as given.
    pub file: String,
    /// The plan; only where no problem is an error.
    pub plan: Option<Plan>,
    /// All problems, in the order of the text.
    pub problems: Vec<Problem>,
    /// What the plan asks of the connections file, in the order of the text. Present even where the plan has errors.
    pub references: Vec<Reference>,
}

/// One name in a plan that stands for an entry of the connections file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What is asked for.
    pub to: ReferenceTo,
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// What a reference asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceTo {
    /// A source that metrics are read from.
    Source,
    /// An action that changes production.
    Action,
    /// A receiver (or an action) that hears of a reaction.
    Receiver,
}

/// What is known of a plan while it is read; parts that could not be read are missing.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) service: Option<String>,
    pub(crate) change: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) runbook: Option<String>,
    pub(crate) demonstration: bool,
    pub(crate) watch: Option<WatchTerms>,
    pub(crate) compare: Option<Compare>,
    pub(crate) signals: Vec<SignalDraft>,
    pub(crate) criteria: Vec<CriterionDraft>,
    pub(crate) authority: Option<Authority>,
    pub(crate) authority_places: authority::AuthorityPlaces,
    pub(crate) actions: Vec<actions::ActionDraft>,
    pub(crate) references: Vec<(ReferenceTo, String, Span)>,
    /// Where to point at for what the whole plan lacks.
    pub(crate) head: Span,
    /// The key `criteria`, where it stands.
    pub(crate) criteria_key: Option<Span>,
}

impl Draft {
    pub(crate) fn action(&self, reaction: Reaction) -> Option<&ActionTerms> {
        self.actions
            .iter()
            .map(|action| &action.terms)
            .find(|terms| terms.reaction == reaction)
    }
}

/// Reads a plan. All problems are found at once; `file` is only kept for showing.
///
/// Cost is linear in the text, which is refused above one megabyte.
#[must_use]
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut reader = Reader::new(text, Subject::Plan);
    let root = reader.tree();
    let mut draft = Draft::default();
    let mut tests = Vec::new();
    if let Some(root) = &root {
        tests = read_plan(&mut reader, root, &mut draft);
        if !reader.truncated {
            crate::lints::look(&mut reader, &draft);
        }
    }
    let references = draft
        .references
        .iter()
        .map(|(to, name, span)| {
            let span = &reader.lines.clip(*span);
            let (line, column) = reader.position(*span);
            Reference {
                to: *to,
                name: name.clone(),
                span: *span,
                line,
                column,
            }
        })
        .collect();
    let plan = if reader.has_errors() || reader.truncated {
        None
    } else {
        assemble(draft, tests)
    };
    Parsed {
        file: file.to_owned(),
        plan,
        problems: reader.finish(),
        references,
    }
}

fn read_plan(
    reader: &mut Reader<'_>,
    root: &Node,
    draft: &mut Draft,
) -> Vec<verification::terms::PlanTest> {
    let Some(mut fields) = reader.open(root, &keys::PLAN) else {
        return Vec::new();
    };
    draft.head = Span::new(root.span.start, root.span.start + 1);
    if let Some(entry) = fields.take_entry("plan") {
        version(reader, &entry.node, "plan");
        draft.head = entry.key_span;
    }
    draft.service = fields.take("service").and_then(|node| reader.text(node));
    draft.change = fields.take("change").and_then(|node| reader.text(node));
    draft.owner = fields.take("owner").and_then(|node| reader.text(node));
    draft.runbook = fields.take("runbook").and_then(|node| reader.text(node));
    draft.demonstration = fields
        .take("demonstration")
        .and_then(|node| reader.flag(node))
        .unwrap_or(false);
    draft.watch = fields
        .take("watch")
        .and_then(|node| watch::watch(reader, node, draft.demonstration));
    if let Some(node) = fields.take("signals") {
        signal::signals(reader, node, draft);
    }
    match fields.take("compare") {
        Some(node) => draft.compare = compare::compare(reader, node),
        None if fields.stands("compare") || reader.truncated => {}
        None => draft.compare = compare::missing(reader, draft),
    }
    if let Some(entry) = fields.take_entry("criteria") {
        draft.criteria_key = Some(entry.key_span);
        criterion::criteria(reader, &entry.node, draft);
    }
    match fields.take_entry("authority") {
        Some(entry) => authority::authority(reader, &entry.node, draft),
        None => draft.authority = Some(authority::unstated()),
    }
    if let Some(node) = fields.take("actions") {
        actions::actions(reader, node, draft);
    }
    let tests = fields
        .take("tests")
        .map(|node| tests::tests(reader, node, draft))
        .unwrap_or_default();
    fields.done();
    tests
}

/// Checks the format version.
pub(crate) fn version(reader: &mut Reader<'_>, node: &Node, name: &str) {
    let Some(text) = reader.scalar(node, "the number 1") else {
        return;
    };
    if text != "1" {
        let message = format!("version `{text}` of the format is not known");
        reader
            .error(Code::WrongVersion, node.span, message)
            .help(format!(
                "write `{name}: 1`; if the file was written for a newer shakedown, install that"
            ));
    }
}

fn assemble(draft: Draft, tests: Vec<verification::terms::PlanTest>) -> Option<Plan> {
    let watch = draft.watch?;
    let signals = draft
        .signals
        .into_iter()
        .map(|signal| signal.signal)
        .collect::<Option<Vec<_>>>()?;
    let criteria = draft
        .criteria
        .into_iter()
        .map(|criterion| criterion.criterion)
        .collect::<Option<Vec<_>>>()?;
    Some(Plan {
        service: draft.service?,
        change: draft.change,
        owner: draft.owner,
        runbook: draft.runbook,
        watch_for: watch.watch_for,
        judge_every: watch.judge_every,
        warm_up: watch.warm_up,
        lateness: watch.lateness,
        compare: draft.compare?,
        signals,
        criteria,
        authority: draft.authority?,
        actions: draft
            .actions
            .into_iter()
            .map(|action| action.terms)
            .collect(),
        tests,
    })
}

/// Whether two sides by matchers are said to be the same.
pub(crate) fn labels_of_sides(sides: &SideRule) -> Vec<&str> {
    match sides {
        SideRule::Matchers { canary, baseline } => canary
            .iter()
            .chain(baseline)
            .map(|matcher| matcher.label.as_str())
            .collect(),
        SideRule::ByLabel { label, .. } => vec![label.as_str()],
    }
}
