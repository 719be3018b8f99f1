//! A level on a metrics page: a plain selector with `$side` among its matchers.

use verification::terms::{MatchOp, Matcher, Selector};

/// Stands for the matchers of a side.
pub(crate) const SIDE: &str = "$side";

/// Reads `name{label="value",$side}`, also inside `sum(…)`, which is what several series come to anyway.
///
/// # Errors
/// Where reading ended, in words.
pub(crate) fn plain_selector(query: &str) -> Result<Selector, String> {
    let mut text = query.trim();
    if let Some(inner) = text.strip_prefix("sum") {
        let inner = inner.trim_start();
        if let Some(inner) = inner
            .strip_prefix('(')
            .and_then(|inner| inner.strip_suffix(')'))
        {
            text = inner.trim();
        }
    }
    let (metric, rest) = name(text);
    if metric.is_empty() {
        return Err(format!("no metric name at `{}`", brief(text)));
    }
    let rest = rest.trim_start();
    let Some(mut rest) = rest.strip_prefix('{') else {
        return Err(format!("no {{ after {metric} at `{}`", brief(rest)));
    };
    let mut matchers = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return if after.trim().is_empty() {
                Ok(Selector {
                    metric: metric.to_owned(),
                    matchers,
                })
            } else {
                Err(format!("more follows the selector at `{}`", brief(after)))
            };
        }
        if let Some(after) = rest.strip_prefix(SIDE) {
            rest = after;
        } else {
            let (matcher, after) = matcher(rest)?;
            matchers.push(matcher);
            rest = after;
        }
        rest = rest.trim_start();
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err(format!("neither , nor }} at `{}`", brief(rest))),
        }
    }
}

fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let (label, rest) = name(text);
    if label.is_empty() {
        return Err(format!("no label name at `{}`", brief(text)));
    }
    let rest = rest.trim_start();
    let operators = [
        MatchOp::Matches,
        MatchOp::NotMatches,
        MatchOp::NotEqual,
        MatchOp::Equal,
    ];
    let (op, rest) = operators
        .into_iter()
        .find_map(|op| Some((op, rest.strip_prefix(op.symbol())?)))
        .ok_or_else(|| format!("no operator after {label} at `{}`", brief(rest)))?;
    let (value, rest) = quoted(rest.trim_start())
        .ok_or_else(|| format!("no quoted value for {label} at `{}`", brief(rest)))?;
    Ok((
        Matcher {
            label: label.to_owned(),
            op,
            value,
        },
        rest,
    ))
}

fn name(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| {
            !(character.is_ascii_alphanumeric() || character == '_' || character == ':')
        })
        .unwrap_or(text.len());
    text.split_at(end)
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let mut value = String::new();
    let mut characters = text[1..].char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Some((value, &text[at + 2..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

fn brief(text: &str) -> String {
    if text.is_empty() {
        return "the end".to_owned();
    }
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_plain_selectors() {
        for query in [
            r#"queue_depth{queue="capture",$side}"#,
            r#" sum( queue_depth { queue = "capture" , $side , } ) "#,
        ] {
            assert_eq!(
                plain_selector(query).unwrap().to_string(),
                r#"queue_depth{queue="capture"}"#
            );
        }
        let escaped = plain_selector(r#"m{a!~"x\"\\y",$side}"#).unwrap();
        assert_eq!(escaped.matchers[0].value, "x\"\\y");
    }

    #[test]
    fn says_where_reading_ended() {
        for (query, words) in [
            ("rate(x[5m])", "no { after rate"),
            ("", "no metric name"),
            ("x{$side} / y{$side}", "more follows"),
            ("x{a}", "no operator"),
            ("x{a=1}", "no quoted value"),
            ("x{a=\"1\" b=\"2\"}", "neither , nor }"),
            ("x{", "no label name"),
        ] {
            let error = plain_selector(query).unwrap_err();
            assert!(error.contains(words), "{query}: {error}");
        }
    }
}
