//! What can be seen, and how soon: evidence per trial, trials needed, smallest effect.
//!
//! "Trials" are requests of both sides together; `share` is the canary's part of them, in (0, 1). Times follow by dividing
//! by the trials per second, plus half a look. All of it is about expected counts: half of the watches take longer.
//!
//! Sources: Wald's bound on the expected sample size of any test; for two sides with an unknown common rate the divergence to
//! the nearest point of the null (Turner, Ly and Grünwald, arXiv 2106.02693).

use crate::betting::{Betting, Gains, severity};
use crate::design::{Design, Starts};
use crate::grid::MOST;
use crate::line::Side;
use crate::mixture::Mixture;
use crate::sample::Worse;

/// Returns the largest evidence of harm that any test can expect per trial, in nats, after dispersion and pod allowance; 0
/// where the true rate is inside the (widened) limit.
///
/// `ln(1/α)` divided by it is the physical limit (Wald) on the expected number of trials: no test that keeps the false-alarm
/// rate α is faster on average. Ratio margins count the split of events, absolute margins both Bernoulli samples.
#[must_use]
pub fn information_of_harm(base_rate: f64, true_rate: f64, share: f64, design: &Design) -> f64 {
    information(base_rate, true_rate, share, design, Side::Harm)
}

/// Returns the largest evidence of safety that any test can expect per trial, in nats, when the canary's true rate is
/// `true_rate`; 0 where that is at or past the (widened) limit.
#[must_use]
pub fn information_of_safety(base_rate: f64, true_rate: f64, share: f64, design: &Design) -> f64 {
    information(base_rate, true_rate, share, design, Side::Safety)
}

fn information(base_rate: f64, true_rate: f64, share: f64, design: &Design, side: Side) -> f64 {
    if !(sensible(base_rate, share) && true_rate.is_finite() && true_rate >= 0.0) {
        return 0.0;
    }
    Betting::new(design, side).information(true_rate, base_rate, share)
}

/// Returns the trials of both sides after which [`crate::Harm`] is expected past `ln_threshold` when the canary's rate is
/// `true_rate` since the first look: where the process is when every count is what is expected. Includes the price of not
/// knowing the effect nor when it begins; to get the limit of any test, divide `ln_threshold` by [`information_of_harm`].
///
/// `∞` where the effect is inside the (widened) limit or the arguments make no sense.
#[must_use]
pub fn trials_to_harm(
    base_rate: f64,
    true_rate: f64,
    share: f64,
    design: &Design,
    ln_threshold: f64,
) -> f64 {
    if !(sensible(base_rate, share) && true_rate.is_finite() && true_rate >= 0.0) {
        return f64::INFINITY;
    }
    trials(
        &Betting::new(design, Side::Harm),
        design.starts,
        (true_rate, base_rate, share),
        ln_threshold,
    )
    .unwrap_or(f64::INFINITY)
}

/// Returns the trials of both sides after which [`crate::Safety`] is expected past `ln_threshold` when the canary is exactly
/// as the baseline. `None` where that never happens: the pod allowance exceeds the limit, or there are no events to compare
/// in a ratio.
#[must_use]
pub fn trials_to_confirm(
    base_rate: f64,
    share: f64,
    design: &Design,
    ln_threshold: f64,
) -> Option<f64> {
    if !sensible(base_rate, share) {
        return None;
    }
    trials(
        &Betting::new(design, Side::Safety),
        Starts::NONE,
        (base_rate, base_rate, share),
        ln_threshold,
    )
}

/// Returns the smallest true effect, in the units of the margin (a difference, or a ratio of rates), that
/// [`crate::Harm`] is expected to find within `total_trials`. `None` where even the largest would not be: a canary that
/// always fails (never, where lower is worse) or a ratio of a million.
#[must_use]
pub fn smallest_detectable(
    base_rate: f64,
    share: f64,
    total_trials: f64,
    design: &Design,
    ln_threshold: f64,
) -> Option<f64> {
    if !sensible(base_rate, share) || design.noise().is_none() {
        return None;
    }
    let betting = Betting::new(design, Side::Harm);
    smallest(
        largest_severity(base_rate, design),
        severity(design).max(0.0),
        &|x| {
            let rates = (rate_at(base_rate, design, x), base_rate, share);
            trials(&betting, design.starts, rates, ln_threshold)
                .is_some_and(|needed| needed <= total_trials)
        },
    )
    .map(|x| in_margin_units(design, x))
}

/// Returns the smallest limit, in the units of the margin, for which a canary that is exactly as the baseline is expected to
/// be confirmed within `total_trials`. `None` where no limit is wide enough.
#[must_use]
pub fn smallest_confirmable(
    base_rate: f64,
    share: f64,
    total_trials: f64,
    design: &Design,
    ln_threshold: f64,
) -> Option<f64> {
    if !sensible(base_rate, share) || design.noise().is_none() {
        return None;
    }
    smallest(largest_severity(base_rate, design), 0.0, &|x| {
        let betting = Betting::at(design, Side::Safety, x);
        trials(
            &betting,
            Starts::NONE,
            (base_rate, base_rate, share),
            ln_threshold,
        )
        .is_some_and(|needed| needed <= total_trials)
    })
    .map(|x| in_margin_units(design, x))
}

fn sensible(base_rate: f64, share: f64) -> bool {
    base_rate.is_finite() && base_rate >= 0.0 && share > 0.0 && share < 1.0
}

/// The canary's rate when it is worse than the baseline by a severity.
fn rate_at(base_rate: f64, design: &Design, severity: f64) -> f64 {
    let sign = design.worse.sign();
    if design.margin.is_absolute() {
        (base_rate + sign * severity).clamp(0.0, 1.0)
    } else {
        base_rate * libm::exp(sign * severity)
    }
}

/// The severity of total failure. Ratios of a million stand for it where rates are not proportions.
fn largest_severity(base_rate: f64, design: &Design) -> f64 {
    if design.margin.is_absolute() {
        match design.worse {
            Worse::Higher => 1.0 - base_rate,
            Worse::Lower => base_rate,
        }
    } else {
        match design.worse {
            Worse::Higher if base_rate > 0.0 && base_rate < 1.0 => -libm::log(base_rate),
            Worse::Higher | Worse::Lower => libm::log(1e6),
        }
    }
}

fn in_margin_units(design: &Design, severity: f64) -> f64 {
    if design.margin.is_absolute() {
        severity
    } else {
        libm::exp(design.worse.sign() * severity)
    }
}

/// The smallest severity in `(low, high]` that is enough, to a millionth.
fn smallest(high: f64, low: f64, enough: &dyn Fn(f64) -> bool) -> Option<f64> {
    let possible = high > low && enough(high);
    if !possible {
        return None;
    }
    let (mut low, mut high) = (low, high);
    while high - low > 1e-6 * high {
        let middle = low + (high - low) * 0.5;
        // The bracket is at the resolution of the numbers.
        if !(middle > low && middle < high) {
            break;
        }
        if enough(middle) {
            high = middle
        } else {
            low = middle
        }
    }
    Some(high)
}

/// Trials after which the expected counts bring the mixture to `ln_threshold`; `None` where they never do.
fn trials(
    betting: &Betting,
    starts: Starts,
    (canary_rate, baseline_rate, share): (f64, f64, f64),
    ln_threshold: f64,
) -> Option<f64> {
    let mut gains = [0.0; MOST];
    betting.expected(canary_rate, baseline_rate, share, &mut gains);
    let best = gains[..betting.count()].iter().copied().fold(0.0, f64::max);
    if best <= 0.0 {
        return None;
    }
    let ln_e = |trials: f64| {
        let mut summed: Gains = [0.0; MOST];
        for (sum, gain) in summed.iter_mut().zip(gains) {
            *sum = gain * trials;
        }
        let mut mixture = Mixture::new(starts, betting.weights());
        mixture.take(&summed, betting.weights());
        mixture.ln_e()
    };
    // No mixture is ahead of its best alternative.
    let mut low = ln_threshold.max(0.0) / best;
    let mut high = low.max(1.0);
    while ln_e(high) < ln_threshold {
        low = high;
        high *= 2.0;
        if !high.is_finite() {
            return None;
        }
    }
    while high - low > 1e-6 * high {
        let middle = low + (high - low) * 0.5;
        if ln_e(middle) < ln_threshold {
            low = middle
        } else {
            high = middle
        }
    }
    Some(high)
}
