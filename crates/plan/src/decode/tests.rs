//! The plan's own tests.

use super::Draft;
use super::keys::{EXPECT, STRETCH, TEST};
use super::signal::{HistogramUnit, SignalDraft};
use crate::problem::Code;
use crate::reader::Reader;
use crate::suggestion::nearest;
use crate::tree::{Node, Value};
use crate::units::{Unit, amount, duration_text};
use core::time::Duration;
use verification::terms::{PlanTest, SideSamples, TestExpectation, TestSamples};

/// Largest count a minute: a hundred million requests a second.
const MOST_A_MINUTE: f64 = 6e9;

pub(super) fn tests(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Vec<PlanTest> {
    let Value::List(items) = &node.value else {
        reader.wrong_type(node, "a list of tests");
        return Vec::new();
    };
    let mut tests: Vec<PlanTest> = Vec::new();
    for item in items {
        let Some(test) = test(reader, item, draft) else {
            continue;
        };
        if tests.iter().any(|earlier| earlier.name == test.name) {
            reader
                .error(
                    Code::DuplicateName,
                    item.span,
                    format!("a second test is named `{}`", test.name),
                )
                .help("give each test its own name");
        }
        tests.push(test);
    }
    tests
}

fn test(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Option<PlanTest> {
    let mut fields = reader.open(node, &TEST)?;
    let name = fields.take("name").and_then(|node| reader.text(node));
    let samples = fields
        .take("samples")
        .and_then(|node| samples(reader, node, draft));
    let expect = fields
        .take("expect")
        .and_then(|node| expectation(reader, node, draft));
    fields.done();
    Some(PlanTest {
        name: name?,
        samples: samples?,
        expect: expect?,
        plan_line: reader.line(node.span),
    })
}

fn samples(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Option<Vec<TestSamples>> {
    let entries = reader.entries(node, "a mapping from signals to samples")?;
    let mut found = Vec::new();
    for entry in entries {
        let Some(at) = draft
            .signals
            .iter()
            .position(|signal| signal.name == entry.key)
        else {
            if !reader.truncated {
                let suggestion = nearest(
                    &entry.key,
                    draft.signals.iter().map(|signal| signal.name.as_str()),
                );
                reader
                    .error(
                        Code::UnknownName,
                        entry.key_span,
                        format!("no signal is named `{}`", entry.key),
                    )
                    .suggest(suggestion, "samples are given by name of the signal");
            }
            continue;
        };
        let Ok(index) = u16::try_from(at) else {
            continue;
        };
        let mut end = Duration::ZERO;
        for item in reader.one_or_more(&entry.node) {
            let Some(stretch) = stretch(reader, item, index, &draft.signals[at], draft) else {
                continue;
            };
            if stretch.from < end {
                reader
                    .error(
                        Code::OutOfRange,
                        item.span,
                        "this stretch begins before the one before it ends",
                    )
                    .help(format!("write from: {} or later", duration_text(end)));
            }
            end = stretch.until.unwrap_or(Duration::MAX);
            found.push(stretch);
        }
    }
    if entries.is_empty() {
        reader
            .error(Code::NoValue, node.span, "the test has no samples")
            .help("without samples nothing is tested");
    }
    Some(found)
}

fn stretch(
    reader: &mut Reader<'_>,
    node: &Node,
    signal: u16,
    kind: &SignalDraft,
    draft: &Draft,
) -> Option<TestSamples> {
    let mut fields = reader.open(node, &STRETCH)?;
    let longest = draft.watch.map_or(Duration::MAX, |watch| watch.watch_for);
    let from = fields.take("from").map_or(Some(Duration::ZERO), |node| {
        reader.duration_between(node, Duration::ZERO, longest)
    });
    let until_node = fields.take("until");
    let until = until_node.map_or(Some(None), |node| reader.duration(node).map(Some));
    let canary = fields
        .take("canary")
        .map_or(Some(None), |node| side(reader, node, kind));
    let baseline = fields
        .take("baseline")
        .map_or(Some(None), |node| side(reader, node, kind));
    fields.done();
    if let (Some(from), Some(Some(until)), Some(node)) = (from, until, until_node)
        && until <= from
    {
        reader.error(
            Code::OutOfRange,
            node.span,
            "the stretch ends before it begins",
        );
        return None;
    }
    Some(TestSamples {
        signal,
        from: from?,
        until: until?,
        canary: canary?,
        baseline: baseline?,
    })
}

/// Samples of one side; `Some(None)` is "no data".
fn side(reader: &mut Reader<'_>, node: &Node, signal: &SignalDraft) -> Option<Option<SideSamples>> {
    let kind = signal.kind?;
    let help = match kind {
        "histogram" => {
            "write latencies a minute by upper edge, as {50ms: 900, 1s: 100}, or `no data`"
        }
        "level" => "write a number, or `no data`",
        _ => "write events and trials a minute, as `25 of 1000 a minute`, or `no data`",
    };
    match &node.value {
        Value::Scalar { text, .. } if text.trim() == "no data" => return Some(None),
        Value::Scalar { text, .. } if kind == "level" => {
            if let Some(value) = signed(text) {
                return Some(Some(SideSamples::Level(value)));
            }
        }
        Value::Scalar { text, .. } if kind != "histogram" => {
            if let Some((events, trials)) = per_minute(text) {
                if kind == "proportion" && events > trials {
                    reader
                        .error(
                            Code::OutOfRange,
                            node.span,
                            "there are more events than trials",
                        )
                        .help("the part of a proportion is never more than the whole");
                    return None;
                }
                return Some(Some(SideSamples::PerMinute { events, trials }));
            }
        }
        Value::Map(entries) if kind == "histogram" => {
            let mut pairs = Vec::new();
            for entry in entries {
                let count = reader
                    .number(&entry.node)
                    .filter(|count| *count <= MOST_A_MINUTE);
                match (edge(&entry.key, signal.unit), count) {
                    (Some(edge), Some(count)) => pairs.push((edge, count)),
                    _ => {
                        reader
                            .error(
                                Code::BadNumber,
                                entry.key_span,
                                "this is not a bucket of the histogram",
                            )
                            .help(help);
                        return None;
                    }
                }
            }
            pairs.sort_by(|left, right| left.0.total_cmp(&right.0));
            return Some(Some(SideSamples::Latencies(pairs)));
        }
        _ => {}
    }
    reader
        .error(
            Code::WrongType,
            node.span,
            format!("these are no samples of a {kind}"),
        )
        .help(help);
    None
}

/// `25 of 1000 a minute`, also `per minute`, `/min` or nothing after the numbers.
fn per_minute(text: &str) -> Option<(f64, f64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [events, "of", trials, rest @ ..] = words.as_slice() else {
        return None;
    };
    if !matches!(rest, [] | ["a" | "per", "minute"]) {
        return None;
    }
    let read = |text: &str| {
        crate::units::number(text)
            .ok()
            .filter(|value| *value <= MOST_A_MINUTE)
    };
    Some((read(events)?, read(trials)?))
}

fn signed(text: &str) -> Option<f64> {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(rest) => crate::units::number(rest).ok().map(|value| -value),
        None => crate::units::number(text).ok(),
    }
}

/// Upper edge of a bucket in the histogram's own unit; `inf` for the last one.
fn edge(text: &str, unit: HistogramUnit) -> Option<f64> {
    if matches!(text.trim(), "inf" | "+Inf" | "more") {
        return Some(f64::INFINITY);
    }
    let amount = amount(text).ok()?;
    let edge = match (amount.unit, unit) {
        (Unit::Time(seconds), HistogramUnit::Time(scale)) => amount.number * seconds / scale,
        (Unit::Size(bytes), HistogramUnit::Bytes) => amount.number * bytes,
        (Unit::Plain, _) => amount.number,
        _ => return None,
    };
    (edge > 0.0).then_some(edge)
}

fn expectation(reader: &mut Reader<'_>, node: &Node, draft: &Draft) -> Option<TestExpectation> {
    let mut fields = reader.open(node, &EXPECT)?;
    let decision = fields
        .take("decision")
        .and_then(|node| reader.word(node, &["confirm", "roll-back", "page", "ticket", "review"]));
    let failing_node = fields.take("failing");
    let failing = failing_node.map_or(Some(None), |node| reader.texts(node).map(Some));
    let within_node = fields.take("within");
    let within = within_node.map_or(Some(None), |node| reader.duration(node).map(Some));
    fields.done();
    if let (Some(node), Some(Some(names))) = (failing_node, &failing) {
        for (item, name) in reader.one_or_more(node).into_iter().zip(names) {
            let names = || {
                draft
                    .criteria
                    .iter()
                    .filter_map(|criterion| criterion.name.as_deref())
            };
            if !names().any(|known| known == name) && !reader.truncated {
                let suggestion = nearest(name, names());
                reader
                    .error(
                        Code::UnknownName,
                        item.span,
                        format!("no criterion is named `{name}`"),
                    )
                    .suggest(suggestion, "name criteria of this plan");
            }
        }
    }
    if let (Some(node), Some(Some(within)), Some(watch)) = (within_node, within, draft.watch)
        && within > watch.watch_for
    {
        reader.error(
            Code::OutOfRange,
            node.span,
            "the decision is expected after the watch has ended",
        );
    }
    Some(TestExpectation {
        decision: Some(decision?.to_owned()),
        failing: failing?,
        within: within?,
    })
}
