//! One criterion, or one slice of it, judged against the baseline at the same moment.

mod saved;
mod shown;
pub(crate) mod threshold;

use crate::budget::{Budget, CATASTROPHIC, rolls_back};
use crate::latencies::Latencies;
use crate::log_sum::log_sum;
use crate::observation::{Gap, Measured, Side, Sides, Tick};
use crate::pods::Pods;
use crate::row::wait;
use crate::terms::{Criterion, Limit, Measure, Noise, Plan, Rule, SignalKind};
use crate::time::Timestamp;
use crate::verdict::{Family, ThresholdProblem};
use crate::window::Window;
use statistics::required::trials_to_confirm;
use statistics::{
    Design, Evidence, Harm, LatencyLimit, Margin, Pair, Safety, Sample, Starts, Worse,
    dominance_pairs, pod_allowance,
};
use threshold::Threshold;

/// Null ratio of the catastrophic process: what only a break reaches, and start-up noise does not (statistics.md A5).
const CATASTROPHIC_RATIO: f64 = 3.0;
/// Cells of the stretch that must be past the limit.
pub(crate) const SUSTAINED_CELLS: u32 = 32;
/// Cells of the hour before: five minutes each.
pub(crate) const BEFORE_CELLS: u32 = 12;

/// Processes of one comparison.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    pub(crate) family: Family,
    design: Design,
    /// The design of safety: it may spend more on pods than harm may, so its allowance is smaller.
    safety_design: Design,
    pods_share: f64,
    pods_share_of_safety: f64,
    pods: Option<Pods>,
    noise: Noise,
    harm: Harm,
    catastrophic: Option<(Design, Harm)>,
    safety: Safety,
    /// Safety over the last part of the watch only.
    fresh: Option<Safety>,
    /// History of rates; latencies have theirs in [`Latencies`].
    evidence: Evidence,
    window: Window<Pair>,
    /// The baseline side alone, for the level before an action.
    before: Window<Sample>,
    threshold: Option<Threshold>,
    total: Pair,
    /// What the catastrophic process saw since the last look that was judged.
    unjudged: Pair,
    now: Standing,
}

/// The evidence as it stands after the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Standing {
    ln_harm: f64,
    ln_catastrophic: f64,
    ln_safety: f64,
    ln_fresh: f64,
    past_lately: bool,
}

/// Which processes a look may enter. None of it depends on what the look counted, only on time, traffic and pods.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admission {
    /// After the warm-up, sides comparable.
    pub(crate) judged: bool,
    /// The slices' mix differs between the sides: sums over slices say nothing, not even about a collapse.
    pub(crate) mixed: bool,
    /// In the last part of the watch.
    pub(crate) late: bool,
    /// The pods that served it.
    pub(crate) pods: Pods,
    /// Samples older than this are not the last stretch any more.
    pub(crate) oldest: Timestamp,
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
        let mut threshold = None;
        let mut expected_rate = None;
        let (family, margin) = match (criterion.measure, limit, worse) {
            (Measure::Rate, Limit::Points(points), _) => {
                (Family::Difference, Margin::difference(points))
            }
            (Measure::Rate, Limit::Relative(part), Worse::Higher) => {
                (Family::Ratio, Margin::ratio(1.0 + part))
            }
            (Measure::Rate, Limit::Relative(part), Worse::Lower) => {
                (Family::Ratio, Margin::ratio(1.0 - part))
            }
            // Being faster does no harm: the other direction has no rule.
            (Measure::Quantile(quantile), Limit::Amount(amount), Worse::Higher) => {
                threshold = Some(Threshold::new(
                    quantile,
                    LatencyLimit::Added(amount),
                    before,
                ));
                expected_rate = Some(1.0 - quantile);
                (Family::Dominance, Margin::ratio(1.0))
            }
            (Measure::Quantile(quantile), Limit::Relative(part), Worse::Higher) => {
                threshold = Some(Threshold::new(
                    quantile,
                    LatencyLimit::Ratio(1.0 + part),
                    before,
                ));
                expected_rate = Some(1.0 - quantile);
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
        let collapses =
            rolls_back(criterion) && worse == Worse::Higher && family != Family::Dominance;
        let catastrophic = collapses.then(|| {
            let design = Design {
                margin: Margin {
                    ratio: margin.ratio.max(CATASTROPHIC_RATIO),
                    ..margin
                },
                ..design
            };
            (design, Harm::new(&design))
        });
        let mut comparison = Self {
            family,
            pods_share: budget.pods_share(weight),
            pods_share_of_safety: budget.pods_share_of_safety(),
            pods: None,
            noise,
            harm: Harm::new(&design),
            catastrophic,
            safety: Safety::new(&design),
            fresh: None,
            evidence: Evidence::default(),
            window: Window::new(criterion.sustained_for, SUSTAINED_CELLS),
            before: Window::new(crate::recovery::HOUR_BEFORE, BEFORE_CELLS),
            threshold,
            total: Pair::default(),
            unjudged: Pair::default(),
            design,
            safety_design: design,
            now: Standing::default(),
        };
        comparison.stand();
        Some(comparison)
    }

    /// Lets one look enter. Returns whether both sides had traffic that could be counted.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        canary: &Measured,
        baseline: &Measured,
        admission: &Admission,
    ) -> bool {
        let (harm, safety) = match (canary, baseline, &mut self.threshold) {
            (Measured::Counts(canary), Measured::Counts(baseline), None) => {
                let pair = Pair {
                    canary: *canary,
                    baseline: *baseline,
                };
                (pair, pair)
            }
            (Measured::Durations(canary), Measured::Durations(baseline), Some(threshold)) => {
                let Some(shift) = threshold.at_look(baseline) else {
                    return false;
                };
                dominance_pairs(&shift, canary, baseline)
            }
            _ => return false,
        };
        self.allow_for(admission.pods);
        self.before.push(tick.from, tick.through, safety.baseline);
        if let Some((_, process)) = &mut self.catastrophic
            && !admission.mixed
        {
            process.update(&harm);
        }
        if admission.judged {
            self.harm.update(&harm);
            self.safety.update(&safety);
            if admission.late {
                let design = &self.safety_design;
                self.fresh
                    .get_or_insert_with(|| Safety::new(design))
                    .update(&safety);
            }
            if self.threshold.is_none() {
                self.evidence.push(&harm);
            }
            self.window.push(tick.from, tick.through, harm);
            self.total += harm;
            self.unjudged = Pair::default();
        } else {
            if !self.window.reaches(admission.oldest) {
                // What was past the limit before a long break is not the last stretch after it.
                self.window.clear();
            }
            if !admission.mixed {
                self.unjudged += harm;
            }
        }
        self.stand();
        harm.canary.trials > 0 && harm.baseline.trials > 0
    }

    /// A look at the baseline alone: its level goes on, and a threshold may be learned from it.
    pub(crate) fn feed_baseline(&mut self, tick: &Tick, baseline: &Measured) {
        if let (Measured::Durations(baseline), Some(threshold)) = (baseline, &mut self.threshold) {
            threshold.learn(baseline);
        }
        if let Some(sample) = self.level_sample(baseline) {
            self.before.push(tick.from, tick.through, sample);
        }
    }

    /// The baseline as it is before an action: for latencies, what lies above the threshold itself.
    fn level_sample(&self, baseline: &Measured) -> Option<Sample> {
        match (baseline, &self.threshold) {
            (Measured::Counts(sample), None) => Some(*sample),
            (Measured::Durations(histogram), Some(threshold)) => Some(Sample {
                events: histogram.above(threshold.shift()?.threshold),
                trials: histogram.total(),
            }),
            _ => None,
        }
    }

    /// A changed set of pods draws new pod effects: what they may explain from here on has its own budget (DESIGN.md 6, rule 5).
    fn allow_for(&mut self, pods: Pods) {
        if self.pods == Some(pods) {
            return;
        }
        self.pods = Some(pods);
        let allowance = |share: f64| {
            pod_allowance(
                self.noise.pod_sd,
                pods.canary,
                pods.baseline,
                share * pods.part(),
            )
        };
        let (of_harm, of_safety) = (
            allowance(self.pods_share),
            allowance(self.pods_share_of_safety),
        );
        self.design.pod_allowance = of_harm;
        self.harm.redesign(&self.design);
        if let Some((design, process)) = &mut self.catastrophic {
            design.pod_allowance = of_harm;
            process.redesign(design);
        }
        self.safety_design.pod_allowance = of_safety;
        self.safety.redesign(&self.safety_design);
        if let Some(fresh) = &mut self.fresh {
            fresh.redesign(&self.safety_design);
        }
    }

    /// A time without data: the stretch that must be past the limit starts anew.
    pub(crate) fn gap(&mut self) {
        self.window.clear();
        self.unjudged = Pair::default();
        self.stand();
    }

    fn stand(&mut self) {
        let parts = if self.catastrophic.is_some() {
            libm::log(1.0 - CATASTROPHIC)
        } else {
            0.0
        };
        self.now = Standing {
            ln_harm: self.harm.ln_e() + parts,
            ln_catastrophic: self
                .catastrophic
                .as_ref()
                .map_or(f64::NEG_INFINITY, |(_, process)| {
                    process.ln_e() + libm::log(CATASTROPHIC)
                }),
            ln_safety: self.safety.ln_e(),
            ln_fresh: self.fresh.as_ref().map_or(0.0, Safety::ln_e),
            past_lately: self
                .window
                .sum()
                .is_some_and(|pair| past(&pair, self.design.margin, self.design.worse)),
        };
    }

    /// Evidence past the limit, without the catastrophic process's part.
    pub(crate) fn ln_harm(&self) -> f64 {
        self.now.ln_harm
    }

    /// The catastrophic process's part; nothing where there is none.
    pub(crate) fn ln_catastrophic(&self) -> f64 {
        self.now.ln_catastrophic
    }

    pub(crate) fn ln_all_harm(&self) -> f64 {
        log_sum(self.now.ln_harm, self.now.ln_catastrophic)
    }

    pub(crate) fn ln_safety(&self) -> f64 {
        self.now.ln_safety
    }

    /// Evidence of the last part of the watch alone.
    pub(crate) fn ln_fresh_safety(&self) -> f64 {
        self.now.ln_fresh
    }

    /// Whether the last stretch alone is past the limit; it must be whole and no older than `oldest`.
    pub(crate) fn sustained(&self, oldest: Timestamp) -> bool {
        self.now.past_lately && self.window.covers(oldest)
    }

    /// Whether the last stretch, as far as there is one, is past the limit.
    pub(crate) fn past_lately(&self) -> bool {
        self.now.past_lately
    }

    pub(crate) fn pod_allowance(&self) -> f64 {
        self.design.pod_allowance
    }

    pub(crate) fn thresholds(&self) -> Option<(f64, f64)> {
        let shift = self.threshold.as_ref()?.shift()?;
        Some((shift.threshold, shift.harm_edge))
    }

    pub(crate) fn threshold_problem(&self) -> Option<ThresholdProblem> {
        self.threshold.as_ref()?.problem()
    }

    /// Level that the whole service must show again after an action, from the baseline side of the hour before: (before, limit).
    pub(crate) fn recovery_limit(&self) -> Option<(f64, f64)> {
        let sample = self.before.sum()?;
        let before = sample.rate()?;
        let margin = self.design.margin;
        let limit = match (margin.is_absolute(), self.design.worse) {
            (true, Worse::Higher) => before + margin.difference,
            (true, Worse::Lower) => before - margin.difference,
            // Where the baseline had no event in the hour, the next one could have been one: (k + 1) / (n + 1) keeps the limit above zero.
            (false, Worse::Higher) => {
                let floor = (sample.events as f64 + 1.0) / (sample.trials as f64 + 1.0);
                before.max(floor) * margin.ratio
            }
            (false, Worse::Lower) => before * margin.ratio,
        };
        // Nothing can fall below zero: there is nothing to prove.
        (limit > 0.0).then_some((before, limit))
    }

    /// The service's sum over both sides as this comparison counts it; for latencies, what lies above the shifted threshold.
    pub(crate) fn service_sample(
        &self,
        canary: Option<&Measured>,
        baseline: &Measured,
    ) -> Option<Sample> {
        let shift = self.threshold.as_ref().map(Threshold::shift);
        let count = |measured: &Measured| match (measured, shift) {
            (Measured::Counts(sample), None) => Some(*sample),
            (Measured::Durations(histogram), Some(Some(shift))) => Some(Sample {
                events: histogram.above(shift.safety_edge),
                trials: histogram.total(),
            }),
            _ => None,
        };
        let mut sum = count(baseline)?;
        if let Some(canary) = canary.and_then(count) {
            sum += canary;
        }
        Some(sum)
    }

    /// About how many seconds until this is decided.
    ///
    /// Past the limit: harm at the pace so far. Else safety at the pace that the traffic so far promises for a canary that is as the baseline, which does not hang on the
    /// luck of the first looks; for latencies, whose shifted cut makes that pace unknown, at the pace so far.
    pub(crate) fn remaining(
        &self,
        criterion: &Criterion,
        numbers: &crate::verdict::Numbers,
        elapsed: f64,
    ) -> Option<f64> {
        let Rule::AgainstBaseline { worse, limit } = criterion.rule else {
            return None;
        };
        let (Limit::Points(limit) | Limit::Relative(limit) | Limit::Amount(limit)) = limit;
        let past = numbers.difference.is_some_and(|difference| match worse {
            Worse::Higher => difference > limit,
            Worse::Lower => difference < -limit,
        });
        if past {
            return wait(elapsed, numbers.ln_harm, numbers.ln_harm_needed);
        }
        let (have, needed) = (numbers.ln_safety, numbers.ln_safety_needed);
        if self.threshold.is_some() {
            return wait(elapsed, have, needed);
        }
        let (canary, baseline) = (
            self.total.canary.trials as f64,
            self.total.baseline.trials as f64,
        );
        let whole = trials_to_confirm(
            self.total.baseline.rate()?,
            canary / (canary + baseline),
            &self.safety_design,
            needed,
        )?;
        let a_second = (canary + baseline) / elapsed;
        (needed > have && a_second > 0.0).then(|| (needed - have) / needed * whole / a_second)
    }

    /// The history that latencies are shown from belongs to all criteria on them.
    pub(crate) fn numbers(
        &self,
        criterion: &Criterion,
        latencies: Option<&Latencies>,
        wanted: &Wanted,
    ) -> crate::verdict::Numbers {
        shown::numbers(self, criterion, latencies, wanted)
    }
}

pub(crate) use shown::Wanted;

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
pub(crate) fn missing_side(criterion: &Criterion, sides: &Sides<Measured>) -> Option<(Side, Gap)> {
    let gap = |measured: &Measured| match measured {
        Measured::Nothing(gap) => Some(*gap),
        Measured::Level(level) if !level.is_finite() => Some(Gap::NotANumber),
        _ => None,
    };
    if let Some(gap) = gap(&sides.canary) {
        return Some((Side::Canary, gap));
    }
    if let (Rule::AgainstBaseline { .. }, Some(gap)) = (criterion.rule, gap(&sides.baseline)) {
        return Some((Side::Baseline, gap));
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
