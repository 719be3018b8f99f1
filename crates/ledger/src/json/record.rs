//! Records.

use super::decision::outcome_fields;
use super::observation::{level, tick};
use super::{decision, intent, recovery, time, verdict};
use crate::record::{Record, SealRecord};
use serde_json::{Map, Value, json};
use verification::event::{Event, HumanActKind, Input, Refusal};

/// A record's content, without its kind.
#[must_use]
pub fn record(record: &Record) -> Value {
    match record {
        Record::Sealed(content) => seal(content),
        Record::Started { at } => json!({ "at": time(*at) }),
        Record::Input {
            now,
            input: went_in,
        } => {
            let mut fields = input(went_in);
            fields.insert("now".to_owned(), time(*now));
            Value::Object(fields)
        }
        Record::Event(came_out) => event(came_out),
        Record::Attempt { intent, at } => json!({ "intent": intent.0, "at": time(*at) }),
        Record::Engine { version, keeper } => json!({ "version": version, "keeper": keeper }),
        // For machines alone, and only of the version that wrote it.
        Record::Checkpoint { state } => json!({ "bytes": state.len() }),
        Record::Label { good, name, reason } => {
            json!({ "label": if *good { "good" } else { "bad" }, "name": name, "reason": reason })
        }
        Record::Note { text } => json!({ "text": text }),
    }
}

fn seal(seal: &SealRecord) -> Value {
    let SealRecord {
        service,
        plan_text,
        plan_file,
        connections,
        hash,
        at,
        late,
        levels,
        engine,
    } = seal;
    json!({
        "service": service,
        "plan_file": plan_file,
        "plan_text": plan_text,
        "connections": connections,
        "seal_hash": hash,
        "sealed_at": time(*at),
        "sealed_late": late,
        "levels": levels.iter().map(level).collect::<Value>(),
        "engine": engine,
    })
}

fn input(input: &Input) -> Map<String, Value> {
    match input {
        Input::Tick(observed) => tick(observed),
        Input::Human(act) => {
            let kind = match act.kind {
                HumanActKind::Hold => "hold",
                HumanActKind::Release => "release",
                HumanActKind::RollBack => "roll-back",
                HumanActKind::Confirm => "confirm",
            };
            let fields = [
                ("act", json!(kind)),
                ("name", json!(act.name)),
                ("reason", json!(act.reason)),
            ];
            fields
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        }
        Input::Outcome(outcome) => outcome_fields(outcome),
        Input::Clock => Map::new(),
    }
}

/// An event's content, without its kind.
#[must_use]
pub fn event(event: &Event) -> Value {
    match event {
        Event::Verdict(content) => verdict(content),
        Event::Decision(content) => decision(content),
        Event::Intent(content) => intent(content),
        Event::State(change) => {
            json!({ "state": change.state.word(), "at": time(change.at), "ended": change.ended })
        }
        Event::Recovery(report) => recovery(report),
        Event::Refused(refusal) => json!({
            "reason": match refusal {
                Refusal::Ended => "ended",
                Refusal::AlreadyRollingBack => "already-rolling-back",
                Refusal::NotHeld => "not-held",
                Refusal::NoAction => "no-action",
            },
        }),
    }
}
