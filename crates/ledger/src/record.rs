//! What one entry of a chain holds.

use core::fmt;
use verification::event::{Event, Input};
use verification::intent::IntentId;
use verification::observation::BaselineLevel;
use verification::time::Timestamp;

/// What one entry of a chain holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The seal; the first entry of every chain and of no other place.
    Sealed(SealRecord),
    /// The watch began.
    Started {
        /// When.
        at: Timestamp,
    },
    /// Something went into the watch.
    Input {
        /// The `now` that was passed with it.
        now: Timestamp,
        /// What.
        input: Input,
    },
    /// Something came out of the watch.
    Event(Event),
    /// A runner is about to act; written before it does.
    Attempt {
        /// On which intent.
        intent: IntentId,
        /// When.
        at: Timestamp,
    },
    /// A keeper took the watch up; what follows was made by this version.
    Engine {
        /// Version of the program.
        version: String,
        /// Name of the keeper, as in its lease.
        keeper: String,
    },
    /// The watch as it was after all entries before, to resume from.
    Checkpoint {
        /// The watch's own encoding of itself; at most about 200 kB.
        state: Vec<u8>,
    },
    /// What users found later: `shakedown outcome ID good|bad`.
    Label {
        /// Whether the deployment was good.
        good: bool,
        /// Who says so.
        name: String,
        /// Why.
        reason: String,
    },
    /// A remark of the ledger or the keeper about the chain itself.
    Note {
        /// One line.
        text: String,
    },
}

/// The seal as a ledger holds it: enough to build the plan again and to prove that it was this one.
#[derive(Clone, Debug, PartialEq)]
pub struct SealRecord {
    /// Service under watch.
    pub service: String,
    /// Text of the plan as it was read.
    pub plan_text: String,
    /// Name of the plan's file, or what stands for it where the plan came from arguments.
    pub plan_file: String,
    /// The connections that the plan uses, resolved, without secrets.
    pub connections: String,
    /// Hash over plan text, included files and resolved actions, in lower-case hexadecimal.
    pub hash: String,
    /// When it was sealed.
    pub at: Timestamp,
    /// Whether the canary already had traffic.
    pub late: bool,
    /// Levels of the baseline side before the deploy.
    pub levels: Vec<BaselineLevel>,
    /// Version of the program that sealed it.
    pub engine: String,
}

/// The kind of a record, without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RecordKind {
    /// The seal.
    Sealed = 1,
    /// The start.
    Started = 2,
    /// Observations.
    Tick = 3,
    /// A human act.
    Human = 4,
    /// What came of an intent.
    Outcome = 5,
    /// Time alone.
    Clock = 6,
    /// A verdict.
    Verdict = 7,
    /// A decision.
    Decision = 8,
    /// An intent.
    Intent = 9,
    /// A change of state.
    State = 10,
    /// A recovery.
    Recovery = 11,
    /// A human act that was refused.
    Refused = 12,
    /// An attempt.
    Attempt = 13,
    /// A keeper.
    Engine = 14,
    /// A checkpoint.
    Checkpoint = 15,
    /// A label.
    Label = 16,
    /// A note.
    Note = 17,
}

impl RecordKind {
    /// All kinds.
    pub const ALL: [Self; 17] = [
        Self::Sealed,
        Self::Started,
        Self::Tick,
        Self::Human,
        Self::Outcome,
        Self::Clock,
        Self::Verdict,
        Self::Decision,
        Self::Intent,
        Self::State,
        Self::Recovery,
        Self::Refused,
        Self::Attempt,
        Self::Engine,
        Self::Checkpoint,
        Self::Label,
        Self::Note,
    ];

    /// The word as JSON and screens write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Started => "started",
            Self::Tick => "tick",
            Self::Human => "human",
            Self::Outcome => "outcome",
            Self::Clock => "clock",
            Self::Verdict => "verdict",
            Self::Decision => "decision",
            Self::Intent => "intent",
            Self::State => "state",
            Self::Recovery => "recovery",
            Self::Refused => "refused",
            Self::Attempt => "attempt",
            Self::Engine => "engine",
            Self::Checkpoint => "checkpoint",
            Self::Label => "label",
            Self::Note => "note",
        }
    }

    /// The number that stands for it in the store.
    pub(crate) const fn code(self) -> i64 {
        self as i64
    }

    pub(crate) fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

impl Record {
    /// The kind of this record.
    #[must_use]
    pub const fn kind(&self) -> RecordKind {
        match self {
            Self::Sealed(_) => RecordKind::Sealed,
            Self::Started { .. } => RecordKind::Started,
            Self::Input { input, .. } => match input {
                Input::Tick(_) => RecordKind::Tick,
                Input::Human(_) => RecordKind::Human,
                Input::Outcome(_) => RecordKind::Outcome,
                Input::Clock => RecordKind::Clock,
            },
            Self::Event(event) => match event {
                Event::Verdict(_) => RecordKind::Verdict,
                Event::Decision(_) => RecordKind::Decision,
                Event::Intent(_) => RecordKind::Intent,
                Event::State(_) => RecordKind::State,
                Event::Recovery(_) => RecordKind::Recovery,
                Event::Refused(_) => RecordKind::Refused,
            },
            Self::Attempt { .. } => RecordKind::Attempt,
            Self::Engine { .. } => RecordKind::Engine,
            Self::Checkpoint { .. } => RecordKind::Checkpoint,
            Self::Label { .. } => RecordKind::Label,
            Self::Note { .. } => RecordKind::Note,
        }
    }
}
