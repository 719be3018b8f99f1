//! What a command gets to know.

use crate::config::{CommandConfig, Variable};
use crate::order::Order;
use std::ffi::OsString;

/// Longest value of a variable made from an order: the kernel refuses more than 128 KiB in one string.
const LONGEST_VALUE: usize = 64 * 1024;

/// Variables of an order, named `SHAKEDOWN_…`.
pub(crate) fn of_order(order: &Order) -> Vec<(&'static str, String)> {
    let settings: serde_json::Map<String, serde_json::Value> = order
        .intent
        .settings
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let values = [
        ("SHAKEDOWN_WATCH", order.watch.clone()),
        ("SHAKEDOWN_SERVICE", order.service.clone()),
        ("SHAKEDOWN_INTENT", order.intent.id.0.to_string()),
        (
            "SHAKEDOWN_REACTION",
            order.intent.reaction.word().to_owned(),
        ),
        ("SHAKEDOWN_IDEMPOTENCY_KEY", order.idempotency_key.clone()),
        ("SHAKEDOWN_GENERATION", order.intent.generation.to_string()),
        (
            "SHAKEDOWN_TARGET",
            order.intent.target.clone().unwrap_or_default(),
        ),
        ("SHAKEDOWN_REASON", order.message.first_line.clone()),
        ("SHAKEDOWN_MESSAGE", order.message.body.clone()),
        (
            "SHAKEDOWN_SETTINGS",
            serde_json::Value::Object(settings).to_string(),
        ),
    ];
    values
        .into_iter()
        .map(|(name, value)| (name, fit(value)))
        .collect()
}

/// A value that the system accepts: without NUL, and cut where it is too long.
fn fit(mut value: String) -> String {
    value.retain(|character| character != '\0');
    let end = (0..=LONGEST_VALUE.min(value.len()))
        .rev()
        .find(|end| value.is_char_boundary(*end))
        .unwrap_or(0);
    value.truncate(end);
    value
}

/// The whole environment of a command: the allow-list, the order, the configured variables; later ones win.
pub(crate) fn whole(config: &CommandConfig, order: &Order) -> Vec<(OsString, OsString)> {
    let mut variables = Vec::new();
    let passed_on = config
        .environment
        .iter()
        .filter_map(|variable| match variable {
            Variable::PassOn(name) => Some(name.as_str()),
            Variable::Set(..) => None,
        });
    for name in CommandConfig::PASSED_ON.into_iter().chain(passed_on) {
        if let Some(value) = std::env::var_os(name) {
            variables.push((name.into(), value));
        }
    }
    for (name, value) in of_order(order) {
        variables.push((name.into(), value.into()));
    }
    for variable in &config.environment {
        if let Variable::Set(name, value) = variable {
            variables.push((name.into(), value.expose().into()));
        }
    }
    variables
}
