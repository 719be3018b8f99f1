//! The decoder's hand: opens mappings by their table, takes typed values, and collects every problem on the way.

use crate::place::{Lines, Span};
use crate::problem::{Code, Problem, Severity, Subject};
use crate::suggestion::nearest;
use crate::table::{Available, Key, Kind, Kinds, Table};
use crate::tree::{Entry, Node, Value};
use std::collections::BTreeSet;

/// Most problems that are kept; nobody reads more, and their number must not grow with a hostile text.
const MOST_PROBLEMS: usize = 300;

/// Collects the problems of one text.
pub(crate) struct Reader<'text> {
    lines: Lines<'text>,
    subject: Subject,
    problems: Vec<Problem>,
    /// Set once there are more problems than are kept.
    one_too_many: Option<Problem>,
    /// The tree ends early: what is not there may only not have been reached.
    pub(crate) truncated: bool,
}

impl<'text> Reader<'text> {
    pub(crate) fn new(text: &'text str, subject: Subject) -> Self {
        Self {
            lines: Lines::of(text),
            subject,
            problems: Vec::new(),
            one_too_many: None,
            truncated: false,
        }
    }

    /// Reads the tree and reports the YAML's own troubles.
    pub(crate) fn tree(&mut self) -> Option<Node> {
        let text = self.lines.text();
        if text.len() > crate::tree::MOST_BYTES {
            self.error(
                Code::TooLarge,
                Span::new(0, 0),
                format!("the file has {} bytes", text.len()),
            )
            .help("a file of this kind has a few kilobytes; check the path");
            return None;
        }
        let reading = crate::tree::read(text);
        self.truncated = reading.truncated;
        for trouble in reading.troubles {
            let problem = self.error(Code::NotYaml, trouble.span, trouble.message);
            if let Some(help) = trouble.help {
                problem.help(help);
            }
        }
        if reading.root.as_ref().is_none_or(Node::is_null) && self.problems.is_empty() {
            self.error(
                Code::NoValue,
                Span::new(0, 0),
                "the file is empty".to_owned(),
            )
            .help("`shakedown init` writes a first one");
            return None;
        }
        reading.root
    }

    pub(crate) fn error(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Problem {
        self.push(code, Severity::Error, span, message.into())
    }

    pub(crate) fn warning(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Problem {
        self.push(code, Severity::Warning, span, message.into())
    }

    fn push(
        &mut self,
        code: Code,
        severity: Severity,
        span: Span,
        message: String,
    ) -> &mut Problem {
        let problem = Problem::new(&self.lines, self.subject, code, severity, span, message);
        if self.problems.len() == MOST_PROBLEMS {
            // From here on the last place is written over: the text is no plan, whatever else it says.
            self.one_too_many = Some(problem);
        } else {
            self.problems.push(problem);
        }
        let at = self.problems.len() - 1;
        self.one_too_many.as_mut().unwrap_or(&mut self.problems[at])
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.one_too_many.is_some() || self.problems.iter().any(Problem::is_error)
    }

    /// All problems in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        if self.one_too_many.take().is_some() {
            let message = format!("more than {MOST_PROBLEMS} problems: the rest is not listed");
            self.problems.push(Problem::new(
                &self.lines,
                self.subject,
                Code::TooLarge,
                Severity::Error,
                Span::default(),
                message,
            ));
        }
        if self.truncated {
            // Where the YAML is broken, a value that runs over lines has swallowed what follows.
            let text = self.lines.text();
            self.problems.retain(|problem| {
                problem.code == Code::NotYaml
                    || !text[problem.span.start..problem.span.end].contains('\n')
            });
        }
        self.problems.sort_by_key(|problem| {
            (
                problem.span.start,
                problem.span.end,
                problem.severity,
                problem.code,
            )
        });
        self.problems.dedup();
        self.problems
    }

    pub(crate) fn line(&self, span: Span) -> u32 {
        self.lines.position(span.start).0
    }

    pub(crate) fn position(&self, span: Span) -> (u32, u32) {
        self.lines.position(span.start)
    }

    /// The place of a part of a scalar's text, where the text stands in the file as it is; else the whole scalar.
    pub(crate) fn inside(&self, node: &Node, offset: usize, length: usize) -> Span {
        let (Value::Scalar { text, .. }, Some(source)) = (
            &node.value,
            self.lines.text().get(node.span.start..node.span.end),
        ) else {
            return node.span;
        };
        let Some(skipped) = source.find(text.as_str()).filter(|skipped| *skipped <= 1) else {
            return node.span;
        };
        let start = node.span.start + skipped + offset.min(text.len());
        Span::new(start, (start + length).min(node.span.end))
    }

    /// The node's single value; reports where it is none.
    pub(crate) fn scalar<'node>(&mut self, node: &'node Node, needed: &str) -> Option<&'node str> {
        match &node.value {
            Value::Scalar { text, .. } => Some(text.as_str()),
            Value::List(_) | Value::Map(_) => {
                self.wrong_type(node, needed);
                None
            }
        }
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, needed: &str) {
        let what = node.what();
        let mut span = node.span;
        if let Value::List(_) | Value::Map(_) = node.value {
            span.end = first_line_end(self.lines.text(), span);
        }
        self.error(
            Code::WrongType,
            span,
            format!("{needed} is needed here, not {what}"),
        );
    }

    /// Entries of a mapping; reports where it is none.
    pub(crate) fn entries<'node>(
        &mut self,
        node: &'node Node,
        needed: &str,
    ) -> Option<&'node [Entry]> {
        match &node.value {
            Value::Map(entries) => {
                let mut seen = BTreeSet::new();
                for entry in entries {
                    if !seen.insert(entry.key.as_str()) {
                        self.error(
                            Code::DuplicateKey,
                            entry.key_span,
                            format!("`{}` stands here twice", entry.key),
                        )
                        .help("keep one of them");
                    }
                }
                Some(entries)
            }
            Value::Scalar { .. } | Value::List(_) => {
                self.wrong_type(node, needed);
                None
            }
        }
    }

    /// One item or a list of them.
    pub(crate) fn one_or_more<'node>(&self, node: &'node Node) -> Vec<&'node Node> {
        match &node.value {
            Value::List(items) => items.iter().collect(),
            Value::Scalar { .. } | Value::Map(_) => vec![node],
        }
    }

    /// Opens a mapping by its table: unknown, doubled and missing keys are reported.
    pub(crate) fn open<'node>(
        &mut self,
        node: &'node Node,
        table: &'static Table,
    ) -> Option<Fields<'node>> {
        let entries = self.entries(node, &format!("a mapping ({})", table.name))?;
        let known: Vec<&'static Key> = table.keys.iter().collect();
        Some(self.fields(node, entries, table.name, known, &[], table.open))
    }

    /// Opens a mapping whose keys depend on its `kind`.
    pub(crate) fn open_kind<'node>(
        &mut self,
        node: &'node Node,
        kinds: &'static Kinds,
        name: &str,
        name_span: Span,
    ) -> Option<(&'static Kind, Fields<'node>)> {
        let entries = self.entries(node, &format!("a mapping ({})", kinds.name))?;
        let words = || kinds.kinds.iter().map(|kind| kind.word);
        let listed = words().collect::<Vec<_>>().join(", ");
        let Some(entry) = entries.iter().find(|entry| entry.key == "kind") else {
            if !self.truncated {
                self.error(
                    Code::MissingKey,
                    name_span,
                    format!("{} `{name}` has no `kind`", kinds.name),
                )
                .help(format!("kinds: {listed}"));
            }
            return None;
        };
        let word = self.scalar(&entry.node, "one word")?.to_owned();
        let Some(kind) = kinds.kind(&word) else {
            if kinds.later.contains(&word.as_str()) {
                let subject = self.subject;
                let problem = self.error(
                    Code::NotAvailableYet,
                    entry.node.span,
                    format!("kind `{word}` is not available yet"),
                );
                match subject {
                    Subject::Plan => problem.label("nothing would be judged").help(format!(
                        "remove the {} and its criteria for now; kinds: {listed}",
                        kinds.name
                    )),
                    Subject::Connections => problem.help(format!("kinds: {listed}")),
                };
            } else {
                self.error(
                    Code::UnknownWord,
                    entry.node.span,
                    format!("unknown kind `{word}`"),
                )
                .suggest(nearest(&word, words()), format!("kinds: {listed}"));
            }
            return None;
        };
        let known: Vec<&'static Key> = kinds.common.iter().chain(kind.keys).collect();
        let elsewhere: Vec<(&'static str, &'static str)> = kinds
            .kinds
            .iter()
            .flat_map(|other| other.keys.iter().map(|key| (key.name, other.word)))
            .collect();
        let what = format!("{} of kind {}", kinds.name, kind.word);
        let mut fields = self.fields(node, entries, &what, known, &elsewhere, false);
        fields.take("kind");
        Some((kind, fields))
    }

    fn fields<'node>(
        &mut self,
        node: &'node Node,
        entries: &'node [Entry],
        what: &str,
        known: Vec<&'static Key>,
        elsewhere: &[(&'static str, &'static str)],
        open: bool,
    ) -> Fields<'node> {
        let mut fields = Fields {
            known,
            found: Vec::new(),
            others: Vec::new(),
            taken: Vec::new(),
            span: node.span,
        };
        let mut misspelt: Vec<&'static str> = Vec::new();
        for entry in entries {
            let Some(key) = fields
                .known
                .iter()
                .copied()
                .find(|key| key.name == entry.key)
            else {
                if open {
                    fields.others.push(entry);
                } else {
                    let meant = self.unknown_key(entry, what, &fields.known, elsewhere);
                    misspelt.extend(meant);
                }
                continue;
            };
            match key.available {
                Available::Now if entry.node.is_null() => {
                    let span = entry.key_span;
                    if !self.truncated {
                        self.error(Code::NoValue, span, format!("`{}` has no value", entry.key))
                            .help("give it a value or remove the key");
                    }
                    fields.found.push((key.name, None));
                }
                Available::Now => fields.found.push((key.name, Some(entry))),
                Available::LaterRefused => {
                    fields.found.push((key.name, None));
                    self.error(
                        Code::NotAvailableYet,
                        entry.key_span,
                        format!("`{}` is not available yet", entry.key),
                    )
                    .help("remove it for now: it would judge nothing");
                }
                Available::InlineSecret => {
                    fields.found.push((key.name, None));
                    self.error(
                        Code::InlineSecret,
                        entry.node.span,
                        format!("`{}` would put a secret into the file", entry.key),
                    )
                    .help(key.about);
                }
                Available::LaterIgnored => {
                    self.warning(
                        Code::NotAvailableYet,
                        entry.key_span,
                        format!("`{}` is not available yet", entry.key),
                    )
                    .label("has no effect")
                    .help("it may stay; nothing is judged by it until it is available");
                }
            }
        }
        for key in fields.known.clone() {
            let present = fields.found.iter().any(|(name, _)| *name == key.name);
            if key.required && !present && !self.truncated && !misspelt.contains(&key.name) {
                let span = Span::new(
                    node.span.start,
                    first_line_end(self.lines.text(), node.span),
                );
                self.error(
                    Code::MissingKey,
                    span,
                    format!("the key `{}` is missing in this {what}", key.name),
                )
                .help(key.about);
            }
        }
        fields
    }

    /// Reports a key that is not known, and gives the one that was probably meant.
    fn unknown_key(
        &mut self,
        entry: &Entry,
        what: &str,
        known: &[&'static Key],
        elsewhere: &[(&'static str, &'static str)],
    ) -> Option<&'static str> {
        let word = &entry.key;
        let kinds: Vec<&str> = elsewhere
            .iter()
            .filter(|(key, _)| key == word)
            .map(|(_, kind)| *kind)
            .collect();
        if !kinds.is_empty() {
            self.error(
                Code::UnknownKey,
                entry.key_span,
                format!("`{word}` does not belong to a {what}"),
            )
            .help(format!("it belongs to kind {}", kinds.join(", ")));
            return None;
        }
        let names = || {
            known
                .iter()
                .filter(|key| key.available == Available::Now)
                .map(|key| key.name)
        };
        let suggestion = nearest(word, names());
        let message = match suggestion {
            Some(meant) => format!("unknown key `{word}`, did you mean `{meant}`?"),
            None => format!("unknown key `{word}`"),
        };
        let list = names().collect::<Vec<_>>().join(", ");
        let problem = self.error(Code::UnknownKey, entry.key_span, message);
        problem.label(format!("not a key of a {what}"));
        if suggestion.is_none() {
            problem.help(format!("keys here: {list}"));
        }
        suggestion
    }
}

fn first_line_end(text: &str, span: Span) -> usize {
    let whole = text.get(span.start..span.end).unwrap_or("");
    span.start + whole.find(['\n', '\r']).unwrap_or(whole.len())
}

/// An opened mapping. Every key of its table must be taken, so that no key is accepted and forgotten.
pub(crate) struct Fields<'node> {
    known: Vec<&'static Key>,
    found: Vec<(&'static str, Option<&'node Entry>)>,
    others: Vec<&'node Entry>,
    taken: Vec<&'static str>,
    /// The whole mapping.
    pub(crate) span: Span,
}

impl<'node> Fields<'node> {
    /// The value of a key, where there is one.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'node Node> {
        self.take_entry(name).map(|entry| &entry.node)
    }

    /// The entry of a key, where there is one.
    pub(crate) fn take_entry(&mut self, name: &'static str) -> Option<&'node Entry> {
        debug_assert!(
            self.known.iter().any(|key| key.name == name),
            "`{name}` is in no table"
        );
        self.taken.push(name);
        self.found
            .iter()
            .find(|(found, _)| *found == name)
            .and_then(|(_, entry)| *entry)
    }

    /// Whether the key stands in the file, with or without a value.
    pub(crate) fn stands(&self, name: &str) -> bool {
        self.found.iter().any(|(found, _)| *found == name)
    }

    /// Where the first of these keys stands; the whole mapping where none does.
    pub(crate) fn span_of_key(&self, names: &[&str]) -> Span {
        self.found
            .iter()
            .filter(|(found, _)| names.contains(found))
            .find_map(|(_, entry)| entry.map(|entry| entry.key_span))
            .unwrap_or(Span::new(self.span.start, self.span.start + 1))
    }

    /// Entries of an open mapping that no key of the table names.
    pub(crate) fn others(&self) -> &[&'node Entry] {
        &self.others
    }

    /// Ends the reading of the mapping.
    pub(crate) fn done(self) {
        for key in &self.known {
            debug_assert!(
                key.available != Available::Now || self.taken.contains(&key.name),
                "`{}` is accepted and never read",
                key.name
            );
        }
    }
}
