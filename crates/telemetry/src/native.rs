//! Counts of a native histogram at one time, and what was added between two times.

/// Cumulative-in-time counts by bucket of a native histogram.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NativeCounts {
    total: f64,
    /// Upper edge and count of the populated buckets, ascending by edge.
    buckets: Vec<(f64, f64)>,
}

impl NativeCounts {
    pub(crate) fn new(total: f64, buckets: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut buckets: Vec<_> = buckets.into_iter().collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self { total, buckets }
    }

    /// Whether every count is a number that can be counted with.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |value: f64| value.is_finite() && value >= 0.0;
        sound(self.total)
            && self
                .buckets
                .iter()
                .all(|(edge, count)| !edge.is_nan() && sound(*count))
    }

    /// All counts, as of a histogram that began at zero.
    pub(crate) fn whole(&self) -> Vec<(f64, u64)> {
        self.buckets
            .iter()
            .map(|(edge, count)| (*edge, rounded(*count)))
            .collect()
    }

    /// What was added since `earlier`; `None` if the histogram began again in between.
    ///
    /// A histogram that ran out of buckets halves its resolution: two neighbours become one, whose upper edge one of them
    /// had. Old counts are therefore laid onto the new edges before they are subtracted. A finer resolution than before only
    /// comes with a new start.
    pub(crate) fn since(&self, earlier: &Self) -> Option<Vec<(f64, u64)>> {
        if self.total < earlier.total {
            return None;
        }
        let mut old = vec![0.0; self.buckets.len()];
        for (edge, count) in &earlier.buckets {
            // The first new bucket that reaches as far.
            let at = self.buckets.partition_point(|(upper, _)| upper < edge);
            *old.get_mut(at)? += count;
        }
        self.buckets
            .iter()
            .zip(old)
            .map(|((edge, new), old)| {
                (*new >= old).then(|| (*edge, rounded(*new).saturating_sub(rounded(old))))
            })
            .collect()
    }
}

/// A count as a whole number: rounding the running count, not the increment, loses nothing over time.
pub(crate) fn rounded(count: f64) -> u64 {
    // The cast saturates; negative counts do not exist.
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtracts_by_edge() {
        let earlier = NativeCounts::new(3.0, [(1.0, 2.0), (4.0, 1.0)]);
        let later = NativeCounts::new(6.0, [(1.0, 3.0), (2.0, 1.0), (4.0, 2.0)]);
        assert_eq!(
            later.since(&earlier),
            Some(vec![(1.0, 1), (2.0, 1), (4.0, 1)])
        );
    }

    #[test]
    fn a_halved_resolution_loses_nothing() {
        let earlier = NativeCounts::new(3.0, [(1.0, 1.0), (2.0, 1.0), (4.0, 1.0)]);
        let later = NativeCounts::new(5.0, [(2.0, 3.0), (8.0, 2.0)]);
        assert_eq!(later.since(&earlier), Some(vec![(2.0, 1), (8.0, 1)]));
    }

    #[test]
    fn a_drop_in_one_bucket_is_a_new_start() {
        let earlier = NativeCounts::new(3.0, [(1.0, 3.0)]);
        let later = NativeCounts::new(4.0, [(1.0, 1.0), (2.0, 3.0)]);
        assert_eq!(later.since(&earlier), None);
    }
}
