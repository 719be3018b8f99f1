//! A watch at one moment, in plain data: all that screens, reports and JSON are made from.

use crate::decision::{Decision, Verb};
use crate::event::{HumanAct, State};
use crate::exit::Exit;
use crate::intent::{Intent, Outcome, OutcomeKind};
use crate::observation::{Sides, SourceProblem};
use crate::recovery::RecoveryReport;
use crate::terms::{Plan, Reaction};
use crate::time::Timestamp;
use crate::verdict::Verdict;
use crate::watch::{Phase, Watch};
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

impl Summary<'_> {
    /// The decision that matters most: the gravest reaction, else the confirm; `None` while watching goes on without one.
    #[must_use]
    pub fn chief_decision(&self) -> Option<&Decision> {
        let grave = self
            .decisions
            .iter()
            .filter(|decision| decision.verb <= Verb::Review)
            .min_by_key(|decision| decision.verb);
        let confirmed = self
            .decisions
            .iter()
            .rev()
            .find(|decision| decision.verb == Verb::Confirm);
        if self.state == State::Confirmed {
            confirmed
        } else {
            grave.or(confirmed)
        }
    }
}

impl Watch {
    /// The watch as it stands. Cost: about a millisecond a row that has seen much, for the ranges.
    #[must_use]
    pub fn summary(&self) -> Summary<'_> {
        let plan = self.plan();
        let mut rows: Vec<Row> = (0..self.rows.len())
            .map(|at| self.summary_row(at))
            .collect();
        // Verdict first, then plan order, the whole before its slices: the order never changes but by verdict.
        rows.sort_by_key(|row| {
            (
                row.verdict.kind,
                row.verdict.row.criterion,
                row.verdict.row.slice,
            )
        });
        Summary {
            plan,
            sealed_at: self.sealed.at,
            sealed_late: self.sealed.late,
            started: self.started,
            at: self.at,
            ends: self.ends(),
            ended: self.ended,
            state: self.state(),
            exit: self.exit(),
            versions: self.versions.clone(),
            pods: self.last_pods,
            canary_share: self.traffic.canary_share(),
            newest: self.newest,
            looks: self.looks,
            warming_up: self.warming_up(),
            rows,
            decisions: self.decisions.clone(),
            roll_back_at: match self.phase {
                Phase::Deciding { effective_at } => Some(effective_at),
                _ => None,
            },
            held_by: self.held_by.clone(),
            actions: self
                .intents
                .iter()
                .map(|(intent, outcome)| ActionSummary {
                    intent: intent.clone(),
                    outcome: outcome.clone(),
                })
                .collect(),
            recovery: self.recovery.clone(),
            recovery_deadline: match &self.phase {
                Phase::Recovering { recovery } => Some(recovery.deadline),
                _ => None,
            },
            silent: self.silent.clone(),
            timeline: self.timeline.clone(),
            acts: self.acts.clone(),
            phases: self.phases,
        }
    }

    fn summary_row(&self, at: usize) -> Row {
        let verdict = self.verdict_of(at);
        Row {
            name: self.row_name(verdict.row),
            required: verdict.row.slice.is_none()
                && self.plan().criteria[usize::from(verdict.row.criterion)].required,
            verdict,
        }
    }

    /// Name of a row: the criterion's, followed by ` / SLICE` for a slice.
    #[must_use]
    pub fn row_name(&self, id: crate::verdict::RowId) -> String {
        let criterion = &self.plan().criteria[usize::from(id.criterion)];
        match id
            .slice
            .and_then(|slice| self.slices.name(criterion.signal, slice))
        {
            Some(slice) => format!("{} / {slice}", criterion.name),
            None => criterion.name.clone(),
        }
    }

    /// The exit code so far: the gravest of the facts that hold.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let mut facts = Vec::new();
        let roll_back = self
            .intents
            .iter()
            .rev()
            .find(|(intent, _)| intent.reaction == Reaction::RollBack);
        let failed = roll_back
            .and_then(|(_, outcome)| outcome.as_ref())
            .is_some_and(|outcome| outcome.result == OutcomeKind::Failed);
        match &self.recovery {
            Some(report) if report.recovered => facts.push(Exit::RolledBack),
            Some(_) => facts.push(Exit::NotRecovered),
            None if failed => facts.push(Exit::NotRecovered),
            None => {}
        }
        match self.state() {
            State::RollingBack => facts.push(Exit::RollBackDecided),
            State::CannotSee => facts.push(Exit::CannotSee),
            State::Held => facts.push(Exit::Held),
            State::NeedsReview => facts.push(Exit::Review),
            State::Confirmed => facts.push(Exit::Confirmed),
            State::Watching => facts.push(Exit::Watching),
            State::RolledBack => {}
        }
        for decision in &self.decisions {
            match decision.verb {
                Verb::Page => facts.push(Exit::Paged),
                Verb::Ticket => facts.push(Exit::Ticket),
                _ => {}
            }
        }
        Exit::gravest(&facts)
    }
}
