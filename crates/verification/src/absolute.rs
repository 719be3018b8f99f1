//! One criterion with a fixed value: `never-above`, `never-below` on a rate or a quantile (DESIGN.md 6, rule 3).

use crate::observation::{Measured, Sides, Tick};
use crate::terms::{Criterion, Measure, Noise, Plan, Rule};
use crate::time::Timestamp;
use crate::verdict::Numbers;
use crate::window::Window;
use statistics::{Histogram, Sample, SingleStream, Starts, Worse};

/// Processes of one absolute criterion.
#[derive(Clone, Debug)]
pub(crate) struct Absolute {
    value: f64,
    worse: Worse,
    quantile: Option<f64>,
    /// The rate that the streams are held against: the value itself, or the share that may lie beyond a quantile.
    rate: f64,
    harm: SingleStream,
    safety: SingleStream,
    fresh: Option<SingleStream>,
    noise: Noise,
    starts: Starts,
    window: Window<Sample>,
    baseline: Window<Sample>,
    durations: Option<Sides<Histogram>>,
    total: Sides<Sample>,
}

impl Absolute {
    pub(crate) fn new(plan: &Plan, criterion: &Criterion, noise: Noise) -> Option<Self> {
        let (value, worse) = match criterion.rule {
            Rule::NeverAbove(value) => (value, Worse::Higher),
            Rule::NeverBelow(value) => (value, Worse::Lower),
            Rule::AgainstBaseline { .. } => return None,
        };
        let (quantile, rate) = match criterion.measure {
            Measure::Rate => (None, value),
            Measure::Quantile(quantile) => (Some(quantile), 1.0 - quantile),
            Measure::Level => return None,
        };
        let starts = Starts::over(plan.looks());
        let stream = || SingleStream::new(rate, worse, noise.dispersion, starts);
        Some(Self {
            value,
            worse,
            quantile,
            rate,
            harm: stream(),
            safety: stream(),
            fresh: None,
            noise,
            starts,
            window: Window::new(criterion.sustained_for),
            baseline: Window::new(criterion.sustained_for),
            durations: quantile.map(|_| Sides {
                canary: Histogram::default(),
                baseline: Histogram::default(),
            }),
            total: Sides::default(),
        })
    }

    /// Lets one look enter; the baseline may be missing. Returns whether the canary was counted.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        canary: &Measured,
        baseline: &Measured,
        late: bool,
    ) -> bool {
        let Some((harm, safety)) = self.samples(canary) else {
            return false;
        };
        self.harm.update(&harm);
        self.safety.update(&safety);
        if late {
            let (rate, worse, dispersion, starts) =
                (self.rate, self.worse, self.noise.dispersion, self.starts);
            self.fresh
                .get_or_insert_with(|| SingleStream::new(rate, worse, dispersion, starts))
                .update(&safety);
        }
        self.window.push(tick.from, tick.through, harm);
        self.total.canary += harm;
        if let Some((harm, _)) = self.samples(baseline) {
            self.baseline.push(tick.from, tick.through, harm);
            self.total.baseline += harm;
        }
        if let Some(durations) = &mut self.durations {
            if let Measured::Durations(histogram) = canary {
                durations.canary.add(histogram);
            }
            if let Measured::Durations(histogram) = baseline {
                durations.baseline.add(histogram);
            }
        }
        true
    }

    pub(crate) fn gap(&mut self) {
        self.window.clear();
    }

    /// What counts against the value for harm, and for safety: they differ only where the value lies inside a bucket, each on its careful side.
    fn samples(&self, measured: &Measured) -> Option<(Sample, Sample)> {
        match (measured, self.quantile) {
            (Measured::Counts(sample), None) => Some((*sample, *sample)),
            (Measured::Durations(histogram), Some(_)) => {
                let trials = histogram.total();
                let above = histogram
                    .iter()
                    .map(|(edge, _)| edge)
                    .find(|&edge| edge >= self.value)
                    .map_or(0, |edge| histogram.above(edge));
                let below = histogram
                    .iter()
                    .map(|(edge, _)| edge)
                    .filter(|&edge| edge <= self.value)
                    .last()
                    .map_or(trials, |edge| histogram.above(edge));
                let (harm, safety) = if self.worse == Worse::Higher {
                    (above, below)
                } else {
                    (below, above)
                };
                Some((
                    Sample {
                        events: harm,
                        trials,
                    },
                    Sample {
                        events: safety,
                        trials,
                    },
                ))
            }
            _ => None,
        }
    }

    pub(crate) fn ln_harm(&self) -> f64 {
        self.harm.ln_harm()
    }

    pub(crate) fn ln_safety(&self) -> f64 {
        self.safety.ln_safety()
    }

    pub(crate) fn ln_fresh_safety(&self) -> Option<f64> {
        self.fresh.as_ref().map(SingleStream::ln_safety)
    }

    fn past(&self, sample: Sample) -> bool {
        sample.rate().is_some_and(|rate| {
            if self.worse == Worse::Higher {
                rate > self.rate
            } else {
                rate < self.rate
            }
        })
    }

    pub(crate) fn sustained(&self, now: Timestamp) -> bool {
        self.window.covers(now) && self.lately_past()
    }

    pub(crate) fn lately_past(&self) -> bool {
        self.window.sum().is_some_and(|sample| self.past(sample))
    }

    /// Whether the baseline is past the value too, over the stretch or in the last look: then a rollback would not help.
    pub(crate) fn baseline_past(&self) -> bool {
        self.baseline.sum().is_some_and(|sample| self.past(sample))
            || self
                .baseline
                .last()
                .is_some_and(|sample| self.past(*sample))
    }

    pub(crate) fn recovery_limit(&self) -> Option<(f64, f64)> {
        Some((
            self.baseline
                .sum()
                .and_then(|sample| sample.rate())
                .unwrap_or(self.rate),
            self.rate,
        ))
    }

    pub(crate) fn service_sample(
        &self,
        canary: Option<&Measured>,
        baseline: &Measured,
    ) -> Option<Sample> {
        let (_, mut sum) = self.samples(baseline)?;
        if let Some((_, canary)) = canary.and_then(|measured| self.samples(measured)) {
            sum += canary;
        }
        Some(sum)
    }

    pub(crate) fn numbers(&self) -> Numbers {
        let lately = self.window.sum().and_then(|sample| sample.rate());
        let level = match (&self.durations, self.quantile) {
            (Some(durations), Some(quantile)) => Sides {
                canary: durations.canary.quantile(quantile),
                baseline: durations.baseline.quantile(quantile),
            },
            _ => Sides {
                canary: lately.or_else(|| self.total.canary.rate()),
                baseline: self
                    .baseline
                    .sum()
                    .and_then(|sample| sample.rate())
                    .or_else(|| self.total.baseline.rate()),
            },
        };
        Numbers {
            level,
            lately: if self.quantile.is_none() {
                lately
            } else {
                None
            },
            exposure: Sides {
                canary: self.total.canary.trials,
                baseline: self.total.baseline.trials,
            },
            events: Sides {
                canary: self.total.canary.events,
                baseline: self.total.baseline.events,
            },
            ..Numbers::default()
        }
    }
}
