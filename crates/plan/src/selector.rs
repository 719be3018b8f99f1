//! Selectors and matchers as Prometheus writes them, without the rest of PromQL.

use crate::problem::Code;
use verification::terms::{MatchOp, Matcher, Selector};

/// Why a selector cannot be read: where in the text, what, and what to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SelectorTrouble {
    pub(crate) code: Code,
    pub(crate) at: usize,
    pub(crate) length: usize,
    pub(crate) message: String,
    pub(crate) help: String,
}

/// Reads `metric{label="value",…}`, `{"metric",…}` or `{__name__="metric",…}`.
pub(crate) fn selector(text: &str) -> Result<Selector, SelectorTrouble> {
    if let Some(trouble) = promql(text) {
        return Err(trouble);
    }
    let mut cursor = Cursor { text, at: 0 };
    cursor.blanks();
    let name = cursor.name(true).to_owned();
    cursor.blanks();
    let mut metric = (!name.is_empty()).then_some(name);
    let mut matchers = Vec::new();
    if cursor.eat('{') {
        cursor.blanks();
        if metric.is_none() && matches!(cursor.peek(), Some('"' | '\'')) {
            metric = Some(cursor.quoted()?);
            cursor.blanks();
            if !cursor.eat(',') && cursor.peek() != Some('}') {
                return Err(cursor.trouble("`,` or `}` is expected here"));
            }
        }
        matchers = cursor.matchers(Some('}'))?;
        if !cursor.eat('}') {
            return Err(cursor.trouble("`}` is missing"));
        }
    }
    cursor.blanks();
    if cursor.peek().is_some() {
        return Err(cursor.trouble("the selector should end here"));
    }
    if metric.is_none() {
        let at = matchers.iter().position(|matcher: &Matcher| {
            matcher.label == "__name__" && matcher.op == MatchOp::Equal
        });
        metric = at.map(|at| matchers.remove(at).value);
    }
    match metric {
        Some(metric) if !metric.is_empty() => Ok(Selector { metric, matchers }),
        _ => Err(SelectorTrouble {
            code: Code::BadSelector,
            at: 0,
            length: text.len(),
            message: "the selector names no metric".to_owned(),
            help: "write metric_name or metric_name{label=\"value\"}".to_owned(),
        }),
    }
}

/// Reads matchers: `track="canary",zone!="b"`, with or without braces around them.
pub(crate) fn matchers(text: &str) -> Result<Vec<Matcher>, SelectorTrouble> {
    let mut cursor = Cursor { text, at: 0 };
    cursor.blanks();
    let braces = cursor.eat('{');
    let matchers = cursor.matchers(braces.then_some('}'))?;
    if braces && !cursor.eat('}') {
        return Err(cursor.trouble("`}` is missing"));
    }
    cursor.blanks();
    if cursor.peek().is_some() {
        return Err(cursor.trouble("`,` or the end is expected here"));
    }
    if matchers.is_empty() {
        return Err(SelectorTrouble {
            code: Code::BadSelector,
            at: 0,
            length: text.len(),
            message: "no label matcher stands here".to_owned(),
            help: "write label=\"value\"".to_owned(),
        });
    }
    Ok(matchers)
}

/// Whether a text is a legal label name.
pub(crate) fn is_label(text: &str) -> bool {
    let mut characters = text.chars();
    characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
}

/// Whether the text is an expression rather than a selector; says which plain selector may be meant.
fn promql(text: &str) -> Option<SelectorTrouble> {
    let mut outside = String::new();
    let mut quote = None;
    let mut depth = 0_usize;
    for character in text.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, _) if depth > 0 => {}
            (None, other) => {
                outside.push(other);
                continue;
            }
        }
    }
    let words: Vec<&str> = outside.split_whitespace().collect();
    let operator = words.iter().any(|word| {
        matches!(
            *word,
            "by" | "without"
                | "offset"
                | "and"
                | "or"
                | "unless"
                | "+"
                | "-"
                | "*"
                | "/"
                | ">"
                | "<"
                | "=="
        )
    });
    if !outside.contains(['(', ')', '[', ']', '@']) && !operator {
        return None;
    }
    let inner = text
        .split(['[', ')'])
        .next()
        .and_then(|head| head.rsplit('(').next())
        .map(str::trim)
        .filter(|inner| *inner != text.trim() && selector_without_check(inner));
    let help = match inner {
        Some(inner) => format!("name the counter alone, as in `{inner}`: shakedown fetches raw samples and makes the increments; free PromQL is for `kind: level`"),
        None => "name one counter with its labels: shakedown fetches raw samples and makes the increments; free PromQL is for `kind: level`".to_owned(),
    };
    Some(SelectorTrouble {
        code: Code::PromqlInSelector,
        at: 0,
        length: text.len(),
        message: "this is a PromQL expression, and a selector is needed".to_owned(),
        help,
    })
}

fn selector_without_check(text: &str) -> bool {
    !text.contains('(')
        && !text.contains('[')
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && selector(text).is_ok()
}

struct Cursor<'text> {
    text: &'text str,
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn blanks(&mut self) {
        while let Some(blank) = self.peek().filter(|next| next.is_whitespace()) {
            self.at += blank.len_utf8();
        }
    }

    /// A metric name (`colons`) or a label name; empty where there is none.
    fn name(&mut self, colons: bool) -> &str {
        let start = self.at;
        while let Some(next) = self.peek() {
            let first = self.at == start;
            let fits = next.is_ascii_alphabetic()
                || next == '_'
                || (colons && next == ':')
                || (!first && next.is_ascii_digit());
            if !fits {
                break;
            }
            self.at += next.len_utf8();
        }
        &self.text[start..self.at]
    }

    fn trouble(&self, message: &str) -> SelectorTrouble {
        let rest = self.text[self.at..].chars().next();
        SelectorTrouble {
            code: Code::BadSelector,
            at: self.at,
            length: rest.map_or(0, char::len_utf8),
            message: match rest {
                Some(found) => format!("{message}, not `{found}`"),
                None => format!("{message} at the end"),
            },
            help: "write metric_name{label=\"value\",other!=\"value\",path=~\"/pay.*\"}".to_owned(),
        }
    }

    fn matchers(&mut self, end: Option<char>) -> Result<Vec<Matcher>, SelectorTrouble> {
        let mut found = Vec::new();
        loop {
            self.blanks();
            if self.peek().is_none() || self.peek() == end {
                return Ok(found);
            }
            let label = if matches!(self.peek(), Some('"' | '\'')) {
                self.quoted()?
            } else {
                self.name(false).to_owned()
            };
            if label.is_empty() {
                return Err(self.trouble("a label name is expected here"));
            }
            self.blanks();
            let op = self.operator()?;
            self.blanks();
            if !matches!(self.peek(), Some('"' | '\'')) {
                return Err(self.trouble("a quoted value is expected here"));
            }
            let value = self.quoted()?;
            found.push(Matcher { label, op, value });
            self.blanks();
            if !self.eat(',') && self.peek().is_some() && self.peek() != end {
                return Err(self.trouble("`,` is expected here"));
            }
        }
    }

    fn operator(&mut self) -> Result<MatchOp, SelectorTrouble> {
        for op in [
            MatchOp::Matches,
            MatchOp::NotMatches,
            MatchOp::NotEqual,
            MatchOp::Equal,
        ] {
            if self.text[self.at..].starts_with(op.symbol()) {
                self.at += op.symbol().len();
                return Ok(op);
            }
        }
        Err(self.trouble("one of = != =~ !~ is expected here"))
    }

    fn quoted(&mut self) -> Result<String, SelectorTrouble> {
        let Some(quote) = self.peek() else {
            return Err(self.trouble("a quoted value is expected here"));
        };
        self.at += quote.len_utf8();
        let mut value = String::new();
        while let Some(next) = self.peek() {
            self.at += next.len_utf8();
            if next == quote {
                return Ok(value);
            }
            if next != '\\' {
                value.push(next);
                continue;
            }
            let Some(escaped) = self.peek() else { break };
            self.at += escaped.len_utf8();
            match escaped {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                '\\' | '"' | '\'' => value.push(escaped),
                // PromQL refuses unknown escapes; a regular expression's `\d` must be written `\\d`.
                other => {
                    self.at -= other.len_utf8() + 1;
                    let mut trouble = self.trouble("an unknown escape stands here");
                    trouble.length = 1 + other.len_utf8();
                    trouble.help = format!("write `\\\\{other}` for a backslash before `{other}`");
                    return Err(trouble);
                }
            }
        }
        Err(self.trouble("the closing quote is missing"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_selectors_and_writes_them_back() {
        for (text, back) in [
            ("payments_total", "payments_total"),
            ("payments_total{}", "payments_total"),
            (
                "payments_total{result=\"error\"}",
                "payments_total{result=\"error\"}",
            ),
            (
                "a:b{x!='1', y=~\"5..\",z!~\"a|b\",}",
                "a:b{x!=\"1\",y=~\"5..\",z!~\"a|b\"}",
            ),
            ("{__name__=\"up\",job=\"a\"}", "up{job=\"a\"}"),
            (
                "{\"http.server.duration\", job=\"a\"}",
                "http.server.duration{job=\"a\"}",
            ),
            ("x{path=~\"/a\\\\d+\"}", "x{path=~\"/a\\\\d+\"}"),
        ] {
            assert_eq!(selector(text).unwrap().to_string(), back, "{text}");
        }
    }

    #[test]
    fn points_at_what_is_wrong() {
        for (text, at, part) in [
            ("x{a=b}", 4, "quoted value"),
            ("x{a=\"b\"", 7, "`}` is missing"),
            ("x{a=\"b", 6, "closing quote"),
            ("x{a \"b\"}", 4, "one of ="),
            ("x{=\"b\"}", 2, "label name"),
            ("x y", 2, "should end"),
            ("", 0, "no metric"),
            ("{a=\"b\"}", 0, "no metric"),
            ("x{a=\"\\d\"}", 5, "unknown escape"),
        ] {
            let trouble = selector(text).unwrap_err();
            assert_eq!(
                (trouble.at, trouble.code),
                (at, Code::BadSelector),
                "{text}: {}",
                trouble.message
            );
            assert!(
                trouble.message.contains(part),
                "{text}: {}",
                trouble.message
            );
        }
    }

    #[test]
    fn finds_promql_and_names_the_counter_in_it() {
        for (text, inner) in [
            (
                "rate(payments_total{result=\"error\"}[5m])",
                "`payments_total{result=\"error\"}`",
            ),
            ("sum(rate(x[1m])) by (pod)", "`x`"),
            ("a / b", "one counter"),
            ("x[5m]", "`x`"),
            ("sum(x) / sum(y)", "`x`"),
            ("x offset 5m", ""),
        ] {
            let trouble = selector(text).unwrap_err();
            assert_eq!(trouble.code, Code::PromqlInSelector, "{text}");
            assert!(trouble.help.contains(inner), "{text}: {}", trouble.help);
        }
        assert!(
            selector("x{path=~\"(a|b)[0-9] or c\"}").is_ok(),
            "brackets in values are no PromQL"
        );
    }

    #[test]
    fn reads_matchers_with_and_without_braces() {
        assert_eq!(matchers("track=\"canary\"").unwrap().len(), 1);
        assert_eq!(
            matchers("{track=\"canary\", zone!=\"b\"}").unwrap().len(),
            2
        );
        for wrong in [
            "",
            "{}",
            "track",
            "track=canary",
            "track=\"a\" zone=\"b\"",
            "x{a=\"b\"}",
        ] {
            assert!(matchers(wrong).is_err(), "{wrong}");
        }
    }
}
