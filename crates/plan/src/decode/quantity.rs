//! Measures, limits and fixed values, fitted to what a signal measures.

use super::signal::{HistogramUnit, SignalDraft};
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;
use crate::units::{Amount, Unit, amount, number, signed_amount};
use verification::terms::{Limit, Measure, Worse};

/// Largest relative limit upwards: a hundredfold. Beyond, no comparison is meant.
const MOST_RELATIVE: f64 = 100.0;
/// Quantiles that can be judged: beyond, a bucket holds too few requests to place a threshold.
const LOWEST_QUANTILE: f64 = 1.0;
const HIGHEST_QUANTILE: f64 = 99.99;

/// The measure a criterion names, or the only one its signal has.
pub(super) fn measure(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    signal: &SignalDraft,
    place: &Node,
) -> Option<Measure> {
    let kind = signal.kind?;
    let Some(node) = node else {
        return match kind {
            "histogram" => {
                let span = crate::place::Span::new(place.span.start, place.span.start + 1);
                reader
                    .error(
                        Code::MissingKey,
                        span,
                        format!(
                            "a criterion on the histogram `{}` needs a `measure`",
                            signal.name
                        ),
                    )
                    .help("name the quantile: measure: p99");
                None
            }
            "level" => Some(Measure::Level),
            _ => Some(Measure::Rate),
        };
    };
    let word = reader.scalar(node, "a measure such as p99")?.trim();
    let found = match word {
        "growth-per-hour" | "new-patterns" => {
            let message = format!("the measure `{word}` is not available yet");
            reader
                .error(Code::NotAvailableYet, node.span, message)
                .help("remove the criterion for now");
            return None;
        }
        "rate" => Measure::Rate,
        "level" => Measure::Level,
        "p100" | "max" => {
            reader
                .error(
                    Code::BadMeasure,
                    node.span,
                    "the largest value cannot be judged: one request would decide",
                )
                .help("use p99.9 or lower");
            return None;
        }
        other => match other
            .strip_prefix('p')
            .and_then(|percent| number(percent).ok())
        {
            Some(percent) if (LOWEST_QUANTILE..=HIGHEST_QUANTILE).contains(&percent) => {
                Measure::Quantile(percent / 100.0)
            }
            Some(_) => {
                reader
                    .error(
                        Code::OutOfRange,
                        node.span,
                        format!("the quantile `{other}` cannot be judged"),
                    )
                    .help("from p1 to p99.99");
                return None;
            }
            None => {
                let message = format!("unknown measure `{other}`");
                reader
                    .error(Code::BadMeasure, node.span, message)
                    .help("write rate, level, or a quantile such as p50, p99, p99.9");
                return None;
            }
        },
    };
    let (fits, needed) = match kind {
        "histogram" => (
            matches!(found, Measure::Quantile(_)),
            "a quantile such as p99",
        ),
        "level" => (found == Measure::Level, "`level`"),
        _ => (found == Measure::Rate, "`rate`"),
    };
    if fits {
        return Some(found);
    }
    reader
        .error(
            Code::BadMeasure,
            node.span,
            format!("a {kind} has no measure `{word}`"),
        )
        .help(format!("the measure of a {kind} is {needed}"));
    None
}

/// A limit in the terms of the verdict; its sign must say the bad direction.
pub(super) fn limit(
    reader: &mut Reader<'_>,
    node: &Node,
    worse: Worse,
    signal: &SignalDraft,
) -> Option<Limit> {
    let amount = reader.unit(node, "a limit such as +0.5pp", signed_amount)?;
    let written = reader.scalar(node, "a limit")?.trim().to_owned();
    let (sign, word) = match worse {
        Worse::Higher => ('+', "higher"),
        Worse::Lower => ('-', "lower"),
    };
    match amount.up {
        None => {
            reader
                .error(
                    Code::WrongSign,
                    node.span,
                    format!("the limit `{written}` has no sign"),
                )
                .help(format!("write {sign}{written}: worse when {word}"));
            return None;
        }
        Some(up) if up != (worse == Worse::Higher) => {
            let bare = written.trim_start_matches(['+', '-', '\u{2212}']).trim();
            reader
                .error(
                    Code::WrongSign,
                    node.span,
                    format!("the limit `{written}` does not agree with `worse-when: {word}`"),
                )
                .help(format!("write {sign}{bare}, or turn `worse-when` round"));
            return None;
        }
        Some(_) => {}
    }
    if amount.number == 0.0 {
        reader
            .error(Code::OutOfRange, node.span, "a limit of zero can never be kept on evidence")
            .help("say how much worse is still acceptable: no finite traffic shows that two versions are exactly equal");
        return None;
    }
    let limit = in_terms(reader, node, amount, signal)?;
    let (value, most, text) = match limit {
        Limit::Points(value) => (value, 1.0, "less than 100pp".to_owned()),
        Limit::Relative(value) if worse == Worse::Lower => {
            (value, 1.0, "less than 100%".to_owned())
        }
        Limit::Relative(value) => (
            value,
            MOST_RELATIVE,
            format!("less than {}%", MOST_RELATIVE * 100.0),
        ),
        Limit::Amount(_) => return Some(limit),
    };
    if value < most {
        return Some(limit);
    }
    reader
        .error(
            Code::OutOfRange,
            node.span,
            format!("the limit `{written}` cannot be crossed or is no comparison"),
        )
        .help(text);
    None
}

fn in_terms(
    reader: &mut Reader<'_>,
    node: &Node,
    amount: Amount,
    signal: &SignalDraft,
) -> Option<Limit> {
    let kind = signal.kind?;
    let forms = match (kind, amount.unit) {
        (_, Unit::Percent) => return Some(Limit::Relative(amount.number / 100.0)),
        ("proportion" | "probe", Unit::Points) => {
            return Some(Limit::Points(amount.number / 100.0));
        }
        ("level", Unit::Plain) => return Some(Limit::Amount(amount.number)),
        ("histogram", _) => {
            if let Some(value) = in_unit(amount, signal.unit) {
                return Some(Limit::Amount(value));
            }
            histogram_forms(signal.unit, "+")
        }
        ("count", _) => {
            "a relative limit such as -25%: a count per exposure has no percentage points"
        }
        ("level", _) => "a plain number such as +5, or +10%",
        _ => "percentage points such as +0.5pp, or a relative limit such as +10%",
    };
    reader
        .error(
            Code::WrongUnit,
            node.span,
            format!("this unit does not fit a {kind}"),
        )
        .help(format!("write {forms}"));
    None
}

/// A value that the canary's number must not pass, in the terms of the verdict.
pub(super) fn fixed_value(
    reader: &mut Reader<'_>,
    node: &Node,
    signal: &SignalDraft,
) -> Option<f64> {
    let amount = reader.unit(node, "a value such as 5%", amount)?;
    let kind = signal.kind?;
    let value = match (kind, amount.unit) {
        ("proportion" | "probe" | "count", Unit::Percent) => Some(amount.number / 100.0),
        ("count" | "level", Unit::Plain) => Some(amount.number),
        ("histogram", _) => in_unit(amount, signal.unit),
        _ => None,
    };
    let Some(value) = value else {
        let forms = match kind {
            "histogram" => histogram_forms(signal.unit, ""),
            "count" => "events per exposure, such as 0.2 or 20%",
            "level" => "a plain number such as 500",
            _ => "a percentage such as 5%",
        };
        reader
            .error(
                Code::WrongUnit,
                node.span,
                format!("this unit does not fit a {kind}"),
            )
            .help(format!("write {forms}"));
        return None;
    };
    if matches!(kind, "proportion" | "probe") && value >= 1.0 {
        reader
            .error(
                Code::OutOfRange,
                node.span,
                "a proportion is never above 100%",
            )
            .help("write a value below 100%");
        return None;
    }
    Some(value)
}

/// The number in the histogram's own unit, where the unit fits.
fn in_unit(amount: Amount, unit: HistogramUnit) -> Option<f64> {
    match (amount.unit, unit) {
        (Unit::Time(seconds), HistogramUnit::Time(scale)) => {
            Some(scaled(amount.number, seconds, scale))
        }
        (Unit::Size(bytes), HistogramUnit::Bytes) => Some(amount.number * bytes),
        (Unit::Plain, HistogramUnit::Other) => Some(amount.number),
        _ => None,
    }
}

/// `number · from / to` with one rounding where the units are powers of ten apart, so that 40ms is the double nearest to 0.04.
fn scaled(number: f64, from: f64, to: f64) -> f64 {
    if from >= to {
        number * (from / to).round()
    } else {
        number / (to / from).round()
    }
}

const fn histogram_forms(unit: HistogramUnit, sign: &str) -> &'static str {
    match (unit, sign.is_empty()) {
        (HistogramUnit::Time(_), true) => "a time such as 500ms",
        (HistogramUnit::Bytes, true) => "a size such as 64KiB",
        (HistogramUnit::Other, true) => "a plain number",
        (HistogramUnit::Time(_), false) => {
            "a time such as +40ms, or a relative limit such as +100%"
        }
        (HistogramUnit::Bytes, false) => "a size such as +64KiB, or a relative limit such as +100%",
        (HistogramUnit::Other, false) => {
            "a plain number such as +5, or a relative limit such as +100%"
        }
    }
}
