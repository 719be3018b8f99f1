//! One criterion, or one slice of it, in JSON.

use crate::clock::{Clock, rfc3339};
use crate::frame::Frame;
use crate::json_words::{BecauseWord, FamilyWord, NoiseWord, ReactionWord, VerdictWord};
use crate::phrase;
use crate::quantity::Quantity;
use crate::row_view;
use crate::sentence::sentence;
use core::time::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use verification::observation::Sides;
use verification::summary::{Row, Summary};
use verification::terms::{Limit, Rule, Worse};

/// A value for each side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SidesJson<T> {
    /// The new version.
    pub canary: T,
    /// The old version.
    pub baseline: T,
}

impl<T> From<Sides<T>> for SidesJson<T> {
    fn from(sides: Sides<T>) -> Self {
        Self {
            canary: sides.canary,
            baseline: sides.baseline,
        }
    }
}

/// One row of the verdict table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RowJson {
    /// Name by which commands take the row.
    pub name: String,
    /// Name of the criterion.
    pub criterion: String,
    /// The slice, where the row is one.
    pub slice: Option<String>,
    /// Name of the signal.
    pub signal: Option<String>,
    /// The criterion in English.
    pub sentence: String,
    /// Whether a confirm needs this row.
    pub required: bool,
    /// What follows when it fails.
    pub then: Vec<ReactionWord>,
    /// The verdict.
    pub verdict: VerdictWord,
    /// Since when it stands.
    pub since: String,
    /// Why, as a word.
    pub because: BecauseWord,
    /// Why, in English.
    pub reason: String,
    /// The rule and its limit.
    pub limit: LimitJson,
    /// How long the number must be past the limit.
    pub sustained_for_seconds: f64,
    /// Unit of `level`, and of the difference where the limit is an amount.
    pub unit: UnitWord,
    /// Number of each side, since the best-supported start.
    pub level: SidesJson<Option<f64>>,
    /// Canary minus baseline, or canary over baseline minus 1 for relative limits; not turned towards worse.
    pub difference: Option<f64>,
    /// Always-valid range of the difference.
    pub range: Option<RangeJson>,
    /// Difference over the last `sustained_for_seconds` alone; the level for absolute criteria.
    pub lately: Option<f64>,
    /// Trials of each side that entered.
    pub exposure: SidesJson<u64>,
    /// Events of each side that entered.
    pub events: SidesJson<u64>,
    /// Looks that counted.
    pub looks: u32,
    /// Looks in which there was nothing to count.
    pub gaps: u32,
    /// About how much longer until this is decided.
    pub remaining_seconds: Option<f64>,
    /// The evidence as natural logarithms.
    pub evidence: EvidenceJson,
    /// How the numbers were made.
    pub method: MethodJson,
    /// Line of the plan; `null` for a preset.
    pub plan_line: Option<u32>,
}

/// Ends of a range; an open end is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RangeJson {
    /// Lower end.
    pub lower: Option<f64>,
    /// Upper end.
    pub upper: Option<f64>,
}

/// Kind of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimitWord {
    /// Difference of two shares: 0.005 is half a percentage point.
    Points,
    /// Relative change: 0.1 is ten percent.
    Relative,
    /// Difference in `unit`.
    Amount,
    /// The canary's level may not be above it, in `unit`.
    NeverAbove,
    /// The canary's level may not be below it, in `unit`.
    NeverBelow,
}

/// A direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorseWord {
    /// More is worse.
    Higher,
    /// Fewer is worse.
    Lower,
}

/// A limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LimitJson {
    /// Kind.
    pub kind: LimitWord,
    /// The bad direction.
    pub worse_when: WorseWord,
    /// Size; never negative for comparisons.
    pub value: Option<f64>,
}

/// Unit of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitWord {
    /// A share, 1 is all.
    Fraction,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
    /// Events a pod and second.
    PerPodSecond,
    /// The metric's own unit.
    Plain,
}

/// Evidence as natural logarithms of e-values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceJson {
    /// Evidence of harm.
    pub ln_harm: Option<f64>,
    /// What it must reach by itself.
    pub ln_harm_needed: Option<f64>,
    /// Evidence of safety.
    pub ln_safety: Option<f64>,
    /// What it must reach.
    pub ln_safety_needed: Option<f64>,
}

/// How the numbers were made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MethodJson {
    /// Family.
    pub family: FamilyWord,
    /// Where the noise figures come from.
    pub noise_from: NoiseWord,
    /// Variance of counts over its value under independence.
    pub dispersion: Option<f64>,
    /// Standard deviation of the logarithm of a pod's rate.
    pub pod_sd: Option<f64>,
    /// Allowance for pods, natural-log units.
    pub pod_allowance: Option<f64>,
    /// Share of the false-alarm budget.
    pub weight: Option<f64>,
    /// Latency thresholds of baseline and canary, in `unit`.
    pub thresholds: Option<SidesJson<Option<f64>>>,
}

pub(crate) fn row_json(summary: &Summary<'_>, row: &Row, frame: &Frame) -> RowJson {
    let verdict = &row.verdict;
    let (numbers, method) = (&verdict.numbers, &verdict.method);
    let quantity = Quantity::of(summary.plan, verdict.row);
    let clock = Clock::of(summary, frame);
    RowJson {
        name: row.name.clone(),
        criterion: quantity.map_or_else(
            || row.name.clone(),
            |quantity| quantity.criterion.name.clone(),
        ),
        slice: quantity
            .and_then(|quantity| phrase::slice_of(&quantity, &row.name))
            .map(ToOwned::to_owned),
        signal: quantity.map(|quantity| quantity.signal.name.clone()),
        sentence: quantity.map_or_else(String::new, |quantity| {
            sentence(quantity.criterion, summary.plan, frame.glyphs)
        }),
        required: row.required,
        then: quantity.map_or_else(Vec::new, |quantity| {
            quantity
                .criterion
                .then
                .iter()
                .map(ReactionWord::from)
                .collect()
        }),
        verdict: VerdictWord::from(&verdict.kind),
        since: rfc3339(verdict.since),
        because: BecauseWord::from(&verdict.because),
        reason: row_view::because(summary, verdict, frame.glyphs, &clock),
        limit: limit(method.rule),
        sustained_for_seconds: row_view::sustained_for(summary.plan, verdict).as_secs_f64(),
        unit: quantity.map_or(UnitWord::Plain, |quantity| quantity.unit_word()),
        level: SidesJson {
            canary: finite(numbers.level.canary),
            baseline: finite(numbers.level.baseline),
        },
        difference: finite(numbers.difference),
        range: numbers.range.map(|range| RangeJson {
            lower: finite(range.lower),
            upper: finite(range.upper),
        }),
        lately: finite(numbers.lately),
        exposure: numbers.exposure.into(),
        events: numbers.events.into(),
        looks: numbers.looks,
        gaps: numbers.gaps,
        remaining_seconds: numbers.remaining.as_ref().map(Duration::as_secs_f64),
        evidence: EvidenceJson {
            ln_harm: number(numbers.ln_harm),
            ln_harm_needed: number(numbers.ln_harm_needed),
            ln_safety: number(numbers.ln_safety),
            ln_safety_needed: number(numbers.ln_safety_needed),
        },
        method: MethodJson {
            family: FamilyWord::from(&method.family),
            noise_from: NoiseWord::from(&method.noise_from),
            dispersion: number(method.noise.dispersion),
            pod_sd: number(method.noise.pod_sd),
            pod_allowance: number(method.pod_allowance),
            weight: number(method.weight),
            thresholds: method.thresholds.map(|(baseline, canary)| SidesJson {
                canary: number(canary),
                baseline: number(baseline),
            }),
        },
        plan_line: Some(method.plan_line).filter(|line| *line > 0),
    }
}

fn limit(rule: Rule) -> LimitJson {
    let (kind, worse, value) = match rule {
        Rule::AgainstBaseline {
            worse,
            limit: Limit::Points(value),
        } => (LimitWord::Points, worse, value),
        Rule::AgainstBaseline {
            worse,
            limit: Limit::Relative(value),
        } => (LimitWord::Relative, worse, value),
        Rule::AgainstBaseline {
            worse,
            limit: Limit::Amount(value),
        } => (LimitWord::Amount, worse, value),
        Rule::NeverAbove(value) => (LimitWord::NeverAbove, Worse::Higher, value),
        Rule::NeverBelow(value) => (LimitWord::NeverBelow, Worse::Lower, value),
    };
    let worse_when = match worse {
        Worse::Higher => WorseWord::Higher,
        Worse::Lower => WorseWord::Lower,
    };
    LimitJson {
        kind,
        worse_when,
        value: number(value),
    }
}

/// JSON has no infinity and nothing that is not a number; both become `null`.
pub(crate) fn number(value: f64) -> Option<f64> {
    Some(value).filter(|value| value.is_finite())
}

pub(crate) fn finite(value: Option<f64>) -> Option<f64> {
    value.and_then(number)
}
