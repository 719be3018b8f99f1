//! Why a row has its verdict, in plain words; statistical terms are used here alone and defined where they stand.

use crate::clock::{Clock, rough_span, span};
use crate::count::{self, capitalised};
use crate::frame::Frame;
use crate::glyphs::Glyphs;
use crate::numbers;
use crate::phrase;
use crate::quantity::Quantity;
use crate::row_view;
use crate::sentence::{decision_sentence, sentence};
use crate::share;
use crate::text::Text;
use verification::observation::Sides;
use verification::summary::{Row, Summary};
use verification::terms::SignalKind;
use verification::verdict::{Because, Family, Method, NoiseFrom, Numbers, RowId};

/// Columns of the labels.
const LABEL: usize = 11;

/// What `explain` is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference<'name> {
    /// A row by its name, or by a part of it that no other row has.
    Name(&'name str),
    /// A row by its id.
    Row(RowId),
    /// The watch as a whole: how it was decided.
    Watch,
}

/// Nothing to explain under this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownReference {
    /// No row has the name.
    #[error("no criterion is called \"{asked}\"; there {}: {}", if names.len() == 1 { "is" } else { "are" }, names.join(", "))]
    None {
        /// What was asked for.
        asked: String,
        /// What there is.
        names: Vec<String>,
    },
    /// Several rows have it in their name.
    #[error("\"{asked}\" fits several criteria: {}; give the whole name", names.join(", "))]
    Several {
        /// What was asked for.
        asked: String,
        /// What fits.
        names: Vec<String>,
    },
}

/// Names that an error lists at most.
const NAMES: usize = 12;

/// Explains a row, or how the watch was decided.
///
/// # Errors
/// [`UnknownReference`] where a name fits no row, or several.
pub fn explain(
    summary: &Summary<'_>,
    reference: &Reference<'_>,
    frame: &Frame,
) -> Result<String, UnknownReference> {
    let mut text = Text::default();
    match reference {
        Reference::Watch => watch(&mut text, summary, frame),
        Reference::Row(id) => match summary.rows.iter().find(|row| row.verdict.row == *id) {
            Some(row) => explain_row(&mut text, summary, row, frame, Terms::Defined),
            None => return Err(unknown(summary, &format!("row {}", id.criterion))),
        },
        Reference::Name(name) => explain_row(
            &mut text,
            summary,
            find(summary, name)?,
            frame,
            Terms::Defined,
        ),
    }
    Ok(text.render(&Frame {
        colour: false,
        ..frame.clone()
    }))
}

fn find<'summary>(
    summary: &'summary Summary<'_>,
    asked: &str,
) -> Result<&'summary Row, UnknownReference> {
    if let Some(row) = summary.rows.iter().find(|row| row.name == asked) {
        return Ok(row);
    }
    let lower = asked.to_lowercase();
    let fits: Vec<&Row> = summary
        .rows
        .iter()
        .filter(|row| row.name.to_lowercase().contains(&lower))
        .collect();
    match fits.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(summary, asked)),
        many => Err(UnknownReference::Several {
            asked: asked.to_owned(),
            names: many
                .iter()
                .take(NAMES)
                .map(|row| row.name.clone())
                .collect(),
        }),
    }
}

fn unknown(summary: &Summary<'_>, asked: &str) -> UnknownReference {
    UnknownReference::None {
        asked: asked.to_owned(),
        names: summary
            .rows
            .iter()
            .take(NAMES)
            .map(|row| row.name.clone())
            .collect(),
    }
}

/// How the watch was decided, then its rows in one line each.
fn watch(text: &mut Text, summary: &Summary<'_>, frame: &Frame) {
    let clock = Clock::of(summary, frame);
    let columns = frame.columns();
    if summary.decisions.is_empty() {
        text.paragraph("Nothing has been decided; the watch goes on.", columns, 0);
    }
    for decision in &summary.decisions {
        text.block(
            &capitalised(&clock.at(decision.at)),
            &decision_sentence(summary, decision),
            columns,
            LABEL,
        );
    }
    text.blank();
    for row in &summary.rows {
        let because = row_view::because(summary, &row.verdict, frame.glyphs, &clock);
        text.paragraph(
            &format!(
                "{}: {}, because {because}.",
                row.name,
                row.verdict.kind.word()
            ),
            columns,
            2,
        );
    }
    text.blank();
    text.paragraph("One row in full: shakedown explain NAME", columns, 0);
}

/// Whether the statistical terms are defined: once in every text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Define them here.
    Defined,
    /// They have been defined above.
    KnownAlready,
}

/// One row in full. Also the body of the folded part of a report.
pub(crate) fn explain_row(
    text: &mut Text,
    summary: &Summary<'_>,
    row: &Row,
    frame: &Frame,
    terms: Terms,
) {
    let clock = Clock::of(summary, frame);
    let columns = frame.columns();
    let verdict = &row.verdict;
    let (numbers, method) = (&verdict.numbers, &verdict.method);
    let since = format!(
        "{} since {} ({})",
        verdict.kind.word(),
        clock.at(verdict.since),
        rough_span(clock.age(verdict.since))
    );
    text.paragraph(&format!("{}: {since}", row.name), columns, 2);
    let Some(quantity) = Quantity::of(summary.plan, verdict.row) else {
        text.paragraph("The plan at hand has no such criterion.", columns, 0);
        return;
    };
    text.paragraph(
        &sentence(quantity.criterion, summary.plan, frame.glyphs),
        columns,
        0,
    );
    text.blank();
    let mut line = |label: &str, value: &str| text.block(label, value, columns, LABEL);
    line(
        "WHY",
        &format!(
            "{}.",
            capitalised(&row_view::because(summary, verdict, frame.glyphs, &clock))
        ),
    );
    if let Some(words) = measured(&quantity, numbers, frame.glyphs) {
        line("MEASURED", &words);
    }
    if terms == Terms::Defined
        && quantity
            .range(numbers)
            .or(quantity.level_range(numbers))
            .is_some()
    {
        let open = numbers
            .range
            .is_some_and(|range| range.lower.is_some() && range.upper.is_some())
            && quantity
                .range(numbers)
                .is_some_and(|(_, high)| high.is_infinite());
        line(
            "RANGE",
            &format!("{RANGE}{}", if open { LATE_HARM } else { "" }),
        );
    }
    if let Some(words) = lately(&quantity, numbers, frame.glyphs) {
        let rule = if verdict.because == Because::Collapse {
            ""
        } else {
            " A row fails only if this stretch is past the limit too."
        };
        line("LATELY", &format!("{words}{rule}"));
    }
    line(
        "EXPOSURE",
        &exposure(&quantity, method, numbers, frame.glyphs),
    );
    line("GAPS", &gaps(numbers));
    if method.family != Family::Throughout {
        line("EVIDENCE", &evidence(numbers, terms));
    }
    if numbers.remaining.is_some() && summary.ended.is_none() {
        line(
            "REMAINING",
            &format!("{}.", capitalised(&row_view::remaining(summary, verdict))),
        );
    }
    line("METHOD", method_words(method.family));
    if let (Some((above, against)), true) = (method.thresholds, method.family == Family::Dominance)
    {
        let [above, against] =
            [above, against].map(|value| quantity.absolute_text(value, frame.glyphs));
        line(
            "THRESHOLDS",
            &format!(
                "Baseline requests above {above} are set against canary requests above {against}."
            ),
        );
    }
    if method.family != Family::Throughout {
        line("NOISE", &noise(method, &quantity));
        line(
            "BUDGET",
            &budget(method, summary.plan.compare.false_alarms, frame.glyphs),
        );
    }
    line("PLAN", &plan_line(method.plan_line, row));
    if let Some(record) = frame.last_record {
        line(
            "RECORD",
            &format!(
                "Ledger record {record} holds this verdict; shakedown replay {} makes it again.",
                frame.watch_id
            ),
        );
    }
}

/// `0.61% on the baseline, 2.49% on the canary: about 1.9 more per 100 (…).`
fn measured(quantity: &Quantity<'_>, numbers: &Numbers, glyphs: Glyphs) -> Option<String> {
    let level = |value: Option<f64>, side: &str| {
        value
            .filter(|value| value.is_finite())
            .map(|value| format!("{} on the {side}", quantity.level(value, glyphs)))
    };
    if let Some(words) = phrase::level(quantity, numbers, glyphs) {
        return Some(format!("{}.", capitalised(&words)));
    }
    let levels: Vec<String> = [
        level(numbers.level.baseline, "baseline"),
        level(numbers.level.canary, "canary"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let difference = phrase::difference(quantity, numbers, glyphs);
    match (levels.is_empty(), difference) {
        (true, None) => None,
        (false, None) => Some(format!("{}.", count::list(&levels))),
        (true, Some(difference)) => Some(format!("{}.", capitalised(&difference))),
        (false, Some(difference)) => Some(format!("{}: {difference}.", count::list(&levels))),
    }
}

const RANGE: &str = "The range is always valid (statisticians say: a confidence sequence). It holds at every look, however often one looks. Its \
lower end is the largest limit that the evidence of harm rejects, its upper end the smallest that the evidence of safety rejects, so it agrees with \
the verdict by construction.";

/// Why an end that is known is not shown.
const LATE_HARM: &str = " Here the upper end is left open: it is about the whole watch, and the estimate, which is \
about the time since the best-supported start, lies past it, as it does when harm begins late.";

fn lately(quantity: &Quantity<'_>, numbers: &Numbers, glyphs: Glyphs) -> Option<String> {
    let stretch = span(quantity.criterion.sustained_for);
    let words = match quantity.lately(numbers) {
        Some(value) if quantity.limit().is_some() => {
            phrase::difference_alone(quantity, value, glyphs)?
        }
        _ => quantity.level(numbers.lately.filter(|value| value.is_finite())?, glyphs),
    };
    let past = match (quantity.limit(), quantity.absolute()) {
        (Some(limit), _) => quantity.lately(numbers)? > limit,
        (None, Some(absolute)) => match quantity.worse() {
            verification::terms::Worse::Higher => numbers.lately? > absolute,
            verification::terms::Worse::Lower => numbers.lately? < absolute,
        },
        (None, None) => return None,
    };
    let past = if past {
        "past the limit"
    } else {
        "not past the limit"
    };
    Some(format!("Over the last {stretch} alone: {words}, {past}."))
}

fn exposure(quantity: &Quantity<'_>, method: &Method, numbers: &Numbers, glyphs: Glyphs) -> String {
    let Sides { canary, baseline } = numbers.exposure;
    let noun = match (&quantity.signal.kind, method.family) {
        (_, Family::Throughout) => {
            return format!("{} counted.", capitalised(&count::READING.count(canary)));
        }
        (SignalKind::Proportion { .. }, _) => count::TRIAL,
        (SignalKind::Probe(_), _) => count::TRY,
        (SignalKind::Histogram { .. }, _) => count::REQUEST,
        (SignalKind::Count { .. }, _) => count::UNIT_OF_EXPOSURE,
        (SignalKind::Level { .. }, _) => count::MEASUREMENT,
    };
    let events = |number: u64| match quantity.signal.kind {
        SignalKind::Histogram { .. } => format!("{} above the threshold", count::grouped(number)),
        _ => count::EVENT.count(number),
    };
    let total = canary.saturating_add(baseline);
    #[expect(clippy::cast_precision_loss, reason = "a share is told in two digits")]
    let share = if total == 0 {
        String::new()
    } else {
        format!(
            " The canary had {} of it.",
            share::percent(canary as f64 / total as f64, glyphs)
        )
    };
    format!(
        "Canary: {}, {}. Baseline: {}, {}.{share}",
        noun.count(canary),
        events(numbers.events.canary),
        noun.count(baseline),
        events(numbers.events.baseline),
    )
}

fn gaps(numbers: &Numbers) -> String {
    let looks = count::LOOK.count(u64::from(numbers.looks));
    match numbers.gaps {
        0 if numbers.looks == 0 => "No look has counted yet.".to_owned(),
        0 => format!("None: all {looks} counted."),
        gaps => format!(
            "{looks} counted; {} had nothing to count. A gap is never taken as zero.",
            count::grouped(u64::from(gaps))
        ),
    }
}

fn evidence(numbers: &Numbers, terms: Terms) -> String {
    if numbers.looks == 0 {
        return "None yet.".to_owned();
    }
    let told = |have: f64, needed: f64| {
        let enough = if have >= needed {
            "enough"
        } else {
            "not enough"
        };
        format!(
            "{} of {} needed ({enough})",
            logarithm(have),
            logarithm(needed)
        )
    };
    let told = format!(
        "Harm: {}. Safety: {}.",
        told(numbers.ln_harm, numbers.ln_harm_needed),
        told(numbers.ln_safety, numbers.ln_safety_needed)
    );
    if terms == Terms::KnownAlready {
        return told;
    }
    format!(
        "{told} Evidence is the natural logarithm of an e-value: what a bet against \"the limit is kept\" (harm) or \"the limit is \
         not kept\" (safety) would have won from 1. It grows only if the bet is right, so it may be watched at every look; {} is a factor of {}.",
        logarithm(numbers.ln_harm_needed),
        numbers::shortest(rounded(numbers.ln_harm_needed.exp()), Glyphs::Ascii),
    )
}

/// Two significant digits.
fn rounded(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

fn logarithm(value: f64) -> String {
    if value.is_finite() {
        numbers::fixed(value, 1, Glyphs::Ascii)
    } else {
        "-".to_owned()
    }
}

fn method_words(family: Family) -> &'static str {
    match family {
        Family::Ratio => {
            "Ratio: given all events of both sides, how they split between the sides is set against how the limit would split them (a conditional-binomial mixture). Common ups and downs cancel."
        }
        Family::Difference => {
            "Difference: the events of both sides in each look are set against the pair of rates at the limit that fits them best (a two-sample block factor). It works with an error-free baseline too."
        }
        Family::Dominance => {
            "Latency: slow requests of the canary, beyond the limit, are set against slow requests of the baseline (shifted stochastic dominance), so no shape of the latencies is assumed."
        }
        Family::SingleStream => {
            "One stream: the canary's events alone are set against the fixed value; no baseline is needed."
        }
        Family::Throughout => {
            "Readings: every reading of the stretch must be past the limit; no chance is reckoned with."
        }
    }
}

fn noise(method: &Method, quantity: &Quantity<'_>) -> String {
    let from = match method.noise_from {
        NoiseFrom::Assumed => "assumed, because neither the plan nor history says more",
        NoiseFrom::Declared => "declared by the plan",
    };
    if matches!(quantity.signal.kind, SignalKind::Probe(_)) {
        return "None allowed for: the tries of a probe are independent.".to_owned();
    }
    let allowance = if method.pod_allowance > 0.0 {
        let allowance = share::percent(method.pod_allowance.exp_m1(), Glyphs::Ascii);
        format!(" The pods at hand make that an allowance of {allowance} on the limit.")
    } else {
        String::new()
    };
    format!(
        "Counts may vary {} times more than chance alone (dispersion phi), pods differ by {} (tau); {from}.{allowance}",
        numbers::shortest(method.noise.dispersion, Glyphs::Ascii),
        share::percent(method.noise.pod_sd, Glyphs::Ascii),
    )
}

fn budget(method: &Method, false_alarms: f64, glyphs: Glyphs) -> String {
    format!(
        "{} of the watch's budget of false alarms, which is {} of watches for all criteria together, at all looks (the significance level alpha).",
        share::percent(method.weight, glyphs),
        share::percent(false_alarms, glyphs),
    )
}

fn plan_line(line: u32, row: &Row) -> String {
    let required = if row.required {
        "a confirm needs it"
    } else {
        "a confirm does not need it"
    };
    match line {
        0 => format!("Made by a preset; {required}."),
        line => format!("Line {line}; {required}."),
    }
}
