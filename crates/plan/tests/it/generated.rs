//! Schemas and reference: written from the tables, compared with what is committed, and true of the samples.

use crate::files::{expect, in_crate, in_repository, read, with_ending};
use plan::{plan_reference_markdown, schema_connections, schema_plan};
use serde_json::Value;

#[test]
fn the_committed_schemas_are_current() {
    for (path, schema) in [
        ("docs/schema/plan.schema.json", schema_plan()),
        ("docs/schema/connections.schema.json", schema_connections()),
    ] {
        let path = in_repository(path);
        // The order of keys follows a build setting of the JSON library, so what they say is compared.
        let same = std::fs::read_to_string(&path).is_ok_and(|committed| {
            serde_json::from_str::<Value>(&committed).unwrap()
                == serde_json::from_str::<Value>(&schema).unwrap()
        });
        if !same {
            expect(&path, &schema);
        }
    }
}

#[test]
fn the_committed_reference_is_current() {
    expect(
        &in_repository("docs/plan-reference.md"),
        &plan_reference_markdown(),
    );
}

/// Every key of the sample stands in the schema where the schema says it may.
fn keys_are_known(value: &Value, schema: &Value, path: &str, seen: &mut Vec<String>) {
    let branches = match schema.get("oneOf") {
        Some(Value::Array(branches)) => branches.clone(),
        _ => vec![schema.clone()],
    };
    match value {
        Value::Object(map) => {
            let kind = map.get("kind");
            let fitting: Vec<&Value> = branches
                .iter()
                .filter(|branch| {
                    branch["type"] == "object"
                        && branch["properties"]
                            .get("kind")
                            .and_then(|found| found.get("const"))
                            .is_none_or(|word| Some(word) == kind)
                })
                .collect();
            assert!(!fitting.is_empty(), "{path}: no mapping fits here");
            for (key, inner) in map {
                let place = format!("{path}.{key}");
                let found = fitting.iter().find_map(|branch| {
                    branch["properties"]
                        .get(key)
                        .or(Some(&branch["additionalProperties"]).filter(|extra| extra.is_object()))
                });
                let found = found.unwrap_or_else(|| panic!("{place} is not in the schema"));
                seen.push(place.clone());
                keys_are_known(inner, found, &place, seen);
            }
        }
        Value::Array(items) => {
            let list = branches
                .iter()
                .find(|branch| branch["type"] == "array")
                .unwrap_or_else(|| panic!("{path}: no list fits here"));
            for item in items {
                keys_are_known(item, &list["items"], path, seen);
            }
        }
        _ => {
            let fits = branches.iter().any(|branch| fits(value, branch));
            assert!(fits, "{path}: {value} does not fit {schema}");
        }
    }
}

fn fits(value: &Value, schema: &Value) -> bool {
    if let Some(only) = schema.get("const") {
        return only == value;
    }
    if let Some(Value::Array(words)) = schema.get("enum") {
        return words.contains(value);
    }
    let name = match value {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        _ => "string",
    };
    match &schema["type"] {
        Value::String(only) => only == name || (only == "integer" && name == "number"),
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

#[test]
fn samples_and_examples_fit_the_schemas() {
    let plan: Value = serde_json::from_str(&schema_plan()).unwrap();
    let connections: Value = serde_json::from_str(&schema_connections()).unwrap();
    let mut seen = Vec::new();
    for (folder, schema) in [
        ("sample-plans/valid", &plan),
        ("sample-connections/valid", &connections),
    ] {
        for path in with_ending(&in_crate(folder), ".yaml") {
            let value: Value = serde_saphyr::from_str(&read(&path)).unwrap();
            keys_are_known(&value, schema, "", &mut seen);
        }
    }
    for path in with_ending(&in_repository("examples"), ".yaml") {
        let is_plan = path.to_string_lossy().ends_with(".watch.yaml");
        let value: Value = serde_saphyr::from_str(&read(&path)).unwrap();
        keys_are_known(
            &value,
            if is_plan { &plan } else { &connections },
            "",
            &mut seen,
        );
    }
    assert!(seen.len() > 100, "only {} keys were looked at", seen.len());
}

/// The other direction: each key of the schema is used by `every-key.yaml`, which the decoder accepts.
#[test]
fn the_samples_use_every_key_of_the_schemas() {
    for (sample, schema) in [
        ("sample-plans/valid", schema_plan()),
        ("sample-connections/valid", schema_connections()),
    ] {
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let text: String = with_ending(&in_crate(sample), ".yaml")
            .iter()
            .map(|path| read(path))
            .collect();
        let mut keys = Vec::new();
        collect(&schema, &mut keys);
        for key in keys {
            // Known without effect: a valid sample has no warnings, so it cannot stand there.
            if ["cohorts", "when-no-baseline"].contains(&key.as_str()) {
                continue;
            }
            assert!(
                text.contains(&format!("{key}:")),
                "`{key}` of the schema is in no sample of {sample}"
            );
        }
    }
}

fn collect(schema: &Value, keys: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (name, inner) in map {
                if name == "properties" {
                    keys.extend(inner.as_object().unwrap().keys().cloned());
                }
                collect(inner, keys);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}
