//! A watch at one moment, in plain data: all that screens, reports and JSON are made from.

use crate::decision::Decision;
use crate::event::{HumanAct, State};
use crate::exit::Exit;
use crate::intent::{Intent, Outcome};
use crate::observation::{Sides, SourceProblem};
use crate::recovery::RecoveryReport;
use crate::terms::Plan;
use crate::time::Timestamp;
use crate::verdict::Verdict;
use core::time::Duration;

/// A watch at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary<'watch> {
    /// The plan.
    pub plan: &'watch Plan,
    /// When the plan was sealed.
    pub sealed_at: Timestamp,
    /// Whether the canary already had traffic then.
    pub sealed_late: bool,
    /// When the watch started.
    pub started: Timestamp,
    /// The moment this is about: time of the last input.
    pub at: Timestamp,
    /// When the watch ends at the latest.
    pub ends: Timestamp,
    /// When the watch was over, if it is.
    pub ended: Option<Timestamp>,
    /// State.
    pub state: State,
    /// Exit code so far.
    pub exit: Exit,
    /// Versions as the telemetry names them.
    pub versions: Sides<Option<String>>,
    /// Pods of each side at the last look.
    pub pods: Sides<u32>,
    /// The canary's share of the traffic that was seen, in [0, 1].
    pub canary_share: Option<f64>,
    /// Time of the newest sample of each side.
    pub newest: Sides<Option<Timestamp>>,
    /// Looks so far.
    pub looks: u32,
    /// Whether the watch is still warming up.
    pub warming_up: bool,
    /// Rows in the order: failing, undecided, no data, not comparable, within; inside by plan order.
    pub rows: Vec<Row>,
    /// All decisions, oldest first.
    pub decisions: Vec<Decision>,
    /// A rollback that is decided and not yet ordered: when it starts by itself.
    pub roll_back_at: Option<Timestamp>,
    /// Name of the human who holds the watch.
    pub held_by: Option<String>,
    /// Intents with what came of them, oldest first.
    pub actions: Vec<ActionSummary>,
    /// The recovery, once proven or given up.
    pub recovery: Option<RecoveryReport>,
    /// Time by which the recovery must be proven, while it is being proven.
    pub recovery_deadline: Option<Timestamp>,
    /// Sources that did not answer at the last look, each with the time since when.
    pub silent: Vec<Silent>,
    /// Milestones, oldest first.
    pub timeline: Vec<Milestone>,
    /// Human acts, oldest first.
    pub acts: Vec<(Timestamp, HumanAct)>,
    /// Time from the start of the watch to each step of the reaction, where it happened.
    pub phases: Phases,
}

/// One row of the verdict table.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Name: the criterion's, followed by ` / SLICE` for a slice. Usable wherever a row is asked for.
    pub name: String,
    /// Whether a confirm needs this row.
    pub required: bool,
    /// The verdict.
    pub verdict: Verdict,
}

/// An intent and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionSummary {
    /// What was ordered.
    pub intent: Intent,
    /// What came of it, once known.
    pub outcome: Option<Outcome>,
}

/// A source that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// Since when.
    pub since: Timestamp,
    /// The last trouble.
    pub problem: SourceProblem,
}

/// A moment worth a mark on a time line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: MilestoneKind,
}

/// What happened at a milestone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneKind {
    /// The criteria were fixed.
    Sealed,
    /// The watch started.
    Started,
    /// The canary was seen for the first time.
    CanarySeen,
    /// The warm-up was over.
    WarmedUp,
    /// A row turned failing.
    Failing,
    /// Nothing could be seen.
    CannotSee,
    /// Rollback decided.
    RollBackDecided,
    /// Rollback done.
    RolledBack,
    /// Recovery proven.
    Recovered,
    /// Recovery given up.
    NotRecovered,
    /// A human held the watch.
    Held,
    /// A human lifted the hold.
    Released,
    /// Confirmed.
    Confirmed,
    /// Ended for review.
    ReviewAsked,
}

/// How long each step of the reaction took; `None` where it did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// From the canary's first sample to the failing verdict (or the state `cannot-see`).
    pub detect: Option<Duration>,
    /// From the failing verdict to the order.
    pub decide: Option<Duration>,
    /// From the order to its outcome.
    pub execute: Option<Duration>,
    /// From the outcome to the proof of recovery.
    pub verify: Option<Duration>,
}
