//! What a source offers: names, kinds and labels of its metrics.

/// The metrics of a source, or those of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The metrics, in any order.
    pub metrics: Vec<OfferedMetric>,
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedMetric {
    /// Name; for histograms the base name without `_bucket`.
    pub name: String,
    /// Kind.
    pub kind: MetricKind,
    /// Labels with some of their values.
    pub labels: Vec<(String, Vec<String>)>,
}

/// Kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets by `le`.
    Histogram,
    /// Buckets in one sample.
    NativeHistogram,
}

impl OfferedMetric {
    /// Values of a label, where the metric has it.
    pub(super) fn values(&self, label: &str) -> Option<&[String]> {
        self.labels
            .iter()
            .find(|(name, _)| name == label)
            .map(|(_, values)| values.as_slice())
    }

    pub(super) fn is_histogram(&self) -> bool {
        matches!(
            self.kind,
            MetricKind::Histogram | MetricKind::NativeHistogram
        )
    }
}
