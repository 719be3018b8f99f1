//! One row of the verdict table: a criterion, or one slice of it, with its processes.

use crate::absolute::Absolute;
use crate::budget::{Budget, rolls_back, worse_of};
use crate::comparison::{Admission, Comparison, Fed, missing_side, noise_of};
use crate::levels::Level;
use crate::observation::{Measured, Reading, Side, Sides, Tick};
use crate::recovery::RecoveryLimit;
use crate::sight::Sight;
use crate::terms::{Criterion, Noise, Plan, SignalKind};
use crate::time::Timestamp;
use crate::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, ThresholdProblem, Verdict, VerdictKind,
};
use statistics::Sample;

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: RowId,
    pub(crate) weight: f64,
    pub(crate) judge: Judge,
    pub(crate) sight: Sight,
    pub(crate) kind: VerdictKind,
    pub(crate) because: Because,
    pub(crate) since: Timestamp,
    gaps: u32,
    looks: u32,
    judged_from: Option<Timestamp>,
}

/// The processes by kind of rule.
#[derive(Clone, Debug)]
pub(crate) enum Judge {
    Comparison(Box<Comparison>),
    Absolute(Box<Absolute>),
    Level(Box<Level>),
}

/// What a row says about failing at this look, before the budget is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// Weighted logarithm of the evidence that may count now; `None` where nothing may.
    pub(crate) ln_weighted: Option<f64>,
    /// Whether the catastrophic process is the larger part of it.
    pub(crate) collapse: bool,
    /// Whether a level was past the limit throughout.
    pub(crate) throughout: bool,
    /// Whether the baseline is past the value too.
    pub(crate) baseline_too: bool,
}

impl Row {
    pub(crate) fn new(
        plan: &Plan,
        id: RowId,
        weight: f64,
        budget: &Budget,
        before: Option<&Measured>,
        start: Timestamp,
    ) -> Option<Self> {
        let criterion = &plan.criteria[usize::from(id.criterion)];
        let noise = noise_of(plan, criterion);
        let judge = if matches!(plan.signal_of(criterion).kind, SignalKind::Level { .. }) {
            Judge::Level(Box::new(Level::new(criterion)))
        } else if let Some(absolute) = Absolute::new(plan, criterion, noise) {
            Judge::Absolute(Box::new(absolute))
        } else {
            Judge::Comparison(Box::new(Comparison::new(
                plan, criterion, weight, budget, noise, before,
            )?))
        };
        Some(Self {
            id,
            weight,
            judge,
            sight: Sight::from(start),
            kind: VerdictKind::Undecided,
            because: Because::NothingYet,
            since: start,
            gaps: 0,
            looks: 0,
            judged_from: None,
        })
    }

    /// Lets one look enter.
    pub(crate) fn feed(
        &mut self,
        plan: &Plan,
        tick: &Tick,
        reading: Option<&Reading>,
        admission: Admission,
    ) {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let Some(reading) = reading else {
            // A slice without traffic in this look is not a gap; a whole signal that is not there at all is.
            if self.id.slice.is_none() {
                self.gaps += 1;
                self.sight
                    .missed(Side::Canary, crate::observation::Gap::NoSeries);
                self.forget_if_dark(plan, tick.through);
            }
            return;
        };
        if let Some((side, gap)) = missing_side(criterion, &reading.sides) {
            self.gaps += 1;
            self.sight.missed(side, gap);
            self.forget_if_dark(plan, tick.through);
            return;
        }
        let Sides { canary, baseline } = &reading.sides;
        let counted = match &mut self.judge {
            Judge::Comparison(comparison) => matches!(
                comparison.feed(tick, canary, baseline, admission),
                Fed::Counted
            ),
            Judge::Absolute(absolute) => absolute.feed(tick, canary, baseline, admission.late),
            Judge::Level(level) => level.feed(tick, canary, baseline),
        };
        self.sight.seen(tick.through);
        if counted {
            self.looks += 1;
            if admission.judged && self.judged_from.is_none() {
                self.judged_from = Some(tick.from);
            }
        }
    }

    fn forget_if_dark(&mut self, plan: &Plan, now: Timestamp) {
        if !self.sight.is_dark(now, plan) {
            return;
        }
        match &mut self.judge {
            Judge::Comparison(comparison) => comparison.gap(),
            Judge::Absolute(absolute) => absolute.gap(),
            Judge::Level(level) => level.gap(),
        }
    }

    pub(crate) fn claim(&self, now: Timestamp) -> Claim {
        let ln_weight = libm::log(self.weight);
        match &self.judge {
            Judge::Comparison(comparison) => {
                let main = comparison.sustained(now).then(|| comparison.ln_harm());
                let catastrophic = comparison
                    .ln_catastrophic()
                    .filter(|_| self.sight.missing().is_none());
                let larger = match (main, catastrophic) {
                    (Some(main), Some(catastrophic)) => Some(log_sum(main, catastrophic)),
                    (main, catastrophic) => main.or(catastrophic),
                };
                Claim {
                    ln_weighted: larger.map(|ln_e| ln_e + ln_weight),
                    collapse: catastrophic.is_some_and(|ln_e| main.is_none_or(|main| ln_e > main)),
                    throughout: false,
                    baseline_too: false,
                }
            }
            Judge::Absolute(absolute) => Claim {
                ln_weighted: absolute
                    .sustained(now)
                    .then(|| absolute.ln_harm() + ln_weight),
                collapse: false,
                throughout: false,
                baseline_too: absolute.baseline_past(),
            },
            Judge::Level(level) => Claim {
                ln_weighted: None,
                collapse: false,
                throughout: level.past_throughout(now),
                baseline_too: level.baseline_past(),
            },
        }
    }

    /// The word when the row is not failing.
    pub(crate) fn calm_word(
        &self,
        plan: &Plan,
        now: Timestamp,
        warming_up: bool,
        not_comparable: Option<Because>,
        ln_needed: f64,
        ln_safety_needed: f64,
    ) -> (VerdictKind, Because) {
        if self.sight.is_dark(now, plan) {
            let because = match self.sight.missing() {
                Some((side, gap)) => Because::Missing {
                    side,
                    gap,
                    since: self.sight.dark_since(),
                },
                None => Because::NothingYet,
            };
            return (VerdictKind::NoData, because);
        }
        let (safe, unsustained) = match &self.judge {
            Judge::Comparison(comparison) => {
                if let Some(problem) = comparison.threshold_problem() {
                    let kind = if problem == ThresholdProblem::NoHistory {
                        VerdictKind::Undecided
                    } else {
                        VerdictKind::NoData
                    };
                    return (kind, Because::NoThreshold(problem));
                }
                if let Some(because) = not_comparable {
                    return (VerdictKind::NotComparable, because);
                }
                if warming_up {
                    return (VerdictKind::Undecided, Because::WarmingUp);
                }
                (
                    comparison.ln_safety() >= ln_safety_needed && !comparison.lately_past(),
                    comparison.ln_harm() >= ln_needed,
                )
            }
            Judge::Absolute(absolute) => (
                absolute.ln_safety() >= ln_safety_needed && !absolute.lately_past(),
                absolute.ln_harm() >= ln_needed,
            ),
            Judge::Level(level) => (level.never_past(now), false),
        };
        if unsustained {
            (VerdictKind::Undecided, Because::NotSustained)
        } else if safe {
            (VerdictKind::Within, Because::KeepsLimit)
        } else if self.looks == 0 {
            (VerdictKind::Undecided, Because::NothingYet)
        } else {
            (VerdictKind::Undecided, Because::NotEnoughEvidence)
        }
    }

    /// Whether the last part of the watch alone gives evidence of *within*.
    pub(crate) fn confirms(&self, now: Timestamp, ln_safety_needed: f64) -> bool {
        match &self.judge {
            Judge::Comparison(comparison) => comparison
                .ln_fresh_safety()
                .is_some_and(|ln_e| ln_e >= ln_safety_needed),
            Judge::Absolute(absolute) => absolute
                .ln_fresh_safety()
                .is_some_and(|ln_e| ln_e >= ln_safety_needed),
            Judge::Level(level) => level.never_past(now),
        }
    }

    /// What must hold again after an action; `None` for levels and where no level before is known.
    pub(crate) fn recovery_limit(&self, plan: &Plan) -> Option<RecoveryLimit> {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let (before, limit) = match &self.judge {
            Judge::Comparison(comparison) => comparison.recovery_limit()?,
            Judge::Absolute(absolute) => absolute.recovery_limit()?,
            Judge::Level(_) => return None,
        };
        Some(RecoveryLimit {
            row: self.id,
            before,
            limit,
            worse: worse_of(criterion.rule),
            dispersion: noise_of(plan, criterion).dispersion,
        })
    }

    /// Both sides' sum as this row counts it.
    pub(crate) fn service_sample(
        &self,
        canary: Option<&Measured>,
        baseline: &Measured,
    ) -> Option<Sample> {
        match &self.judge {
            Judge::Comparison(comparison) => comparison.service_sample(canary, baseline),
            Judge::Absolute(absolute) => absolute.service_sample(canary, baseline),
            Judge::Level(_) => None,
        }
    }

    /// The verdict with all that explains it.
    pub(crate) fn verdict(
        &self,
        plan: &Plan,
        now: Timestamp,
        ln_alpha: f64,
        ln_safety_needed: f64,
    ) -> Verdict {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let ln_harm_needed = ln_alpha - libm::log(self.weight);
        let (mut numbers, family, pod_allowance, thresholds) = match &self.judge {
            Judge::Comparison(comparison) => {
                let mut numbers = comparison.numbers(criterion, ln_harm_needed, ln_safety_needed);
                numbers.ln_harm = comparison
                    .ln_catastrophic()
                    .map_or(comparison.ln_harm(), |ln_e| {
                        log_sum(ln_e, comparison.ln_harm())
                    });
                numbers.ln_safety = comparison.ln_safety();
                (
                    numbers,
                    comparison.family,
                    comparison.pod_allowance(),
                    comparison.thresholds(),
                )
            }
            Judge::Absolute(absolute) => {
                let mut numbers = absolute.numbers();
                numbers.ln_harm = absolute.ln_harm();
                numbers.ln_safety = absolute.ln_safety();
                (numbers, Family::SingleStream, 0.0, None)
            }
            Judge::Level(level) => (level.numbers(), Family::Throughout, 0.0, None),
        };
        numbers.gaps = self.gaps;
        numbers.looks = self.looks;
        if family != Family::Throughout {
            numbers.ln_harm_needed = ln_harm_needed;
            numbers.ln_safety_needed = ln_safety_needed;
        }
        if self.kind == VerdictKind::Undecided {
            numbers.remaining = self.remaining(&numbers, now);
        }
        Verdict {
            row: self.id,
            kind: self.kind,
            since: self.since,
            because: self.because,
            numbers,
            method: Method {
                family,
                rule: criterion.rule,
                measure: criterion.measure,
                noise: noise_of(plan, criterion),
                noise_from: noise_from(plan),
                pod_allowance,
                weight: self.weight,
                thresholds,
                plan_line: criterion.plan_line,
            },
        }
    }

    /// Evidence grows about evenly with traffic: what is missing over what an hour so far has brought.
    fn remaining(&self, numbers: &Numbers, now: Timestamp) -> Option<core::time::Duration> {
        let elapsed = now.since(self.judged_from?).as_secs_f64();
        let wait = |have: f64, needed: f64| {
            if have > 0.0 && needed > have {
                Some(elapsed * (needed - have) / have)
            } else {
                None
            }
        };
        let seconds = match (
            wait(numbers.ln_harm, numbers.ln_harm_needed),
            wait(numbers.ln_safety, numbers.ln_safety_needed),
        ) {
            (Some(harm), Some(safety)) => harm.min(safety),
            (harm, safety) => harm.or(safety)?,
        };
        core::time::Duration::try_from_secs_f64(seconds).ok()
    }
}

fn noise_from(plan: &Plan) -> NoiseFrom {
    if plan.compare.noise.is_some() {
        NoiseFrom::Declared
    } else {
        NoiseFrom::Assumed
    }
}

/// `ln(e^a + e^b)`.
pub(crate) fn log_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY {
        high
    } else {
        high + libm::log1p(libm::exp(low - high))
    }
}

/// Whether a row's criterion asks for a rollback.
pub(crate) fn is_grave(plan: &Plan, row: &Row) -> bool {
    rolls_back(criterion_of(plan, row))
}

pub(crate) fn criterion_of<'plan>(plan: &'plan Plan, row: &Row) -> &'plan Criterion {
    &plan.criteria[usize::from(row.id.criterion)]
}

/// Noise of a row, for those who need no more.
pub(crate) fn dispersion_of(plan: &Plan) -> f64 {
    plan.compare.noise.unwrap_or(Noise::ASSUMED).dispersion
}
