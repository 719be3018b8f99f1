//! One view of a watch for every reader: terminal, Markdown, JSON, JUnit, messages, SVG. All wording lives here.
//!
//! The crate is pure: it reads a [`verification::summary::Summary`] and a [`Frame`] and returns text. Time, zone, width and
//! the ledger's state are passed in.

mod cells;
mod change;
mod clock;
mod count;
mod explain;
mod frame;
mod glyphs;
mod headline;
mod how_bad;
mod json;
mod json_row;
mod json_words;
mod junit;
mod keys;
mod list;
mod markdown;
mod message;
mod numbers;
mod phases;
mod phrase;
mod quantity;
mod reached;
mod recovery_words;
mod report_markdown;
mod report_text;
mod row_view;
mod screen;
mod seal_markdown;
mod seeing;
mod sentence;
mod share;
mod situation;
mod strips;
mod table;
mod text;
mod timeline;
mod title;
mod what_next;

pub use change::{act_line, change_line, heartbeat_line, outcome_line};
pub use clock::{from_rfc3339, rfc3339};
pub use explain::{Reference, UnknownReference, explain};
pub use frame::{Chain, Frame};
pub use glyphs::Glyphs;
pub use json::{
    ActJson, ActionJson, DecisionJson, HeadlineJson, LedgerJson, MilestoneJson, OutcomeJson,
    PhasesJson, RecoveryJson, RecoveryRowJson, ReportJson, SCHEMA_VERSION, SilentJson, json_schema,
    report_json,
};
pub use json_row::{
    EvidenceJson, LimitJson, LimitWord, MethodJson, RangeJson, RowJson, SidesJson, UnitWord,
    WorseWord,
};
pub use json_words::{
    ActWord, AuthorityWord, BecauseWord, DecisionWord, FamilyWord, InsteadWord, MilestoneWord,
    NoiseWord, OutcomeWord, ReactionWord, StateWord, VerdictWord,
};
pub use junit::{JunitError, report_junit};
pub use keys::Key;
pub use list::{ListRow, list_screen};
pub use message::{Message, first_line, if_you_do_nothing, message};
pub use phases::phases_line;
pub use report_markdown::{MARKER, marker, report_markdown};
pub use report_text::report_text;
pub use screen::verdict_screen;
pub use seal_markdown::seal_markdown;
pub use sentence::{decision_sentence, sentence};
pub use strips::{Strip, strip};
pub use text::{Colour, Line, Span, Text};
pub use title::{Progress, progress, title};
