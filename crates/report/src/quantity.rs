//! What the numbers of a criterion are measured in, and on which side "worse" lies.
//!
//! Differences are shown on the *worse axis*: positive is worse, whatever the metric's own direction.

use crate::glyphs::Glyphs;
use crate::json_row::UnitWord;
use crate::numbers::{self, Mark};
use verification::terms::{Criterion, Limit, Measure, Plan, Rule, Signal, SignalKind, Worse};
use verification::verdict::{Numbers, RowId};

/// A criterion with its signal: enough to put any of its numbers into words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quantity<'plan> {
    pub(crate) criterion: &'plan Criterion,
    pub(crate) signal: &'plan Signal,
}

/// How a number is multiplied and what is written behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) factor: f64,
    pub(crate) unit: &'static str,
}

impl Scale {
    const PLAIN: Self = Self {
        factor: 1.0,
        unit: "",
    };
    pub(crate) const PERCENT: Self = Self {
        factor: 100.0,
        unit: "%",
    };
    const POINTS: Self = Self {
        factor: 100.0,
        unit: "pp",
    };
    const PER_POD_SECOND: Self = Self {
        factor: 1.0,
        unit: "/s",
    };

    /// The number alone, as the plan may have written it.
    pub(crate) fn shortest(self, value: f64, glyphs: Glyphs) -> String {
        numbers::shortest(value * self.factor, glyphs)
    }
}

/// Unit of a level.
#[derive(Clone, Copy, Debug, PartialEq)]
enum LevelUnit {
    Fraction,
    /// So many seconds are one unit of the metric.
    Time(f64),
    Bytes,
    PerPodSecond,
    Plain,
}

impl<'plan> Quantity<'plan> {
    /// The quantity of a row; `None` where the row names no criterion of the plan.
    pub(crate) fn of(plan: &'plan Plan, row: RowId) -> Option<Self> {
        Self::new(plan, plan.criteria.get(usize::from(row.criterion))?)
    }

    pub(crate) fn new(plan: &'plan Plan, criterion: &'plan Criterion) -> Option<Self> {
        let signal = plan.signals.get(usize::from(criterion.signal))?;
        Some(Self { criterion, signal })
    }

    /// The bad direction.
    pub(crate) fn worse(&self) -> Worse {
        match self.criterion.rule {
            Rule::AgainstBaseline { worse, .. } => worse,
            Rule::NeverAbove(_) => Worse::Higher,
            Rule::NeverBelow(_) => Worse::Lower,
        }
    }

    /// Puts a difference on the worse axis.
    fn towards_worse(&self, difference: f64) -> f64 {
        match self.worse() {
            Worse::Higher => difference,
            // Not `-difference`: that would make a negative zero.
            Worse::Lower => 0.0 - difference,
        }
    }

    /// The difference on the worse axis; a number that is none counts as missing.
    pub(crate) fn difference(&self, numbers: &Numbers) -> Option<f64> {
        numbers
            .difference
            .map(|value| self.towards_worse(value))
            .filter(|value| value.is_finite())
    }

    /// The difference of the last stretch on the worse axis.
    pub(crate) fn lately(&self, numbers: &Numbers) -> Option<f64> {
        numbers
            .lately
            .map(|value| self.towards_worse(value))
            .filter(|value| value.is_finite())
    }

    /// The range on the worse axis, low end first. Ends may be infinite; a range that says nothing counts as missing.
    ///
    /// The range is about the whole watch, the estimate about the time since the best-supported start: harm that began late
    /// can put the estimate past the upper end. That end is then left open, so that a reader sees no contradiction; an open end
    /// claims less, so it stays true.
    pub(crate) fn range(&self, numbers: &Numbers) -> Option<(f64, f64)> {
        let range = numbers.range?;
        let (lower, upper) = match self.worse() {
            Worse::Higher => (range.lower, range.upper),
            Worse::Lower => (
                range.upper.map(|end| self.towards_worse(end)),
                range.lower.map(|end| self.towards_worse(end)),
            ),
        };
        let estimate = self.difference(numbers);
        let upper = upper.filter(|upper| estimate.is_none_or(|estimate| estimate <= *upper));
        ends(lower, upper)
    }

    /// The range of the canary's own level, for criteria that need no baseline.
    pub(crate) fn level_range(&self, numbers: &Numbers) -> Option<(f64, f64)> {
        let range = numbers.range?;
        ends(range.lower, range.upper)
    }

    /// The limit on the worse axis; `None` for absolute criteria.
    pub(crate) fn limit(&self) -> Option<f64> {
        match self.criterion.rule {
            Rule::AgainstBaseline { limit, .. } => Some(match limit {
                Limit::Points(value) | Limit::Relative(value) | Limit::Amount(value) => value,
            }),
            Rule::NeverAbove(_) | Rule::NeverBelow(_) => None,
        }
    }

    /// The value an absolute criterion may not pass.
    pub(crate) fn absolute(&self) -> Option<f64> {
        match self.criterion.rule {
            Rule::AgainstBaseline { .. } => None,
            Rule::NeverAbove(value) | Rule::NeverBelow(value) => Some(value),
        }
    }

    fn unit(&self) -> LevelUnit {
        let points = matches!(
            self.criterion.rule,
            Rule::AgainstBaseline {
                limit: Limit::Points(_),
                ..
            }
        );
        match &self.signal.kind {
            SignalKind::Proportion { .. } | SignalKind::Probe(_) => LevelUnit::Fraction,
            SignalKind::Count { .. } if points => LevelUnit::Fraction,
            SignalKind::Count { per: None, .. } => LevelUnit::PerPodSecond,
            SignalKind::Count { per: Some(_), .. } | SignalKind::Level { .. } => LevelUnit::Plain,
            SignalKind::Histogram { of } => match self.criterion.measure {
                Measure::Quantile(_) | Measure::Level => unit_of_metric(&of.metric),
                Measure::Rate => LevelUnit::Fraction,
            },
        }
    }

    /// The unit of levels as JSON names it.
    pub(crate) fn unit_word(&self) -> UnitWord {
        match self.unit() {
            LevelUnit::Fraction => UnitWord::Fraction,
            LevelUnit::Time(1e-3) => UnitWord::Milliseconds,
            LevelUnit::Time(1e-6) => UnitWord::Microseconds,
            LevelUnit::Time(_) => UnitWord::Seconds,
            LevelUnit::Bytes => UnitWord::Bytes,
            LevelUnit::PerPodSecond => UnitWord::PerPodSecond,
            LevelUnit::Plain => UnitWord::Plain,
        }
    }

    /// Whether levels are times, so that more is *slower*.
    pub(crate) fn is_time(&self) -> bool {
        matches!(self.unit(), LevelUnit::Time(_))
    }

    /// Scale that suits a level of about this size.
    pub(crate) fn level_scale(&self, about: f64) -> Scale {
        let about = about.abs();
        match self.unit() {
            LevelUnit::Fraction => Scale::PERCENT,
            LevelUnit::PerPodSecond => Scale::PER_POD_SECOND,
            LevelUnit::Plain => Scale::PLAIN,
            LevelUnit::Time(seconds) => {
                let (factor, unit) = match about * seconds {
                    0.0 => (1e3, "ms"),
                    time if time < 1e-3 => (1e6, "us"),
                    time if time < 1.0 => (1e3, "ms"),
                    _ => (1.0, "s"),
                };
                Scale {
                    factor: seconds * factor,
                    unit,
                }
            }
            LevelUnit::Bytes => {
                let (factor, unit) = match about {
                    size if size < 1e3 => (1.0, "B"),
                    size if size < 1e6 => (1e-3, "kB"),
                    size if size < 1e9 => (1e-6, "MB"),
                    _ => (1e-9, "GB"),
                };
                Scale { factor, unit }
            }
        }
    }

    /// Scale of differences and of their limit; `None` for absolute criteria.
    pub(crate) fn difference_scale(&self) -> Option<Scale> {
        match self.criterion.rule {
            Rule::AgainstBaseline { limit, .. } => Some(match limit {
                Limit::Points(_) => Scale::POINTS,
                Limit::Relative(_) => Scale::PERCENT,
                Limit::Amount(amount) => self.level_scale(amount),
            }),
            Rule::NeverAbove(_) | Rule::NeverBelow(_) => None,
        }
    }

    /// Scale of the levels of a row: that of its limit where that is an amount and leaves numbers readable.
    fn scale_beside_limit(&self, level: f64) -> Scale {
        /// Levels with more digits than this are shown in a unit of their own.
        const READABLE: f64 = 100_000.0;
        let of_limit = match self.criterion.rule {
            Rule::AgainstBaseline {
                limit: Limit::Amount(amount),
                ..
            } => Some(self.level_scale(amount)),
            Rule::NeverAbove(value) | Rule::NeverBelow(value) => Some(self.level_scale(value)),
            Rule::AgainstBaseline { .. } => None,
        };
        of_limit
            .filter(|scale| (level * scale.factor).abs() < READABLE)
            .unwrap_or_else(|| self.level_scale(level))
    }

    /// A level with its unit: `2.49%`, `412ms`.
    pub(crate) fn level(&self, value: f64, glyphs: Glyphs) -> String {
        self.levels(&[value], glyphs).concat()
    }

    /// Levels with their unit, each on its side of the absolute limit if there is one.
    pub(crate) fn levels(&self, values: &[f64], glyphs: Glyphs) -> Vec<String> {
        values
            .iter()
            .map(|value| {
                if !value.is_finite() {
                    return "-".to_owned();
                }
                let scale = self.scale_beside_limit(*value);
                let scaled = value * scale.factor;
                // A share that is not whole may not read as whole.
                let whole = (scale == Scale::PERCENT).then_some(100.0);
                let limit = self.absolute().map(|limit| limit * scale.factor).or(whole);
                let decimals = match scale.unit {
                    _ if scaled.fract() == 0.0 => 0,
                    // Plain rates below one, as orders a request, are told by their leading digits.
                    "" if scaled.abs() < 1.0 => numbers::decimals_for(scaled, 3),
                    _ => numbers::level_decimals(scaled),
                };
                let shown = numbers::beside_limit(
                    &[scaled],
                    limit.map(Mark::written).as_ref(),
                    decimals,
                    glyphs,
                )
                .concat();
                format!("{shown}{}", scale.unit)
            })
            .collect()
    }

    /// The limit as tables show it: `+0.5pp`, `+10%`, `+40ms`, `≤5%`.
    pub(crate) fn limit_text(&self, glyphs: Glyphs) -> String {
        match (self.limit(), self.difference_scale(), self.absolute()) {
            (Some(limit), Some(scale), _) => format!(
                "{}{}",
                numbers::signed(&scale.shortest(limit, glyphs)),
                scale.unit
            ),
            (_, _, Some(value)) => {
                let sign = match self.worse() {
                    Worse::Higher => glyphs.at_most(),
                    Worse::Lower => glyphs.at_least(),
                };
                format!("{sign}{}", self.absolute_text(value, glyphs))
            }
            _ => String::new(),
        }
    }

    /// The absolute limit as it was written: `5%`.
    pub(crate) fn absolute_text(&self, value: f64, glyphs: Glyphs) -> String {
        let scale = self.level_scale(value);
        format!("{}{}", scale.shortest(value, glyphs), scale.unit)
    }
}

/// Ends with what is open as infinite; `None` where both are, or where they are no range.
fn ends(lower: Option<f64>, upper: Option<f64>) -> Option<(f64, f64)> {
    let (low, high) = (
        lower.unwrap_or(f64::NEG_INFINITY),
        upper.unwrap_or(f64::INFINITY),
    );
    (low <= high && (low.is_finite() || high.is_finite())).then_some((low, high))
}

/// Prometheus puts the unit into the name of a metric; OpenTelemetry's durations are in seconds.
fn unit_of_metric(metric: &str) -> LevelUnit {
    let metric = metric.to_ascii_lowercase();
    let has = |part: &str| metric.contains(part);
    if has("millisecond") || metric.ends_with("_ms") {
        LevelUnit::Time(1e-3)
    } else if has("microsecond") || metric.ends_with("_us") {
        LevelUnit::Time(1e-6)
    } else if has("second") || has("duration") || has("latency") {
        LevelUnit::Time(1.0)
    } else if has("bytes") {
        LevelUnit::Bytes
    } else {
        LevelUnit::Plain
    }
}
