//! One line with a sample: `name{label="value",…} value [timestamp] [# exemplar]`.

/// A sample as it stands in its line. Label values are unescaped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) labels: Vec<(Box<str>, Box<str>)>,
    pub(super) value: f64,
    /// In the page's own unit: milliseconds in text 0.0.4, seconds in OpenMetrics.
    pub(super) timestamp: Option<f64>,
}

/// Reads a sample.
///
/// # Errors
/// What is wrong with the line.
pub(super) fn sample(line: &str, exemplars: bool) -> Result<Line, &'static str> {
    let end = line
        .find(|character: char| character == '{' || is_blank(character))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let mut name = name.to_owned();
    if !name.is_empty() && !is_name(&name) {
        return Err("a metric name holds a character that is not allowed");
    }
    let rest = rest.trim_start_matches(is_blank);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => braces(inner, &mut name)?,
        None => (Vec::new(), rest),
    };
    if name.is_empty() {
        return Err("a sample has no metric name");
    }
    let (numbers, exemplar) = match rest.find('#') {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    match exemplar {
        Some(_) if !exemplars => return Err("a # follows the value"),
        Some(text) => check_exemplar(text)?,
        None => {}
    }
    let mut words = numbers.split(is_blank).filter(|word| !word.is_empty());
    let value = number(words.next().ok_or("a sample has no value")?)?;
    let timestamp = words
        .next()
        .map(|word| word.parse().map_err(|_| "a timestamp is not a number"))
        .transpose()?;
    if words.next().is_some() {
        return Err("more follows the timestamp");
    }
    Ok(Line {
        name,
        labels,
        value,
        timestamp,
    })
}

type Pairs = Vec<(Box<str>, Box<str>)>;

/// Labels up to the closing brace, and what follows it. A quoted text without a value is the metric's name.
fn braces<'a>(mut rest: &'a str, name: &mut String) -> Result<(Pairs, &'a str), &'static str> {
    let mut labels = Pairs::new();
    loop {
        rest = rest.trim_start_matches(is_blank);
        if let Some(after) = rest.strip_prefix('}') {
            return Ok((labels, after));
        }
        let (label, after, quoted) = if let Some(inner) = rest.strip_prefix('"') {
            let (label, after) = unescape(inner)?;
            (label, after, true)
        } else {
            let end = rest
                .find(|character: char| character == '=' || is_blank(character))
                .ok_or("a label has no value")?;
            let (label, after) = rest.split_at(end);
            if !is_name(label) || label.contains(':') {
                return Err("a label name holds a character that is not allowed");
            }
            (label.to_owned(), after, false)
        };
        let after = after.trim_start_matches(is_blank);
        if let Some(after) = after.strip_prefix('=') {
            let inner = after
                .trim_start_matches(is_blank)
                .strip_prefix('"')
                .ok_or("a label value is not in quotes")?;
            let (value, after) = unescape(inner)?;
            labels.push((label.into(), value.into()));
            rest = after;
        } else if quoted && name.is_empty() {
            *name = label;
            rest = after;
        } else {
            return Err("a label has no value");
        }
        rest = rest.trim_start_matches(is_blank);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.starts_with('}') => {}
            None => return Err("labels are not separated by a comma"),
        }
    }
}

/// Text up to the closing quote, and what follows it.
fn unescape(text: &str) -> Result<(String, &str), &'static str> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                // Unknown escapes stand for themselves, as in Prometheus.
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err("a quote is not closed")
}

fn check_exemplar(text: &str) -> Result<(), &'static str> {
    let inner = text
        .trim_start_matches(is_blank)
        .strip_prefix('{')
        .ok_or("an exemplar has no labels")?;
    // An exemplar has no name of its own.
    let (_, rest) = braces(inner, &mut "exemplar".to_owned())?;
    let mut words = rest.split(is_blank).filter(|word| !word.is_empty());
    number(words.next().ok_or("an exemplar has no value")?)?;
    if let Some(timestamp) = words.next() {
        number(timestamp)?;
    }
    if words.next().is_some() {
        return Err("more follows the exemplar");
    }
    Ok(())
}

/// Rust's own reading takes `NaN`, `+Inf`, `-Inf` and exponents; it takes no spaces, underscores or hexadecimals.
fn number(word: &str) -> Result<f64, &'static str> {
    word.parse().map_err(|_| "a value is not a number")
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || matches!(first, '_' | ':'))
        && characters.all(|next| next.is_ascii_alphanumeric() || matches!(next, '_' | ':'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn labels(line: &Line) -> Vec<(&str, &str)> {
        line.labels
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect()
    }

    #[test]
    fn labels_escapes_and_timestamps() {
        let line = sample(r#"m{a="x\"y\\z\n",b="} # ,",} 1.5e3 -3"#, false).unwrap();
        assert_eq!(labels(&line), [("a", "x\"y\\z\n"), ("b", "} # ,")]);
        assert_eq!((line.value, line.timestamp), (1500.0, Some(-3.0)));
    }

    #[test]
    fn special_numbers() {
        assert!(sample("m NaN", false).unwrap().value.is_nan());
        assert_eq!(sample("m +Inf", false).unwrap().value, f64::INFINITY);
        assert_eq!(sample("m -Inf", false).unwrap().value, f64::NEG_INFINITY);
    }

    #[test]
    fn exemplars_are_read_over_and_only_in_openmetrics() {
        let text = r#"m_bucket{le="0.1"} 8 # {trace_id="a#b"} 0.07 1.5"#;
        assert_eq!(sample(text, true).unwrap().value, 8.0);
        assert!(sample(text, false).is_err());
        assert!(sample("m 1 # {a=\"b\"", true).is_err());
    }

    #[test]
    fn quoted_names() {
        let line = sample(
            r#"{"http.requests","http.route"="/pay",code="200"} 3"#,
            false,
        )
        .unwrap();
        assert_eq!(line.name, "http.requests");
        assert_eq!(labels(&line), [("http.route", "/pay"), ("code", "200")]);
    }

    #[test]
    fn wrong_lines_are_refused() {
        for line in [
            "m",
            "m{",
            "m{a}",
            "m{a=} 1",
            "m{a=\"1} 2",
            "m 1 2 3",
            "m x",
            "1m 2",
            "{} 1",
            "m{a=\"1\"b=\"2\"} 3",
            "m{a=\"1\"}",
            "m-n 1",
            "m 1_000",
            "m 0x10",
        ] {
            assert!(sample(line, true).is_err(), "{line}");
        }
    }
}
