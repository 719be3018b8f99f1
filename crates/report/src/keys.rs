//! The keys of the live view.

use crate::situation::Situation;
use verification::summary::Summary;
use verification::terms::Reaction;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Roll back now; asks for a reason.
    RollBack,
    /// Stop automatic reactions; asks for a reason.
    Hold,
    /// Lift the hold; asks for a reason.
    Release,
    /// Let the new version stay; asks for a reason.
    Confirm,
    /// Show why.
    Explain,
}

impl Key {
    /// All keys.
    pub const ALL: [Self; 5] = [
        Self::RollBack,
        Self::Hold,
        Self::Release,
        Self::Confirm,
        Self::Explain,
    ];

    /// The letter to press.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::RollBack => 'r',
            Self::Hold => 'h',
            Self::Release => 'u',
            Self::Confirm => 'c',
            Self::Explain => 'e',
        }
    }

    /// What it does, as the screen says it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::RollBack => "roll back now",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Confirm => "confirm",
            Self::Explain => "explain",
        }
    }

    /// The keys that do something at this moment, in the order in which they are shown.
    #[must_use]
    pub fn of(summary: &Summary<'_>) -> Vec<Self> {
        let acts: &[Self] = match Situation::of(summary) {
            Situation::Countdown(_) | Situation::Deciding | Situation::Reacted(_) => {
                &[Self::RollBack, Self::Hold]
            }
            Situation::NotSeenYet
            | Situation::WarmingUp
            | Situation::Watching
            | Situation::CannotSee => &[Self::Hold, Self::RollBack],
            Situation::Held(_) => &[Self::Release, Self::RollBack, Self::Confirm],
            Situation::Review(_) => &[Self::Confirm, Self::RollBack],
            _ => &[],
        };
        let can_roll_back = summary.plan.action(Reaction::RollBack).is_some();
        acts.iter()
            .copied()
            .filter(|key| *key != Self::RollBack || can_roll_back)
            .chain([Self::Explain])
            .collect()
    }
}

/// `r roll back now   h hold   e explain`
pub(crate) fn line(summary: &Summary<'_>) -> String {
    let keys: Vec<String> = Key::of(summary)
        .into_iter()
        .map(|key| format!("{} {}", key.letter(), key.words()))
        .collect();
    keys.join("   ")
}
