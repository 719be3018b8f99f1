//! Placeholders in settings: `{target}`, `{service}`, `{watch}`, `{idempotency_key}`. Any other text in braces stays as it is.

use crate::order::Order;

/// A setting asks for the target and the intent has none.
#[derive(Debug, thiserror::Error)]
#[error("the action `{action}` needs `target:` and the plan gives none")]
pub(crate) struct NoTarget {
    pub action: String,
}

/// Names and values for one order.
fn values(order: &Order) -> [(&'static str, Option<&str>); 4] {
    [
        ("target", order.intent.target.as_deref()),
        ("service", Some(&order.service)),
        ("watch", Some(&order.watch)),
        ("idempotency_key", Some(&order.idempotency_key)),
    ]
}

/// Whether `text` depends on the order.
pub(crate) fn has_any(text: &str) -> bool {
    ["{target}", "{service}", "{watch}", "{idempotency_key}"]
        .iter()
        .any(|placeholder| text.contains(placeholder))
}

/// Fills the placeholders of `text` in one pass: a value that looks like a placeholder is not filled again.
pub(crate) fn fill(action: &str, text: &str, order: &Order) -> Result<String, NoTarget> {
    fill_encoded(action, text, order, str::to_owned)
}

/// The same, with each value encoded for its place.
pub(crate) fn fill_encoded(
    action: &str,
    text: &str,
    order: &Order,
    encode: impl Fn(&str) -> String,
) -> Result<String, NoTarget> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    'text: while let Some(brace) = rest.find('{') {
        let (before, from_brace) = rest.split_at(brace);
        filled.push_str(before);
        for (name, value) in values(order) {
            let after = from_brace[1..]
                .strip_prefix(name)
                .and_then(|after| after.strip_prefix('}'));
            if let Some(after) = after {
                let value = value.ok_or_else(|| NoTarget {
                    action: action.to_owned(),
                })?;
                filled.push_str(&encode(value));
                rest = after;
                continue 'text;
            }
        }
        filled.push('{');
        rest = &from_brace[1..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::order::example;

    #[test]
    fn placeholders_are_filled_once_and_other_braces_stay() {
        let order = example("{service}");
        assert_eq!(
            fill(
                "x",
                "{target}-{watch} {service} {} {other} {{target}}",
                &order
            )
            .unwrap(),
            "{service}-W1 checkout {} {other} {{service}}"
        );
    }

    #[test]
    fn a_missing_target_is_refused_only_where_it_is_asked_for() {
        let mut order = example("");
        order.intent.target = None;
        assert_eq!(fill("x", "{watch}", &order).unwrap(), "W1");
        assert!(fill("x", "a {target}", &order).is_err());
    }
}
