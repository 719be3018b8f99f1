//! Problems as SARIF 2.1.0, for tools that point into files.

use crate::problem::{Code, Problem, Severity};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Problems of one file as a SARIF log. Columns count characters, as `columnKind` says.
#[must_use]
pub fn sarif(problems: &[Problem], file: &str) -> String {
    let rules: BTreeSet<(String, Code)> = problems
        .iter()
        .map(|problem| (problem.full_code(), problem.code))
        .collect();
    let rules: Vec<Value> = rules
        .into_iter()
        .map(|(id, code)| json!({ "id": id, "shortDescription": { "text": code.meaning() } }))
        .collect();
    let results: Vec<Value> = problems
        .iter()
        .map(|problem| result(problem, file))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "shakedown", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn result(problem: &Problem, file: &str) -> Value {
    let mut message = problem.message.clone();
    for part in [
        Some(problem.label.as_str()).filter(|label| !label.is_empty()),
        problem.help.as_deref(),
    ]
    .into_iter()
    .flatten()
    {
        message.push_str("; ");
        message.push_str(part);
    }
    json!({
        "ruleId": problem.full_code(),
        "level": match problem.severity { Severity::Error => "error", Severity::Warning => "warning" },
        "message": { "text": message },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": file.replace('\\', "/") },
                "region": {
                    "startLine": problem.line,
                    "startColumn": problem.column,
                    "byteOffset": problem.span.start,
                    "byteLength": problem.span.len(),
                },
            },
        }],
    })
}
