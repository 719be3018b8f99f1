//! The normal distribution, as far as the pod allowance needs it.

use core::f64::consts::{FRAC_1_SQRT_2, PI};

/// Returns the upper quantile of the standard normal distribution: `z` with `P(Z > z) = p`, to about 1e-14 relative.
///
/// `+∞` for `p ≤ 0` and for `p` that is not a number (the cautious side), `-∞` for `p ≥ 1`.
/// Solved by Newton's method on `ln P(Z > z)`, which is concave, with `libm::erfc`.
#[must_use]
pub fn normal_quantile_upper(p: f64) -> f64 {
    if p.is_nan() || p <= 0.0 {
        return f64::INFINITY;
    }
    if p >= 1.0 {
        return f64::NEG_INFINITY;
    }
    if p == 0.5 {
        return 0.0;
    }
    if p > 0.5 {
        return -normal_quantile_upper(1.0 - p);
    }
    let target = libm::log(p);
    // Starts at or right of the root (P(Z > z) ≤ ½ exp(-z²/2)); erfc keeps full precision up to 37.
    let mut z = libm::sqrt(-2.0 * libm::log(2.0 * p)).min(37.5);
    for _ in 0..50 {
        let tail = 0.5 * libm::erfc(z * FRAC_1_SQRT_2);
        let density = libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI);
        let step = (libm::log(tail) - target) * tail / density;
        z += step;
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    z
}

/// Returns the allowance for persistent differences between pods, in natural-log units of the rate:
/// `z(share_of_alpha) · pod_sd · √(1/canary_pods + 1/baseline_pods)`.
///
/// `pod_sd` is the standard deviation τ of a pod's lasting log-rate effect. With effects `N(0, τ²)` the difference of the two
/// groups' means exceeds the allowance with probability `share_of_alpha`, which the caller takes out of its error budget;
/// given that it does not, the null of the widened test holds. This is a statement on average over deployments: pods that
/// happen to be unlucky stay unlucky for the whole watch, and more time does not help, only more pods do.
///
/// `+∞` where a group has no pods, where `pod_sd` is not a number or the share is not above 0: a process with such an
/// allowance stays silent. 0 for `share_of_alpha ≥ ½`.
#[must_use]
pub fn pod_allowance(
    pod_sd: f64,
    canary_pods: u32,
    baseline_pods: u32,
    share_of_alpha: f64,
) -> f64 {
    if pod_sd.is_nan() || canary_pods == 0 || baseline_pods == 0 {
        return f64::INFINITY;
    }
    if pod_sd <= 0.0 {
        return 0.0;
    }
    let spread = libm::sqrt(1.0 / f64::from(canary_pods) + 1.0 / f64::from(baseline_pods));
    (normal_quantile_upper(share_of_alpha) * pod_sd * spread).max(0.0)
}
