//! The way of a watch from looking to its end.

use super::Watch;
use crate::event::State;
use crate::intent::IntentId;
use crate::recovery::Recovery;
use crate::time::Timestamp;

/// Where a watch stands.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// Looking and judging.
    Watching,
    /// A rollback is decided; it is ordered at this time unless somebody objects.
    Deciding { effective_at: Timestamp },
    /// The rollback is ordered.
    Executing {
        intent: IntentId,
        /// When a human is told that no outcome has come; `None` once told.
        overdue_at: Option<Timestamp>,
    },
    /// The recovery is being proven.
    Recovering { recovery: Box<Recovery> },
    /// Over but for the answer to a review.
    Reviewing { until: Timestamp, state: State },
    /// Over.
    Ended(State),
}

impl Watch {
    /// Lets time and evidence take effect.
    pub(super) fn advance(&mut self) {
        if matches!(self.phase, Phase::Watching) {
            self.advance_watching();
        } else if matches!(self.phase, Phase::Deciding { .. }) {
            self.advance_deciding();
        }
        // A decision without a window is ordered in the step that took it.
        if let Phase::Deciding { effective_at } = self.phase
            && self.at >= effective_at
        {
            self.order_roll_back();
        }
        self.advance_executing();
        self.advance_recovering();
        self.advance_reviewing();
    }

    fn advance_watching(&mut self) {
        let failing = self.judge();
        self.note_detection(&failing);
        let blocked = if failing.roll_back.is_empty() {
            None
        } else {
            self.roll_back_blocked()
        };
        self.react(&failing, blocked);
        if !failing.roll_back.is_empty() && blocked.is_none() {
            self.decide_roll_back_by_criteria(&failing);
            return;
        }
        self.watch_silence();
        if self.at >= self.ends() {
            self.finish();
        }
    }
}
