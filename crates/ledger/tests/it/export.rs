//! Exports: every record in JSON that says what it is.

use crate::chain::{Place, watch_of};
use crate::samples::time;
use crate::strategies::record;
use ledger::{Record, json};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;
use statistics::{Histogram, Sample};
use verification::event::Input;
use verification::observation::{Gap, Measured, Reading, Sides, Tick};

#[tokio::test]
async fn an_export_has_a_line_an_entry_with_time_and_hash() {
    let place = Place::new();
    let ledger = place.open().await;
    let (watch, _) = watch_of(&ledger, 12).await;
    ledger.expire(watch, time(60 * 2)).await.unwrap();
    let mut out = Vec::new();
    assert_eq!(ledger.export(watch, &mut out).await.unwrap(), 14);
    let text = String::from_utf8(out).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let entries = ledger.read(watch, 1).await.unwrap();
    assert_eq!(lines.len(), entries.len());
    for (line, entry) in lines.iter().zip(&entries) {
        assert_eq!(*line, json::entry(watch, entry));
        assert_eq!(line["schema_version"], 1);
        assert_eq!(line["watch"], "W1");
        assert_eq!(line["seq"], entry.seq);
        assert_eq!(line["hash"], entry.hash.to_string());
    }
    assert_eq!(lines[0]["kind"], "sealed");
    assert_eq!(lines[0]["at"], "2026-10-17T09:29:00.000Z");
    assert_eq!(lines[0]["record"]["service"], "checkout");
    assert_eq!(lines[1]["kind"], "tick");
    assert_eq!(lines[1]["record"], Value::Null, "expired");
    assert_eq!(lines[2]["kind"], "tick");
    assert_eq!(
        lines[2]["record"]["through"], "2026-10-17T09:32:00.000Z",
        "{}",
        lines[2]
    );
    assert_eq!(lines[11]["kind"], "checkpoint");
    ledger.close().await;
}

#[test]
fn observations_are_written_with_their_units_and_what_is_no_number_as_text() {
    let reading = |signal, canary, baseline| Reading {
        signal,
        slice: None,
        sides: Sides { canary, baseline },
    };
    let tick = Tick {
        from: time(0),
        through: time(60),
        readings: vec![
            reading(
                0,
                Measured::Counts(Sample {
                    events: 3,
                    trials: 1000,
                }),
                Measured::Nothing(Gap::NoSeries),
            ),
            reading(
                1,
                Measured::Durations(Histogram::from_pairs([(0.5, 7), (f64::INFINITY, 1)])),
                Measured::Level(0.25),
            ),
        ],
        ..Tick::default()
    };
    let value = json::record(&Record::Input {
        now: time(61),
        input: Input::Tick(tick),
    });
    assert_eq!(
        value["readings"],
        serde_json::json!([
            {
                "signal": 0,
                "slice": null,
                "canary": { "counts": { "events": 3, "trials": 1000 } },
                "baseline": { "nothing": "no-series" },
            },
            {
                "signal": 1,
                "slice": null,
                "canary": { "durations": { "up_to": [0.5, "+Inf"], "count": [7, 1] } },
                "baseline": { "level": 0.25 },
            },
        ])
    );
    assert_eq!(value["now"], "2026-10-17T09:31:01.000Z");
    assert_eq!(value["newest"]["canary"], Value::Null);
}

/// Records that differ in anything but a checkpoint's bytes and parts of a millisecond differ in JSON: no field is left out.
#[test]
fn every_field_of_every_record_is_in_its_json() {
    let mut runner = TestRunner::deterministic();
    let strategy = record();
    let mut seen = 0;
    for _ in 0..2000 {
        let mut tree = strategy.new_tree(&mut runner).unwrap();
        let first = tree.current();
        // Simpler steps change one thing at a time.
        if !tree.simplify() {
            continue;
        }
        let second = tree.current();
        let telling = |record: &Record| !matches!(record, Record::Checkpoint { .. });
        if first == second || !telling(&first) || whole(&first) == whole(&second) {
            continue;
        }
        seen += 1;
        assert_ne!(
            (first.kind(), json::record(&first)),
            (second.kind(), json::record(&second)),
            "{first:?}\n{second:?}"
        );
    }
    assert!(seen > 500, "only {seen} pairs were compared");
}

/// A record's text without parts of a millisecond, which JSON leaves out, and the sign of zero.
fn whole(record: &Record) -> String {
    let text = format!("{record:?}").replace("-0.0", "0.0");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest
        .find("over: ")
        .or(rest.find("took: "))
        .or(rest.find("remaining: "))
    {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = after.split_once([',', '}']).map_or("", |(_, rest)| rest);
    }
    out + rest
}
