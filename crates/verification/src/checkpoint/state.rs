//! The whole of a watch as bytes.

use super::{Reader, Saved, StateError, Writer, saved};
use crate::slices::SliceTable;
use crate::verdict::RowId;
use crate::watch::{Phase, Watch};

saved!(choice Phase {
    0 Watching,
    1 Deciding { effective_at },
    2 Executing { intent, overdue_at },
    3 Recovering { recovery },
    4 Reviewing { until, state },
    5 Ended(state),
});
saved!(SliceTable { by_signal });

impl Watch {
    pub(super) fn save_state(&self, to: &mut Writer) {
        self.at.save(to);
        self.slices.save(to);
        self.slice_parts.weights.save(to);
        to.whole(self.rows.len() as u64);
        for row in &self.rows {
            row.id.save(to);
            row.weight.save(to);
        }
        for row in &self.rows {
            row.save(to);
        }
        // Which there are follows from the rows.
        for latencies in self.latencies.values() {
            latencies.save(to);
        }
        self.traffic.save(to);
        self.pods.save(to);
        self.canary_first.save(to);
        self.canary_seen.save(to);
        self.looks.save(to);
        self.consumed_through.save(to);
        self.last_pods.save(to);
        self.versions.save(to);
        self.newest.save(to);
        self.silent.save(to);
        self.young.save(to);
        self.phase.save(to);
        self.held_by.save(to);
        self.silence.save(to);
        self.reacted.save(to);
        self.decisions.save(to);
        self.intents.save(to);
        self.generation.save(to);
        self.canary_was_seen.save(to);
        self.recovery.save(to);
        self.told.save(to);
        self.ended.save(to);
        self.acts.save(to);
        self.timeline.save(to);
        self.phases.save(to);
        self.detected_at.save(to);
    }

    pub(super) fn load_state(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.at = Saved::load(from)?;
        self.slices = Saved::load(from)?;
        self.slice_parts.weights = Saved::load(from)?;
        let rows: Vec<(RowId, f64)> = Saved::load(from)?;
        for (id, weight) in rows {
            self.check_row(id)?;
            if let Some(slice) = id.slice {
                self.slice_parts.open.insert((id.criterion, slice));
            }
            self.open_row(id, weight);
        }
        let mut rows = core::mem::take(&mut self.rows);
        for row in &mut rows {
            row.restore(from)?;
        }
        self.rows = rows;
        for latencies in self.latencies.values_mut() {
            latencies.restore(from)?;
        }
        self.traffic = Saved::load(from)?;
        self.pods = Saved::load(from)?;
        self.canary_first = Saved::load(from)?;
        self.canary_seen = Saved::load(from)?;
        self.looks = Saved::load(from)?;
        self.consumed_through = Saved::load(from)?;
        self.last_pods = Saved::load(from)?;
        self.versions = Saved::load(from)?;
        self.newest = Saved::load(from)?;
        self.silent = Saved::load(from)?;
        self.young = Saved::load(from)?;
        self.phase = Saved::load(from)?;
        self.held_by = Saved::load(from)?;
        self.silence = Saved::load(from)?;
        self.reacted = Saved::load(from)?;
        self.decisions = Saved::load(from)?;
        self.intents = Saved::load(from)?;
        self.generation = Saved::load(from)?;
        self.canary_was_seen = Saved::load(from)?;
        self.recovery = Saved::load(from)?;
        self.told = Saved::load(from)?;
        self.ended = Saved::load(from)?;
        self.acts = Saved::load(from)?;
        self.timeline = Saved::load(from)?;
        self.phases = Saved::load(from)?;
        self.detected_at = Saved::load(from)?;
        Ok(())
    }

    /// A row stands once, the wholes in the plan's order before the slices, and a slice has a name.
    fn check_row(&self, id: RowId) -> Result<(), StateError> {
        let wholes = self.sealed.plan.criteria.len();
        let possible = match id.slice {
            None => usize::from(id.criterion) == self.rows.len(),
            Some(slice) => {
                let signal = self.sealed.plan.criteria[usize::from(id.criterion)].signal;
                self.rows.len() >= wholes
                    && self.slices.name(signal, slice).is_some()
                    && !self.slice_parts.open.contains(&(id.criterion, slice))
            }
        };
        if possible {
            Ok(())
        } else {
            Err(StateError::Impossible { what: "row" })
        }
    }
}
