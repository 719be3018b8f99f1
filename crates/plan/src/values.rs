//! Typed values of single scalars. Each reports what it cannot read and gives `None`.

use crate::problem::Code;
use crate::reader::Reader;
use crate::selector::{SelectorTrouble, matchers, selector};
use crate::suggestion::nearest;
use crate::tree::{Entry, Node, Value};
use crate::units::{Unreadable, duration, duration_text, number, odds, share};
use core::time::Duration;
use verification::terms::{Matcher, Selector};

/// Longest name or line of text that is taken, in characters; longer ones break screens and messages.
const LONGEST_TEXT: usize = 400;

impl Reader<'_> {
    /// A text on one line that says something.
    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        let text = self.scalar(node, "a text")?.trim();
        if text.is_empty() {
            self.error(Code::NoValue, node.span, "the text is empty")
                .help("write something or remove the key");
            return None;
        }
        if text.chars().any(char::is_control) || text.chars().count() > LONGEST_TEXT {
            self.error(
                Code::WrongType,
                node.span,
                format!("one line of at most {LONGEST_TEXT} characters is needed here"),
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(crate) fn texts(&mut self, node: &Node) -> Option<Vec<String>> {
        let items = self.one_or_more(node);
        let texts: Vec<String> = items.iter().filter_map(|item| self.text(item)).collect();
        (texts.len() == items.len()).then_some(texts)
    }

    pub(crate) fn flag(&mut self, node: &Node) -> Option<bool> {
        match self.scalar(node, "`true` or `false`")? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let message = format!("`{other}` is neither `true` nor `false`");
                self.error(Code::UnknownWord, node.span, message);
                None
            }
        }
    }

    /// One of `words`.
    pub(crate) fn word(&mut self, node: &Node, words: &[&'static str]) -> Option<&'static str> {
        let list = words.join(", ");
        let text = self.scalar(node, &format!("one of {list}"))?.trim();
        if let Some(found) = words.iter().find(|word| **word == text) {
            return Some(found);
        }
        let message = format!("unknown word `{text}`");
        let suggestion = nearest(text, words.iter().copied());
        self.error(Code::UnknownWord, node.span, message)
            .suggest(suggestion, format!("words here: {list}"));
        None
    }

    fn or_report<T>(&mut self, node: &Node, result: Result<T, Unreadable>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Unreadable {
                code,
                message,
                help,
            }) => {
                self.error(code, node.span, message).help(help);
                None
            }
        }
    }

    /// Reads a scalar by `read`, one of the parsers of `units`.
    pub(crate) fn unit<T>(
        &mut self,
        node: &Node,
        needed: &str,
        read: fn(&str) -> Result<T, Unreadable>,
    ) -> Option<T> {
        let text = self.scalar(node, needed)?;
        self.or_report(node, read(text))
    }

    pub(crate) fn duration(&mut self, node: &Node) -> Option<Duration> {
        self.unit(node, "a time like 5m", duration)
    }

    /// A time from `least` to `most`.
    pub(crate) fn duration_between(
        &mut self,
        node: &Node,
        least: Duration,
        most: Duration,
    ) -> Option<Duration> {
        let time = self.duration(node)?;
        if time < least || time > most {
            self.error(
                Code::OutOfRange,
                node.span,
                format!("{} lies outside what works here", duration_text(time)),
            )
            .help(format!(
                "from {} to {}",
                duration_text(least),
                duration_text(most)
            ));
            return None;
        }
        Some(time)
    }

    pub(crate) fn number(&mut self, node: &Node) -> Option<f64> {
        self.unit(node, "a number", number)
    }

    pub(crate) fn whole_between(&mut self, node: &Node, least: u32, most: u32) -> Option<u32> {
        let text = self.scalar(node, "a whole number")?.trim();
        match text.parse::<u32>() {
            Ok(value) if (least..=most).contains(&value) => Some(value),
            _ => {
                self.error(
                    Code::OutOfRange,
                    node.span,
                    format!("a whole number from {least} to {most} is needed here"),
                );
                None
            }
        }
    }

    /// A percentage as a fraction, both ends excluded.
    pub(crate) fn share_inside(&mut self, node: &Node, most: f64) -> Option<f64> {
        let value = self.unit(node, "a percentage", share)?;
        self.inside_share(node, value, most)
    }

    pub(crate) fn odds_inside(&mut self, node: &Node, most: f64) -> Option<f64> {
        let value = self.unit(node, "odds or a percentage", odds)?;
        self.inside_share(node, value, most)
    }

    fn inside_share(&mut self, node: &Node, value: f64, most: f64) -> Option<f64> {
        if value > 0.0 && value < most {
            return Some(value);
        }
        self.error(
            Code::OutOfRange,
            node.span,
            "the share lies outside what works here",
        )
        .help(format!("more than 0% and less than {}%", most * 100.0));
        None
    }

    fn selector_trouble(&mut self, node: &Node, trouble: SelectorTrouble) {
        let span = self.inside(node, trouble.at, trouble.length);
        self.error(trouble.code, span, trouble.message)
            .help(trouble.help);
    }

    pub(crate) fn selector(&mut self, node: &Node) -> Option<Selector> {
        let text = self.scalar(node, "a selector")?;
        match selector(text) {
            Ok(selector) => Some(selector),
            Err(trouble) => {
                self.selector_trouble(node, trouble);
                None
            }
        }
    }

    pub(crate) fn matchers(&mut self, node: &Node) -> Option<Vec<Matcher>> {
        let text = self.scalar(node, "label matchers")?;
        match matchers(text) {
            Ok(matchers) => Some(matchers),
            Err(trouble) => {
                self.selector_trouble(node, trouble);
                None
            }
        }
    }

    pub(crate) fn label(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        if crate::selector::is_label(&text) {
            return Some(text);
        }
        self.error(
            Code::BadSelector,
            node.span,
            format!("`{text}` is not a label name"),
        )
        .help("letters, digits and `_`, as in http_route");
        None
    }

    pub(crate) fn labels(&mut self, node: &Node) -> Option<Vec<String>> {
        let items = self.one_or_more(node);
        let labels: Vec<String> = items.iter().filter_map(|item| self.label(item)).collect();
        (labels.len() == items.len()).then_some(labels)
    }

    /// An http or https address without credentials in it.
    pub(crate) fn url(&mut self, node: &Node) -> Option<String> {
        let text = self.text(node)?;
        let Some(rest) = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"))
        else {
            self.error(
                Code::BadAddress,
                node.span,
                format!("`{text}` is not an http address"),
            )
            .help("write http://HOST:PORT/PATH or https://HOST/PATH");
            return None;
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if let Some((user, _)) = authority.rsplit_once('@') {
            let scheme = text.len() - rest.len();
            let span = self.inside(node, scheme, user.len());
            self.error(Code::InlineSecret, span, "a user name or password stands in the address")
                .help("take it out of the address; connections have keys for it that name a file or an environment variable");
            return None;
        }
        let host = authority.split_once(']').map_or_else(
            || authority.split(':').next().unwrap_or(""),
            |(host, _)| host,
        );
        if host.is_empty() || text.chars().any(char::is_whitespace) {
            self.error(
                Code::BadAddress,
                node.span,
                format!("`{text}` is not a whole address"),
            )
            .help("write http://HOST:PORT/PATH or https://HOST/PATH");
            return None;
        }
        Some(text)
    }

    /// The whole mapping as names and texts, lists joined by commas.
    pub(crate) fn settings(&mut self, entries: &[&Entry]) -> Vec<(String, String)> {
        let mut settings = Vec::new();
        for entry in entries {
            let value = match &entry.node.value {
                Value::Map(_) => {
                    self.wrong_type(&entry.node, "a text or a list of texts");
                    continue;
                }
                Value::Scalar { .. } | Value::List(_) => self.texts(&entry.node),
            };
            if let Some(texts) = value {
                settings.push((entry.key.clone(), texts.join(",")));
            }
        }
        settings
    }
}
