//! Selectors applied to labels here, where no server does it.

use regex::Regex;
use verification::terms::{MatchOp, Matcher, Selector};

use crate::labels::{Labels, NAME};

/// Matchers ready to be applied.
#[derive(Clone, Debug)]
pub(crate) struct Matching(Vec<(String, Test)>);

#[derive(Clone, Debug)]
enum Test {
    Equal(String),
    NotEqual(String),
    Matches(Regex),
    NotMatches(Regex),
}

impl Matching {
    /// Compiles matchers.
    ///
    /// # Errors
    /// The message of the first regular expression that is not one.
    pub(crate) fn new<'a>(matchers: impl IntoIterator<Item = &'a Matcher>) -> Result<Self, String> {
        matchers
            .into_iter()
            .map(|matcher| {
                Ok((
                    matcher.label.clone(),
                    Test::new(matcher.op, &matcher.value)?,
                ))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Compiles a selector; the metric's name is one more matcher, unless a matcher names it already.
    pub(crate) fn selector(selector: &Selector) -> Result<Self, String> {
        let mut matching = Self::new(&selector.matchers)?;
        if !selector.metric.is_empty() {
            let name = Test::Equal(selector.metric.clone());
            matching.0.push((NAME.to_owned(), name));
        }
        Ok(matching)
    }

    /// Every series of every metric.
    pub(crate) const fn everything() -> Self {
        Self(Vec::new())
    }

    /// Every series of a metric.
    pub(crate) fn metric(name: &str) -> Self {
        Self(vec![(NAME.to_owned(), Test::Equal(name.to_owned()))])
    }

    /// Whether a series of this name can meet the matchers at all.
    pub(crate) fn may_be_named(&self, name: &str) -> bool {
        self.0
            .iter()
            .filter(|(label, _)| label == NAME)
            .all(|(_, test)| test.accepts(name))
    }

    /// Whether the labels meet every matcher. A label that is not there has the empty value, as in PromQL.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0
            .iter()
            .all(|(label, test)| test.accepts(labels.get(label)))
    }
}

impl Test {
    fn new(op: MatchOp, value: &str) -> Result<Self, String> {
        // PromQL anchors at both ends and lets the dot match a line break.
        let anchored = || Regex::new(&format!("^(?s:{value})$")).map_err(|error| one_line(&error));
        Ok(match op {
            MatchOp::Equal => Self::Equal(value.to_owned()),
            MatchOp::NotEqual => Self::NotEqual(value.to_owned()),
            MatchOp::Matches => Self::Matches(anchored()?),
            MatchOp::NotMatches => Self::NotMatches(anchored()?),
        })
    }

    fn accepts(&self, value: &str) -> bool {
        match self {
            Self::Equal(wanted) => value == wanted,
            Self::NotEqual(unwanted) => value != unwanted,
            Self::Matches(pattern) => pattern.is_match(value),
            Self::NotMatches(pattern) => !pattern.is_match(value),
        }
    }
}

/// Whether one matcher accepts one value; an invalid expression accepts nothing.
pub(crate) fn accepts(matcher: &Matcher, value: &str) -> bool {
    Test::new(matcher.op, &matcher.value).is_ok_and(|test| test.accepts(value))
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .map_or_else(
            || text.clone(),
            |line| line.trim_start_matches("error: ").to_owned(),
        )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn matcher(label: &str, op: MatchOp, value: &str) -> Matcher {
        Matcher {
            label: label.into(),
            op,
            value: value.into(),
        }
    }

    #[test]
    fn expressions_are_anchored_and_absent_labels_are_empty() {
        let labels = Labels::of(&[(NAME, "m"), ("code", "500")]);
        let meets = |op, label, value| {
            Matching::new(&[matcher(label, op, value)])
                .unwrap()
                .matches(&labels)
        };
        assert!(meets(MatchOp::Matches, "code", "5.."));
        assert!(!meets(MatchOp::Matches, "code", "5"));
        assert!(meets(MatchOp::NotMatches, "code", "2..|3.."));
        assert!(meets(MatchOp::Equal, "absent", ""));
        assert!(meets(MatchOp::NotEqual, "absent", "x"));
    }

    #[test]
    fn a_wrong_expression_is_one_line() {
        let message = Matching::new(&[matcher("a", MatchOp::Matches, "5(")]).unwrap_err();
        assert!(
            !message.contains('\n') && message.contains("unclosed"),
            "{message}"
        );
    }
}
