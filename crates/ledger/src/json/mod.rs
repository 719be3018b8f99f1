//! Entries as JSON: for people, other programs and exports. Names are stable within [`SCHEMA_VERSION`].
//!
//! Times are RFC 3339 in UTC; names that end in `_ms` are whole milliseconds; rates, shares and differences of rates are fractions,
//! quantiles and levels in their signal's unit; signals and criteria are named by their index in the plan. Numbers that JSON cannot
//! write stand as the texts `+Inf`, `-Inf` and `NaN`.

mod decision;
mod observation;
mod record;
mod verdict;

use crate::calendar::rfc3339;
use crate::reading::Entry;
use crate::record::RecordKind;
use crate::watch_id::WatchId;
use core::time::Duration;
use serde_json::{Value, json};
use verification::observation::Sides;
use verification::time::Timestamp;

/// Version of the names and shapes here; rises when one is changed or taken away, not when one is added.
pub const SCHEMA_VERSION: u32 = 1;

/// An entry as one JSON object: `schema_version`, `watch`, `seq`, `at`, `hash`, `kind` and `record`, which is `null` where a tick has
/// expired.
#[must_use]
pub fn entry(watch: WatchId, entry: &Entry) -> Value {
    // Only ticks expire.
    let kind = entry
        .record
        .as_ref()
        .map_or(RecordKind::Tick, crate::Record::kind);
    json!({
        "schema_version": SCHEMA_VERSION,
        "watch": watch.to_string(),
        "seq": entry.seq,
        "at": rfc3339(entry.at),
        "hash": entry.hash.to_string(),
        "kind": kind.word(),
        "record": entry.record.as_ref().map(record),
    })
}

pub use decision::{decision, intent, outcome, recovery};
pub use observation::measured;
pub use record::{event, record};
pub use verdict::verdict;

fn number(value: f64) -> Value {
    if value.is_finite() {
        json!(value)
    } else if value.is_nan() {
        json!("NaN")
    } else if value > 0.0 {
        json!("+Inf")
    } else {
        json!("-Inf")
    }
}

fn maybe(value: Option<f64>) -> Value {
    value.map_or(Value::Null, number)
}

fn time(at: Timestamp) -> Value {
    json!(rfc3339(at))
}

fn millis(span: Duration) -> Value {
    json!(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

fn sides<T>(sides: &Sides<T>, value: impl Fn(&T) -> Value) -> Value {
    json!({ "canary": value(&sides.canary), "baseline": value(&sides.baseline) })
}
