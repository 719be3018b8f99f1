//! The decoder's hand: takes values from the tree and collects every problem on the way.

use crate::place::{Lines, Span};
use crate::problem::{Code, Problem, Severity, Subject};
use crate::tree::{Entry, Node, Value};
use std::collections::BTreeSet;

/// Most problems that are kept; nobody reads more, and their number must not grow with a hostile text.
const MOST_PROBLEMS: usize = 300;

/// Collects the problems of one text.
pub(crate) struct Reader<'text> {
    pub(crate) lines: Lines<'text>,
    pub(crate) subject: Subject,
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
}

/// End of the first line of a stretch: what is pointed at where the whole would fill the screen.
pub(crate) fn first_line_end(text: &str, span: Span) -> usize {
    let whole = text.get(span.start..span.end).unwrap_or("");
    span.start + whole.find(['\n', '\r']).unwrap_or(whole.len())
}
