//! One criterion, or one slice of it, judged against the baseline at the same moment.

use crate::budget::{Budget, CATASTROPHIC, rolls_back};
use crate::durations::DurationBlocks;
use crate::observation::{Measured, PodSet, Side, Sides, Tick};
use crate::terms::{Criterion, Limit, Measure, Noise, Plan, Rule, SignalKind};
use crate::verdict::{Family, Numbers, ThresholdProblem};
use crate::window::Window;
use statistics::{
    Design, Evidence, Harm, Histogram, LatencyLimit, Margin, Pair, Range, Safety, Sample, Shift,
    ShiftError, Starts, Worse, dominance_pairs, pod_allowance, shift,
};

/// Null ratio of the catastrophic process: what only a break reaches, and start-up noise does not (statistics.md A5).
const CATASTROPHIC_RATIO: f64 = 3.0;
/// Fewest baseline latencies beyond a quantile before a threshold may be learned from the watch itself.
const LEARN_BEYOND: f64 = 2.0;

/// Processes of one comparison.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) family: Family,
    design: Design,
    pods_share: f64,
    noise: Noise,
    harm: Harm,
    catastrophic: Option<(Design, Harm)>,
    safety: Safety,
    /// Safety over the last part of the watch only.
    fresh: Option<Safety>,
    evidence: Evidence,
    window: Window<Pair>,
    /// The baseline side alone, for the level before an action.
    before: Window<Sample>,
    latency: Option<Latency>,
    total: Pair,
}

/// What a latency comparison keeps beside its counts.
#[derive(Clone, Debug)]
struct Latency {
    quantile: f64,
    limit: LatencyLimit,
    place: Place,
    blocks: Sides<DurationBlocks>,
    lately: Sides<Window<Histogram>>,
}

#[derive(Clone, Debug)]
enum Place {
    /// Learning from the baseline side of this watch.
    Learning(Histogram),
    Placed(Shift),
    Impossible(ThresholdProblem),
}

/// What a look brought to a comparison.
pub(crate) enum Fed {
    /// Both sides were counted.
    Counted,
    /// The row cannot be counted yet.
    NotYet,
}

/// Whether the looks of this tick enter the full processes.
#[derive(Clone, Copy)]
pub(crate) struct Admission {
    /// After the warm-up, sides comparable.
    pub(crate) judged: bool,
    /// In the last part of the watch.
    pub(crate) late: bool,
}

impl Comparison {
    pub(crate) fn new(
        plan: &Plan,
        criterion: &Criterion,
        weight: f64,
        budget: &Budget,
        noise: Noise,
        before: Option<&Measured>,
    ) -> Option<Self> {
        let Rule::AgainstBaseline { worse, limit } = criterion.rule else {
            return None;
        };
        let mut latency = None;
        let mut expected_rate = None;
        let (family, margin) = match (criterion.measure, limit) {
            (Measure::Rate, Limit::Points(points)) => {
                (Family::Difference, Margin::difference(points))
            }
            (Measure::Rate, Limit::Relative(part)) => {
                let ratio = if worse == Worse::Higher {
                    1.0 + part
                } else {
                    1.0 - part
                };
                (Family::Ratio, Margin::ratio(ratio))
            }
            (Measure::Quantile(quantile), limit) => {
                let limit = match limit {
                    Limit::Amount(amount) => LatencyLimit::Added(amount),
                    Limit::Relative(part) => LatencyLimit::Ratio(1.0 + part),
                    Limit::Points(_) => return None,
                };
                let place = match before {
                    Some(Measured::Durations(history)) => {
                        place(history, quantile, limit, &Histogram::default())
                    }
                    _ => Place::Learning(Histogram::default()),
                };
                expected_rate = Some(1.0 - quantile);
                latency = Some(Latency {
                    quantile,
                    limit,
                    place,
                    blocks: Sides {
                        canary: DurationBlocks::default(),
                        baseline: DurationBlocks::default(),
                    },
                    lately: Sides {
                        canary: Window::new(criterion.sustained_for),
                        baseline: Window::new(criterion.sustained_for),
                    },
                });
                (Family::Dominance, Margin::ratio(1.0))
            }
            _ => return None,
        };
        if let Some(Measured::Counts(sample)) = before {
            expected_rate = sample.rate();
        }
        let margin = margin.ok()?;
        let design = Design {
            margin,
            worse,
            dispersion: noise.dispersion,
            pod_allowance: 0.0,
            starts: Starts::over(plan.looks()),
            expected_rate,
        };
        let catastrophic = (rolls_back(criterion)
            && worse == Worse::Higher
            && family != Family::Dominance)
            .then(|| {
                let design = Design {
                    margin: Margin {
                        ratio: margin.ratio.max(CATASTROPHIC_RATIO),
                        ..margin
                    },
                    ..design.clone()
                };
                let harm = Harm::new(&design);
                (design, harm)
            });
        Some(Self {
            family,
            pods_share: budget.pods_share(weight),
            noise,
            harm: Harm::new(&design),
            catastrophic,
            safety: Safety::new(&design),
            fresh: None,
            evidence: Evidence::default(),
            window: Window::new(criterion.sustained_for),
            before: Window::new(crate::recovery::HOUR_BEFORE),
            latency,
            total: Pair::default(),
            design,
        })
    }

    /// Lets one look enter. Both sides must have been measured.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        canary: &Measured,
        baseline: &Measured,
        admission: Admission,
    ) -> Fed {
        let (harm, safety) = match (canary, baseline, &mut self.latency) {
            (Measured::Counts(canary), Measured::Counts(baseline), None) => {
                let pair = Pair {
                    canary: *canary,
                    baseline: *baseline,
                };
                (pair, pair)
            }
            (Measured::Durations(canary), Measured::Durations(baseline), Some(latency)) => {
                let Ok(shift) = latency.find_place(baseline) else {
                    return Fed::NotYet;
                };
                if admission.judged {
                    latency.blocks.canary.push(canary);
                    latency.blocks.baseline.push(baseline);
                    latency
                        .lately
                        .canary
                        .push(tick.from, tick.through, canary.clone());
                    latency
                        .lately
                        .baseline
                        .push(tick.from, tick.through, baseline.clone());
                }
                dominance_pairs(&shift, canary, baseline)
            }
            _ => return Fed::Counted,
        };
        self.allow_for_pods(tick.pods);
        self.before.push(tick.from, tick.through, safety.baseline);
        if let Some((_, process)) = &mut self.catastrophic {
            process.update(&harm);
        }
        if admission.judged {
            self.harm.update(&harm);
            self.safety.update(&safety);
            if admission.late {
                let design = &self.design;
                self.fresh
                    .get_or_insert_with(|| Safety::new(design))
                    .update(&safety);
            }
            self.evidence.push(&harm);
            self.window.push(tick.from, tick.through, harm);
            self.total += harm;
        }
        Fed::Counted
    }

    /// A changed pod set changes what a pod effect may explain from here on.
    fn allow_for_pods(&mut self, pods: Sides<PodSet>) {
        let allowance = pod_allowance(
            self.noise.pod_sd,
            pods.canary.count.max(1),
            pods.baseline.count.max(1),
            self.pods_share,
        );
        if allowance.to_bits() == self.design.pod_allowance.to_bits() {
            return;
        }
        self.design.pod_allowance = allowance;
        self.harm.redesign(&self.design);
        self.safety.redesign(&self.design);
        if let Some(fresh) = &mut self.fresh {
            fresh.redesign(&self.design);
        }
        if let Some((design, process)) = &mut self.catastrophic {
            design.pod_allowance = allowance;
            process.redesign(design);
        }
    }

    /// A look without data: the stretch that must be past the limit starts anew.
    pub(crate) fn gap(&mut self) {
        self.window.clear();
    }

    pub(crate) fn ln_harm(&self) -> f64 {
        let parts = if self.catastrophic.is_some() {
            1.0 - CATASTROPHIC
        } else {
            1.0
        };
        self.harm.ln_e() + libm::log(parts)
    }

    pub(crate) fn ln_catastrophic(&self) -> Option<f64> {
        self.catastrophic
            .as_ref()
            .map(|(_, process)| process.ln_e() + libm::log(CATASTROPHIC))
    }

    pub(crate) fn ln_safety(&self) -> f64 {
        self.safety.ln_e()
    }

    pub(crate) fn ln_fresh_safety(&self) -> Option<f64> {
        self.fresh.as_ref().map(Safety::ln_e)
    }

    /// Whether the last stretch alone is past the limit.
    pub(crate) fn sustained(&self, now: crate::time::Timestamp) -> bool {
        self.window.covers(now)
            && self
                .window
                .sum()
                .is_some_and(|pair| past(&pair, self.design.margin, self.design.worse))
    }

    /// Whether the last stretch alone is past the limit, without asking that it was covered.
    pub(crate) fn lately_past(&self) -> bool {
        self.window
            .sum()
            .is_some_and(|pair| past(&pair, self.design.margin, self.design.worse))
    }

    pub(crate) fn pod_allowance(&self) -> f64 {
        self.design.pod_allowance
    }

    pub(crate) fn thresholds(&self) -> Option<(f64, f64)> {
        match &self.latency.as_ref()?.place {
            Place::Placed(shift) => Some((shift.threshold, shift.harm_edge)),
            _ => None,
        }
    }

    pub(crate) fn threshold_problem(&self) -> Option<ThresholdProblem> {
        match &self.latency.as_ref()?.place {
            Place::Learning(_) => Some(ThresholdProblem::NoHistory),
            Place::Impossible(problem) => Some(*problem),
            Place::Placed(_) => None,
        }
    }

    /// Level that the whole service must show again after an action, from the baseline side of the hour before: (before, limit).
    pub(crate) fn recovery_limit(&self) -> Option<(f64, f64)> {
        let sample = self.before.sum()?;
        let before = sample.rate()?;
        // Where the baseline had no event in the hour, the next one could have been one: (k + 1) / (n + 1) keeps the limit above zero.
        let floor = (sample.events as f64 + 1.0) / (sample.trials as f64 + 1.0);
        let margin = self.design.margin;
        let limit = if margin.is_absolute() {
            before + margin.difference
        } else {
            before.max(floor) * margin.ratio
        };
        Some((before, limit))
    }

    /// The service's sum over both sides as this comparison counts it; for latencies, what lies above the shifted threshold.
    pub(crate) fn service_sample(
        &self,
        canary: Option<&Measured>,
        baseline: &Measured,
    ) -> Option<Sample> {
        let count = |measured: &Measured| match (
            measured,
            self.latency.as_ref().map(|latency| &latency.place),
        ) {
            (Measured::Counts(sample), None) => Some(*sample),
            (Measured::Durations(histogram), Some(Place::Placed(shift))) => Some(Sample {
                events: histogram.above(shift.safety_edge),
                trials: histogram.total(),
            }),
            _ => None,
        };
        let mut sum = count(baseline)?;
        if let Some(canary) = canary.and_then(count) {
            sum.events = sum.events.saturating_add(canary.events);
            sum.trials = sum.trials.saturating_add(canary.trials);
        }
        Some(sum)
    }

    /// Levels, difference, range and counts as they stand.
    pub(crate) fn numbers(
        &self,
        criterion: &Criterion,
        ln_harm_needed: f64,
        ln_safety_needed: f64,
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
        match &self.latency {
            None => self.rate_numbers(&mut numbers, ln_harm_needed, ln_safety_needed),
            Some(latency) => self.latency_numbers(
                latency,
                criterion,
                &mut numbers,
                ln_harm_needed,
                ln_safety_needed,
            ),
        }
        numbers
    }

    fn rate_numbers(&self, numbers: &mut Numbers, ln_harm_needed: f64, ln_safety_needed: f64) {
        let relative = !self.design.margin.is_absolute();
        let difference = |canary: f64, baseline: f64| {
            if !relative {
                Some(canary - baseline)
            } else if baseline > 0.0 {
                Some(canary / baseline - 1.0)
            } else {
                None
            }
        };
        if let Some(estimate) = self.evidence.estimate_since_best_start(&self.design) {
            numbers.level = Sides {
                canary: Some(estimate.canary),
                baseline: Some(estimate.baseline),
            };
            numbers.difference = difference(estimate.canary, estimate.baseline);
        }
        if let Some(pair) = self.window.sum()
            && let (Some(canary), Some(baseline)) = (pair.canary.rate(), pair.baseline.rate())
        {
            numbers.lately = difference(canary, baseline);
        }
        let range = self
            .evidence
            .range(&self.design, ln_harm_needed, ln_safety_needed);
        // Margins grow in the bad direction; a range is said as canary minus baseline (or over baseline, minus 1).
        let signed = |margin: f64| match (relative, self.design.worse) {
            (true, _) => margin - 1.0,
            (false, Worse::Higher) => margin,
            (false, Worse::Lower) => -margin,
        };
        let (lower, upper) = (range.lower.map(signed), range.upper.map(signed));
        numbers.range = Some(if self.design.worse == Worse::Higher {
            Range { lower, upper }
        } else {
            Range {
                lower: upper,
                upper: lower,
            }
        });
    }

    fn latency_numbers(
        &self,
        latency: &Latency,
        criterion: &Criterion,
        numbers: &mut Numbers,
        ln_harm_needed: f64,
        ln_safety_needed: f64,
    ) {
        let Place::Placed(shift) = &latency.place else {
            return;
        };
        let relative = matches!(
            criterion.rule,
            Rule::AgainstBaseline {
                limit: Limit::Relative(_),
                ..
            }
        );
        let difference = |canary: f64, baseline: f64| {
            if relative {
                (baseline > 0.0).then(|| canary / baseline - 1.0)
            } else {
                Some(canary - baseline)
            }
        };
        let start = DurationBlocks::best_start(&latency.blocks, shift, &self.design);
        let canary = latency.blocks.canary.since(start);
        let baseline = latency.blocks.baseline.since(start);
        numbers.level = Sides {
            canary: canary.quantile(latency.quantile),
            baseline: baseline.quantile(latency.quantile),
        };
        if let (Some(canary), Some(baseline)) = (numbers.level.canary, numbers.level.baseline) {
            numbers.difference = difference(canary, baseline);
        }
        if let (Some(canary), Some(baseline)) =
            (latency.lately.canary.sum(), latency.lately.baseline.sum())
            && let (Some(canary), Some(baseline)) = (
                canary.quantile(latency.quantile),
                baseline.quantile(latency.quantile),
            )
        {
            numbers.lately = difference(canary, baseline);
        }
        let (lower, upper) = crate::durations::shift_range(
            &canary,
            &baseline,
            shift.threshold,
            &self.design,
            ln_harm_needed,
            ln_safety_needed,
        );
        let said = |edge: f64| {
            if relative {
                edge / shift.threshold - 1.0
            } else {
                edge - shift.threshold
            }
        };
        numbers.range = Some(Range {
            lower: lower.map(said),
            upper: upper.map(said),
        });
    }
}

impl Latency {
    fn find_place(&mut self, baseline: &Histogram) -> Result<Shift, ThresholdProblem> {
        match &mut self.place {
            Place::Placed(shift) => Ok(*shift),
            Place::Impossible(problem) => Err(*problem),
            Place::Learning(history) => {
                // The threshold is fixed from looks before it is used, never from the look that it judges.
                let enough = history.total() as f64 * (1.0 - self.quantile) >= LEARN_BEYOND;
                if enough {
                    let learned = core::mem::take(history);
                    self.place = place(&learned, self.quantile, self.limit, baseline);
                    return self.find_place(baseline);
                }
                history.add(baseline);
                Err(ThresholdProblem::NoHistory)
            }
        }
    }
}

fn place(history: &Histogram, quantile: f64, limit: LatencyLimit, also: &Histogram) -> Place {
    let mut edges: Vec<f64> = history.edges().into_iter().chain(also.edges()).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    match shift(&edges, history, quantile, limit) {
        Ok(shift) => Place::Placed(shift),
        Err(ShiftError::NoHistory) => Place::Learning(history.clone()),
        Err(ShiftError::BelowABucket { smallest }) => {
            Place::Impossible(ThresholdProblem::BelowABucket(smallest))
        }
        Err(ShiftError::BeyondLastBucket) => Place::Impossible(ThresholdProblem::BeyondLastBucket),
    }
}

/// Whether plain rates are past the line.
fn past(pair: &Pair, margin: Margin, worse: Worse) -> bool {
    let (Some(canary), Some(baseline)) = (pair.canary.rate(), pair.baseline.rate()) else {
        return false;
    };
    match worse {
        Worse::Higher => canary > margin.ratio * baseline + margin.difference,
        Worse::Lower => canary < margin.ratio * baseline - margin.difference,
    }
}

/// Which side, if any, has nothing to count.
pub(crate) fn missing_side(
    criterion: &Criterion,
    sides: &Sides<Measured>,
) -> Option<(Side, crate::observation::Gap)> {
    let needs_baseline = matches!(criterion.rule, Rule::AgainstBaseline { .. });
    if let Measured::Nothing(gap) = sides.canary {
        return Some((Side::Canary, gap));
    }
    if let (true, Measured::Nothing(gap)) = (needs_baseline, &sides.baseline) {
        return Some((Side::Baseline, *gap));
    }
    None
}

/// Noise of a signal: a probe's tries are independent by construction, everything else is declared or assumed.
pub(crate) fn noise_of(plan: &Plan, criterion: &Criterion) -> Noise {
    if let SignalKind::Probe(_) = plan.signal_of(criterion).kind {
        return Noise {
            dispersion: 1.0,
            pod_sd: 0.0,
        };
    }
    plan.compare.noise.unwrap_or(Noise::ASSUMED)
}
