//! Levels, difference and range of a comparison, in the units that its limit is written in.

use super::Comparison;
use crate::latencies::Latencies;
use crate::observation::Sides;
use crate::range::{self, Bounds};
use crate::terms::{Criterion, Limit, Rule};
use crate::verdict::{Because, Numbers, VerdictKind};
use statistics::{Design, Pair, Starts, Worse};

/// For which word the numbers are wanted, and what evidence needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wanted {
    pub(crate) kind: VerdictKind,
    pub(crate) because: Because,
    pub(crate) ln_harm_needed: f64,
    pub(crate) ln_safety_needed: f64,
}

pub(super) fn numbers(
    of: &Comparison,
    criterion: &Criterion,
    latencies: Option<&Latencies>,
    wanted: &Wanted,
) -> Numbers {
    // Rows that fail only together are shown at the level at which each of them speaks, not at one that none of them reaches.
    let ln_harm_needed = if wanted.kind == VerdictKind::Failing {
        wanted.ln_harm_needed.min(of.ln_harm())
    } else {
        wanted.ln_harm_needed
    };
    let collapse = wanted.because == Because::Collapse;
    let counted = if collapse || of.total == Pair::default() {
        let mut sum = of.window.sum().unwrap_or_default();
        sum += of.unjudged;
        sum
    } else {
        of.total
    };
    let mut numbers = Numbers {
        exposure: Sides {
            canary: counted.canary.trials,
            baseline: counted.baseline.trials,
        },
        events: Sides {
            canary: counted.canary.events,
            baseline: counted.baseline.events,
        },
        ..Numbers::default()
    };
    let bounds = match (&of.threshold, latencies) {
        (None, _) => rates(of, collapse, &counted, ln_harm_needed, wanted, &mut numbers),
        (Some(_), Some(latencies)) => quantiles(
            of,
            criterion,
            latencies,
            ln_harm_needed,
            wanted,
            &mut numbers,
        ),
        (Some(_), None) => Bounds::default(),
    };
    let (Rule::AgainstBaseline { worse, limit }, true) = (criterion.rule, bounds.known) else {
        return numbers;
    };
    let limit = match limit {
        Limit::Points(value) | Limit::Relative(value) | Limit::Amount(value) => value,
    };
    range::agree(&mut numbers, bounds, worse, limit, wanted.kind);
    numbers
}

fn rates(
    of: &Comparison,
    collapse: bool,
    counted: &Pair,
    ln_harm_needed: f64,
    wanted: &Wanted,
    numbers: &mut Numbers,
) -> Bounds {
    let relative = !of.design.margin.is_absolute();
    let sign = if of.design.worse == Worse::Higher {
        1.0
    } else {
        -1.0
    };
    let difference = |canary: f64, baseline: f64| {
        if !relative {
            Some(canary - baseline)
        } else if baseline > 0.0 {
            Some(canary / baseline - 1.0)
        } else {
            None
        }
    };
    // Without evidence of harm no start is supported by anything, and the best of them would only be the latest: then the whole watch is the answer.
    let design = Design {
        starts: if of.ln_harm() > 0.0 {
            of.design.starts
        } else {
            Starts::NONE
        },
        ..of.design
    };
    let estimate = (!collapse)
        .then(|| of.evidence.estimate_since_best_start(&design))
        .flatten()
        .map(|estimate| (estimate.canary, estimate.baseline))
        .or(counted.canary.rate().zip(counted.baseline.rate()));
    if let Some((canary, baseline)) = estimate {
        numbers.level = Sides {
            canary: Some(canary),
            baseline: Some(baseline),
        };
        numbers.difference = difference(canary, baseline);
    }
    numbers.lately = of
        .window
        .sum()
        .and_then(|pair| difference(pair.canary.rate()?, pair.baseline.rate()?));
    // A margin counts towards the worse side; severities do too, a ratio as the part by which it is worse.
    let severity = |margin: f64| {
        if relative {
            sign * (margin - 1.0)
        } else {
            margin
        }
    };
    if collapse {
        // What the catastrophic process rejects, said plainly: it looks for no finer answer.
        let margin = of.catastrophic.as_ref().map(|(design, _)| {
            if relative {
                design.margin.ratio
            } else {
                design.margin.difference
            }
        });
        return Bounds {
            known: true,
            harm: margin.map(severity),
            safety: None,
        };
    }
    if of.evidence.blocks().is_empty() {
        return Bounds::default();
    }
    // Each end comes from the design of its own process; a threshold that nothing reaches leaves the other end unsearched.
    let harm = of
        .evidence
        .range(&of.design, ln_harm_needed, f64::INFINITY)
        .lower;
    let safety = of
        .evidence
        .range(&of.safety_design, f64::INFINITY, wanted.ln_safety_needed)
        .upper;
    Bounds {
        known: true,
        harm: harm.map(severity),
        safety: safety.map(severity),
    }
}

fn quantiles(
    of: &Comparison,
    criterion: &Criterion,
    latencies: &Latencies,
    ln_harm_needed: f64,
    wanted: &Wanted,
    numbers: &mut Numbers,
) -> Bounds {
    let Some(threshold) = &of.threshold else {
        return Bounds::default();
    };
    let relative = matches!(
        criterion.rule,
        Rule::AgainstBaseline {
            limit: Limit::Relative(_),
            ..
        }
    );
    let quantile_of = |both: &Sides<statistics::Histogram>| Sides {
        canary: both.canary.quantile(threshold.quantile),
        baseline: both.baseline.quantile(threshold.quantile),
    };
    let difference = |level: Sides<Option<f64>>| {
        let (canary, baseline) = level.canary.zip(level.baseline)?;
        if relative {
            (baseline > 0.0).then(|| canary / baseline - 1.0)
        } else {
            Some(canary - baseline)
        }
    };
    let lately = latencies.lately(criterion.sustained_for);
    numbers.lately = lately
        .as_ref()
        .and_then(|both| difference(quantile_of(both)));
    let Some(shift) = threshold.shift() else {
        numbers.level = lately.as_ref().map(quantile_of).unwrap_or_default();
        return Bounds::default();
    };
    let since = if latencies.judged.is_empty() {
        lately
    } else if of.ln_harm() > 0.0 {
        latencies.since_best_start(&shift, &of.design)
    } else {
        Some(latencies.judged.total().0)
    };
    if let Some(since) = &since {
        numbers.level = quantile_of(since);
        numbers.difference = difference(numbers.level);
    }
    if latencies.judged.is_empty() {
        return Bounds::default();
    }
    let (harm, safety) = latencies.range_of_shift(
        shift.threshold,
        (&of.design, ln_harm_needed),
        (&of.safety_design, wanted.ln_safety_needed),
    );
    let severity = |edge: f64| {
        if relative {
            edge / shift.threshold - 1.0
        } else {
            edge - shift.threshold
        }
    };
    Bounds {
        known: true,
        harm: harm.map(severity),
        safety: safety.map(severity),
    }
}
