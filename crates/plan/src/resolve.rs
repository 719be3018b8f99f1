//! Whether the connections file names what a plan asks for.

use crate::connections::{Action, Connections};
use crate::decode::{Parsed, Reference, ReferenceTo};
use crate::problem::{Code, Problem, Severity, Subject};
use crate::suggestion::nearest;
use std::collections::BTreeMap;

/// Problems of the plan's references; empty where all of them are found. Places are in the plan's text.
#[must_use]
pub fn resolve(parsed: &Parsed, connections: &Connections) -> Vec<Problem> {
    parsed
        .references
        .iter()
        .filter_map(|reference| missing(reference, connections))
        .collect()
}

/// The action or receiver of that name. Receivers are looked up first, since actions change production.
#[must_use]
pub fn receiver<'file>(connections: &'file Connections, name: &str) -> Option<&'file Action> {
    connections
        .receivers
        .get(name)
        .or_else(|| connections.actions.get(name))
}

fn missing(reference: &Reference, connections: &Connections) -> Option<Problem> {
    let name = reference.name.as_str();
    let (what, section, found) = match reference.to {
        ReferenceTo::Source => ("source", "sources", connections.sources.contains_key(name)),
        ReferenceTo::Action => ("action", "actions", connections.actions.contains_key(name)),
        ReferenceTo::Receiver => (
            "receiver",
            "receivers",
            receiver(connections, name).is_some(),
        ),
    };
    if found {
        return None;
    }
    let mut problem = Problem {
        subject: Subject::Plan,
        code: Code::UnknownConnection,
        severity: Severity::Error,
        message: format!("the connections file names no {what} `{name}`"),
        span: reference.span,
        line: reference.line,
        column: reference.column,
        label: String::new(),
        help: None,
    };
    if reference.to == ReferenceTo::Action && connections.receivers.contains_key(name) {
        problem.code = Code::WrongConnection;
        problem.message = format!("`{name}` is a receiver, and an action is needed here");
        problem.help("move it to `actions` in the connections file if it may change production");
        return Some(problem);
    }
    let known = names(reference.to, connections);
    let list = known.join(", ");
    let suggestion = nearest(name, known.iter().copied());
    problem.suggest(
        suggestion,
        if list.is_empty() {
            format!("add it under `{section}` in the connections file")
        } else {
            format!("add it under `{section}` in the connections file; it names: {list}")
        },
    );
    Some(problem)
}

fn names(to: ReferenceTo, connections: &Connections) -> Vec<&str> {
    fn keys<T>(map: &BTreeMap<String, T>) -> impl Iterator<Item = &str> {
        map.keys().map(String::as_str)
    }
    match to {
        ReferenceTo::Source => keys(&connections.sources).collect(),
        ReferenceTo::Action => keys(&connections.actions).collect(),
        ReferenceTo::Receiver => keys(&connections.receivers)
            .chain(keys(&connections.actions))
            .collect(),
    }
}
