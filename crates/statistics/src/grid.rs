//! Where the alternatives lie, and what they weigh.
//!
//! Harm: an even grid over the damage that matters carries almost all of the weight; a few alternatives ever closer to the
//! null carry a hundredth each, so that damage just past the limit is found too, late, and ranges close in on the truth.

/// Alternatives of the ratio form's even grid.
const SPLIT_EVEN: usize = 24;

/// Alternatives of the ratio form closer to the null, each at half of the distance of the one before.
const SPLIT_NEAR: usize = 4;

/// Alternatives of the absolute form's even grid.
const BLOCK_EVEN: usize = 12;

/// Alternatives of the absolute form closer to the null.
const BLOCK_NEAR: usize = 3;

/// Number of alternatives of the ratio form's harm test.
pub(crate) const SPLIT: usize = SPLIT_EVEN + SPLIT_NEAR;

/// Number of alternatives of the absolute form's harm test.
pub(crate) const BLOCK: usize = BLOCK_EVEN + BLOCK_NEAR;

/// Most alternatives that a process mixes over.
pub(crate) const MOST: usize = SPLIT;

/// Weight of each alternative closer to the null than the even grid.
const NEAR_WEIGHT: f64 = 0.01;

/// Weight of alternative `j` of the ratio form's harm test.
pub(crate) fn split_weight(j: usize) -> f64 {
    weight(j, SPLIT_NEAR, SPLIT_EVEN)
}

/// Weight of alternative `j` of the absolute form's harm test.
pub(crate) fn block_weight(j: usize) -> f64 {
    weight(j, BLOCK_NEAR, BLOCK_EVEN)
}

fn weight(j: usize, near: usize, even: usize) -> f64 {
    if j < near {
        NEAR_WEIGHT
    } else {
        (1.0 - NEAR_WEIGHT * near as f64) / even as f64
    }
}

/// Distances of the ratio form's harm alternatives from the null, in natural-log units of the rate, ascending.
///
/// `null` is the null itself in the same units towards the worse side. Without an expected rate the even grid is flat from
/// ten percent beyond the null to a factor of twenty from no difference. With one it is geometric between the smallest and
/// the largest absolute damage worth telling apart: a quarter of a percentage point and 32 points added to the expected
/// rate. An alternative is told from the null at about a third of its own distance, hence the even cover of a geometric grid.
pub(crate) fn split_excess(null: f64, expected_rate: Option<f64>) -> [f64; SPLIT] {
    match expected_rate {
        None => {
            let low = libm::log(1.1);
            // A null past a factor of five would leave no room below twenty.
            let high = (libm::log(20.0) - null).max(libm::log(4.0));
            let step = (high - low) / (SPLIT_EVEN - 1) as f64;
            with_near(low, SPLIT_NEAR, |j| low + step * j as f64)
        }
        Some(rate) => {
            let at_null = rate * libm::exp(null);
            let low = libm::log1p(0.0025 / at_null).clamp(libm::log(1.05), libm::log(1.5));
            let high = libm::log1p(0.32 / at_null).clamp(libm::log(4.0), libm::log(1000.0));
            with_near(low, SPLIT_NEAR, geometric(low, high, SPLIT_EVEN))
        }
    }
}

/// Distances of the absolute form's harm alternatives from the null, in probability units, ascending: the even grid is
/// geometric from a quarter of the limit to one half.
pub(crate) fn block_excess(difference: f64) -> [f64; BLOCK] {
    let low = (difference / 4.0).min(0.25);
    with_near(low, BLOCK_NEAR, geometric(low, 0.5, BLOCK_EVEN))
}

fn with_near<const N: usize>(low: f64, near: usize, even: impl Fn(usize) -> f64) -> [f64; N] {
    core::array::from_fn(|j| {
        if j < near {
            libm::ldexp(low, j as i32 - near as i32)
        } else {
            even(j - near)
        }
    })
}

fn geometric(low: f64, high: f64, count: usize) -> impl Fn(usize) -> f64 {
    let step = libm::log(high / low) / (count - 1) as f64;
    move |j| low * libm::exp(step * j as f64)
}

/// Safety alternatives where the null leaves room for "no difference": position between no difference (0) and the null (1),
/// with weights. About half of the weight is on no difference at all; the last two make ranges close in on the truth.
pub(crate) const BETWEEN: [(f64, f64); 7] = [
    (-0.25, 0.1),
    (-0.1, 0.2),
    (0.0, 0.48),
    (0.25, 0.14),
    (0.5, 0.05),
    (0.75, 0.02),
    (0.9, 0.01),
];

/// Safety alternatives where "no difference" is itself at or past the null: distances below the null in natural-log units,
/// with weights.
pub(crate) const BELOW: [(f64, f64); 7] = [
    (0.02, 0.05),
    (0.05, 0.1),
    (0.1, 0.2),
    (0.2, 0.25),
    (0.4, 0.2),
    (0.8, 0.1),
    (1.6, 0.1),
];
