//! A counter named by selector, as in `payments_total{result="error"}`.

use core::fmt;

/// How a matcher compares a label's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`, anchored at both ends
    Matches,
    /// `!~`, anchored at both ends
    NotMatches,
}

/// One label matcher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    /// Label name.
    pub label: String,
    /// Comparison.
    pub op: MatchOp,
    /// Value or regular expression.
    pub value: String,
}

/// A metric name with matchers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Metric name; for a histogram the base name without `_bucket`.
    pub metric: String,
    /// Matchers, in the plan's order.
    pub matchers: Vec<Matcher>,
}

impl MatchOp {
    /// The operator as PromQL writes it.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Matches => "=~",
            Self::NotMatches => "!~",
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}\"", self.label, self.op.symbol())?;
        for character in self.value.chars() {
            match character {
                '"' => out.write_str("\\\"")?,
                '\\' => out.write_str("\\\\")?,
                '\n' => out.write_str("\\n")?,
                other => write!(out, "{other}")?,
            }
        }
        out.write_str("\"")
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.metric)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        out.write_str("{")?;
        for (at, matcher) in self.matchers.iter().enumerate() {
            if at > 0 {
                out.write_str(",")?;
            }
            write!(out, "{matcher}")?;
        }
        out.write_str("}")
    }
}
