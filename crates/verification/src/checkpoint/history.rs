//! Counts, histograms, windows and blocks as bytes.

use super::{Reader, Saved, StateError, Writer, saved};
use crate::blocks::{Block, Blocks};
use crate::comparable::{Mix, Sums, Traffic};
use crate::latencies::{BothSides, Latencies};
use crate::levels::{Mean, Readings};
use crate::observation::Sides;
use crate::pods::{PodSets, Pods};
use crate::recovery::{Kept, Shared};
use crate::time::Timestamp;
use crate::window::{Cell, Window};
use core::time::Duration;
use statistics::{Histogram, Pair, Sample};

saved!(Sample { events, trials });
saved!(Pair { canary, baseline });
saved!(Mean { sum, count });
saved!(Readings { past, all });
saved!(Kept { kept, all });
saved!(Shared { canary, service });
saved!(Traffic { mixes, seen, warm });
saved!(Mix { sums, slices });
saved!(Sums { weight, squares });
saved!(PodSets { known, opened, now });
saved!(Pods {
    number,
    canary,
    baseline
});

impl Saved for Histogram {
    fn save(&self, to: &mut Writer) {
        to.whole(self.iter().count() as u64);
        for (edge, count) in self.iter() {
            to.edge(edge);
            to.whole(count);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let buckets = from.count()?;
        let pairs: Vec<(f64, u64)> = (0..buckets)
            .map(|_| Ok((from.edge()?, from.whole()?)))
            .collect::<Result<_, StateError>>()?;
        Ok(Self::from_pairs(pairs))
    }
}

impl Saved for BothSides {
    fn save(&self, to: &mut Writer) {
        self.0.save(to);
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        Sides::load(from).map(Self)
    }
}

impl<T: Saved, const N: usize> Saved for [T; N] {
    fn save(&self, to: &mut Writer) {
        for value in self {
            value.save(to);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let values: Vec<T> = (0..N).map(|_| T::load(from)).collect::<Result<_, _>>()?;
        Self::try_from(values).map_err(|_| StateError::Truncated)
    }
}

impl<T: Saved> Window<T> {
    /// What has come into it; how long it is follows from the plan.
    pub(crate) fn save(&self, to: &mut Writer) {
        self.covered_from.save(to);
        to.whole(self.cells.len() as u64);
        for cell in &self.cells {
            cell.from.save(to);
            cell.through.since(cell.from).save(to);
            cell.sum.save(to);
        }
    }

    pub(crate) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.covered_from = Option::load(from)?;
        let cells = from.count()?;
        self.cells = (0..cells)
            .map(|_| {
                let begin = Timestamp::load(from)?;
                Ok(Cell {
                    from: begin,
                    through: begin + Duration::load(from)?,
                    sum: T::load(from)?,
                })
            })
            .collect::<Result<_, StateError>>()?;
        Ok(())
    }
}

impl<T: Saved> Saved for Blocks<T> {
    fn save(&self, to: &mut Writer) {
        to.whole(self.blocks.len() as u64);
        for block in &self.blocks {
            block.looks.save(to);
            block.sum.save(to);
        }
    }
    fn load(from: &mut Reader<'_>) -> Result<Self, StateError> {
        let count = from.count()?;
        let mut looks = 0u64;
        let mut blocks = Vec::with_capacity(count);
        for _ in 0..count {
            let block = Block {
                looks: u64::load(from)?,
                sum: T::load(from)?,
            };
            looks = looks
                .checked_add(block.looks)
                .ok_or(StateError::Impossible { what: "look" })?;
            blocks.push(block);
        }
        Ok(Self { blocks })
    }
}

impl Latencies {
    pub(crate) fn save(&self, to: &mut Writer) {
        self.judged.save(to);
        self.lately.save(to);
        self.oldest.save(to);
    }

    pub(crate) fn restore(&mut self, from: &mut Reader<'_>) -> Result<(), StateError> {
        self.judged = Blocks::load(from)?;
        self.lately.restore(from)?;
        self.oldest = Timestamp::load(from)?;
        Ok(())
    }
}
