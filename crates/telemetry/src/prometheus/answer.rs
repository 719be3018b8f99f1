//! Shapes of the API's answers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::number::{Moment, Number};
use crate::labels::{Labels, NAME};
use crate::native::NativeCounts;

/// The envelope of every answer.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "'de: 'a, T: Deserialize<'de>"))]
pub(super) struct Envelope<'a, T> {
    #[serde(borrow)]
    pub(super) status: Cow<'a, str>,
    pub(super) data: Option<T>,
    #[serde(default)]
    pub(super) warnings: Vec<String>,
    pub(super) error: Option<String>,
}

/// What a query answers.
#[derive(Debug, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub(super) enum QueryData {
    Matrix(Vec<RawSeries>),
    Vector(Vec<RawElement>),
    Scalar((Moment, Number)),
    String(serde::de::IgnoredAny),
}

#[derive(Debug, Deserialize)]
pub(super) struct RawSeries {
    metric: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    values: Vec<(Moment, Number)>,
    #[serde(default)]
    histograms: Vec<(Moment, RawHistogram)>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawElement {
    metric: BTreeMap<Box<str>, Box<str>>,
    value: Option<(Moment, Number)>,
}

#[derive(Debug, Deserialize)]
struct RawHistogram {
    count: Number,
    #[serde(default)]
    buckets: Vec<(u8, Number, Number, Number)>,
}

/// Raw samples of one series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeriesPoints {
    pub(crate) labels: Labels,
    /// Milliseconds since the epoch and value, ascending.
    pub(crate) values: Vec<(i64, f64)>,
    /// The same for native histograms.
    pub(crate) natives: Vec<NativePoint>,
}

/// A native histogram at one time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NativePoint {
    pub(crate) at: i64,
    pub(crate) counts: NativeCounts,
}

/// One element of an instant vector; a scalar is one without labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct VectorRow {
    pub(crate) labels: Labels,
    pub(crate) at: i64,
    pub(crate) value: f64,
}

/// One metric by the metadata endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct InfoRow {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) help: String,
}

/// What a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Only grows, and begins again at zero.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets, classic or native.
    Histogram,
    /// Quantiles made by the program itself, which cannot be merged.
    Summary,
    /// Constant 1 with labels that say something.
    Info,
    /// Anything else.
    #[serde(other)]
    Unknown,
}

fn labels(metric: BTreeMap<Box<str>, Box<str>>) -> Labels {
    Labels::new(metric)
}

impl QueryData {
    /// The word of the answer's type.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Matrix(_) => "matrix",
            Self::Vector(_) => "vector",
            Self::Scalar(_) => "scalar",
            Self::String(_) => "string",
        }
    }
}

impl From<RawSeries> for SeriesPoints {
    fn from(raw: RawSeries) -> Self {
        Self {
            labels: labels(raw.metric),
            values: raw
                .values
                .into_iter()
                .map(|(at, value)| (at.0, value.0))
                .collect(),
            natives: raw
                .histograms
                .into_iter()
                .map(|(at, histogram)| NativePoint {
                    at: at.0,
                    counts: NativeCounts::new(
                        histogram.count.0,
                        histogram
                            .buckets
                            .into_iter()
                            .map(|(_, _, right, count)| (right.0, count.0)),
                    ),
                })
                .collect(),
        }
    }
}

impl RawElement {
    /// The element, unless it is a histogram.
    pub(super) fn row(self) -> Option<VectorRow> {
        let (at, value) = self.value?;
        Some(VectorRow {
            labels: labels(self.metric),
            at: at.0,
            value: value.0,
        })
    }
}

/// Labels of one element of the series endpoint.
pub(super) fn series_labels(metric: BTreeMap<Box<str>, Box<str>>) -> Labels {
    labels(metric)
}

/// A scalar as a row without labels.
pub(super) fn scalar_row(scalar: (Moment, Number)) -> VectorRow {
    VectorRow {
        labels: Labels::new([(Box::from(NAME), Box::from(""))]),
        at: scalar.0.0,
        value: scalar.1.0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_matrix_with_special_numbers_and_histograms() {
        let text = r#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"m","pod":"a"},"values":[[1.001,"2"],[2,"NaN"],[3,"+Inf"]]},
            {"metric":{"__name__":"h"},"histograms":[[1,{"count":"3","sum":"0.5",
              "buckets":[[0,"0.5","1","2"],[3,"-0.001","0.001","1"]]}]]}]},"warnings":["part missing"]}"#;
        let envelope: Envelope<'_, QueryData> = serde_json::from_str(text).unwrap();
        assert_eq!(envelope.warnings, ["part missing"]);
        let Some(QueryData::Matrix(series)) = envelope.data else {
            panic!("not a matrix")
        };
        let series: Vec<SeriesPoints> = series.into_iter().map(Into::into).collect();
        assert_eq!(series[0].values[0], (1001, 2.0));
        assert!(series[0].values[1].1.is_nan() && series[0].values[2].1.is_infinite());
        assert_eq!(
            series[1].natives[0].counts,
            NativeCounts::new(3.0, [(1.0, 2.0), (0.001, 1.0)])
        );
    }

    #[test]
    fn unknown_kinds_of_metrics_are_kept() {
        let row: InfoRow =
            serde_json::from_str(r#"{"type":"stateset","help":"x","unit":""}"#).unwrap();
        assert_eq!(row.kind, Kind::Unknown);
    }
}
