//! Sums of numbers that are kept as logarithms.

/// Returns `ln(exp(a) + exp(b))` without overflow; `-∞` stands for zero.
pub(crate) fn ln_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        high
    } else {
        high + libm::log1p(libm::exp(low - high))
    }
}

/// Returns `ln Σ exp(x)`, summed in the order given; `-∞` for an empty slice.
pub(crate) fn ln_sum(values: &[f64]) -> f64 {
    let high = values.iter().fold(
        f64::NEG_INFINITY,
        |high, &x| if x > high { x } else { high },
    );
    if high == f64::NEG_INFINITY {
        return high;
    }
    let sum: f64 = values.iter().fold(0.0, |sum, &x| sum + libm::exp(x - high));
    high + libm::log(sum)
}
