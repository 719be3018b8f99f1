//! Mappings opened by their table: no key is unknown, doubled or forgotten.

use crate::place::Span;
use crate::problem::{Code, Subject};
use crate::reader::{Reader, first_line_end};
use crate::suggestion::nearest;
use crate::table::{Available, Key, Kind, Kinds, Table};
use crate::tree::{Entry, Node};

impl Reader<'_> {
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
