//! What may follow from a verdict.

/// A reaction, from the gravest to the lightest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reaction {
    /// Take the new version out.
    RollBack,
    /// Wake a human.
    Page,
    /// Open a ticket.
    Ticket,
    /// Ask a human to judge.
    Review,
}

impl Reaction {
    /// The plan's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RollBack => "roll-back",
            Self::Page => "page",
            Self::Ticket => "ticket",
            Self::Review => "review",
        }
    }

    /// The reaction a plan's word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::RollBack, Self::Page, Self::Ticket, Self::Review]
            .into_iter()
            .find(|reaction| reaction.word() == word)
    }
}
