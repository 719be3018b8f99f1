//! Decisions, intents, what came of them, and the proof of recovery.

use super::verdict::row;
use super::{maybe, millis, number, time};
use serde_json::{Map, Value, json};
use verification::decision::{By, Decision, Instead};
use verification::intent::{Intent, Outcome, OutcomeKind};
use verification::recovery::{RecoveryReport, RecoveryRow};

/// A decision: `decision` (the verb), `at`, `rows`, `by`, `effective_at` and `instead`.
#[must_use]
pub fn decision(decision: &Decision) -> Value {
    let Decision {
        verb,
        at,
        rows,
        authority,
        effective_at,
        instead,
    } = decision;
    json!({
        "decision": verb.word(),
        "at": time(*at),
        "rows": rows.iter().map(row).collect::<Value>(),
        "by": match authority {
            By::Criteria => json!({ "authority": "criteria" }),
            By::Silence => json!({ "authority": "silence" }),
            By::End => json!({ "authority": "end" }),
            By::Recovery => json!({ "authority": "recovery" }),
            By::Human { name, reason } => {
                json!({ "authority": "human", "name": name, "reason": reason })
            }
        },
        "effective_at": effective_at.map(time),
        "instead": instead.map(|instead| match instead {
            Instead::BaselineToo => "baseline-too",
            Instead::HumanDecides => "human-decides",
            Instead::Held => "held",
            Instead::NoAction => "no-action",
        }),
    })
}

/// An intent: `intent` (its number), `generation`, `reaction`, `run`, `target`, `settings`, `at` and `deadline`.
#[must_use]
pub fn intent(intent: &Intent) -> Value {
    let Intent {
        id,
        generation,
        reaction,
        run,
        target,
        settings,
        at,
        deadline,
    } = intent;
    let settings: Vec<Value> = settings
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    json!({
        "intent": id.0,
        "generation": generation,
        "reaction": reaction.word(),
        "run": run,
        "target": target,
        "settings": settings,
        "at": time(*at),
        "deadline": time(*deadline),
    })
}

pub(super) fn outcome_fields(outcome: &Outcome) -> Map<String, Value> {
    let Outcome {
        intent,
        result,
        at,
        took,
        detail,
    } = outcome;
    let result = match result {
        OutcomeKind::Done => "done",
        OutcomeKind::Failed => "failed",
        OutcomeKind::Unknown => "unknown",
    };
    let fields = [
        ("intent", json!(intent.0)),
        ("result", json!(result)),
        ("at", time(*at)),
        ("took_ms", millis(*took)),
        ("detail", json!(detail)),
    ];
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// What came of an intent: `intent` (its number), `result` (`done`, `failed`, `unknown`), `at`, `took_ms` and `detail`.
#[must_use]
pub fn outcome(outcome: &Outcome) -> Value {
    Value::Object(outcome_fields(outcome))
}

/// The proof of recovery: `recovered`, `at`, `rows` and `canary_share`.
#[must_use]
pub fn recovery(report: &RecoveryReport) -> Value {
    let RecoveryReport {
        recovered,
        at,
        rows,
        canary_share,
    } = report;
    json!({
        "recovered": recovered,
        "at": time(*at),
        "rows": rows.iter().map(recovery_row).collect::<Value>(),
        "canary_share": maybe(*canary_share),
    })
}

fn recovery_row(proof: &RecoveryRow) -> Value {
    let RecoveryRow {
        row: of,
        before,
        limit,
        after,
        ln_evidence,
        ln_needed,
    } = proof;
    json!({
        "row": row(of),
        "before": number(*before),
        "limit": number(*limit),
        "after": maybe(*after),
        "ln_evidence": number(*ln_evidence),
        "ln_needed": number(*ln_needed),
    })
}
