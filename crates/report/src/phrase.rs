//! Numbers of a row as English phrases.

use crate::count;
use crate::glyphs::Glyphs;
use crate::numbers::{self, Mark};
use crate::quantity::Quantity;
use verification::terms::{Limit, Measure, Rule, Worse};
use verification::verdict::Numbers;

/// Name of what is measured: `failed payments`, `p99 of pay latency`, `failed payments of POST /pay`.
pub(crate) fn subject(quantity: &Quantity<'_>, slice: Option<&str>) -> String {
    let name = quantity.signal.name.replace(['-', '_'], " ");
    let name = match quantity.criterion.measure {
        Measure::Quantile(quantile) => format!("{} of {name}", quantile_name(quantile)),
        Measure::Rate | Measure::Level => name,
    };
    match slice {
        Some(slice) => format!("{name} of {slice}"),
        None => name,
    }
}

/// `p99`, `p99.9`.
pub(crate) fn quantile_name(quantile: f64) -> String {
    format!("p{}", numbers::shortest(quantile * 100.0, Glyphs::Ascii))
}

/// The slice in a row's name, which is the criterion's followed by ` / SLICE`.
pub(crate) fn slice_of<'row>(quantity: &Quantity<'_>, row_name: &'row str) -> Option<&'row str> {
    row_name
        .strip_prefix(quantity.criterion.name.as_str())?
        .strip_prefix(" / ")
}

/// Writes differences of one criterion: number and word stand for a point on the worse axis.
#[derive(Clone, Copy, Debug)]
struct Wording {
    factor: f64,
    unit: &'static str,
    worse: &'static str,
    better: &'static str,
    /// What follows the word: ` per 100`.
    per: Per,
}

#[derive(Clone, Copy, Debug)]
struct Per(Option<u64>);

impl Per {
    fn text(self) -> String {
        self.0
            .map_or_else(String::new, |per| format!(" per {}", count::grouped(per)))
    }
}

impl Wording {
    fn of(quantity: &Quantity<'_>) -> Option<Self> {
        let Rule::AgainstBaseline { worse, limit } = quantity.criterion.rule else {
            return None;
        };
        let (up, down) = match (limit, quantity.is_time()) {
            (Limit::Points(_), _) => ("more", "fewer"),
            (_, true) => ("slower", "faster"),
            (_, false) => ("higher", "lower"),
        };
        let (worse, better) = match worse {
            Worse::Higher => (up, down),
            Worse::Lower => (down, up),
        };
        let scale = quantity.difference_scale()?;
        Some(match limit {
            Limit::Points(points) => {
                let per = per(points);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a power of ten of at most a million"
                )]
                let factor = per as f64;
                Self {
                    factor,
                    unit: "",
                    worse,
                    better,
                    per: Per(Some(per)),
                }
            }
            Limit::Relative(_) | Limit::Amount(_) => Self {
                factor: scale.factor,
                unit: scale.unit,
                worse,
                better,
                per: Per(None),
            },
        })
    }
}

/// Out of how many a difference of shares is told, so that the limit is at least a tenth: 100 for 0.5 points.
fn per(points: f64) -> u64 {
    [100, 1_000, 10_000, 100_000]
        .into_iter()
        .find(|per: &u64| {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a power of ten of at most a million"
            )]
            let per = *per as f64;
            points * per >= 0.1
        })
        .unwrap_or(1_000_000)
}

/// The difference with its range and limit in words: `about 1.9 more per 100 (range 1.2 to 2.6, limit 0.5)`.
pub(crate) fn difference(
    quantity: &Quantity<'_>,
    numbers: &Numbers,
    glyphs: Glyphs,
) -> Option<String> {
    let words = Wording::of(quantity)?;
    let limit = quantity.limit()? * words.factor;
    let estimate = quantity
        .difference(numbers)
        .map(|value| value * words.factor);
    let range = quantity
        .range(numbers)
        .map(|(low, high)| (low * words.factor, high * words.factor));
    let shown = Shown::new(estimate, range, limit, glyphs);
    let limit_text = format!("{}{}", numbers::shortest(limit, glyphs), words.unit);
    let per = words.per.text();
    let range_text =
        range.and_then(|range| range_words(range, &shown, &words, estimate.unwrap_or(1.0)));
    Some(match (shown.estimate.as_deref(), range_text) {
        (Some(text), range_text) => {
            let better = estimate.is_some_and(|value| value < 0.0) && !is_zero(text);
            let word = if better { words.better } else { words.worse };
            let limit_word = if better {
                format!(" {}", words.worse)
            } else {
                String::new()
            };
            let range_text = range_text.map_or_else(String::new, |range| format!("{range}, "));
            let about = if is_zero(text) {
                "about the same".to_owned()
            } else {
                format!("about {}{} {word}{per}", unsigned(text), words.unit)
            };
            format!("{about} ({range_text}limit {limit_text}{limit_word})")
        }
        (None, Some(range)) => format!("{range} {}{per} (limit {limit_text})", words.worse),
        (None, None) => {
            let levels = [numbers.level.canary?, numbers.level.baseline?];
            let [canary, baseline] = levels.map(|level| quantity.level(level, glyphs));
            format!(
                "{canary} on the canary against {baseline} on the baseline (limit {limit_text} {})",
                words.worse
            )
        }
    })
}

/// One difference on the worse axis in words, without range: `2.1 more per 100`.
pub(crate) fn difference_alone(
    quantity: &Quantity<'_>,
    value: f64,
    glyphs: Glyphs,
) -> Option<String> {
    let words = Wording::of(quantity)?;
    let limit = quantity.limit()? * words.factor;
    let shown = Shown::new(Some(value * words.factor), None, limit, glyphs);
    let word = if value < 0.0 {
        words.better
    } else {
        words.worse
    };
    let text = shown.estimate.as_deref()?;
    if is_zero(text) {
        return Some("about the same".to_owned());
    }
    Some(format!(
        "{}{} {word}{}",
        unsigned(text),
        words.unit,
        words.per.text()
    ))
}

/// The limit in words: `0.5 percentage points higher`, `10% lower`, `40ms slower`.
pub(crate) fn limit(quantity: &Quantity<'_>, glyphs: Glyphs) -> Option<String> {
    let words = Wording::of(quantity)?;
    let scale = quantity.difference_scale()?;
    let shown = scale.shortest(quantity.limit()?, glyphs);
    Some(match quantity.criterion.rule {
        Rule::AgainstBaseline {
            limit: Limit::Points(_),
            worse,
        } => {
            let noun = if shown == "1" {
                "percentage point"
            } else {
                "percentage points"
            };
            let word = match worse {
                Worse::Higher => "higher",
                Worse::Lower => "lower",
            };
            format!("{shown} {noun} {word}")
        }
        _ => format!("{shown}{} {}", scale.unit, words.worse),
    })
}

/// The canary's level against its absolute limit: `91% on the canary (range 80% to 97%, never above 5%)`.
pub(crate) fn level(quantity: &Quantity<'_>, numbers: &Numbers, glyphs: Glyphs) -> Option<String> {
    let limit = quantity.absolute()?;
    let level = numbers.level.canary.filter(|value| value.is_finite());
    let range = quantity.level_range(numbers).map(|(low, high)| {
        let texts = quantity.levels(&[low, high], glyphs);
        match (low.is_finite(), high.is_finite(), texts.as_slice()) {
            (true, true, [low, high]) => format!("range {low} to {high}, "),
            (true, false, [low, _]) => format!("range {low} or more, "),
            (false, true, [_, high]) => format!("range {high} or less, "),
            _ => String::new(),
        }
    });
    let side = match quantity.worse() {
        Worse::Higher => "above",
        Worse::Lower => "below",
    };
    let limit = quantity.absolute_text(limit, glyphs);
    let level = level.map_or_else(
        || "not known on the canary".to_owned(),
        |level| format!("{} on the canary", quantity.level(level, glyphs)),
    );
    let baseline = numbers.level.baseline.filter(|value| value.is_finite());
    let baseline = baseline.map_or_else(String::new, |level| {
        format!("baseline {}, ", quantity.level(level, glyphs))
    });
    Some(format!(
        "{level} ({}{baseline}limit: never {side} {limit})",
        range.unwrap_or_default()
    ))
}

/// The table's cell: `+1.9 (1.2..2.6)`, or for absolute criteria the range of the level.
pub(crate) fn cell(quantity: &Quantity<'_>, numbers: &Numbers, glyphs: Glyphs) -> Option<String> {
    let Some(scale) = quantity.difference_scale() else {
        let (low, high) = quantity.level_range(numbers)?;
        let texts = quantity.levels(&[low, high], glyphs);
        return match (low.is_finite(), high.is_finite(), texts.as_slice()) {
            (true, true, [low, high]) => Some(format!("range {low}..{high}")),
            (true, false, [low, _]) => Some(format!("range {}{low}", glyphs.at_least())),
            (false, true, [_, high]) => Some(format!("range {}{high}", glyphs.at_most())),
            _ => None,
        };
    };
    let limit = quantity.limit()? * scale.factor;
    let estimate = quantity
        .difference(numbers)
        .map(|value| value * scale.factor);
    let range = quantity
        .range(numbers)
        .map(|(low, high)| (low * scale.factor, high * scale.factor));
    let shown = Shown::new(estimate, range, limit, glyphs);
    let range = range.and_then(|(low, high)| {
        let mixed = low < 0.0 && high > 0.0;
        let sign = |text: &str| {
            if mixed {
                numbers::signed(text)
            } else {
                text.to_owned()
            }
        };
        match (shown.low.as_deref(), shown.high.as_deref()) {
            (Some(low), Some(high)) => Some(format!("({}..{})", sign(low), sign(high))),
            (Some(low), None) => Some(format!("({}{low})", glyphs.at_least())),
            (None, Some(high)) => Some(format!("({}{high})", glyphs.at_most())),
            (None, None) => None,
        }
    });
    let estimate = shown.estimate.as_deref().map(numbers::signed);
    match (estimate, range) {
        (Some(estimate), Some(range)) => Some(format!("{estimate} {range}")),
        (only, None) | (None, only) => only,
    }
}

/// The three numbers of a difference with the same decimals, each on its side of the limit.
struct Shown {
    estimate: Option<String>,
    low: Option<String>,
    high: Option<String>,
}

impl Shown {
    fn new(estimate: Option<f64>, range: Option<(f64, f64)>, limit: f64, glyphs: Glyphs) -> Self {
        let parts = [
            estimate,
            range.map(|(low, _)| low),
            range.map(|(_, high)| high),
        ]
        .map(|part| part.filter(|value| value.is_finite()));
        let values: Vec<f64> = parts.iter().flatten().copied().collect();
        let decimals = numbers::difference_decimals(estimate, range);
        let mut texts =
            numbers::beside_limit(&values, Some(&Mark::written(limit)), decimals, glyphs)
                .into_iter();
        let mut next = |part: Option<f64>| part.and_then(|_| texts.next());
        let [estimate, low, high] = parts;
        Self {
            estimate: next(estimate),
            low: next(low),
            high: next(high),
        }
    }
}

/// The range in words; `towards` says by its sign which word the reader has in mind already.
fn range_words(
    (low, high): (f64, f64),
    shown: &Shown,
    words: &Wording,
    towards: f64,
) -> Option<String> {
    let unit = words.unit;
    let worded = |value: f64, text: &str| {
        let word = if value < 0.0 {
            words.better
        } else {
            words.worse
        };
        format!("{}{unit} {word}", unsigned(text))
    };
    let agrees = (low >= 0.0 && towards >= 0.0) || (high <= 0.0 && towards < 0.0);
    Some(match (shown.low.as_deref(), shown.high.as_deref()) {
        (Some(low_text), Some(high_text)) if agrees => {
            let (first, second) = if towards < 0.0 {
                (high_text, low_text)
            } else {
                (low_text, high_text)
            };
            format!(
                "range {} to {}{unit}",
                with_unit(unsigned(first), unit),
                unsigned(second)
            )
        }
        (Some(low_text), Some(high_text)) => format!(
            "range {} to {}",
            worded(low, low_text),
            worded(high, high_text)
        ),
        (Some(low_text), None) if low >= 0.0 && towards >= 0.0 => {
            format!("range {}{unit} or more", unsigned(low_text))
        }
        (Some(low_text), None) => format!("range from {}", worded(low, low_text)),
        (None, Some(high_text)) => format!("range up to {}", worded(high, high_text)),
        (None, None) => return None,
    })
}

/// `range 44 to 80ms`, but `range 22% to 41%`.
fn with_unit(text: &str, unit: &str) -> String {
    if unit == "%" {
        format!("{text}%")
    } else {
        text.to_owned()
    }
}

fn is_zero(text: &str) -> bool {
    unsigned(text)
        .chars()
        .all(|digit| digit == '0' || digit == '.')
}

fn unsigned(text: &str) -> &str {
    text.trim_start_matches(['-', '−'])
}
