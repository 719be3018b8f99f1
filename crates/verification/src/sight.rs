//! What can be seen of a row, and since when it cannot.

use crate::observation::{Gap, Side};
use crate::terms::Plan;
use crate::time::Timestamp;
use core::time::Duration;

/// Looks that may bring nothing before a row reads *no data*: a scrape gap must raise nothing.
const PATIENCE_LOOKS: u32 = 3;
/// Shortest patience, for plans that look every second or so.
const PATIENCE_LEAST: Duration = Duration::from_secs(5);

/// What can be seen of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sight {
    /// End of the last interval in which both sides could be counted; the start of the watch before the first.
    pub(crate) last_seen: Timestamp,
    /// What is missing now.
    pub(crate) missing: Option<(Side, Gap)>,
    pub(crate) ever: bool,
}

impl Sight {
    pub(crate) const fn from(start: Timestamp) -> Self {
        Self {
            last_seen: start,
            missing: None,
            ever: false,
        }
    }

    pub(crate) fn seen(&mut self, through: Timestamp) {
        self.last_seen = self.last_seen.max(through);
        self.missing = None;
        self.ever = true;
    }

    pub(crate) fn missed(&mut self, side: Side, gap: Gap) {
        self.missing = Some((side, gap));
    }

    /// How long the row could not be seen: since the last samples, beyond the time that samples may take to arrive. Looks that stop coming are darkness too.
    pub(crate) fn dark_for(&self, now: Timestamp, plan: &Plan) -> Duration {
        let age = now.since(self.last_seen).saturating_sub(plan.lateness);
        if self.ever && self.missing.is_none() && age <= patience(plan) {
            Duration::ZERO
        } else {
            age
        }
    }

    pub(crate) const fn dark_since(&self) -> Timestamp {
        self.last_seen
    }

    pub(crate) const fn missing(&self) -> Option<(Side, Gap)> {
        self.missing
    }

    /// Whether the row reads *no data* now.
    pub(crate) fn is_dark(&self, now: Timestamp, plan: &Plan) -> bool {
        self.dark_for(now, plan) > patience(plan)
    }
}

/// How long nothing may come, beyond the lateness, before a row reads *no data* and what came before is no longer *lately*.
pub(crate) fn patience(plan: &Plan) -> Duration {
    (plan.judge_every * PATIENCE_LOOKS).max(PATIENCE_LEAST)
}
