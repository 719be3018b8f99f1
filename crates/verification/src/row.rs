//! One row of the verdict table: a criterion, or one slice of it, with its processes.

use crate::absolute::Absolute;
use crate::budget::{Budget, worse_of};
use crate::comparison::{Admission, Comparison, Wanted, missing_side, noise_of};
use crate::latencies::Latencies;
use crate::levels::Level;
use crate::observation::{Gap, Measured, Reading, Side, Sides, Tick};
use crate::recovery::{After, RecoveryLimit};
use crate::sight::{Sight, patience};
use crate::terms::{Criterion, Noise, Plan, SignalKind};
use crate::time::Timestamp;
use crate::verdict::{
    Because, Family, Method, NoiseFrom, Numbers, RowId, ThresholdProblem, Verdict, VerdictKind,
};
use core::time::Duration;
use std::sync::OnceLock;

/// A wait that is longer than this many watches is not worth saying: it only means that this will not be decided.
const LONGEST_WAIT: u32 = 10;

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
    pub(crate) gaps: u32,
    pub(crate) looks: u32,
    /// Beginning of the first interval that was judged.
    pub(crate) judged_from: Option<Timestamp>,
    /// Numbers as they were last asked for: ranges cost a millisecond and change only with looks and words.
    shown: OnceLock<Numbers>,
}

/// The processes by kind of rule.
#[derive(Clone, Debug)]
pub(crate) enum Judge {
    Comparison(Box<Comparison>),
    Absolute(Box<Absolute>),
    Level(Box<Level>),
    /// No method fits the criterion: it is never judged, so nothing that needs it is ever confirmed.
    Nothing,
}

/// What a row needs to know of the moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Time of the input.
    pub(crate) now: Timestamp,
    /// Samples older than this are not the last stretch any more.
    pub(crate) oldest: Timestamp,
    /// When the last part of the watch begins.
    pub(crate) last_part: Timestamp,
    /// What weighted evidence of harm must reach.
    pub(crate) ln_harm_needed: f64,
    /// What evidence of safety must reach.
    pub(crate) ln_safety_needed: f64,
}

/// What a row says about failing at this look, before the budget is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Claim {
    /// Nothing may count now.
    Nothing,
    /// Evidence by kind; both as logarithms before the row's weight.
    Evidence {
        /// Past the limit.
        ln_harm: f64,
        /// Whether the last stretch is past it too; the catastrophic process asks for none.
        sustained: bool,
        /// A collapse, where something was just counted.
        ln_catastrophic: f64,
        /// Whether the baseline is past the value too.
        baseline_too: bool,
    },
    /// A level was past the limit throughout.
    Throughout {
        /// Whether the baseline is past the value too.
        baseline_too: bool,
    },
}

impl Row {
    pub(crate) fn new(
        plan: &Plan,
        id: RowId,
        weight: f64,
        budget: &Budget,
        before: Option<&Measured>,
        start: Timestamp,
    ) -> Self {
        let criterion = &plan.criteria[usize::from(id.criterion)];
        let noise = noise_of(plan, criterion);
        let judge = if matches!(plan.signal_of(criterion).kind, SignalKind::Level { .. }) {
            Judge::Level(Box::new(Level::new(criterion)))
        } else if let Some(absolute) = Absolute::new(plan, criterion, noise, before) {
            Judge::Absolute(Box::new(absolute))
        } else if let Some(comparison) =
            Comparison::new(plan, criterion, weight, budget, noise, before)
        {
            Judge::Comparison(Box::new(comparison))
        } else {
            Judge::Nothing
        };
        Self {
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
            shown: OnceLock::new(),
        }
    }

    /// Lets one look enter.
    pub(crate) fn feed(
        &mut self,
        plan: &Plan,
        tick: &Tick,
        reading: Option<&Reading>,
        admission: &Admission,
    ) {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        self.shown = OnceLock::new();
        // A slice without traffic in this look is not a gap; a whole signal that is not there is.
        let whole = self.id.slice.is_none();
        let Some(reading) = reading else {
            if whole {
                self.missed(plan, Side::Canary, Gap::NoSeries, tick.through);
            }
            return;
        };
        let Sides { canary, baseline } = &reading.sides;
        if let Some((side, gap)) = missing_side(criterion, &reading.sides) {
            if side == Side::Canary {
                self.feed_baseline(tick, baseline);
            }
            if whole {
                self.missed(plan, side, gap, tick.through);
            }
            return;
        }
        let counted = match &mut self.judge {
            Judge::Comparison(comparison) => comparison.feed(tick, canary, baseline, admission),
            Judge::Absolute(absolute) => absolute.feed(tick, canary, baseline, admission),
            Judge::Level(level) => level.feed(tick, canary, baseline, admission),
            Judge::Nothing => false,
        };
        self.sight.seen(tick.through);
        if counted {
            self.looks += 1;
            if (admission.judged || !self.compares()) && self.judged_from.is_none() {
                self.judged_from = Some(tick.from);
            }
        }
    }

    fn feed_baseline(&mut self, tick: &Tick, baseline: &Measured) {
        match &mut self.judge {
            Judge::Comparison(comparison) => comparison.feed_baseline(tick, baseline),
            Judge::Absolute(absolute) => absolute.feed_baseline(tick, baseline),
            Judge::Level(level) => level.feed_baseline(tick, baseline),
            Judge::Nothing => {}
        }
    }

    fn missed(&mut self, plan: &Plan, side: Side, gap: Gap, through: Timestamp) {
        self.gaps += 1;
        self.sight.missed(side, gap);
        // As the samples see it: they are as late as they may be.
        if through.since(self.sight.dark_since()) <= patience(plan) {
            return;
        }
        match &mut self.judge {
            Judge::Comparison(comparison) => comparison.gap(),
            Judge::Absolute(absolute) => absolute.gap(),
            Judge::Level(level) => level.gap(),
            Judge::Nothing => {}
        }
    }

    /// Whether the row holds the sides against each other.
    pub(crate) fn compares(&self) -> bool {
        match &self.judge {
            Judge::Comparison(_) => true,
            Judge::Level(level) => level.compares(),
            Judge::Absolute(_) | Judge::Nothing => false,
        }
    }

    /// Whether nothing can be seen of the row. A slice has its whole for that.
    pub(crate) fn is_dark(&self, now: Timestamp, plan: &Plan) -> bool {
        self.id.slice.is_none() && self.sight.is_dark(now, plan)
    }

    pub(crate) fn claim(&self, oldest: Timestamp) -> Claim {
        match &self.judge {
            Judge::Comparison(comparison) => Claim::Evidence {
                ln_harm: comparison.ln_harm(),
                sustained: comparison.sustained(oldest),
                ln_catastrophic: if self.sight.missing().is_none() {
                    comparison.ln_catastrophic()
                } else {
                    f64::NEG_INFINITY
                },
                baseline_too: false,
            },
            Judge::Absolute(absolute) if absolute.is_old_news(oldest) => Claim::Nothing,
            Judge::Absolute(absolute) => Claim::Evidence {
                ln_harm: absolute.ln_harm(),
                sustained: absolute.sustained(oldest),
                ln_catastrophic: f64::NEG_INFINITY,
                baseline_too: absolute.baseline_past(oldest),
            },
            Judge::Level(level) if level.past_throughout(oldest) => Claim::Throughout {
                baseline_too: level.baseline_past(oldest),
            },
            Judge::Level(_) | Judge::Nothing => Claim::Nothing,
        }
    }

    /// The word when the row is not failing.
    pub(crate) fn calm_word(
        &self,
        plan: &Plan,
        moment: &Moment,
        warming_up: bool,
        not_comparable: Option<Because>,
    ) -> (VerdictKind, Because) {
        if self.is_dark(moment.now, plan) {
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
        let own = moment.ln_harm_needed - libm::log(self.weight);
        if let Judge::Comparison(comparison) = &self.judge
            && let Some(problem) = comparison.threshold_problem()
        {
            let kind = if problem == ThresholdProblem::NoHistory {
                VerdictKind::Undecided
            } else {
                VerdictKind::NoData
            };
            return (kind, Because::NoThreshold(problem));
        }
        if self.compares() {
            if let Some(because) = not_comparable {
                return (VerdictKind::NotComparable, because);
            }
            if warming_up {
                return (VerdictKind::Undecided, Because::WarmingUp);
            }
        }
        let (safe, unsustained) = match &self.judge {
            Judge::Comparison(comparison) => (
                comparison.ln_safety() >= moment.ln_safety_needed && !comparison.past_lately(),
                comparison.ln_harm() >= own,
            ),
            Judge::Absolute(absolute) => (
                absolute.ln_safety() >= moment.ln_safety_needed && !absolute.past_lately(),
                absolute.ln_harm() >= own,
            ),
            Judge::Level(level) => (level.never_past(moment.oldest), false),
            Judge::Nothing => return (VerdictKind::NoData, Because::NothingYet),
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

    /// Whether the last part of the watch alone gives evidence of *within*, and was judged from its beginning.
    pub(crate) fn confirms(&self, plan: &Plan, moment: &Moment) -> bool {
        if self.judged_from.is_none_or(|from| from > moment.last_part) {
            return false;
        }
        match &self.judge {
            Judge::Comparison(comparison) => {
                comparison.ln_fresh_safety() >= moment.ln_safety_needed
            }
            Judge::Absolute(absolute) => absolute.ln_fresh_safety() >= moment.ln_safety_needed,
            Judge::Level(level) => {
                // A level has no evidence to count, so its readings must not be the exception: at least half of the looks.
                let looks = moment.now.since(moment.last_part).as_secs_f64()
                    / plan.judge_every.as_secs_f64();
                level.never_past(moment.oldest) && f64::from(level.late_readings()) >= looks * 0.5
            }
            Judge::Nothing => false,
        }
    }

    /// What must hold again after an action; `None` where no level before is known.
    pub(crate) fn recovery_limit(&self, plan: &Plan) -> Option<RecoveryLimit> {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let ((before, limit), throughout) = match &self.judge {
            Judge::Comparison(comparison) => (comparison.recovery_limit()?, None),
            Judge::Absolute(absolute) => (absolute.recovery_limit()?, None),
            Judge::Level(level) => (level.recovery_limit()?, Some(criterion.sustained_for)),
            Judge::Nothing => return None,
        };
        Some(RecoveryLimit {
            row: self.id,
            before,
            limit,
            worse: worse_of(criterion.rule),
            dispersion: noise_of(plan, criterion).dispersion,
            throughout,
        })
    }

    /// Both sides together as this row counts them; a level is the baseline's, the canary being out.
    pub(crate) fn after(&self, canary: Option<&Measured>, baseline: &Measured) -> Option<After> {
        match &self.judge {
            Judge::Comparison(comparison) => comparison
                .service_sample(canary, baseline)
                .map(After::Counts),
            Judge::Absolute(absolute) => {
                absolute.service_sample(canary, baseline).map(After::Counts)
            }
            Judge::Level(_) => match baseline {
                Measured::Level(level) if level.is_finite() => Some(After::Level(*level)),
                _ => None,
            },
            Judge::Nothing => None,
        }
    }

    pub(crate) fn set_word(&mut self, kind: VerdictKind, because: Because, at: Timestamp) -> bool {
        if (self.kind, self.because) != (kind, because) {
            self.shown = OnceLock::new();
        }
        self.because = because;
        if self.kind == kind {
            return false;
        }
        self.kind = kind;
        self.since = at;
        true
    }

    /// The verdict with all that explains it.
    pub(crate) fn verdict(
        &self,
        plan: &Plan,
        moment: &Moment,
        latencies: Option<&Latencies>,
    ) -> Verdict {
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let (family, pod_allowance, thresholds) = match &self.judge {
            Judge::Comparison(comparison) => (
                comparison.family,
                comparison.pod_allowance(),
                comparison.thresholds(),
            ),
            Judge::Absolute(_) => (Family::SingleStream, 0.0, None),
            Judge::Level(_) | Judge::Nothing => (Family::Throughout, 0.0, None),
        };
        let mut numbers = self
            .shown
            .get_or_init(|| self.numbers(criterion, moment, latencies))
            .clone();
        if self.kind == VerdictKind::Undecided {
            numbers.remaining = self.remaining(plan, &numbers, moment.now);
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

    fn numbers(
        &self,
        criterion: &Criterion,
        moment: &Moment,
        latencies: Option<&Latencies>,
    ) -> Numbers {
        let wanted = Wanted {
            kind: self.kind,
            because: self.because,
            ln_harm_needed: moment.ln_harm_needed - libm::log(self.weight),
            ln_safety_needed: moment.ln_safety_needed,
        };
        let mut numbers = match &self.judge {
            Judge::Comparison(comparison) => {
                let mut numbers = comparison.numbers(criterion, latencies, &wanted);
                numbers.ln_harm = comparison.ln_all_harm();
                numbers.ln_safety = comparison.ln_safety();
                numbers
            }
            Judge::Absolute(absolute) => {
                let mut numbers = absolute.numbers(criterion, latencies, &wanted);
                numbers.ln_harm = absolute.ln_harm();
                numbers.ln_safety = absolute.ln_safety();
                numbers
            }
            Judge::Level(level) => level.numbers(),
            Judge::Nothing => Numbers::default(),
        };
        numbers.gaps = self.gaps;
        numbers.looks = self.looks;
        if matches!(self.judge, Judge::Comparison(_) | Judge::Absolute(_)) {
            numbers.ln_harm_needed = wanted.ln_harm_needed;
            numbers.ln_safety_needed = wanted.ln_safety_needed;
        }
        numbers
    }

    /// About how long until this is decided, at the present traffic and with the present difference.
    fn remaining(&self, plan: &Plan, numbers: &Numbers, now: Timestamp) -> Option<Duration> {
        let elapsed = now.since(self.judged_from?).as_secs_f64();
        let criterion = &plan.criteria[usize::from(self.id.criterion)];
        let seconds = match &self.judge {
            Judge::Comparison(comparison) => comparison.remaining(criterion, numbers, elapsed),
            Judge::Absolute(_) => wait(elapsed, numbers.ln_safety, numbers.ln_safety_needed)
                .or_else(|| wait(elapsed, numbers.ln_harm, numbers.ln_harm_needed)),
            Judge::Level(_) | Judge::Nothing => None,
        }?;
        Duration::try_from_secs_f64(seconds)
            .ok()
            .filter(|wait| *wait <= plan.watch_for * LONGEST_WAIT)
    }
}

/// Evidence grows about evenly with traffic: what is missing over what the time so far has brought. `None` where nothing has been brought, or nothing is missing.
pub(crate) fn wait(elapsed: f64, have: f64, needed: f64) -> Option<f64> {
    (have > 0.0 && needed > have).then(|| elapsed * (needed - have) / have)
}

fn noise_from(plan: &Plan) -> NoiseFrom {
    if plan.compare.noise.is_some() {
        NoiseFrom::Declared
    } else {
        NoiseFrom::Assumed
    }
}

/// Noise of traffic, which no criterion declares.
pub(crate) fn dispersion_of(plan: &Plan) -> f64 {
    plan.compare.noise.unwrap_or(Noise::ASSUMED).dispersion
}
