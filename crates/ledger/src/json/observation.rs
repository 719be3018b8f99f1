//! Observations.

use super::{maybe, millis, number, sides, time};
use serde_json::{Map, Value, json};
use verification::observation::{BaselineLevel, Gap, Measured, Reading, Tick};

/// What a side measured: an object with one of `counts`, `durations` (upper edges and the counts below each, not cumulative),
/// `level` or `nothing` (the reason).
#[must_use]
pub fn measured(measured: &Measured) -> Value {
    match measured {
        Measured::Counts(sample) => {
            json!({ "counts": { "events": sample.events, "trials": sample.trials } })
        }
        Measured::Durations(histogram) => {
            let (edges, counts): (Vec<Value>, Vec<u64>) = histogram
                .iter()
                .map(|(edge, count)| (number(edge), count))
                .unzip();
            json!({ "durations": { "up_to": edges, "count": counts } })
        }
        Measured::Level(level) => json!({ "level": number(*level) }),
        Measured::Nothing(gap) => json!({ "nothing": gap_word(*gap) }),
    }
}

pub(super) const fn gap_word(gap: Gap) -> &'static str {
    match gap {
        Gap::SourceFailed => "source-failed",
        Gap::NoSeries => "no-series",
        Gap::PartNeverSeen => "part-never-seen",
        Gap::Stale => "stale",
        Gap::NotANumber => "not-a-number",
        Gap::FirstSample => "first-sample",
    }
}

fn reading(reading: &Reading) -> Value {
    json!({
        "signal": reading.signal,
        "slice": reading.slice,
        "canary": measured(&reading.sides.canary),
        "baseline": measured(&reading.sides.baseline),
    })
}

pub(super) fn level(level: &BaselineLevel) -> Value {
    json!({
        "signal": level.signal,
        "slice": level.slice,
        "measured": measured(&level.measured),
        "over_ms": millis(level.over),
    })
}

pub(super) fn tick(tick: &Tick) -> Map<String, Value> {
    let Tick {
        from,
        through,
        new_slices,
        readings,
        pods,
        newest,
        versions,
        problems,
        resets,
    } = tick;
    let slices = new_slices
        .iter()
        .map(|slice| json!({ "signal": slice.signal, "name": slice.name }));
    let problems = problems.iter().map(|problem| {
        json!({ "source": problem.source, "message": problem.message, "refused": problem.refused })
    });
    let pods = sides(
        pods,
        |pods| json!({ "count": pods.count, "young": pods.young, "fingerprint": pods.fingerprint }),
    );
    let fields = [
        ("from", time(*from)),
        ("through", time(*through)),
        ("readings", readings.iter().map(reading).collect()),
        ("pods", pods),
        ("newest", sides(newest, |at| at.map_or(Value::Null, time))),
        (
            "versions",
            versions
                .as_ref()
                .map_or(Value::Null, |versions| sides(versions, |name| json!(name))),
        ),
        ("new_slices", slices.collect()),
        ("problems", problems.collect()),
        ("resets", json!(resets)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

pub(super) fn pair(values: Option<(f64, f64)>) -> Value {
    values.map_or(Value::Null, |(baseline, canary)| {
        json!({ "baseline_above": maybe(Some(baseline)), "canary_above": maybe(Some(canary)) })
    })
}
