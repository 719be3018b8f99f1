//! Where the alternatives lie.

/// Most alternatives that a process mixes over.
pub(crate) const MOST: usize = 24;

/// Number of alternatives of the ratio form.
pub(crate) const SPLIT: usize = 24;

/// Number of alternatives of the absolute form.
pub(crate) const BLOCK: usize = 12;

/// Distances of the ratio form's harm alternatives from the null, in natural-log units of the rate, ascending.
///
/// `null` is the null itself in the same units towards the worse side. Without an expected rate the grid is flat from ten
/// percent beyond the null to a factor of twenty from no difference. With one it is geometric between the smallest and the
/// largest absolute damage worth telling apart: a quarter of a percentage point and 32 points added to the expected rate.
/// An alternative is told from the null at about a third of its own distance, hence the even cover of a geometric grid.
pub(crate) fn split_excess(null: f64, expected_rate: Option<f64>) -> [f64; SPLIT] {
    let steps = (SPLIT - 1) as f64;
    match expected_rate {
        None => {
            let low = libm::log(1.1);
            // A null past a factor of five would leave no room below twenty.
            let high = (libm::log(20.0) - null).max(libm::log(4.0));
            core::array::from_fn(|j| low + (high - low) * (j as f64 / steps))
        }
        Some(rate) => {
            let at_null = rate * libm::exp(null);
            let low = libm::log1p(0.0025 / at_null).clamp(libm::log(1.05), libm::log(1.5));
            let high = libm::log1p(0.32 / at_null).clamp(libm::log(4.0), libm::log(1000.0));
            geometric(low, high)
        }
    }
}

/// Distances of the absolute form's harm alternatives from the null, in probability units, ascending: from a quarter of the
/// limit to one half.
pub(crate) fn block_excess(difference: f64) -> [f64; BLOCK] {
    geometric((difference / 4.0).min(0.25), 0.5)
}

fn geometric<const N: usize>(low: f64, high: f64) -> [f64; N] {
    let step = libm::log(high / low) / (N - 1) as f64;
    core::array::from_fn(|j| low * libm::exp(step * j as f64))
}

/// Safety alternatives where the null leaves room for "no difference": position between no difference (0) and the null (1),
/// with weights. Half of the weight is on no difference at all.
pub(crate) const BETWEEN: [(f64, f64); 5] = [
    (-0.25, 0.1),
    (-0.1, 0.2),
    (0.0, 0.5),
    (0.25, 0.15),
    (0.5, 0.05),
];

/// Safety alternatives where "no difference" is itself at or past the null: distances below the null in natural-log units,
/// with weights.
pub(crate) const BELOW: [(f64, f64); 6] = [
    (0.05, 0.1),
    (0.1, 0.2),
    (0.2, 0.25),
    (0.4, 0.2),
    (0.8, 0.15),
    (1.6, 0.1),
];
