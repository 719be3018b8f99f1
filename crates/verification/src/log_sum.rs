//! Sums of numbers that are kept as logarithms.

/// `ln(e^a + e^b)`.
pub(crate) fn log_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY {
        high
    } else {
        high + libm::log1p(libm::exp(low - high))
    }
}
