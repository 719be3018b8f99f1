//! The few characters that differ between terminals.

use verification::verdict::VerdictKind;

/// Which characters may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// The terminal shows UTF-8.
    Unicode,
    /// ASCII alone; what users wrote in other letters is shown as `?`.
    Ascii,
}

impl Glyphs {
    fn either(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }

    /// The mark before a verdict word: one column wide, never the only carrier of the verdict.
    #[must_use]
    pub fn verdict(self, kind: VerdictKind) -> &'static str {
        match kind {
            VerdictKind::Failing => self.either("✗", "x"),
            VerdictKind::Undecided => "?",
            VerdictKind::NoData => self.either("–", "-"),
            VerdictKind::NotComparable => self.either("≠", "/"),
            VerdictKind::Within => self.either("✓", "v"),
        }
    }

    pub(crate) fn minus(self) -> &'static str {
        self.either("−", "-")
    }

    pub(crate) fn ellipsis(self) -> &'static str {
        self.either("…", "...")
    }

    pub(crate) fn dot(self) -> &'static str {
        self.either("·", "|")
    }

    pub(crate) fn at_most(self) -> &'static str {
        self.either("≤", "<=")
    }

    pub(crate) fn at_least(self) -> &'static str {
        self.either("≥", ">=")
    }
}
