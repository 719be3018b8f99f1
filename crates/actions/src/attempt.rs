//! What came of one attempt, and of reading an effect back.

use verification::intent::OutcomeKind;

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// `Failed` means that nothing was changed; `Unknown` that nobody can tell without a check.
    pub result: OutcomeKind,
    /// One line: what was done or what went wrong, without secrets.
    pub detail: String,
}

impl Attempted {
    pub(crate) fn done(detail: impl Into<String>) -> Self {
        Self::new(OutcomeKind::Done, detail)
    }

    pub(crate) fn failed(detail: impl Into<String>) -> Self {
        Self::new(OutcomeKind::Failed, detail)
    }

    pub(crate) fn unknown(detail: impl Into<String>) -> Self {
        Self::new(OutcomeKind::Unknown, detail)
    }

    fn new(result: OutcomeKind, detail: impl Into<String>) -> Self {
        Self {
            result,
            detail: detail.into(),
        }
    }
}

/// What reading the effect back says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// Production is as the order wants it.
    InEffect,
    /// It is not.
    NotInEffect,
    /// Nobody can tell.
    CannotCheck {
        /// Why not.
        why: String,
    },
}

impl Checked {
    pub(crate) fn cannot(why: impl Into<String>) -> Self {
        Self::CannotCheck { why: why.into() }
    }
}

/// Whether one more try within the same attempt makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It would end the same way.
    Never,
    /// Nothing reached the target, and it may later.
    NothingSent,
    /// Something may have happened; repeating is right only for an idempotent action.
    IfIdempotent,
}

/// One try within an attempt.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub attempted: Attempted,
    pub again: Again,
}

impl Tried {
    pub(crate) fn done(detail: impl Into<String>) -> Self {
        Self {
            attempted: Attempted::done(detail),
            again: Again::Never,
        }
    }

    /// Refused: nothing changed, and trying again would not help.
    pub(crate) fn refused(detail: impl Into<String>) -> Self {
        Self {
            attempted: Attempted::failed(detail),
            again: Again::Never,
        }
    }

    /// Not sent: nothing changed, and the target may come back.
    pub(crate) fn not_sent(detail: impl Into<String>) -> Self {
        Self {
            attempted: Attempted::failed(detail),
            again: Again::NothingSent,
        }
    }

    /// Sent, and the answer is missing or does not say.
    pub(crate) fn lost(detail: impl Into<String>) -> Self {
        Self {
            attempted: Attempted::unknown(detail),
            again: Again::IfIdempotent,
        }
    }

    /// Something may have happened, and trying again at once would not help.
    pub(crate) fn unclear(detail: impl Into<String>) -> Self {
        Self {
            attempted: Attempted::unknown(detail),
            again: Again::Never,
        }
    }
}
