//! JSON against its own schema, and back.

use crate::screens::frame;
use crate::{plans, watches};
use report::{ReportJson, json_schema, report_json};
use serde_json::Value;

/// Checks a value against the part of JSON Schema that the schema here uses; a keyword it does not know is an error, so that
/// nothing goes unchecked.
pub fn problems(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let Some(schema) = schema.as_object() else {
        return if schema == &Value::Bool(true) {
            Vec::new()
        } else {
            vec![format!("{path}: not allowed")]
        };
    };
    let mut found = Vec::new();
    for (keyword, rule) in schema {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "$defs" | "format" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                found.extend(problems(root, root.pointer(pointer).unwrap(), value, path));
            }
            "type" => {
                let types: Vec<&str> = rule.as_array().map_or_else(
                    || vec![rule.as_str().unwrap()],
                    |types| types.iter().filter_map(Value::as_str).collect(),
                );
                if !types.iter().any(|name| is_of(value, name)) {
                    found.push(format!("{path}: {value} is not of {types:?}"));
                }
            }
            "properties" => {
                for (name, schema) in rule.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        found.extend(problems(root, schema, value, &format!("{path}/{name}")));
                    }
                }
                let known = rule.as_object().unwrap();
                for name in value
                    .as_object()
                    .into_iter()
                    .flat_map(serde_json::Map::keys)
                {
                    if !known.contains_key(name) {
                        found.push(format!("{path}/{name}: not in the schema"));
                    }
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        found.push(format!("{path}: {name} is missing"));
                    }
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(problems(root, rule, item, &format!("{path}/{at}")));
                }
            }
            "minimum" => {
                if value
                    .as_f64()
                    .is_some_and(|number| number < rule.as_f64().unwrap())
                {
                    found.push(format!("{path}: {value} is below {rule}"));
                }
            }
            "maximum" => {
                if value
                    .as_f64()
                    .is_some_and(|number| number > rule.as_f64().unwrap())
                {
                    found.push(format!("{path}: {value} is above {rule}"));
                }
            }
            "const" => {
                if value != rule {
                    found.push(format!("{path}: {value} is not {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    found.push(format!("{path}: {value} is not one of {rule}"));
                }
            }
            "anyOf" | "oneOf" => {
                let fits = rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|schema| problems(root, schema, value, path).is_empty())
                    .count();
                if fits == 0 || (keyword == "oneOf" && fits > 1) {
                    found.push(format!("{path}: {value} fits {fits} of {keyword}"));
                }
            }
            other => found.push(format!(
                "{path}: the test does not know the keyword {other}"
            )),
        }
    }
    found
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        _ => false,
    }
}

#[test]
fn json_fits_its_schema_and_comes_back() {
    let plan = plans::checkout();
    let schema = json_schema();
    for (name, summary) in watches::all(&plan) {
        let report = report_json(&summary, &frame(&summary));
        let text = serde_json::to_string(&report).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            problems(&schema, &schema, &value, ""),
            Vec::<String>::new(),
            "{name}"
        );
        let back: ReportJson = serde_json::from_str(&text).unwrap();
        assert_eq!(back, report, "{name}");
    }
}

#[test]
fn the_check_itself_finds_what_is_wrong() {
    let plan = plans::checkout();
    let schema = json_schema();
    let summary = watches::countdown(&plan);
    let good = serde_json::to_value(report_json(&summary, &frame(&summary))).unwrap();
    for (pointer, wrong) in [
        ("/state", Value::from("fine")),
        ("/criteria/0/verdict", Value::from("failed")),
        ("/exit_code", Value::from(-1)),
        ("/criteria/0/level/canary", Value::from("2%")),
        ("/timeline", Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = wrong;
        assert!(
            !problems(&schema, &schema, &bad, "").is_empty(),
            "{pointer}"
        );
    }
}

#[test]
fn state_decision_verdict_and_exit_code_stand_apart() {
    let plan = plans::checkout();
    let lines: Vec<String> = watches::all(&plan)
        .iter()
        .map(|(name, summary)| {
            let value = serde_json::to_value(report_json(summary, &frame(summary))).unwrap();
            format!(
                "{name}: state {} decision {} exit_code {} recovered {} confirmed_by {} held_by {} failing {}",
                value["state"], value["decision"], value["exit_code"], value["recovered"], value["confirmed_by"], value["held_by"], value["failing"]
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn one_report_in_full() {
    let plan = plans::checkout();
    let summary = watches::recovered(&plan);
    insta::assert_snapshot!(
        serde_json::to_string_pretty(&report_json(&summary, &frame(&summary))).unwrap()
    );
}

#[test]
fn the_schema() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&json_schema()).unwrap());
}
