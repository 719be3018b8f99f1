//! A watch: the state that [`Watch::step`] moves forward.

use crate::budget::Budget;
use crate::comparable::{Mix, young_side};
use crate::comparison::Admission;
use crate::decision::{By, Decision, Instead, Verb};
use crate::event::{Event, Input, State, StateChange};
use crate::failing::Failing;
use crate::intent::{Intent, IntentId, Outcome};
use crate::observation::{Measured, Reading, Side, Sides, Tick};
use crate::phase::Phase;
use crate::row::{Judge, Row, dispersion_of};
use crate::seal::Sealed;
use crate::slices::SliceTable;
use crate::summary::{Milestone, MilestoneKind, Phases, Silent};
use crate::terms::{DecidedBy, Plan, Reaction};
use crate::time::Timestamp;
use crate::verdict::{Because, RowId, Verdict, VerdictKind};
use core::time::Duration;
use std::collections::BTreeSet;
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
    pub(crate) slices: SliceTable,
    pub(crate) rows: Vec<Row>,
    slices_admitted: u32,
    pub(crate) mix: Mix,
    pub(crate) canary_first: Option<Timestamp>,
    pub(crate) looks: u32,
    pub(crate) consumed_through: Option<Timestamp>,
    pub(crate) last_pods: Sides<u32>,
    pub(crate) versions: Sides<Option<String>>,
    pub(crate) newest: Sides<Option<Timestamp>>,
    pub(crate) silent: Vec<Silent>,
    young: Option<Side>,
    pub(crate) phase: Phase,
    pub(crate) held_by: Option<String>,
    pub(crate) blind: bool,
    silence_reactions: u32,
    reacted: BTreeSet<(u16, Reaction)>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) intents: Vec<(Intent, Option<Outcome>)>,
    generation: u32,
    pub(crate) recovery: Option<crate::recovery::RecoveryReport>,
    told: (State, bool),
    pub(crate) ended: Option<Timestamp>,
    pub(crate) acts: Vec<(Timestamp, crate::event::HumanAct)>,
    pub(crate) timeline: Vec<Milestone>,
    pub(crate) phases: Phases,
    pub(crate) detected_at: Option<Timestamp>,
    pub(crate) out: Vec<Event>,
}

impl Watch {
    /// A watch by a sealed plan, started at `started`. Nothing has been observed yet.
    #[must_use]
    pub fn begin(sealed: Arc<Sealed>, started: Timestamp) -> Self {
        let plan = &sealed.plan;
        let budget = Budget::share(plan);
        let mut watch = Self {
            started,
            at: started,
            slices: SliceTable::new(),
            rows: Vec::new(),
            slices_admitted: 0,
            mix: Mix::default(),
            canary_first: None,
            looks: 0,
            consumed_through: None,
            last_pods: Sides::default(),
            versions: Sides::default(),
            newest: Sides::default(),
            silent: Vec::new(),
            young: None,
            phase: Phase::Watching,
            held_by: None,
            blind: false,
            silence_reactions: 0,
            reacted: BTreeSet::new(),
            decisions: Vec::new(),
            intents: Vec::new(),
            generation: 0,
            recovery: None,
            told: (State::Watching, false),
            ended: None,
            acts: Vec::new(),
            timeline: Vec::new(),
            phases: Phases::default(),
            detected_at: None,
            out: Vec::new(),
            budget,
            sealed: Arc::clone(&sealed),
        };
        watch.mark(MilestoneKind::Sealed, sealed.at);
        watch.mark(MilestoneKind::Started, started);
        for criterion in 0..sealed.plan.criteria.len() {
            let criterion = u16::try_from(criterion).unwrap_or(u16::MAX);
            watch.open_row(RowId {
                criterion,
                slice: None,
            });
        }
        watch
    }

    /// Moves the watch forward by one input and returns what follows from it, in order.
    ///
    /// Pure: the same inputs from the same beginning give the same events. Time going backwards is taken as no time passing.
    /// Cost: a few microseconds a row, no input or output.
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
            Phase::Deciding { effective_at, .. } if self.held_by.is_none() => Some(*effective_at),
            Phase::Recovering { recovery, .. } => Some(recovery.deadline),
            Phase::Reviewing { until, .. } => Some(*until),
            Phase::Deciding { .. } | Phase::Executing { .. } | Phase::Ended(_) => None,
        }
    }

    /// When the watch ends at the latest.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        self.started + self.sealed.plan.watch_for
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

    pub(crate) fn ln_safety_needed(&self) -> f64 {
        -libm::log(self.sealed.plan.compare.false_confirms)
    }

    pub(crate) fn mark(&mut self, what: MilestoneKind, at: Timestamp) {
        self.timeline.push(Milestone { at, what });
    }

    fn open_row(&mut self, id: RowId) {
        let sealed = Arc::clone(&self.sealed);
        let criterion = &sealed.plan.criteria[usize::from(id.criterion)];
        let name = id
            .slice
            .and_then(|slice| self.slices.name(criterion.signal, slice))
            .map(str::to_owned);
        let before = sealed
            .levels
            .iter()
            .find(|level| level.signal == criterion.signal && level.slice == name)
            .map(|level| &level.measured);
        let weight = match id.slice {
            None => self.budget.weight(id.criterion),
            Some(_) => {
                self.slices_admitted += 1;
                self.budget.slice_weight(self.slices_admitted)
            }
        };
        if let Some(row) = Row::new(&sealed.plan, id, weight, &self.budget, before, self.started) {
            self.rows.push(row);
        }
    }

    fn look(&mut self, tick: &Tick) {
        self.looks += 1;
        self.slices.admit(tick);
        self.consumed_through = Some(
            self.consumed_through
                .map_or(tick.through, |before| before.max(tick.through)),
        );
        self.last_pods = Sides {
            canary: tick.pods.canary.count,
            baseline: tick.pods.baseline.count,
        };
        for (known, seen) in [
            (&mut self.newest.canary, tick.newest.canary),
            (&mut self.newest.baseline, tick.newest.baseline),
        ] {
            *known = (*known).max(seen);
        }
        if let Some(versions) = &tick.versions {
            self.versions = versions.clone();
        }
        self.note_silence(tick);
        if self.canary_first.is_none() && canary_has_traffic(tick) {
            self.canary_first = Some(tick.from);
            self.mark(MilestoneKind::CanarySeen, tick.through);
        }
        match &self.phase {
            Phase::Watching | Phase::Deciding { .. } => self.feed_rows(tick),
            Phase::Recovering { .. } => self.feed_recovery(tick),
            Phase::Executing { .. } | Phase::Reviewing { .. } | Phase::Ended(_) => {}
        }
    }

    fn note_silence(&mut self, tick: &Tick) {
        let known = core::mem::take(&mut self.silent);
        for problem in &tick.problems {
            let since = known
                .iter()
                .find(|silent| silent.problem.source == problem.source)
                .map_or(tick.from.max(self.started), |silent| silent.since);
            if !self
                .silent
                .iter()
                .any(|silent| silent.problem.source == problem.source)
            {
                self.silent.push(Silent {
                    since,
                    problem: problem.clone(),
                });
            }
        }
    }

    fn feed_rows(&mut self, tick: &Tick) {
        self.mix.add(tick);
        self.open_new_slices(tick);
        let sealed = Arc::clone(&self.sealed);
        let warm = self.warm_until().is_some_and(|until| tick.from >= until);
        if warm
            && !self
                .timeline
                .iter()
                .any(|milestone| milestone.what == MilestoneKind::WarmedUp)
        {
            self.mark(MilestoneKind::WarmedUp, tick.from);
        }
        self.young = if warm { young_side(tick) } else { None };
        let late = tick.from >= self.last_part_starts();
        let share_differs = self
            .mix
            .share_differs(&sealed.plan, dispersion_of(&sealed.plan))
            .is_some();
        for row in &mut self.rows {
            let signal = sealed.plan.criteria[usize::from(row.id.criterion)].signal;
            let comparable = self.young.is_none()
                && !share_differs
                && (row.id.slice.is_some() || self.mix.differs(signal).is_none());
            let admission = Admission {
                judged: warm && comparable,
                late,
            };
            row.feed(
                &sealed.plan,
                tick,
                find_reading(tick, signal, row.id.slice),
                admission,
            );
        }
    }

    /// A slice is admitted on traffic alone: both sides have some in this look, or the canary has for an absolute rule.
    fn open_new_slices(&mut self, tick: &Tick) {
        let plan = Arc::clone(&self.sealed);
        for reading in &tick.readings {
            let Some(slice) = reading.slice else { continue };
            if !has_traffic(&reading.sides.canary) || !has_traffic(&reading.sides.baseline) {
                continue;
            }
            for (criterion, terms) in plan.plan.criteria.iter().enumerate() {
                let id = RowId {
                    criterion: u16::try_from(criterion).unwrap_or(u16::MAX),
                    slice: Some(slice),
                };
                if terms.signal == reading.signal && !self.rows.iter().any(|row| row.id == id) {
                    self.open_row(id);
                }
            }
        }
    }

    fn not_comparable(&self, row: &Row) -> Option<Because> {
        if !matches!(row.judge, Judge::Comparison(_)) {
            return None;
        }
        if let Some(side) = self.young {
            return Some(Because::YoungPods(side));
        }
        if let Some(share) = self
            .mix
            .share_differs(&self.sealed.plan, dispersion_of(&self.sealed.plan))
        {
            return Some(Because::ShareDiffers(share));
        }
        if row.id.slice.is_none() {
            let signal = self.sealed.plan.criteria[usize::from(row.id.criterion)].signal;
            return self.mix.differs(signal).map(Because::MixDiffers);
        }
        None
    }

    /// Gives every row its word; words that change become events. Returns what fails.
    pub(crate) fn judge(&mut self) -> Failing {
        let sealed = Arc::clone(&self.sealed);
        let ln_needed = self.budget.ln_needed();
        let ln_safety_needed = self.ln_safety_needed();
        let failing = Failing::find(&sealed.plan, &self.rows, self.at, ln_needed);
        let warming_up = self.warming_up();
        for at in 0..self.rows.len() {
            let (kind, because) = match failing.because(at) {
                Some(because) => (VerdictKind::Failing, because),
                None => {
                    let row = &self.rows[at];
                    let own = ln_needed - libm::log(row.weight);
                    row.calm_word(
                        &sealed.plan,
                        self.at,
                        warming_up,
                        self.not_comparable(row),
                        own,
                        ln_safety_needed,
                    )
                }
            };
            self.set_word(at, kind, because);
        }
        failing
    }

    pub(crate) fn set_word(&mut self, at: usize, kind: VerdictKind, because: Because) {
        let row = &mut self.rows[at];
        row.because = because;
        if row.kind == kind {
            return;
        }
        row.kind = kind;
        row.since = self.at;
        if kind == VerdictKind::Failing {
            self.mark(MilestoneKind::Failing, self.at);
        }
        let verdict = self.verdict_of(at);
        self.out.push(Event::Verdict(verdict));
    }

    pub(crate) fn verdict_of(&self, at: usize) -> Verdict {
        self.rows[at].verdict(
            &self.sealed.plan,
            self.at,
            self.budget.ln_needed(),
            self.ln_safety_needed(),
        )
    }

    /// Records a decision and orders what it asks for. A rollback is ordered by the caller, once nobody may object any more.
    pub(crate) fn decide(
        &mut self,
        verb: Verb,
        rows: Vec<RowId>,
        authority: By,
        effective_at: Option<Timestamp>,
        instead: Option<Instead>,
    ) {
        let decision = Decision {
            verb,
            at: self.at,
            rows,
            authority,
            effective_at,
            instead,
        };
        self.decisions.push(decision.clone());
        self.out.push(Event::Decision(decision));
        let reaction = match verb {
            Verb::Page => Reaction::Page,
            Verb::Ticket => Reaction::Ticket,
            Verb::Review => Reaction::Review,
            Verb::RollBack | Verb::Hold | Verb::Release | Verb::Confirm => return,
        };
        self.order(reaction);
    }

    /// Orders an action; complete, so that the runner has nothing to choose.
    pub(crate) fn order(&mut self, reaction: Reaction) -> IntentId {
        let id = IntentId(
            u32::try_from(self.intents.len())
                .unwrap_or(u32::MAX)
                .saturating_add(1),
        );
        // Seconds of the order's time, so that generations rise across the watches of a service too; at least one more than before.
        let seconds = u32::try_from(self.at.millis() / 1000).unwrap_or(0);
        self.generation = self.generation.saturating_add(1).max(seconds);
        let terms = self.sealed.plan.action(reaction);
        let intent = Intent {
            id,
            generation: self.generation,
            reaction,
            run: terms.map(|terms| terms.run.clone()),
            target: terms.and_then(|terms| terms.target.clone()),
            settings: terms
                .map(|terms| terms.settings.clone())
                .unwrap_or_default(),
            at: self.at,
            deadline: self.at + terms.map_or(crate::phase::MESSAGE_DEADLINE, |terms| terms.within),
        };
        self.intents.push((intent.clone(), None));
        self.out.push(Event::Intent(intent));
        id
    }

    /// Lighter reactions, once a criterion and reaction; a page that replaces a rollback is sent once a criterion too.
    pub(crate) fn react(&mut self, failing: &Failing, blocked: Option<Instead>) {
        let sealed = Arc::clone(&self.sealed);
        let mut wanted: Vec<(Reaction, RowId, Option<Instead>)> = Vec::new();
        for &(at, _) in &failing.roll_back {
            let id = self.rows[at].id;
            for &reaction in &sealed.plan.criteria[usize::from(id.criterion)].then {
                match (reaction, blocked) {
                    (Reaction::RollBack, Some(instead)) => {
                        wanted.push((Reaction::Page, id, Some(instead)))
                    }
                    (Reaction::RollBack, None) => {}
                    (lighter, _) => wanted.push((lighter, id, None)),
                }
            }
        }
        for &(at, _, baseline_too) in &failing.lighter {
            let id = self.rows[at].id;
            for &reaction in &sealed.plan.criteria[usize::from(id.criterion)].then {
                match reaction {
                    Reaction::RollBack => wanted.push((
                        Reaction::Page,
                        id,
                        baseline_too.then_some(Instead::BaselineToo),
                    )),
                    lighter => wanted.push((lighter, id, None)),
                }
            }
        }
        wanted.sort_by_key(|&(reaction, id, _)| (reaction, id));
        let mut grouped: Vec<(Reaction, Vec<RowId>, Option<Instead>)> = Vec::new();
        for (reaction, id, instead) in wanted {
            if !self.reacted.insert((id.criterion, reaction)) {
                continue;
            }
            match grouped.last_mut() {
                Some((known, rows, why)) if *known == reaction && *why == instead => rows.push(id),
                _ => grouped.push((reaction, vec![id], instead)),
            }
        }
        for (reaction, rows, instead) in grouped {
            self.decide(reaction.into(), rows, By::Criteria, None, instead);
        }
    }

    /// What is done about silence: required rows that cannot be seen, for longer than the plan allows. Never a rollback.
    pub(crate) fn watch_silence(&mut self) {
        let sealed = Arc::clone(&self.sealed);
        let dark: Vec<(RowId, Duration)> = self
            .rows
            .iter()
            .filter(|row| {
                row.id.slice.is_none()
                    && sealed.plan.criteria[usize::from(row.id.criterion)].required
            })
            .map(|row| (row.id, row.sight.dark_for(self.at)))
            .collect();
        let longest = dark.iter().map(|&(_, time)| time).max().unwrap_or_default();
        let steps = &sealed.plan.authority.cannot_see;
        let first = steps
            .first()
            .map_or(crate::phase::CANNOT_SEE_DEFAULT, |step| step.after);
        let blind = longest >= first;
        if blind && !self.blind {
            self.mark(MilestoneKind::CannotSee, self.at);
            if self.phases.detect.is_none() {
                self.phases.detect = self.canary_first.map(|seen| self.at.since(seen));
            }
        }
        if !blind {
            self.silence_reactions = 0;
        }
        self.blind = blind;
        while let Some(step) = steps.get(self.silence_reactions as usize) {
            if longest < step.after {
                break;
            }
            self.silence_reactions += 1;
            let rows = dark
                .iter()
                .filter(|&&(_, time)| time >= step.after)
                .map(|&(id, _)| id)
                .collect();
            let then = if step.then == Reaction::RollBack {
                Reaction::Page
            } else {
                step.then
            };
            self.decide(then.into(), rows, By::Silence, None, None);
        }
    }

    /// Why a rollback that the criteria ask for is not ordered by Shakedown, if so.
    pub(crate) fn roll_back_blocked(&self) -> Option<Instead> {
        if self.held_by.is_some() {
            Some(Instead::Held)
        } else if self.sealed.plan.action(Reaction::RollBack).is_none() {
            Some(Instead::NoAction)
        } else if self.sealed.plan.authority.roll_back.decided_by != DecidedBy::Shakedown {
            Some(Instead::HumanDecides)
        } else {
            None
        }
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

    /// The state.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.phase {
            Phase::Watching | Phase::Deciding { .. } if self.held_by.is_some() => State::Held,
            Phase::Watching if self.blind => State::CannotSee,
            Phase::Watching => State::Watching,
            Phase::Deciding { .. } | Phase::Executing { .. } | Phase::Recovering { .. } => {
                State::RollingBack
            }
            Phase::Reviewing { state, .. } | Phase::Ended(state) => *state,
        }
    }
}

pub(crate) fn find_reading(tick: &Tick, signal: u16, slice: Option<u16>) -> Option<&Reading> {
    tick.readings
        .iter()
        .find(|reading| reading.signal == signal && reading.slice == slice)
}

fn has_traffic(measured: &Measured) -> bool {
    match measured {
        Measured::Counts(sample) => sample.trials > 0,
        Measured::Durations(histogram) => histogram.total() > 0,
        Measured::Level(_) => true,
        Measured::Nothing(_) => false,
    }
}

fn canary_has_traffic(tick: &Tick) -> bool {
    tick.readings
        .iter()
        .any(|reading| has_traffic(&reading.sides.canary))
}
