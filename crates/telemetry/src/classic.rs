//! Classic histograms: `_bucket` series put together by time.

use std::collections::BTreeMap;

use crate::increments::Relation;
use crate::labels::{Labels, NAME};
use crate::native::rounded;
use crate::series_store::Series;

/// The label that holds a bucket's upper edge.
pub(crate) const EDGE: &str = "le";

/// The buckets of one histogram at one time: upper edges ascending, counts cumulative over the edges.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    edges: Vec<f64>,
    counts: Vec<u64>,
}

/// The frames of each histogram by its labels without the edge. A frame that lacks its last bucket or holds something that
/// is not a number is `None`.
pub(crate) fn frames<'a>(
    series: impl IntoIterator<Item = (&'a Labels, &'a Series)>,
) -> BTreeMap<Labels, Vec<(i64, Option<Frame>)>> {
    let mut gathered: BTreeMap<Labels, BTreeMap<i64, Vec<(f64, f64)>>> = BTreeMap::new();
    for (labels, series) in series {
        let Ok(edge) = labels.get(EDGE).parse::<f64>() else {
            continue;
        };
        let histogram = gathered.entry(labels.without(&[EDGE, NAME])).or_default();
        for (at, value) in &series.values {
            histogram.entry(*at).or_default().push((edge, *value));
        }
    }
    gathered
        .into_iter()
        .map(|(labels, by_time)| {
            let frames = by_time
                .into_iter()
                .map(|(at, buckets)| (at, Frame::new(buckets)))
                .collect();
            (labels, frames)
        })
        .collect()
}

impl Frame {
    fn new(mut buckets: Vec<(f64, f64)>) -> Option<Self> {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let complete = buckets.last()?.0 == f64::INFINITY;
        let sound = buckets
            .iter()
            .all(|(edge, count)| !edge.is_nan() && count.is_finite() && *count >= 0.0);
        if !complete || !sound {
            return None;
        }
        // Programs read their buckets one after another, so a wider bucket may lag behind a narrower one by a request or two.
        let mut highest = 0.0_f64;
        let counts = buckets
            .iter()
            .map(|(_, count)| {
                highest = highest.max(*count);
                rounded(highest)
            })
            .collect();
        Some(Self {
            edges: buckets.into_iter().map(|(edge, _)| edge).collect(),
            counts,
        })
    }

    /// Counts by bucket, not cumulative; empty buckets stay, since their edges say how fine the histogram is.
    pub(crate) fn whole(&self) -> Vec<(f64, u64)> {
        by_bucket(&self.edges, self.counts.iter().copied())
    }

    /// How the counts went on from an earlier frame. One bucket that dropped means that all began again, whether or not the
    /// others have passed their old values by now.
    pub(crate) fn relation(&self, earlier: &Self) -> Relation<Vec<(f64, u64)>> {
        let total = |frame: &Self| frame.counts.last().copied().unwrap_or(0);
        if total(self) < total(earlier) {
            return Relation::Restarted;
        }
        if self.edges != earlier.edges {
            return Relation::Unrelated;
        }
        let pairs = || self.counts.iter().zip(&earlier.counts);
        if pairs().any(|(new, old)| new < old) {
            return Relation::Restarted;
        }
        Relation::Added(by_bucket(&self.edges, pairs().map(|(new, old)| new - old)))
    }
}

fn by_bucket(edges: &[f64], cumulative: impl Iterator<Item = u64>) -> Vec<(f64, u64)> {
    let mut below = 0;
    edges
        .iter()
        .zip(cumulative)
        .map(|(edge, count)| {
            // Differences of two cumulative rows may cross by what one bucket lagged in one of them.
            let added = count.saturating_sub(below);
            below = below.max(count);
            (*edge, added)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const END: f64 = f64::INFINITY;

    fn frame(buckets: &[(f64, f64)]) -> Frame {
        Frame::new(buckets.to_vec()).unwrap()
    }

    #[test]
    fn adds_by_bucket() {
        let earlier = frame(&[(0.1, 1.0), (END, 2.0)]);
        let later = frame(&[(0.1, 3.0), (END, 5.0)]);
        let Relation::Added(added) = later.relation(&earlier) else {
            panic!("not added")
        };
        assert_eq!(added, [(0.1, 2), (END, 1)]);
    }

    #[test]
    fn one_dropped_bucket_restarts_all() {
        let earlier = frame(&[(0.1, 5.0), (END, 6.0)]);
        let later = frame(&[(0.1, 1.0), (END, 9.0)]);
        assert!(matches!(later.relation(&earlier), Relation::Restarted));
        assert_eq!(later.whole(), [(0.1, 1), (END, 8)]);
    }

    #[test]
    fn other_edges_are_not_compared() {
        let earlier = frame(&[(0.1, 5.0), (END, 6.0)]);
        let later = frame(&[(0.2, 7.0), (END, 9.0)]);
        assert!(matches!(later.relation(&earlier), Relation::Unrelated));
    }

    #[test]
    fn a_lagging_bucket_is_lifted() {
        assert_eq!(
            frame(&[(0.1, 5.0), (0.2, 4.0), (END, 5.0)]).whole(),
            [(0.1, 5), (0.2, 0), (END, 0)]
        );
    }

    #[test]
    fn incomplete_frames_are_none() {
        assert_eq!(Frame::new(vec![(0.1, 1.0)]), None);
        assert_eq!(Frame::new(vec![(0.1, f64::NAN), (END, 1.0)]), None);
        assert_eq!(Frame::new(vec![]), None);
    }
}
