//! JSON Schemas (draft 2020-12) for editors, written from the tables that the decoder reads by.

use crate::connections::keys::CONNECTIONS;
use crate::decode::keys::{PLAN, REACTIONS};
use crate::table::{Available, Key, Kinds, Shape, Table};
use serde_json::{Map, Value, json};

/// Times as the decoder reads them; its own message is better, so the pattern is only a first help.
const DURATION: &str = r"^\s*([0-9]+(\.[0-9]+)?\s*(us|µs|ms|s|min|m|h|d|w)\s*)+$";
const NUMBER: &str = r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?";

/// JSON Schema of a plan.
#[must_use]
pub fn schema_plan() -> String {
    document(
        "https://shakedown.example/schema/plan.schema.json",
        "Shakedown plan",
        &PLAN,
    )
}

/// JSON Schema of a connections file.
#[must_use]
pub fn schema_connections() -> String {
    document(
        "https://shakedown.example/schema/connections.schema.json",
        "Shakedown connections",
        &CONNECTIONS,
    )
}

fn document(id: &str, title: &str, table: &'static Table) -> String {
    let mut schema = self::table(table);
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("$id".to_owned(), json!(id));
    schema.insert("title".to_owned(), json!(title));
    format!("{:#}\n", Value::Object(schema))
}

fn table(table: &'static Table) -> Map<String, Value> {
    let mut schema = object(table.keys.iter());
    schema.insert("description".to_owned(), json!(table.about));
    if table.open {
        schema.insert("additionalProperties".to_owned(), shape(Shape::Texts));
    }
    schema
}

fn object(keys: impl Iterator<Item = &'static Key>) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in keys {
        if !matches!(key.available, Available::Now | Available::LaterIgnored) {
            continue;
        }
        properties.insert(key.name.to_owned(), described(key));
        if key.required {
            required.push(json!(key.name));
        }
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

fn described(key: &'static Key) -> Value {
    let mut about = key.about.to_owned();
    if key.available == Available::LaterIgnored {
        about.push_str(" Not available yet: has no effect.");
    }
    if let Some(default) = key.default {
        about.push_str(&format!(" Default: {default}."));
    }
    let mut schema = shape(key.shape);
    if let Value::Object(map) = &mut schema {
        map.insert("description".to_owned(), json!(about));
    }
    schema
}

/// A mapping of one of several kinds: exactly one of them fits, by its `kind`.
fn kinds(kinds: &'static Kinds) -> Value {
    let variants: Vec<Value> = kinds
        .kinds
        .iter()
        .map(|kind| {
            let mut schema = object(kinds.common.iter().chain(kind.keys));
            schema.insert("description".to_owned(), json!(kind.about));
            if let Some(Value::Object(properties)) = schema.get_mut("properties") {
                properties.insert(
                    "kind".to_owned(),
                    json!({ "const": kind.word, "description": kind.about }),
                );
            }
            Value::Object(schema)
        })
        .collect();
    json!({ "description": kinds.about, "oneOf": variants })
}

fn shape(shape: Shape) -> Value {
    let text = || json!({ "type": "string", "minLength": 1 });
    let pattern = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let one_or_more =
        |item: Value| json!({ "oneOf": [item.clone(), { "type": "array", "items": item }] });
    match shape {
        Shape::Version => json!({ "const": 1 }),
        Shape::Text | Shape::Path | Shape::Matchers | Shape::Selector => text(),
        Shape::Texts => one_or_more(text()),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Duration => pattern(DURATION),
        Shape::Share => pattern(&format!(r"^\s*{NUMBER}\s*%\s*$")),
        Shape::Odds => pattern(&format!(
            r"^\s*({NUMBER}\s*%|{NUMBER}\s+in\s+{NUMBER}(\s+watch(es)?)?)\s*$"
        )),
        Shape::Number => json!({ "type": "number", "minimum": 0 }),
        Shape::Whole => json!({ "type": "integer", "minimum": 0 }),
        // A limit such as +50 is a number to YAML.
        Shape::Limit => {
            json!({ "type": ["string", "number"], "pattern": format!(r"^\s*[+−-]\s*{NUMBER}\s*[a-zA-Zµ%]*\s*$") })
        }
        Shape::Value => {
            json!({ "type": ["string", "number"], "pattern": format!(r"^\s*{NUMBER}\s*[a-zA-Zµ%]*\s*$"), "minimum": 0 })
        }
        Shape::Measure => pattern(r"^(rate|level|p[0-9]{1,2}(\.[0-9]+)?)$"),
        Shape::Query => pattern(r"\$side"),
        Shape::Url => pattern("^https?://"),
        Shape::SocketAddress => pattern(r"^(unix:.+|tcp:.+:[0-9]+)$"),
        Shape::Arguments => {
            json!({ "oneOf": [{ "type": "array", "minItems": 1, "items": { "type": ["string", "number", "boolean"] } }, text()] })
        }
        Shape::Reactions => one_or_more(json!({ "enum": REACTIONS })),
        Shape::Silence => json!({
            "type": "object",
            "minProperties": 1,
            "propertyNames": { "pattern": DURATION },
            "additionalProperties": { "enum": ["page", "ticket", "review"] },
        }),
        Shape::SideSamples => json!({
            "oneOf": [
                { "type": "number" },
                { "type": "string" },
                { "type": "object", "additionalProperties": { "type": "number", "minimum": 0 } },
            ],
        }),
        Shape::TextMap => {
            json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } })
        }
        Shape::Table(table) => Value::Object(self::table(table)),
        Shape::List(table) => json!({ "type": "array", "items": self::table(table) }),
        Shape::NamedLists(table) => {
            json!({ "type": "object", "additionalProperties": one_or_more(Value::Object(self::table(table))) })
        }
        Shape::NamedKinds(found) => {
            json!({ "type": "object", "additionalProperties": kinds(found) })
        }
    }
}
