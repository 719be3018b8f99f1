//! The last samples of every series of one selector.

use std::collections::BTreeMap;

use crate::labels::Labels;
use crate::prometheus::{NativePoint, SeriesPoints};

/// Samples of one series, ascending by time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    /// Milliseconds since the epoch and value.
    pub(crate) values: Vec<(i64, f64)>,
    /// Native histograms.
    pub(crate) natives: Vec<NativePoint>,
}

/// Samples by series, in the order of the labels: sums are made in that order, always the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SeriesStore(BTreeMap<Labels, Series>);

impl Series {
    /// Times of all samples, ascending for each kind of sample.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> {
        let values = self.values.iter().map(|(at, _)| *at);
        values.chain(self.natives.iter().map(|point| point.at))
    }

    /// Time of the newest sample.
    pub(crate) fn newest(&self) -> Option<i64> {
        let value = self.values.last().map(|(at, _)| *at);
        value.max(self.natives.last().map(|point| point.at))
    }
}

impl SeriesStore {
    /// Adds samples; those not newer than what is here are dropped.
    pub(crate) fn append(&mut self, points: SeriesPoints) {
        let series = self.0.entry(points.labels).or_default();
        for (at, value) in points.values {
            if series.values.last().is_none_or(|(last, _)| at > *last) {
                series.values.push((at, value));
            }
        }
        for point in points.natives {
            if series.natives.last().is_none_or(|last| point.at > last.at) {
                series.natives.push(point);
            }
        }
    }

    /// Drops samples before `at`, and series that have none left.
    pub(crate) fn forget_before(&mut self, at: i64) {
        self.0.retain(|_, series| {
            let old = series.values.partition_point(|(time, _)| *time < at);
            series.values.drain(..old);
            let old = series.natives.partition_point(|point| point.at < at);
            series.natives.drain(..old);
            !series.values.is_empty() || !series.natives.is_empty()
        });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Labels, &Series)> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_repeated_samples_are_dropped() {
        let labels = Labels::of(&[("__name__", "m")]);
        let mut store = SeriesStore::default();
        for values in [vec![(1, 1.0), (2, 2.0)], vec![(2, 9.0), (3, 3.0)]] {
            store.append(SeriesPoints {
                labels: labels.clone(),
                values,
                natives: Vec::new(),
            });
        }
        store.forget_before(2);
        let kept: Vec<_> = store
            .iter()
            .flat_map(|(_, series)| series.values.clone())
            .collect();
        assert_eq!(kept, [(2, 2.0), (3, 3.0)]);
        store.forget_before(10);
        assert!(store.is_empty());
    }
}
