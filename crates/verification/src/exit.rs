//! Exit codes: stable, documented, the gravest wins.

/// What the exit code of a command says about a watch.
///
/// Codes for trouble outside a watch (usage, plan, sources, ledger) are in the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Rollback failed or the service has not recovered.
    NotRecovered = 22,
    /// Roll back decided, not yet done.
    RollBackDecided = 20,
    /// Rolled back and recovered.
    RolledBack = 21,
    /// Cannot see.
    CannotSee = 12,
    /// A human was paged.
    Paged = 31,
    /// A ticket was opened.
    Ticket = 30,
    /// A human holds it.
    Held = 23,
    /// Ended undecided, review asked.
    Review = 11,
    /// Still watching.
    Watching = 10,
    /// Confirmed.
    Confirmed = 0,
}

impl Exit {
    /// All of them, gravest first.
    pub const GRAVEST_FIRST: [Self; 10] = [
        Self::NotRecovered,
        Self::RollBackDecided,
        Self::RolledBack,
        Self::CannotSee,
        Self::Paged,
        Self::Ticket,
        Self::Held,
        Self::Review,
        Self::Watching,
        Self::Confirmed,
    ];

    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The gravest of the facts that hold; a watch of which nothing holds is still watching.
    #[must_use]
    pub fn gravest(facts: &[Self]) -> Self {
        Self::GRAVEST_FIRST
            .into_iter()
            .find(|exit| facts.contains(exit))
            .unwrap_or(Self::Watching)
    }
}
