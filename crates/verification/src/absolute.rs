//! One criterion with a fixed value: `never-above`, `never-below` on a rate or a quantile (DESIGN.md 6, rule 3).

mod saved;

use crate::blocks::{Blocks, with_starts};
use crate::comparison::{Admission, SUSTAINED_CELLS, Wanted};
use crate::latencies::Latencies;
use crate::observation::{Measured, Sides, Tick};
use crate::terms::{Criterion, Measure, Noise, Plan, Rule, SignalKind};
use crate::time::Timestamp;
use crate::verdict::{Numbers, VerdictKind};
use crate::window::Window;
use statistics::{Range, Sample, SingleStream, Starts, Worse};

/// Halvings of the search for an end of a range: to a millionth of the widest range of rates.
const HALVINGS: u32 = 40;

/// Processes of one absolute criterion.
#[derive(Clone, Debug)]
pub(crate) struct Absolute {
    value: f64,
    worse: Worse,
    quantile: Option<f64>,
    /// Whether events are a subset of trials, so that no rate exceeds 1.
    proportion: bool,
    /// The rate that the streams are held against: the value itself, or the share that may lie beyond a quantile.
    rate: f64,
    stream: SingleStream,
    /// Where the value lies inside a bucket, safety counts on its careful side and needs a stream of its own.
    careful: Option<SingleStream>,
    fresh: Option<SingleStream>,
    noise: Noise,
    /// Whether the baseline was past the value before the deploy already: then that it still is, is no news.
    always: bool,
    starts: Starts,
    window: Window<Sample>,
    baseline: Window<Sample>,
    history: Blocks<Sample>,
    total: Sides<Sample>,
    now: Standing,
}

/// The evidence as it stands after the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Standing {
    ln_harm: f64,
    ln_safety: f64,
    ln_fresh: f64,
    past_lately: bool,
}

impl Absolute {
    pub(crate) fn new(
        plan: &Plan,
        criterion: &Criterion,
        noise: Noise,
        before: Option<&Measured>,
    ) -> Option<Self> {
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
        let mut absolute = Self {
            value,
            worse,
            quantile,
            proportion: matches!(
                plan.signal_of(criterion).kind,
                SignalKind::Proportion { .. } | SignalKind::Probe(_)
            ),
            rate,
            stream: stream(),
            careful: quantile.map(|_| stream()),
            fresh: None,
            noise,
            starts,
            window: Window::new(criterion.sustained_for, SUSTAINED_CELLS),
            baseline: Window::new(criterion.sustained_for, SUSTAINED_CELLS),
            history: Blocks::default(),
            total: Sides::default(),
            now: Standing::default(),
            always: false,
        };
        absolute.always = before
            .and_then(|measured| absolute.samples(measured))
            .is_some_and(|(harm, _)| absolute.past(harm));
        Some(absolute)
    }

    /// Lets one look enter, whatever its admission: fixed values hold from the first moment. The baseline may be missing. Returns whether the canary had traffic.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        canary: &Measured,
        baseline: &Measured,
        admission: &Admission,
    ) -> bool {
        let Some((harm, safety)) = self.samples(canary) else {
            return false;
        };
        self.stream.update(&harm);
        if let Some(careful) = &mut self.careful {
            careful.update(&safety);
        }
        if admission.late {
            let (rate, worse, dispersion) = (self.rate, self.worse, self.noise.dispersion);
            self.fresh
                .get_or_insert_with(|| SingleStream::new(rate, worse, dispersion, Starts::NONE))
                .update(&safety);
        }
        self.window.push(tick.from, tick.through, harm);
        self.total.canary += harm;
        if self.quantile.is_none() && harm.trials > 0 {
            self.history.push(harm);
        }
        if let Some((harm, _)) = self.samples(baseline) {
            self.baseline.push(tick.from, tick.through, harm);
            self.total.baseline += harm;
        }
        self.stand();
        harm.trials > 0
    }

    /// A look at the baseline alone.
    pub(crate) fn feed_baseline(&mut self, tick: &Tick, baseline: &Measured) {
        if let Some((harm, _)) = self.samples(baseline) {
            self.baseline.push(tick.from, tick.through, harm);
            self.total.baseline += harm;
        }
    }

    pub(crate) fn gap(&mut self) {
        self.window.clear();
        self.stand();
    }

    fn stand(&mut self) {
        self.now = Standing {
            ln_harm: self.stream.ln_harm(),
            ln_safety: self.careful.as_ref().unwrap_or(&self.stream).ln_safety(),
            ln_fresh: self.fresh.as_ref().map_or(0.0, SingleStream::ln_safety),
            past_lately: self.window.sum().is_some_and(|sample| self.past(sample)),
        };
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
        self.now.ln_harm
    }

    pub(crate) fn ln_safety(&self) -> f64 {
        self.now.ln_safety
    }

    /// Evidence of the last part of the watch alone.
    pub(crate) fn ln_fresh_safety(&self) -> f64 {
        self.now.ln_fresh
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

    /// Whether the last stretch alone is past the value; it must be whole and no older than `oldest`.
    pub(crate) fn sustained(&self, oldest: Timestamp) -> bool {
        self.now.past_lately && self.window.covers(oldest)
    }

    pub(crate) fn past_lately(&self) -> bool {
        self.now.past_lately
    }

    /// Whether the baseline is past the value too, over the stretch or in the last look: then a rollback would not help. A baseline that has not been seen since `oldest`
    /// says nothing.
    pub(crate) fn baseline_past(&self, oldest: Timestamp) -> bool {
        self.baseline.reaches(oldest)
            && (self.baseline.sum().is_some_and(|sample| self.past(sample))
                || self
                    .baseline
                    .last()
                    .is_some_and(|sample| self.past(*sample)))
    }

    /// Whether the baseline is past the value now as it was before the deploy: neither is the canary's being past it news.
    pub(crate) fn is_old_news(&self, oldest: Timestamp) -> bool {
        self.always && self.baseline_past(oldest)
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

    pub(crate) fn numbers(
        &self,
        criterion: &Criterion,
        latencies: Option<&Latencies>,
        wanted: &Wanted,
    ) -> Numbers {
        let mut numbers = Numbers {
            exposure: Sides {
                canary: self.total.canary.trials,
                baseline: self.total.baseline.trials,
            },
            events: Sides {
                canary: self.total.canary.events,
                baseline: self.total.baseline.events,
            },
            ..Numbers::default()
        };
        let ln_harm_needed = if wanted.kind == VerdictKind::Failing {
            wanted.ln_harm_needed.min(self.now.ln_harm)
        } else {
            wanted.ln_harm_needed
        };
        let (harm, safety) = match (self.quantile, latencies) {
            (None, _) => {
                let rate = |window: &Window<Sample>, total: &Sample| {
                    window
                        .sum()
                        .and_then(|sample| sample.rate())
                        .or_else(|| total.rate())
                };
                numbers.level = Sides {
                    canary: rate(&self.window, &self.total.canary),
                    baseline: rate(&self.baseline, &self.total.baseline),
                };
                numbers.lately = self.window.sum().and_then(|sample| sample.rate());
                self.range_of_rate(ln_harm_needed, wanted.ln_safety_needed)
            }
            (Some(quantile), Some(latencies)) => {
                let lately = latencies.lately(criterion.sustained_for);
                numbers.lately = lately
                    .as_ref()
                    .and_then(|both| both.canary.quantile(quantile));
                let shown = lately.unwrap_or_else(|| latencies.judged.total().0);
                numbers.level = Sides {
                    canary: shown.canary.quantile(quantile),
                    baseline: shown.baseline.quantile(quantile),
                };
                latencies.range_of_quantile(
                    self.rate,
                    self.noise.dispersion,
                    self.starts,
                    self.worse,
                    ln_harm_needed,
                    wanted.ln_safety_needed,
                )
            }
            (Some(_), None) => (None, None),
        };
        if numbers.exposure.canary > 0 {
            numbers.range = Some(self.agreeing(harm, safety, wanted.kind));
        }
        numbers
    }

    /// The rates that the processes reject as the value: an end for harm and one for safety.
    fn range_of_rate(
        &self,
        ln_harm_needed: f64,
        ln_safety_needed: f64,
    ) -> (Option<f64>, Option<f64>) {
        let since_each = self.history.since_each();
        let Some(everything) = since_each.last() else {
            return (None, None);
        };
        let stream = |rate: f64, sample: &Sample| {
            let mut stream =
                SingleStream::new(rate, self.worse, self.noise.dispersion, Starts::NONE);
            stream.update(sample);
            stream
        };
        let harm = |rate: f64| {
            with_starts(&since_each, self.starts, |sample| {
                stream(rate, sample).ln_harm()
            }) >= ln_harm_needed
        };
        let safety = |rate: f64| stream(rate, &everything.sum).ln_safety() >= ln_safety_needed;
        let highest = if self.proportion {
            1.0
        } else {
            // No rate is a thousand times what was counted at most.
            since_each
                .iter()
                .filter_map(|since| since.sum.rate())
                .fold(self.rate, f64::max)
                * 1000.0
        };
        let lowest = highest * 1e-15;
        match self.worse {
            Worse::Higher => (
                boundary(lowest, highest, harm),
                boundary(highest, lowest, safety),
            ),
            Worse::Lower => (
                boundary(highest, lowest, harm),
                boundary(lowest, highest, safety),
            ),
        }
    }

    /// The range in line with the word, as in [`crate::range`].
    fn agreeing(&self, harm: Option<f64>, safety: Option<f64>, kind: VerdictKind) -> Range {
        let higher = self.worse == Worse::Higher;
        let value = self.value;
        let (harm, safety) = match kind {
            VerdictKind::Failing => (
                Some(harm.map_or(value, |end| {
                    if higher {
                        end.max(value)
                    } else {
                        end.min(value)
                    }
                })),
                safety,
            ),
            VerdictKind::Within => (
                harm,
                Some(safety.map_or(value, |end| {
                    if higher {
                        end.min(value)
                    } else {
                        end.max(value)
                    }
                })),
            ),
            _ => (harm, safety),
        };
        let crossed = harm
            .zip(safety)
            .is_some_and(|(harm, safety)| if higher { harm > safety } else { harm < safety });
        let (harm, safety) = match (crossed, kind) {
            (true, VerdictKind::Within) => (None, safety),
            (true, _) => (harm, None),
            _ => (harm, safety),
        };
        if higher {
            Range {
                lower: harm,
                upper: safety,
            }
        } else {
            Range {
                lower: safety,
                upper: harm,
            }
        }
    }
}

/// The last number on the way from `start` to `end` for which `holds`, which holds up to some point and not after it; `None` where it does not even hold at the start.
fn boundary(start: f64, end: f64, holds: impl Fn(f64) -> bool) -> Option<f64> {
    if !holds(start) {
        return None;
    }
    // Rates differ by factors, so the search halves their logarithms.
    let (mut yes, mut no) = (libm::log(start), libm::log(end));
    for _ in 0..HALVINGS {
        let middle = yes + (no - yes) * 0.5;
        if holds(libm::exp(middle)) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    Some(libm::exp(yes))
}
