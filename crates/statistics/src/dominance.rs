//! Latency limits as counts above a bucket edge (shifted stochastic dominance).

use core::fmt;

use crate::histogram::Histogram;
use crate::sample::{Pair, Sample};

/// How much slower the canary may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LatencyLimit {
    /// Added time, in the unit of the histogram's edges.
    Added(f64),
    /// Factor on the time: 2.0 for +100 %.
    Ratio(f64),
}

impl LatencyLimit {
    fn apply(self, value: f64) -> f64 {
        match self {
            Self::Added(added) => value + added,
            Self::Ratio(ratio) => value * ratio,
        }
    }
}

/// Where the two sides are cut: the baseline at `threshold`, the canary at the threshold moved by the limit.
///
/// The moved threshold rarely falls on an edge. Harm counts the canary above the next edge *up*, safety above the next edge
/// *down*: both are then valid for the limit as written, at the price of up to a bucket of undecided ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The edge at the quantile of the history, for the baseline.
    pub threshold: f64,
    /// The smallest edge at or above the moved threshold, for the canary in the harm test.
    pub harm_edge: f64,
    /// The largest edge at or under the moved threshold, for the canary in the safety test.
    pub safety_edge: f64,
}

/// Why a latency limit cannot be judged on these buckets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ShiftError {
    /// The history holds no values (or the bucket layout no edges), so there is no threshold.
    NoHistory,
    /// The limit is smaller than the bucket above the threshold.
    BelowABucket {
        /// The smallest limit that the buckets can judge there, in the limit's own terms (added time, or factor).
        smallest: f64,
    },
    /// The threshold or the moved threshold lies past the last finite edge.
    BeyondLastBucket,
}

impl fmt::Display for ShiftError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHistory => write!(f, "no past values to take the quantile from"),
            Self::BelowABucket { smallest } => {
                write!(
                    f,
                    "limit is smaller than a histogram bucket there; the smallest that works is {smallest}"
                )
            }
            Self::BeyondLastBucket => write!(
                f,
                "limit lies past the last finite histogram bucket; add buckets above it"
            ),
        }
    }
}

impl core::error::Error for ShiftError {}

/// Edges closer than this, relatively, are one: `0.1 + 0.04` and the edge `0.14` differ by rounding only. Far below any
/// bucket width.
const SAME_EDGE: f64 = 1e-9;

/// Returns where to cut both sides for "the `quantile` may be slower by `limit`".
///
/// `edges` are the finite upper edges of the source's bucket layout in any order (`+∞` is allowed and ignored); `history`
/// holds values from *before* the data under test. The threshold is the smallest edge with at most `1 - quantile` of the
/// history above it. A quantile outside `[0, 1]` is taken to the nearer end.
///
/// # Errors
/// See [`ShiftError`]; a limit that is not a positive number is below a bucket.
pub fn shift(
    edges: &[f64],
    history: &Histogram,
    quantile: f64,
    limit: LatencyLimit,
) -> Result<Shift, ShiftError> {
    let total = history.total();
    if total == 0 {
        return Err(ShiftError::NoHistory);
    }
    let mut finite: Vec<f64> = edges
        .iter()
        .copied()
        .filter(|edge| edge.is_finite())
        .collect();
    finite.sort_by(f64::total_cmp);
    if finite.is_empty() {
        return Err(ShiftError::NoHistory);
    }
    // The slack is for rounding: one of ten values is 0.1 · 10, not 0.999….
    let allowed = (1.0 - quantile.clamp(0.0, 1.0)) * total as f64 * (1.0 + SAME_EDGE);
    let at = finite
        .iter()
        .position(|edge| history.above(*edge) as f64 <= allowed)
        .ok_or(ShiftError::BeyondLastBucket)?;
    let threshold = finite[at];
    let moved = limit.apply(threshold);
    let slack = moved.abs() * SAME_EDGE;
    let next = finite[at..]
        .iter()
        .copied()
        .find(|edge| *edge > threshold)
        .ok_or(ShiftError::BeyondLastBucket)?;
    // False also where the moved threshold is not a number.
    let judged = moved >= next - slack;
    if !judged {
        let smallest = match limit {
            LatencyLimit::Added(_) => next - threshold,
            LatencyLimit::Ratio(_) => next / threshold,
        };
        return Err(ShiftError::BelowABucket { smallest });
    }
    let harm_edge = finite
        .iter()
        .copied()
        .find(|edge| *edge >= moved - slack)
        .ok_or(ShiftError::BeyondLastBucket)?;
    let safety_edge = finite
        .iter()
        .copied()
        .rfind(|edge| *edge <= moved + slack)
        .ok_or(ShiftError::BeyondLastBucket)?;
    Ok(Shift {
        threshold,
        harm_edge,
        safety_edge,
    })
}

/// Returns the counts above the cuts, for the harm test and for the safety test; trials are all values of a side.
///
/// Run them with `Margin::ratio(1.0)`. The null of harm is "the canary is at most the limit slower than the baseline, for
/// this threshold" (one threshold of shifted first-order stochastic dominance); several quantiles are several criteria.
///
/// Both histograms must use the bucket layout that the shift was made for. Does not hold where slow calls are cut off by a
/// time limit on one side only, or where the mix of routes differs between the sides.
#[must_use]
pub fn dominance_pairs(shift: &Shift, canary: &Histogram, baseline: &Histogram) -> (Pair, Pair) {
    let (canary_total, baseline_total) = (canary.total(), baseline.total());
    let slow_baseline = Sample {
        events: baseline.above(shift.threshold),
        trials: baseline_total,
    };
    let pair = |edge: f64| Pair {
        canary: Sample {
            events: canary.above(edge),
            trials: canary_total,
        },
        baseline: slow_baseline,
    };
    (pair(shift.harm_edge), pair(shift.safety_edge))
}
