//! What is measured.

use super::keys::SIGNAL;
use super::{Draft, ReferenceTo, level_query};
use crate::fields::Fields;
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;
use core::time::Duration;
use verification::terms::{MatchOp, ProbeTerms, Selector, Signal, SignalKind};

/// Time that an answer to a probe may take, where the plan does not say, and at most.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: Duration = Duration::from_secs(60);
/// Certificates are issued for at most about a year.
const LONGEST_CERTIFICATE: Duration = Duration::from_secs(400 * 86_400);

/// Unit of what a histogram counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum HistogramUnit {
    /// A time; the number is the unit's length in seconds.
    Time(f64),
    Bytes,
    Other,
}

/// A signal as far as it could be read.
#[derive(Debug)]
pub(crate) struct SignalDraft {
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// The plan's word for the kind, where it is known.
    pub(crate) kind: Option<&'static str>,
    /// Unit of a histogram.
    pub(crate) unit: HistogramUnit,
    pub(crate) signal: Option<Signal>,
}

pub(super) fn signals(reader: &mut Reader<'_>, node: &Node, draft: &mut Draft) {
    let Some(entries) = reader.entries(node, "a mapping from names to signals") else {
        return;
    };
    if entries.is_empty() {
        reader
            .error(Code::NothingJudged, node.span, "the plan has no signal")
            .help("name at least one measurement under `signals`");
    }
    for entry in entries.iter().take(usize::from(u16::MAX)) {
        let name = entry.key.trim().to_owned();
        if name.is_empty() {
            reader.error(Code::NoValue, entry.key_span, "the signal has no name");
        }
        let mut found = SignalDraft {
            name,
            name_span: entry.key_span,
            kind: None,
            unit: HistogramUnit::Other,
            signal: None,
        };
        signal(reader, &entry.node, &mut found, draft);
        draft.signals.push(found);
    }
}

fn signal(reader: &mut Reader<'_>, node: &Node, found: &mut SignalDraft, draft: &mut Draft) {
    let name = found.name.clone();
    let Some((kind, mut fields)) = reader.open_kind(node, &SIGNAL, &name, found.name_span) else {
        return;
    };
    found.kind = Some(kind.word);
    let slices = fields.take_entry("for-each");
    let for_each = slices.map_or(Some(Vec::new()), |entry| reader.labels(&entry.node));
    if let Some(entry) = slices
        && matches!(kind.word, "level" | "probe")
    {
        reader
            .error(
                Code::KeysConflict,
                entry.key_span,
                format!("a signal of kind {} cannot be split", kind.word),
            )
            .help("slices are made from counters: proportion, count and histogram");
    }
    let source = if kind.word == "probe" {
        Some("http".to_owned())
    } else {
        source(reader, &mut fields, draft)
    };
    let terms = match kind.word {
        "proportion" => proportion(reader, &mut fields),
        "count" => count(reader, &mut fields),
        "histogram" => histogram(reader, &mut fields, found),
        "level" => level(reader, &mut fields),
        _ => probe(reader, &mut fields),
    };
    fields.done();
    let (Some(source), Some(for_each), Some(kind)) = (source, for_each, terms) else {
        return;
    };
    found.signal = Some(Signal {
        name,
        source,
        kind,
        for_each,
        plan_line: reader.line(found.name_span),
    });
}

fn source(reader: &mut Reader<'_>, fields: &mut Fields<'_>, draft: &mut Draft) -> Option<String> {
    let node = fields.take("source")?;
    let name = reader.text(node)?;
    draft
        .references
        .push((ReferenceTo::Source, name.clone(), node.span));
    Some(name)
}

fn proportion(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SignalKind> {
    let part_node = fields.take("part");
    let part = part_node.and_then(|node| reader.selector(node));
    let whole = fields.take("whole").and_then(|node| reader.selector(node));
    let (part, whole) = (part?, whole?);
    subset(reader, part_node?.span, &part, &whole);
    Some(SignalKind::Proportion { part, whole })
}

/// A part that counts what the whole does not is no proportion.
fn subset(reader: &mut Reader<'_>, span: Span, part: &Selector, whole: &Selector) {
    if part == whole {
        reader
            .error(Code::PartOutsideWhole, span, "part and whole are the same counter")
            .help("the part counts the events among all trials, as part: 'requests_total{code=~\"5..\"}', whole: requests_total");
        return;
    }
    if part.metric != whole.metric {
        return;
    }
    let wider = whole
        .matchers
        .iter()
        .find(|matcher| !part.matchers.iter().any(|own| own.label == matcher.label));
    if let Some(matcher) = wider {
        reader
            .warning(
                Code::PartOutsideWhole,
                span,
                format!("the whole counts only {matcher}, the part does not"),
            )
            .label("counts events that are no trials")
            .help(format!("add {matcher} to the part"));
    }
}

fn count(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SignalKind> {
    let of = fields.take("of").and_then(|node| reader.selector(node));
    let per = fields
        .take("per")
        .map_or(Some(None), |node| reader.selector(node).map(Some));
    Some(SignalKind::Count { of: of?, per: per? })
}

fn histogram(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    found: &mut SignalDraft,
) -> Option<SignalKind> {
    let of_node = fields.take("of");
    let of = of_node.and_then(|node| reader.selector(node));
    let unit = fields.take("unit");
    if let Some(of) = &of {
        found.unit = unit_of_metric(&of.metric);
    }
    if let Some(word) = unit.and_then(|node| {
        reader.word(
            node,
            &[
                "seconds",
                "milliseconds",
                "microseconds",
                "nanoseconds",
                "bytes",
                "none",
            ],
        )
    }) {
        found.unit = match word {
            "seconds" => HistogramUnit::Time(1.0),
            "milliseconds" => HistogramUnit::Time(1e-3),
            "microseconds" => HistogramUnit::Time(1e-6),
            "nanoseconds" => HistogramUnit::Time(1e-9),
            "bytes" => HistogramUnit::Bytes,
            _ => HistogramUnit::Other,
        };
    }
    let (of, node) = (of?, of_node?);
    for suffix in ["_bucket", "_count", "_sum"] {
        if let Some(base) = of.metric.strip_suffix(suffix) {
            reader
                .error(
                    Code::BadSelector,
                    node.span,
                    format!("a histogram is named without `{suffix}`"),
                )
                .help(format!(
                    "write {}",
                    Selector {
                        metric: base.to_owned(),
                        matchers: of.matchers.clone()
                    }
                ));
            return None;
        }
    }
    if of.matchers.iter().any(|matcher| matcher.label == "le") {
        reader
            .error(
                Code::BadSelector,
                node.span,
                "a matcher for `le` would leave buckets out",
            )
            .help("name the histogram without `le`");
        return None;
    }
    Some(SignalKind::Histogram { of })
}

/// Unit by the naming rules of Prometheus and OpenTelemetry.
fn unit_of_metric(metric: &str) -> HistogramUnit {
    if metric.ends_with("_milliseconds") || metric.ends_with("_ms") {
        HistogramUnit::Time(1e-3)
    } else if metric.ends_with("_microseconds") || metric.ends_with("_us") {
        HistogramUnit::Time(1e-6)
    } else if metric.ends_with("_nanoseconds") || metric.ends_with("_ns") {
        HistogramUnit::Time(1e-9)
    } else if metric.ends_with("_bytes") {
        HistogramUnit::Bytes
    } else {
        HistogramUnit::Time(1.0)
    }
}

fn level(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SignalKind> {
    let node = fields.take("query")?;
    let query = reader
        .scalar(node, "a PromQL expression")?
        .trim()
        .to_owned();
    level_query::check(reader, node, &query).then_some(SignalKind::Level { query })
}

fn probe(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SignalKind> {
    let url = fields.take("url").and_then(|node| reader.url(node));
    let baseline_url = fields
        .take("baseline-url")
        .map_or(Some(None), |node| reader.url(node).map(Some));
    let status = fields
        .take("expect-status")
        .map_or(Some(200), |node| reader.whole_between(node, 100, 599));
    let body_contains = fields
        .take("expect-body")
        .map_or(Some(None), |node| reader.text(node).map(Some));
    let answers_within = fields.take("within").map_or(Some(ANSWERS_WITHIN), |node| {
        reader.duration_between(node, Duration::from_millis(1), LONGEST_ANSWER)
    });
    let certificate = fields.take_entry("certificate-valid-for");
    let certificate_valid_for = certificate.map_or(Some(None), |entry| {
        reader
            .duration_between(&entry.node, Duration::from_secs(60), LONGEST_CERTIFICATE)
            .map(Some)
    });
    let url = url?;
    if let Some(entry) = certificate
        && url.starts_with("http://")
    {
        reader
            .error(
                Code::KeysConflict,
                entry.key_span,
                "an http address has no certificate",
            )
            .help("use https in `url`, or remove the key");
    }
    Some(SignalKind::Probe(ProbeTerms {
        url,
        baseline_url: baseline_url?,
        status: u16::try_from(status?).ok()?,
        body_contains: body_contains?,
        answers_within: answers_within?,
        certificate_valid_for: certificate_valid_for?,
    }))
}

/// Reports selectors that fix the label by which the sides are told apart: such a counter exists on one side only.
pub(crate) fn picked_side<'signal>(
    signal: &'signal Signal,
    labels: &[&str],
) -> Option<&'signal str> {
    let selectors: Vec<&Selector> = match &signal.kind {
        SignalKind::Proportion { part, whole } => vec![part, whole],
        SignalKind::Count { of, per } => core::iter::once(of).chain(per).collect(),
        SignalKind::Histogram { of } => vec![of],
        SignalKind::Level { .. } | SignalKind::Probe(_) => Vec::new(),
    };
    selectors
        .into_iter()
        .flat_map(|selector| &selector.matchers)
        .find(|matcher| {
            matches!(matcher.op, MatchOp::Equal | MatchOp::Matches)
                && labels.contains(&matcher.label.as_str())
        })
        .map(|matcher| matcher.label.as_str())
}
