//! A watch: the state that [`Watch::step`] moves forward.

mod deciding;
mod ending;
mod human;
mod judging;
mod looking;
mod opening;
pub(crate) mod phase;
mod reacting;
mod recovering;
mod silence;

use crate::budget::Budget;
use crate::comparable::{Traffic, shared_signal};
use crate::decision::Decision;
use crate::event::{Event, HumanAct, Input, State, StateChange};
use crate::intent::{Intent, Outcome};
use crate::latencies::Latencies;
use crate::observation::{Side, Sides};
use crate::pods::PodSets;
use crate::recovery::RecoveryReport;
use crate::row::{Moment, Row};
use crate::seal::Sealed;
use crate::sight::patience;
use crate::slices::SliceTable;
use crate::summary::{Milestone, MilestoneKind, Phases, Silent};
use crate::terms::{Plan, Reaction};
use crate::time::Timestamp;
use core::time::Duration;
pub(crate) use opening::SliceParts;
pub(crate) use phase::Phase;
pub(crate) use silence::Silence;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Share of the watch at its end that must give evidence of *within* by itself (DESIGN.md 6, rule 2).
const LAST_PART: u32 = 4;
/// Watches shorter than this are demonstrations; a quarter of one is too short to hold evidence, so half of it must.
const DEMONSTRATION: Duration = Duration::from_secs(300);

/// A watch under way. Everything that is shown, decided or recorded is a function of what went into [`Watch::step`].
#[derive(Clone, Debug)]
pub struct Watch {
    pub(crate) sealed: Arc<Sealed>,
    pub(crate) started: Timestamp,
    pub(crate) at: Timestamp,
    pub(crate) budget: Budget,
    /// The signal that shows how requests are shared between the sides.
    pub(crate) shared: Option<u16>,
    pub(crate) slices: SliceTable,
    pub(crate) slice_parts: SliceParts,
    pub(crate) rows: Vec<Row>,
    /// Latencies by signal and slice, for all criteria on them.
    pub(crate) latencies: BTreeMap<(u16, Option<u16>), Latencies>,
    pub(crate) traffic: Traffic,
    pub(crate) pods: PodSets,
    pub(crate) canary_first: Option<Timestamp>,
    /// End of the last interval in which any series of the canary could be seen.
    pub(crate) canary_seen: Option<Timestamp>,
    pub(crate) looks: u32,
    pub(crate) consumed_through: Option<Timestamp>,
    pub(crate) last_pods: Sides<u32>,
    pub(crate) versions: Sides<Option<String>>,
    pub(crate) newest: Sides<Option<Timestamp>>,
    pub(crate) silent: Vec<Silent>,
    pub(crate) young: Option<Side>,
    pub(crate) phase: Phase,
    pub(crate) held_by: Option<String>,
    pub(crate) silence: Silence,
    /// When each criterion last gave reason for each reaction.
    pub(crate) reacted: BTreeMap<(u16, Reaction), Timestamp>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) intents: Vec<(Intent, Option<Outcome>)>,
    pub(crate) generation: u32,
    /// Whether the canary could be seen when the rollback was decided: only then does its disappearance say that it is out.
    pub(crate) canary_was_seen: bool,
    pub(crate) recovery: Option<RecoveryReport>,
    pub(crate) told: (State, bool),
    pub(crate) ended: Option<Timestamp>,
    pub(crate) acts: Vec<(Timestamp, HumanAct)>,
    pub(crate) timeline: Vec<Milestone>,
    pub(crate) phases: Phases,
    /// Since when there has been reason for a rollback.
    pub(crate) detected_at: Option<Timestamp>,
    /// What this step gave so far; empty between steps.
    out: Vec<Event>,
}

impl Watch {
    /// A watch by a sealed plan, started at `started`. Nothing has been observed yet.
    #[must_use]
    pub fn begin(sealed: Arc<Sealed>, started: Timestamp) -> Self {
        let mut watch = Self::empty(sealed, started);
        watch.mark(MilestoneKind::Sealed, watch.sealed.at);
        watch.mark(MilestoneKind::Started, started);
        watch.open_criteria();
        watch
    }

    /// Without rows and history.
    pub(crate) fn empty(sealed: Arc<Sealed>, started: Timestamp) -> Self {
        Self {
            started,
            at: started,
            budget: Budget::share(&sealed.plan),
            shared: shared_signal(&sealed.plan),
            slices: SliceTable::new(),
            slice_parts: SliceParts::default(),
            rows: Vec::new(),
            latencies: BTreeMap::new(),
            traffic: Traffic::default(),
            pods: PodSets::default(),
            canary_first: None,
            canary_seen: None,
            looks: 0,
            consumed_through: None,
            last_pods: Sides::default(),
            versions: Sides::default(),
            newest: Sides::default(),
            silent: Vec::new(),
            young: None,
            phase: Phase::Watching,
            held_by: None,
            silence: Silence::default(),
            reacted: BTreeMap::new(),
            decisions: Vec::new(),
            intents: Vec::new(),
            generation: 0,
            canary_was_seen: false,
            recovery: None,
            told: (State::Watching, false),
            ended: None,
            acts: Vec::new(),
            timeline: Vec::new(),
            phases: Phases::default(),
            detected_at: None,
            out: Vec::new(),
            sealed,
        }
    }

    /// Moves the watch forward by one input and returns what follows from it, in order.
    ///
    /// Pure: the same inputs from the same beginning give the same events. Time going backwards is taken as no time passing.
    /// Cost: a few microseconds a row, a few milliseconds more for each row that changes its word; no input or output.
    pub fn step(&mut self, now: Timestamp, input: &Input) -> Vec<Event> {
        self.at = self.at.max(now);
        match input {
            Input::Tick(tick) => self.look(tick),
            Input::Human(act) => self.human(act),
            Input::Outcome(outcome) => self.outcome(outcome),
            Input::Clock => {}
        }
        self.advance();
        self.tell_state();
        core::mem::take(&mut self.out)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.sealed.plan
    }

    /// The seal.
    #[must_use]
    pub fn sealed(&self) -> &Arc<Sealed> {
        &self.sealed
    }

    /// Slices known so far.
    #[must_use]
    pub const fn slices(&self) -> &SliceTable {
        &self.slices
    }

    /// End of the last interval whose samples were consumed.
    #[must_use]
    pub const fn consumed_through(&self) -> Option<Timestamp> {
        self.consumed_through
    }

    /// Intents without an outcome, oldest first.
    pub fn open_intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents
            .iter()
            .filter(|(_, outcome)| outcome.is_none())
            .map(|(intent, _)| intent)
    }

    /// Whether nothing more will come of this watch by itself: it has ended, all intents have outcomes, no review is awaited.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.ended.is_some()
            && self.open_intents().next().is_none()
            && !matches!(self.phase, Phase::Reviewing { .. })
    }

    /// Whether looks still change anything: while watching, deciding, executing and proving the recovery. Cost: none.
    #[must_use]
    pub const fn needs_looks(&self) -> bool {
        match self.phase {
            Phase::Watching
            | Phase::Deciding { .. }
            | Phase::Executing { .. }
            | Phase::Recovering { .. } => true,
            Phase::Reviewing { .. } | Phase::Ended(_) => false,
        }
    }

    /// Whether the state is final for those who follow, even where messages are still under way or a review awaits its answer.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// The next moment at which time alone may change something, for [`Input::Clock`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Watching => Some(self.ends()),
            Phase::Deciding { effective_at } => Some(*effective_at),
            Phase::Executing { overdue_at, .. } => *overdue_at,
            Phase::Recovering { recovery } => Some(recovery.deadline),
            Phase::Reviewing { until, .. } => Some(*until),
            Phase::Ended(_) => None,
        }
    }

    /// When the watch ends at the latest.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.started + self.sealed.plan.watch_for
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Watching if self.held_by.is_some() => State::Held,
            Phase::Watching if self.silence.blind => State::CannotSee,
            Phase::Watching => State::Watching,
            Phase::Deciding { .. } | Phase::Executing { .. } | Phase::Recovering { .. } => {
                State::RollingBack
            }
            Phase::Reviewing { state, .. } | Phase::Ended(state) => *state,
        }
    }

    pub(crate) fn last_part_starts(&self) -> Timestamp {
        let whole = self.sealed.plan.watch_for;
        let part = if whole < DEMONSTRATION {
            whole / 2
        } else {
            whole / LAST_PART
        };
        self.ends() - part
    }

    pub(crate) fn warm_until(&self) -> Option<Timestamp> {
        self.canary_first
            .map(|first| first + self.sealed.plan.warm_up)
    }

    pub(crate) fn warming_up(&self) -> bool {
        self.warm_until().is_none_or(|until| self.at < until)
    }

    /// What rows need to know of now.
    pub(crate) fn moment(&self) -> Moment {
        let through = self.consumed_through.unwrap_or(self.started);
        Moment {
            now: self.at,
            oldest: through - patience(&self.sealed.plan),
            last_part: self.last_part_starts(),
            ln_harm_needed: self.budget.ln_needed(),
            ln_safety_needed: self.budget.ln_safety_needed(),
        }
    }

    pub(crate) fn mark(&mut self, what: MilestoneKind, at: Timestamp) {
        self.timeline.push(Milestone { at, what });
    }

    fn tell_state(&mut self) {
        let now = (self.state(), self.ended.is_some());
        if self.told == now {
            return;
        }
        self.told = now;
        self.out.push(Event::State(StateChange {
            state: now.0,
            at: self.at,
            ended: now.1,
        }));
    }
}
