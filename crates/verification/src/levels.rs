//! One criterion on a level: judged reading by reading, without an error budget.
//!
//! A level comes from a free query: nothing is known of how its readings depend on each other, so no evidence is claimed. The rule is the plain one:
//! failing when every reading of the last `sustained-for` is past the limit, within when none is.

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
    last: Sides<Option<f64>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Readings {
    past: u32,
    all: u32,
}

impl AddAssign for Readings {
    fn add_assign(&mut self, other: Self) {
        self.past += other.past;
        self.all += other.all;
    }
}

impl Level {
    pub(crate) fn new(criterion: &Criterion) -> Self {
        Self {
            rule: criterion.rule,
            window: Window::new(criterion.sustained_for),
            baseline: Window::new(criterion.sustained_for),
            last: Sides::default(),
        }
    }

    pub(crate) fn feed(&mut self, tick: &Tick, canary: &Measured, baseline: &Measured) -> bool {
        let Measured::Level(canary) = *canary else {
            return false;
        };
        let baseline = if let Measured::Level(level) = *baseline {
            Some(level)
        } else {
            None
        };
        self.last = Sides {
            canary: Some(canary),
            baseline,
        };
        let past = match self.rule {
            Rule::NeverAbove(value) => canary > value,
            Rule::NeverBelow(value) => canary < value,
            Rule::AgainstBaseline { worse, limit } => {
                let Some(baseline) = baseline else {
                    return false;
                };
                let allowed = match limit {
                    Limit::Amount(amount) | Limit::Points(amount) => amount,
                    Limit::Relative(part) => part * baseline.abs(),
                };
                if worse == Worse::Higher {
                    canary > baseline + allowed
                } else {
                    canary < baseline - allowed
                }
            }
        };
        self.window.push(
            tick.from,
            tick.through,
            Readings {
                past: u32::from(past),
                all: 1,
            },
        );
        if let Some(level) = baseline {
            let past = match self.rule {
                Rule::NeverAbove(value) => level > value,
                Rule::NeverBelow(value) => level < value,
                Rule::AgainstBaseline { .. } => false,
            };
            self.baseline.push(
                tick.from,
                tick.through,
                Readings {
                    past: u32::from(past),
                    all: 1,
                },
            );
        }
        true
    }

    pub(crate) fn gap(&mut self) {
        self.window.clear();
    }

    pub(crate) fn past_throughout(&self, now: Timestamp) -> bool {
        self.window.covers(now)
            && self
                .window
                .sum()
                .is_some_and(|readings| readings.all > 0 && readings.past == readings.all)
    }

    pub(crate) fn never_past(&self, now: Timestamp) -> bool {
        self.window.covers(now)
            && self
                .window
                .sum()
                .is_some_and(|readings| readings.all > 0 && readings.past == 0)
    }

    pub(crate) fn baseline_past(&self) -> bool {
        self.baseline
            .sum()
            .is_some_and(|readings| readings.past > 0)
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
