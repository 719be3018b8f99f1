//! Whether traffic is split as configured.

/// Returns `ln E` against "the canary receives the share `expected_share` of all requests", two-sided, in closed form.
///
/// With totals `S1 = canary_total/φ`, `S0 = baseline_total/φ` and `a1 = κρ`, `a0 = κ(1-ρ)`:
/// `ln B(a1+S1, a0+S0) - ln B(a1, a0) - S1 ln ρ - S0 ln(1-ρ)` (Lindon and Malek, arXiv 2011.03567, the Beta mixture for two
/// groups). `kappa` is the prior's weight in requests, 100 where nothing speaks for another. At every look pass the totals
/// since the beginning; `P(ln E ever reaches ln(1/α)) ≤ α`.
///
/// Assumes that requests choose their side independently with one constant share: sticky sessions need a `dispersion` φ
/// above 1 (values under 1 count as 1), and a share that the plan changes needs a fresh start.
///
/// 0 where an argument makes no sense: a share outside (0, 1), negative or infinite totals, `kappa` not above 0.
#[must_use]
pub fn share_mismatch_ln_e(
    canary_total: f64,
    baseline_total: f64,
    expected_share: f64,
    kappa: f64,
    dispersion: f64,
) -> f64 {
    let sense = expected_share > 0.0
        && expected_share < 1.0
        && kappa > 0.0
        && [canary_total, baseline_total]
            .iter()
            .all(|total| *total >= 0.0 && total.is_finite())
        && kappa.is_finite()
        && dispersion.is_finite();
    if !sense {
        return 0.0;
    }
    let phi = dispersion.max(1.0);
    let (s1, s0) = (canary_total / phi, baseline_total / phi);
    let (a1, a0) = (kappa * expected_share, kappa * (1.0 - expected_share));
    ln_beta(a1 + s1, a0 + s0)
        - ln_beta(a1, a0)
        - s1 * libm::log(expected_share)
        - s0 * libm::log1p(-expected_share)
}

fn ln_beta(a: f64, b: f64) -> f64 {
    libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b)
}
