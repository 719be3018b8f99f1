//! How the sides are told apart, and how noisy they are taken to be.

use super::Draft;
use super::keys::{COMPARE, JOIN, NOISE};
use crate::fields::Fields;
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;
use verification::terms::{CanaryChoice, Compare, Join, MatchOp, Matcher, Noise, SideRule};

/// Share of watches that may raise a false alarm, where the plan does not say.
const FALSE_ALARMS: f64 = 0.01;
/// Share of watches that may confirm a canary exactly at a limit, where the plan does not say.
const FALSE_CONFIRMS: f64 = 0.05;
/// A budget of half of all watches would no longer promise anything.
const MOST_BUDGET: f64 = 0.5;
/// Largest dispersion that is believed: beyond, the counts are not counts of requests.
const MOST_DISPERSION: f64 = 1000.0;
/// Largest spread of pods that is believed: a pod at `e^2` times the rate of another is a broken pod.
const MOST_POD_SD: f64 = 2.0;

pub(super) fn compare(reader: &mut Reader<'_>, node: &Node) -> Option<Compare> {
    let mut fields = reader.open(node, &COMPARE)?;
    let sides = sides(reader, &mut fields);
    let pod_label = fields
        .take("pod-label")
        .map_or(Some(String::new()), |node| reader.label(node));
    let false_alarms = fields
        .take("false-alarms")
        .map_or(Some(FALSE_ALARMS), |node| {
            reader.odds_inside(node, MOST_BUDGET)
        });
    let false_confirms = fields
        .take("false-confirms")
        .map_or(Some(FALSE_CONFIRMS), |node| {
            reader.odds_inside(node, MOST_BUDGET)
        });
    let noise = fields
        .take("noise")
        .map_or(Some(None), |node| noise(reader, node).map(Some));
    let canary_share = fields
        .take("traffic")
        .map_or(Some(None), |node| reader.share_inside(node, 1.0).map(Some));
    fields.done();
    Some(Compare {
        sides: sides?,
        pod_label: pod_label?,
        false_alarms: false_alarms?,
        false_confirms: false_confirms?,
        noise: noise?,
        canary_share: canary_share?,
    })
}

/// Without `compare` only probes can be judged: they name their sides by address.
pub(super) fn missing(reader: &mut Reader<'_>, draft: &Draft) -> Option<Compare> {
    let only_probes = !draft.signals.is_empty()
        && draft
            .signals
            .iter()
            .all(|signal| signal.kind == Some("probe"));
    if !only_probes {
        reader
            .error(Code::MissingKey, draft.head, "the key `compare` is missing in this plan")
            .help("say how the versions are told apart: compare: {canary: 'track=\"canary\"', baseline: 'track=\"stable\"'} or compare: {by: version, canary: newest}");
        return None;
    }
    Some(Compare {
        sides: SideRule::Matchers {
            canary: Vec::new(),
            baseline: Vec::new(),
        },
        pod_label: String::new(),
        false_alarms: FALSE_ALARMS,
        false_confirms: FALSE_CONFIRMS,
        noise: None,
        canary_share: None,
    })
}

fn sides(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SideRule> {
    let canary = fields.take("canary");
    let baseline = fields.take_entry("baseline");
    let by = fields.take("by");
    let join = fields.take_entry("join");
    let Some(by) = by else {
        if let Some(join) = join {
            reader
                .error(Code::KeysConflict, join.key_span, "`join` needs `by`")
                .help("`join` says where the label of `by` lives; matchers of `canary` and `baseline` need no join");
        }
        return by_matchers(reader, fields, canary, baseline.map(|entry| &entry.node));
    };
    if let Some(baseline) = baseline {
        reader
            .error(
                Code::KeysConflict,
                baseline.key_span,
                "`baseline` and `by` exclude each other",
            )
            .help("with `by`, every value but the canary's is baseline; remove one of them");
    }
    let label = reader.label(by);
    let join = join.map_or(Some(None), |entry| {
        self::join(reader, &entry.node).map(Some)
    });
    let canary = match canary {
        Some(node) => value_of_canary(reader, node),
        None => Some(CanaryChoice::Newest),
    };
    if baseline.is_some() {
        return None;
    }
    Some(SideRule::ByLabel {
        label: label?,
        canary: canary?,
        join: join?,
    })
}

fn value_of_canary(reader: &mut Reader<'_>, node: &Node) -> Option<CanaryChoice> {
    let text = reader.text(node)?;
    if text == "newest" {
        return Some(CanaryChoice::Newest);
    }
    if crate::selector::matchers(&text).is_ok() {
        reader
            .error(Code::KeysConflict, node.span, "with `by`, `canary` names a value, not matchers")
            .help("write the label's value or `newest`, or replace `by` by matchers in `canary` and `baseline`");
        return None;
    }
    Some(CanaryChoice::Value(text))
}

fn by_matchers(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
    canary: Option<&Node>,
    baseline: Option<&Node>,
) -> Option<SideRule> {
    for (name, other, node) in [
        ("canary", "baseline", canary),
        ("baseline", "canary", baseline),
    ] {
        if node.is_none() && !fields.stands(name) && !reader.truncated {
            let span = canary.or(baseline).map_or(
                Span::new(fields.span.start, fields.span.start + 1),
                |node| node.span,
            );
            reader
                .error(Code::MissingKey, span, format!("the comparison has no `{name}`"))
                .help(format!("give matchers for both `{name}` and `{other}`, or use `by: LABEL` with `canary: newest`"));
        }
    }
    let canary_matchers = canary.and_then(|node| reader.matchers(node));
    let baseline_matchers = baseline.and_then(|node| reader.matchers(node));
    let (canary_matchers, baseline_matchers) = (canary_matchers?, baseline_matchers?);
    apart(reader, baseline?.span, &canary_matchers, &baseline_matchers);
    Some(SideRule::Matchers {
        canary: canary_matchers,
        baseline: baseline_matchers,
    })
}

/// Sides that share series would be compared with themselves.
fn apart(reader: &mut Reader<'_>, span: Span, canary: &[Matcher], baseline: &[Matcher]) {
    if canary == baseline {
        reader
            .error(
                Code::SidesNotApart,
                span,
                "canary and baseline match the same series",
            )
            .help("the baseline is the old version: give it the matchers that only its pods have");
        return;
    }
    let told_apart = canary.iter().any(|one| {
        baseline
            .iter()
            .any(|other| one.label == other.label && exclude(one, other))
    });
    if !told_apart {
        reader
            .warning(Code::SidesNotApart, span, "canary and baseline may match the same series")
            .label("no label here takes different values on the two sides")
            .help("give both sides a value of the same label, as track=\"canary\" and track=\"stable\"");
    }
}

/// Whether no value satisfies both; regular expressions with different patterns get the benefit of the doubt.
fn exclude(one: &Matcher, other: &Matcher) -> bool {
    match (one.op, other.op) {
        (MatchOp::NotEqual | MatchOp::NotMatches, MatchOp::NotEqual | MatchOp::NotMatches) => false,
        (MatchOp::Equal, MatchOp::NotEqual)
        | (MatchOp::NotEqual, MatchOp::Equal)
        | (MatchOp::Matches, MatchOp::NotMatches)
        | (MatchOp::NotMatches, MatchOp::Matches) => one.value == other.value,
        (MatchOp::Equal | MatchOp::Matches, MatchOp::Equal | MatchOp::Matches) => {
            one.value != other.value
        }
        (MatchOp::Equal, MatchOp::NotMatches)
        | (MatchOp::NotMatches, MatchOp::Equal)
        | (MatchOp::Matches, MatchOp::NotEqual)
        | (MatchOp::NotEqual, MatchOp::Matches) => true,
    }
}

fn join(reader: &mut Reader<'_>, node: &Node) -> Option<Join> {
    let mut fields = reader.open(node, &JOIN)?;
    let metric = fields
        .take("metric")
        .and_then(|node| metric_name(reader, node));
    let on = fields.take("on").and_then(|node| reader.labels(node));
    fields.done();
    Some(Join {
        metric: metric?,
        on: on?,
    })
}

fn metric_name(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let selector = reader.selector(node)?;
    if !selector.matchers.is_empty() {
        reader.error(
            Code::BadSelector,
            node.span,
            "a metric name without matchers is needed here",
        );
        return None;
    }
    Some(selector.metric)
}

fn noise(reader: &mut Reader<'_>, node: &Node) -> Option<Noise> {
    let mut fields = reader.open(node, &NOISE)?;
    let mut bounded =
        |name: &'static str, default: f64, least: f64, most: f64| match fields.take(name) {
            None => Some(default),
            Some(node) => {
                let value = reader.number(node)?;
                if (least..=most).contains(&value) {
                    return Some(value);
                }
                reader
                    .error(
                        Code::OutOfRange,
                        node.span,
                        format!("`{name}` lies outside what works here"),
                    )
                    .help(format!("from {least} to {most}"));
                None
            }
        };
    let dispersion = bounded(
        "dispersion",
        Noise::ASSUMED.dispersion,
        1.0,
        MOST_DISPERSION,
    );
    let pod_sd = bounded("pods", Noise::ASSUMED.pod_sd, 0.0, MOST_POD_SD);
    fields.done();
    Some(Noise {
        dispersion: dispersion?,
        pod_sd: pod_sd?,
    })
}
