//! YAML text as a tree with spans. No types yet: those are given by the decoder, which can then report every problem at once.

use crate::place::Span;
use serde_saphyr::granit_parser::{
    ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, options,
};

/// Largest text that is read, in bytes. Plans are written by hand; the largest sensible one is a hundredth of this.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// Deepest nesting that is read; the deepest place in a plan is at seven.
const MOST_LEVELS: usize = 32;

/// One value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A scalar, unresolved. `plain` scalars stand without quotes.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One entry of a mapping.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Node {
    /// Whether the value is YAML's null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// What stands here, for messages.
    pub(crate) const fn what(&self) -> &'static str {
        match self.value {
            Value::Scalar { .. } => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// What could be read of a text.
pub(crate) struct Reading {
    /// The tree up to the first trouble; `None` where there is nothing at all.
    pub(crate) root: Option<Node>,
    /// Troubles of the YAML itself.
    pub(crate) troubles: Vec<Trouble>,
    /// Whether the tree ends early, so that missing keys prove nothing.
    pub(crate) truncated: bool,
}

/// A trouble of the YAML itself.
#[derive(Clone)]
pub(crate) struct Trouble {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// Most places at which broken YAML is stepped over to find what else is wrong.
const MOST_REPAIRS: usize = 8;

/// Reads the first document of `text`.
///
/// Where the YAML is broken, the line (or the top-level block) that breaks it is blanked out and reading goes on, so that problems
/// after it are found too. Places stay true, since blanks take the bytes of what they replace.
pub(crate) fn read(text: &str) -> Reading {
    let (mut reading, mut broken_at) = read_once(text);
    let mut troubles = core::mem::take(&mut reading.troubles);
    let mut patched = text.to_owned();
    for _ in 0..MOST_REPAIRS {
        let Some(at) = broken_at else { break };
        let best = repairs(&patched, at)
            .into_iter()
            .map(|stretch| {
                let repaired = blanked(&patched, stretch);
                let (reading, next) = read_once(&repaired);
                (next.unwrap_or(usize::MAX), reading, repaired)
            })
            .max_by(|left, right| left.0.cmp(&right.0));
        let Some((next, repaired, text)) = best.filter(|(next, ..)| *next > at) else {
            break;
        };
        // Each further break is its own trouble; the others were seen before.
        troubles.extend(
            repaired
                .troubles
                .iter()
                .filter(|found| found.span.start > at)
                .cloned(),
        );
        reading = Reading {
            troubles: Vec::new(),
            truncated: true,
            ..repaired
        };
        patched = text;
        broken_at = (next != usize::MAX).then_some(next);
    }
    reading.troubles = troubles;
    reading
}

/// Stretches whose removal may mend a break at `at`: its line, its top-level block, and the block before.
/// The last of equals is taken, so the shortest stretch comes last.
fn repairs(text: &str, at: usize) -> Vec<Span> {
    let at = at.min(text.len());
    let line_start = text[..floor(text, at)]
        .rfind('\n')
        .map_or(0, |found| found + 1);
    let line_end = text[line_start..]
        .find('\n')
        .map_or(text.len(), |found| line_start + found);
    let block_start = |before: usize| {
        let mut start = before;
        loop {
            if text[start..].starts_with(|first: char| !first.is_whitespace() && first != '#')
                || start == 0
            {
                return start;
            }
            start = text[..start - 1].rfind('\n').map_or(0, |found| found + 1);
        }
    };
    let block = block_start(line_start);
    let mut stretches = Vec::new();
    if block > 0 {
        let before = text[..block - 1].rfind('\n').map_or(0, |found| found + 1);
        stretches.push(Span::new(block_start(before), block));
    }
    stretches.push(Span::new(block, line_end));
    stretches.push(Span::new(line_start, line_end));
    stretches.retain(|stretch| !text[stretch.start..stretch.end].trim().is_empty());
    stretches
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn blanked(text: &str, stretch: Span) -> String {
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..stretch.start]);
    for character in text[stretch.start..stretch.end].chars() {
        match character {
            '\n' | '\r' => out.push(character),
            _ => out.extend(core::iter::repeat_n(' ', character.len_utf8())),
        }
    }
    out.push_str(&text[stretch.end..]);
    out
}

/// Reads up to the first break; gives its place.
fn read_once(text: &str) -> (Reading, Option<usize>) {
    let settings = options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut builder = Builder::default();
    let mut broken_at = None;
    for next in Parser::new_from_str_with_options(text, settings) {
        let step = match next {
            Ok((event, span)) => {
                let span = Span::new(byte_of(text, &span.start), byte_of(text, &span.end));
                builder.take(event, span)
            }
            Err(error) => {
                let trouble = scan_trouble(text, &error);
                broken_at = Some(trouble.span.start);
                builder.troubles.push(trouble);
                builder.truncated = true;
                Step::Stop
            }
        };
        if matches!(step, Step::Stop) {
            break;
        }
    }
    (builder.finish(), broken_at)
}

/// Byte of a marker; the parser counts them for text, and characters are the fallback.
fn byte_of(text: &str, marker: &Marker) -> usize {
    marker.byte_offset().unwrap_or_else(|| {
        text.char_indices()
            .nth(marker.index())
            .map_or(text.len(), |(at, _)| at)
    })
}

enum Step {
    Go,
    Stop,
}

enum Open {
    List {
        span: Span,
        items: Vec<Node>,
    },
    Map {
        span: Span,
        entries: Vec<Entry>,
        key: Option<(String, Span)>,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    troubles: Vec<Trouble>,
    truncated: bool,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Step {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.trouble(
                        span,
                        "a second document begins here",
                        "keep one document in a file",
                    );
                    return Step::Stop;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                self.put(Node {
                    span,
                    value: Value::Scalar {
                        text: text.into_owned(),
                        plain: style == ScalarStyle::Plain,
                    },
                });
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                self.open.push(Open::List {
                    span,
                    items: Vec::new(),
                });
            }
            Event::MappingStart(_, anchor, tag) => {
                self.properties(span, anchor, tag.is_some());
                self.open.push(Open::Map {
                    span,
                    entries: Vec::new(),
                    key: None,
                });
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.trouble(
                    span,
                    "an alias stands here",
                    "write the value out: a plan is read by people in a hurry",
                );
                self.truncated = true;
                self.put(Node {
                    span,
                    value: Value::Scalar {
                        text: String::new(),
                        plain: true,
                    },
                });
            }
            _ => {}
        }
        if self.open.len() > MOST_LEVELS {
            self.trouble(
                span,
                "this is nested too deeply",
                "no part of the file needs more than seven levels",
            );
            self.truncated = true;
            return Step::Stop;
        }
        Step::Go
    }

    fn trouble(&mut self, span: Span, message: &str, help: &str) {
        self.troubles.push(Trouble {
            span,
            message: message.to_owned(),
            help: Some(help.to_owned()),
        });
    }

    fn properties(&mut self, span: Span, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.trouble(
                span,
                "an anchor stands here",
                "write the value out where it is needed: anchors are not read",
            );
        }
        if tagged {
            self.trouble(
                span,
                "a tag stands here",
                "remove the tag: types follow from the keys",
            );
        }
    }

    fn close(&mut self, end: Span) {
        let Some(open) = self.open.pop() else { return };
        let node = match open {
            Open::List { span, items } => {
                let end = items
                    .last()
                    .map_or(end.end, |last| last.span.end.max(end.start));
                Node {
                    span: Span::new(span.start, end),
                    value: Value::List(items),
                }
            }
            Open::Map {
                span,
                mut entries,
                key,
            } => {
                if let Some((key, key_span)) = key {
                    let node = Node {
                        span: key_span,
                        value: Value::Scalar {
                            text: String::new(),
                            plain: true,
                        },
                    };
                    entries.push(Entry {
                        key,
                        key_span,
                        node,
                    });
                }
                let end = entries
                    .last()
                    .map_or(end.end, |last| last.node.span.end.max(end.start));
                Node {
                    span: Span::new(span.start, end),
                    value: Value::Map(entries),
                }
            }
        };
        self.put(node);
    }

    fn put(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { entries, key, .. }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry {
                    key,
                    key_span,
                    node,
                }),
                None => match node.value {
                    Value::Scalar { text, .. } => *key = Some((text, node.span)),
                    Value::List(_) | Value::Map(_) => {
                        *key = Some((String::new(), node.span));
                        self.trouble(
                            node.span,
                            "a list or mapping stands as a key",
                            "quote the text if braces or brackets belong to it",
                        );
                    }
                },
            },
        }
    }

    fn finish(mut self) -> Reading {
        while !self.open.is_empty() {
            self.truncated = true;
            let end = Span::default();
            self.close(end);
        }
        Reading {
            root: self.root,
            troubles: self.troubles,
            truncated: self.truncated,
        }
    }
}

/// Says a scan error in plain words with what to do, where the parser's words speak of its own insides.
fn scan_trouble(text: &str, error: &ScanError) -> Trouble {
    let at = byte_of(text, error.marker());
    let width = text
        .get(at..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    let (message, help): (String, Option<&str>) = match error.kind() {
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInPlainScalar => (
            "a tab stands where spaces are needed".into(),
            Some("indent with spaces"),
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidMappingValueWhitespace => (
            "a second `: ` stands in this value".into(),
            Some("quote a value that holds a colon and a space, and check the indentation"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::UnexpectedEofFlowMapping => (
            "this mapping in braces is broken off: `,` or `}` is missing".into(),
            Some(
                "inside `{…}` quote every value that holds braces, brackets, commas or colons: part: 'requests_total{code=\"500\"}'",
            ),
        ),
        ErrorKind::ExpectedFlowSequenceSeparator | ErrorKind::UnexpectedEofFlowSequence => (
            "this list in brackets is broken off: `,` or `]` is missing".into(),
            Some("close the list, and quote values that hold brackets or commas"),
        ),
        ErrorKind::UnclosedQuotedScalar => (
            "a quoted text is not closed".into(),
            Some("add the closing quote"),
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is not closed"),
            Some("add the closing bracket"),
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::InvalidIndentation
        | ErrorKind::SimpleKeyExpected => (
            "a key is expected here".into(),
            Some("check the indentation, and write `key: value`"),
        ),
        other => (other.to_string(), None),
    };
    Trouble {
        span: Span::new(at, at + width),
        message: format!("the text is not YAML: {message}"),
        help: help.map(str::to_owned),
    }
}
