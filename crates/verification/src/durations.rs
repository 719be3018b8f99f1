//! A bounded history of latencies, for estimates since the best-supported start and for ranges in the signal's unit.

use crate::observation::Sides;
use statistics::{Design, Harm, Histogram, Pair, Safety, Sample, Shift, Starts, dominance_pairs};

/// Most blocks; when full, neighbours in time are merged, whatever they hold.
const BLOCKS: usize = 16;

/// Latencies by block of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DurationBlocks {
    full: Vec<Histogram>,
    open: Histogram,
    looks_in_open: u32,
    looks_a_block: u32,
}

impl DurationBlocks {
    pub(crate) fn push(&mut self, look: &Histogram) {
        if self.looks_a_block == 0 {
            self.looks_a_block = 1;
        }
        self.open.add(look);
        self.looks_in_open += 1;
        if self.looks_in_open < self.looks_a_block {
            return;
        }
        self.full.push(core::mem::take(&mut self.open));
        self.looks_in_open = 0;
        if self.full.len() == BLOCKS {
            let mut merged = Vec::with_capacity(BLOCKS);
            for pair in self.full.chunks(2) {
                let mut sum = pair[0].clone();
                for other in &pair[1..] {
                    sum.add(other);
                }
                merged.push(sum);
            }
            self.full = merged;
            self.looks_a_block = self.looks_a_block.saturating_mul(2);
        }
    }

    /// Everything since the block `start`.
    pub(crate) fn since(&self, start: usize) -> Histogram {
        let mut sum = self.open.clone();
        for block in self.full.iter().skip(start) {
            sum.add(block);
        }
        sum
    }

    /// The block from which on the canary looks worst: where evidence without restarts is largest.
    pub(crate) fn best_start(blocks: &Sides<Self>, shift: &Shift, design: &Design) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for start in 0..=blocks.canary.full.len() {
            let (pair, _) = dominance_pairs(
                shift,
                &blocks.canary.since(start),
                &blocks.baseline.since(start),
            );
            let ln_e = one_block_harm(design, &pair);
            if ln_e > best.1 {
                best = (start, ln_e);
            }
        }
        best.0
    }
}

fn one_block_harm(design: &Design, pair: &Pair) -> f64 {
    let mut harm = Harm::new(&Design {
        starts: Starts::NONE,
        ..*design
    });
    harm.update(pair);
    harm.ln_e()
}

fn one_block_safety(design: &Design, pair: &Pair) -> f64 {
    let mut safety = Safety::new(design);
    safety.update(pair);
    safety.ln_e()
}

/// Lowest and highest edge to which the baseline's `threshold` may have moved on the canary: the largest edge that the harm process still rejects,
/// and the smallest that the safety process rejects. Both by inversion over the known edges, on the sums alone.
pub(crate) fn shift_range(
    canary: &Histogram,
    baseline: &Histogram,
    threshold: f64,
    design: &Design,
    ln_harm_needed: f64,
    ln_safety_needed: f64,
) -> (Option<f64>, Option<f64>) {
    let beyond = Sample {
        events: baseline.above(threshold),
        trials: baseline.total(),
    };
    let at = |edge: f64| Pair {
        canary: Sample {
            events: canary.above(edge),
            trials: canary.total(),
        },
        baseline: beyond,
    };
    let mut edges: Vec<f64> = canary
        .edges()
        .into_iter()
        .chain(baseline.edges())
        .filter(|edge| edge.is_finite())
        .collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    // Counts above an edge fall as the edge rises, and evidence with them: both searches are over a monotone row.
    let rejected_by_harm =
        edges.partition_point(|&edge| one_block_harm(design, &at(edge)) >= ln_harm_needed);
    let kept_by_safety =
        edges.partition_point(|&edge| one_block_safety(design, &at(edge)) < ln_safety_needed);
    (
        rejected_by_harm.checked_sub(1).map(|index| edges[index]),
        edges.get(kept_by_safety).copied(),
    )
}
