//! The labels of a series.

use std::fmt;
use std::sync::Arc;

/// The label that holds the metric's name.
pub(crate) const NAME: &str = "__name__";

/// Labels sorted by name, the metric's name among them. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Labels(Arc<[(Box<str>, Box<str>)]>);

impl Labels {
    /// Sorts by name; of two labels with one name the first stays. Empty values are the same as no label.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (Box<str>, Box<str>)>) -> Self {
        let mut pairs: Vec<_> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|next, kept| next.0 == kept.0);
        Self(pairs.into())
    }

    /// The value of a label, empty where there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .binary_search_by(|(known, _)| (**known).cmp(name))
            .map_or("", |at| &self.0[at].1)
    }

    /// The metric's name.
    pub(crate) fn metric(&self) -> &str {
        self.get(NAME)
    }

    /// The labels in order, the name among them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The same labels without some of them.
    pub(crate) fn without(&self, names: &[&str]) -> Self {
        Self(
            self.0
                .iter()
                .filter(|(name, _)| !names.contains(&&**name))
                .cloned()
                .collect(),
        )
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{{", self.metric())?;
        let mut first = true;
        for (name, value) in self.iter().filter(|(name, _)| *name != NAME) {
            if !first {
                out.write_str(",")?;
            }
            first = false;
            write!(out, "{name}={value:?}")?;
        }
        out.write_str("}")
    }
}

#[cfg(test)]
impl Labels {
    /// Labels from a literal, for tests.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        Self::new(
            pairs
                .iter()
                .map(|(name, value)| ((*name).into(), (*value).into())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_without_value_is_no_label() {
        let with = Labels::of(&[("a", "1"), ("b", "")]);
        assert_eq!(with, Labels::of(&[("a", "1")]));
        assert_eq!(with.get("b"), "");
    }
}
