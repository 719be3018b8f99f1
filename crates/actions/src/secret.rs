//! Text that must not be shown.

use core::fmt;

/// A secret: its `Debug` prints `…`, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the one place that has to send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(CONCEALED)
    }
}

/// What stands where a secret was.
pub(crate) const CONCEALED: &str = "…";

/// Returns `text` with every occurrence of one of the `secrets` replaced by `…`. Cost: one pass over the text for each secret.
pub(crate) fn conceal<'a>(text: &str, secrets: impl Iterator<Item = &'a Secret>) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        if !secret.0.is_empty() {
            text = text.replace(&secret.0, CONCEALED);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "…");
        assert_eq!(
            conceal("token=hunter2 hunter2", [&secret].into_iter()),
            "token=… …"
        );
        assert_eq!(
            conceal("abc", [&Secret::new("")].into_iter()),
            "abc",
            "an empty secret hides nothing"
        );
    }
}
