//! One criterion on a level: judged reading by reading, without an error budget.
//!
//! A level comes from a free query: nothing is known of how its readings depend on each other, so no evidence is claimed. The rule is the plain one:
//! failing when every reading of the last `sustained-for` is past the limit, within when none is.

mod saved;

use crate::comparison::{Admission, BEFORE_CELLS, SUSTAINED_CELLS};
use crate::observation::{Measured, Sides, Tick};
use crate::terms::{Criterion, Limit, Rule, Worse};
use crate::time::Timestamp;
use crate::verdict::Numbers;
use crate::window::Window;
use core::ops::AddAssign;

/// State of one level criterion.
#[derive(Clone, Debug)]
pub(crate) struct Level {
    rule: Rule,
    window: Window<Readings>,
    baseline: Window<Readings>,
    /// The baseline's own level, for what it was before an action.
    before: Window<Mean>,
    last: Sides<Option<f64>>,
    /// Readings in the last part of the watch.
    late: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Readings {
    pub(crate) past: u32,
    pub(crate) all: u32,
}

impl AddAssign for Readings {
    fn add_assign(&mut self, other: Self) {
        self.past = self.past.saturating_add(other.past);
        self.all = self.all.saturating_add(other.all);
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Mean {
    pub(crate) sum: f64,
    pub(crate) count: f64,
}

impl AddAssign for Mean {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }
}

impl Level {
    pub(crate) fn new(criterion: &Criterion) -> Self {
        Self {
            rule: criterion.rule,
            window: Window::new(criterion.sustained_for, SUSTAINED_CELLS),
            baseline: Window::new(criterion.sustained_for, SUSTAINED_CELLS),
            before: Window::new(crate::recovery::HOUR_BEFORE, BEFORE_CELLS),
            last: Sides::default(),
            late: 0,
        }
    }

    /// Whether it holds the sides against each other.
    pub(crate) fn compares(&self) -> bool {
        matches!(self.rule, Rule::AgainstBaseline { .. })
    }

    /// Lets one look enter. A comparison waits for the end of the warm-up and for comparable sides; a fixed value does not.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        canary: &Measured,
        baseline: &Measured,
        admission: &Admission,
    ) -> bool {
        let Measured::Level(canary) = *canary else {
            return false;
        };
        self.last.canary = Some(canary);
        self.feed_baseline(tick, baseline);
        if self.compares() && !admission.judged {
            if !self.window.reaches(admission.oldest) {
                self.window.clear();
            }
            return false;
        }
        let Some(past) = past(self.rule, canary, self.last.baseline) else {
            return false;
        };
        let reading = Readings {
            past: u32::from(past),
            all: 1,
        };
        self.window.push(tick.from, tick.through, reading);
        self.late = self.late.saturating_add(u32::from(admission.late));
        true
    }

    /// A look at the baseline, alone or not.
    pub(crate) fn feed_baseline(&mut self, tick: &Tick, baseline: &Measured) {
        self.last.baseline = match *baseline {
            Measured::Level(level) if level.is_finite() => Some(level),
            _ => None,
        };
        let Some(level) = self.last.baseline else {
            return;
        };
        self.before.push(
            tick.from,
            tick.through,
            Mean {
                sum: level,
                count: 1.0,
            },
        );
        if !self.compares() {
            let past = past(self.rule, level, None).unwrap_or(false);
            let reading = Readings {
                past: u32::from(past),
                all: 1,
            };
            self.baseline.push(tick.from, tick.through, reading);
        }
    }

    pub(crate) fn gap(&mut self) {
        self.window.clear();
    }

    /// Whether every reading of the last stretch is past the limit; the stretch must be whole and no older than `oldest`.
    pub(crate) fn past_throughout(&self, oldest: Timestamp) -> bool {
        self.window.covers(oldest)
            && self
                .window
                .sum()
                .is_some_and(|readings| readings.all > 0 && readings.past == readings.all)
    }

    pub(crate) fn never_past(&self, oldest: Timestamp) -> bool {
        self.window.covers(oldest)
            && self
                .window
                .sum()
                .is_some_and(|readings| readings.all > 0 && readings.past == 0)
    }

    /// Readings in the last part of the watch.
    pub(crate) fn late_readings(&self) -> u32 {
        self.late
    }

    /// Whether any reading of the baseline in the last stretch is past the value too. A baseline that has not been seen since `oldest` says nothing.
    pub(crate) fn baseline_past(&self, oldest: Timestamp) -> bool {
        self.baseline.reaches(oldest)
            && self
                .baseline
                .sum()
                .is_some_and(|readings| readings.past > 0)
    }

    /// Level that the service must show again after an action, from the baseline of the hour before: (before, limit).
    pub(crate) fn recovery_limit(&self) -> Option<(f64, f64)> {
        let mean = self.before.sum()?;
        let before = mean.sum / mean.count;
        let limit = match self.rule {
            Rule::NeverAbove(value) | Rule::NeverBelow(value) => value,
            Rule::AgainstBaseline { worse, limit } => line(worse, limit, before),
        };
        Some((before, limit))
    }

    pub(crate) fn numbers(&self) -> Numbers {
        let difference = match (self.rule, self.last.canary, self.last.baseline) {
            (
                Rule::AgainstBaseline {
                    limit: Limit::Relative(_),
                    ..
                },
                Some(canary),
                Some(baseline),
            ) if baseline != 0.0 => Some((canary - baseline) / baseline.abs()),
            (
                Rule::AgainstBaseline {
                    limit: Limit::Amount(_) | Limit::Points(_),
                    ..
                },
                Some(canary),
                Some(baseline),
            ) => Some(canary - baseline),
            _ => None,
        };
        let readings = self
            .window
            .sum()
            .map_or(0, |readings| u64::from(readings.all));
        Numbers {
            level: self.last,
            difference,
            exposure: Sides {
                canary: readings,
                baseline: readings,
            },
            ..Numbers::default()
        }
    }
}

/// Whether a level is past a rule; `None` where the rule needs a baseline and there is none.
fn past(rule: Rule, level: f64, baseline: Option<f64>) -> Option<bool> {
    match rule {
        Rule::NeverAbove(value) => Some(level > value),
        Rule::NeverBelow(value) => Some(level < value),
        Rule::AgainstBaseline { worse, limit } => {
            let line = line(worse, limit, baseline?);
            Some(if worse == Worse::Higher {
                level > line
            } else {
                level < line
            })
        }
    }
}

fn line(worse: Worse, limit: Limit, baseline: f64) -> f64 {
    let allowed = match limit {
        Limit::Amount(amount) | Limit::Points(amount) => amount,
        Limit::Relative(part) => part * baseline.abs(),
    };
    if worse == Worse::Higher {
        baseline + allowed
    } else {
        baseline - allowed
    }
}
