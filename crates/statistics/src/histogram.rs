//! Counts of values by bucket, with the source's own bucket edges.

use core::cmp::Ordering;
use core::ops::AddAssign;

/// A sparse histogram: upper bucket edge → count.
///
/// Edges are kept bit for bit as the source has them (a classic histogram's `le`, a native one's `2^(i/2^scale)`), so two
/// histograms of one source merge without loss and multiplying all values by a power of two changes nothing but the
/// exponents. `+∞` is an edge like any other: what lies past the last finite one. Counts saturate at `u64::MAX`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Ascending by edge, every count above zero or an edge that the source named.
    buckets: Vec<(f64, u64)>,
}

impl Histogram {
    /// Returns a histogram of `(upper edge, count)` pairs in any order; equal edges are added up. Counts are per bucket, not
    /// cumulative. An edge that is not a number counts as `+∞` (nothing is known about it but that it was seen).
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (f64, u64)>) -> Self {
        let mut buckets: Vec<(f64, u64)> = pairs
            .into_iter()
            .map(|(edge, count)| {
                (
                    if edge.is_nan() {
                        f64::INFINITY
                    } else {
                        edge + 0.0
                    },
                    count,
                )
            })
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        buckets.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        Self { buckets }
    }

    /// Adds another histogram of the same source. Commutative and associative; edges known to either are known to the sum.
    pub fn add(&mut self, other: &Self) {
        if other.buckets.is_empty() {
            return;
        }
        let mut merged = Vec::with_capacity(self.buckets.len().max(other.buckets.len()));
        let (mut left, mut right) = (
            self.buckets.iter().copied().peekable(),
            other.buckets.iter().copied().peekable(),
        );
        while let (Some(a), Some(b)) = (left.peek().copied(), right.peek().copied()) {
            match a.0.total_cmp(&b.0) {
                Ordering::Less => merged.extend(left.next()),
                Ordering::Greater => merged.extend(right.next()),
                Ordering::Equal => {
                    merged.push((a.0, a.1.saturating_add(b.1)));
                    left.next();
                    right.next();
                }
            }
        }
        merged.extend(left);
        merged.extend(right);
        self.buckets = merged;
    }

    /// Returns the number of values.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Returns the number of values strictly above `edge`, which must be an edge of the source's bucket layout (a sparse
    /// histogram need not hold it). Between edges the whole bucket counts as above.
    #[must_use]
    pub fn above(&self, edge: f64) -> u64 {
        self.buckets
            .iter()
            .filter(|(upper, _)| *upper > edge)
            .fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Returns the `q`-quantile, `0 ≤ q ≤ 1`, for display: linear inside its bucket, whose lower end is the next known edge
    /// below (0 for the first bucket of positive values). In a sparse histogram with a gap that end can lie too low; never
    /// test with it. Values past the last finite edge give that edge. `None` without values or for `q` outside its range.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let total = self.total();
        if total == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let rank = q * total as f64;
        let mut below = 0.0;
        let mut lower: Option<f64> = None;
        for &(upper, count) in &self.buckets {
            let count = count as f64;
            if count > 0.0 && below + count >= rank {
                if upper == f64::INFINITY {
                    return lower;
                }
                let start = lower.unwrap_or(if upper > 0.0 { 0.0 } else { upper });
                return Some(start + (upper - start) * ((rank - below) / count).clamp(0.0, 1.0));
            }
            below += count;
            lower = Some(upper);
        }
        lower
    }

    /// Returns the known upper edges, ascending.
    #[must_use]
    pub fn edges(&self) -> Vec<f64> {
        self.buckets.iter().map(|(edge, _)| *edge).collect()
    }

    /// Iterates over `(upper edge, count)`, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.buckets.iter().copied()
    }
}

impl AddAssign for Histogram {
    fn add_assign(&mut self, other: Self) {
        self.add(&other);
    }
}
