//! The terms of a watch: what the plan fixed before the deploy, in types.

mod action;
mod authority;
mod compare;
mod criterion;
mod plan_test;
mod reaction;
mod selector;
mod signal;

pub use action::{ActionTerms, Otherwise};
pub use authority::{Authority, CannotSee, DecidedBy, Decider, Objection, ReviewTerms};
pub use compare::{CanaryChoice, Compare, Join, Noise, SideRule};
pub use criterion::{Criterion, Limit, Measure, Rule};
pub use plan_test::{PlanTest, SideSamples, TestExpectation, TestSamples};
pub use reaction::Reaction;
pub use selector::{MatchOp, Matcher, Selector};
pub use signal::{ProbeTerms, Signal, SignalKind};
pub use statistics::Worse;

use core::time::Duration;

/// A valid plan, free of text and spans: what `plan` produces and everything else reads.
///
/// Signals and criteria are named by their index here; names are unique.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Service under watch.
    pub service: String,
    /// One line that says what is being deployed.
    pub change: Option<String>,
    /// Team that owns the service.
    pub owner: Option<String>,
    /// Where the person who is paged should start reading.
    pub runbook: Option<String>,
    /// Length of the watch.
    pub watch_for: Duration,
    /// Time between looks.
    pub judge_every: Duration,
    /// Time from the canary's first traffic in which only absolute limits and the catastrophic process act.
    pub warm_up: Duration,
    /// How long after its time a sample may still arrive and be counted.
    pub lateness: Duration,
    /// How the sides are told apart and how noisy they are taken to be.
    pub compare: Compare,
    /// What is measured.
    pub signals: Vec<Signal>,
    /// What is judged.
    pub criteria: Vec<Criterion>,
    /// Who decides.
    pub authority: Authority,
    /// What is done, by reaction; at most one entry a reaction.
    pub actions: Vec<ActionTerms>,
    /// The plan's own tests.
    pub tests: Vec<PlanTest>,
}

impl Plan {
    /// The action for `reaction`, where the plan names one.
    #[must_use]
    pub fn action(&self, reaction: Reaction) -> Option<&ActionTerms> {
        self.actions
            .iter()
            .find(|action| action.reaction == reaction)
    }

    /// The signal a criterion judges.
    #[must_use]
    pub fn signal_of(&self, criterion: &Criterion) -> &Signal {
        &self.signals[usize::from(criterion.signal)]
    }

    /// Looks in the whole watch, at least one.
    #[must_use]
    pub fn looks(&self) -> u32 {
        let every = self.judge_every.as_millis().max(1);
        u32::try_from(self.watch_for.as_millis().div_ceil(every))
            .unwrap_or(u32::MAX)
            .max(1)
    }
}
