//! The body of a webhook.

use crate::order::Order;
use serde::Serialize;
use serde_json::{Map, Value};
use verification::time::Timestamp;

/// Version of the body's layout. Fields may be added within a version; none changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Serialize)]
struct Payload<'a> {
    schema_version: u32,
    watch: &'a str,
    service: &'a str,
    intent: u32,
    generation: u32,
    reaction: &'static str,
    target: Option<&'a str>,
    settings: Map<String, Value>,
    first_line: &'a str,
    body: &'a str,
    idempotency_key: &'a str,
    /// When it was ordered, RFC 3339 in UTC.
    at: String,
}

/// The body for an order: the same bytes for every attempt.
pub(crate) fn of(order: &Order) -> Vec<u8> {
    let payload = Payload {
        schema_version: SCHEMA_VERSION,
        watch: &order.watch,
        service: &order.service,
        intent: order.intent.id.0,
        generation: order.intent.generation,
        reaction: order.intent.reaction.word(),
        target: order.intent.target.as_deref(),
        settings: order
            .intent
            .settings
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect(),
        first_line: &order.message.first_line,
        body: &order.message.body,
        idempotency_key: &order.idempotency_key,
        at: calendar(order.intent.at),
    };
    serde_json::to_vec(&payload).expect("strings, numbers and string keys always serialise")
}

/// A time as RFC 3339; milliseconds since the epoch where no calendar holds it.
fn calendar(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or_else(|_| at.millis().to_string(), |time| time.to_string())
}
