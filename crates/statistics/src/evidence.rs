//! The compact history of a comparison, from which estimates and ranges are made.

use crate::betting::{Betting, Gains};
use crate::codec::{Kind, StateError, put_header, put_u64, take_header, take_u64};
use crate::design::{Design, Starts};
use crate::grid::MOST;
use crate::line::Side;
use crate::log_sum::ln_sum;
use crate::mixture::Mixture;
use crate::sample::{Pair, Sample};

/// Most blocks that a history keeps.
const BLOCKS: usize = 64;

/// Consecutive looks, summed into at most 64 blocks of equally many looks. When all are full, neighbours are merged: when
/// that happens depends on the number of looks alone, never on the counts.
///
/// Looks without traffic on both sides enter [`Evidence::total`] only, as they carry no evidence in the processes either.
/// Memory and saved state: up to 2.2 kB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    blocks: Vec<Pair>,
    /// Looks in every block but the last.
    looks_per_block: u64,
    /// Looks in the last block.
    looks_in_last: u64,
    total: Pair,
}

/// Rates of both sides since the start that the evidence of harm supports best.
///
/// Blocks are weighted by `n1 n0 / (n1 + n0)` on both sides (Mantel and Haenszel), so a share of traffic that changes
/// during a daily rhythm does not pose as a difference; with a constant share these are the plain pooled rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Events per trial of the canary.
    pub canary: f64,
    /// Events per trial of the baseline, over the same course of traffic.
    pub baseline: f64,
    /// First block used, 0 where harm is not better supported from a later start.
    pub since_block: usize,
    /// First look used, counted from 0 among looks with traffic on both sides.
    pub since_look: u64,
    /// The counts used.
    pub counts: Pair,
}

impl Evidence {
    /// Adds one look: the counts since the look before.
    pub fn push(&mut self, pair: &Pair) {
        self.total += *pair;
        if pair.canary.trials == 0 || pair.baseline.trials == 0 {
            return;
        }
        if self.looks_in_last < self.looks_per_block {
            if let Some(last) = self.blocks.last_mut() {
                *last += *pair;
                self.looks_in_last += 1;
            }
            return;
        }
        if self.blocks.len() == BLOCKS {
            for i in 0..BLOCKS / 2 {
                let mut merged = self.blocks[2 * i];
                merged += self.blocks[2 * i + 1];
                self.blocks[i] = merged;
            }
            self.blocks.truncate(BLOCKS / 2);
            self.looks_per_block = self.looks_per_block.saturating_mul(2);
        }
        self.looks_per_block = self.looks_per_block.max(1);
        self.blocks.push(*pair);
        self.looks_in_last = 1;
    }

    /// Returns the sum of all looks.
    #[must_use]
    pub fn total(&self) -> Pair {
        self.total
    }

    /// Returns the blocks, oldest first.
    #[must_use]
    pub fn blocks(&self) -> &[Pair] {
        &self.blocks
    }

    /// Returns the rates since the best-supported start: the beginning, unless harm that began at a later block explains
    /// the counts better by more than the price of choosing that start. `None` without traffic on both sides.
    ///
    /// The start is chosen by the data, so the estimate exaggerates somewhat; [`Evidence::range`] does not.
    /// Cost: up to 64 looks of the process.
    #[must_use]
    pub fn estimate_since_best_start(&self, design: &Design) -> Option<Estimate> {
        let since_block = self.best_start(design);
        let (mut weights, mut canary, mut baseline) = (0.0, 0.0, 0.0);
        let mut counts = Pair::default();
        for block in &self.blocks[since_block..] {
            let (n1, n0) = (block.canary.trials as f64, block.baseline.trials as f64);
            weights += n1 * n0 / (n1 + n0);
            canary += block.canary.events as f64 * n0 / (n1 + n0);
            baseline += block.baseline.events as f64 * n1 / (n1 + n0);
            counts += *block;
        }
        (weights > 0.0).then(|| Estimate {
            canary: canary / weights,
            baseline: baseline / weights,
            since_block,
            since_look: self.first_look(since_block),
            counts,
        })
    }

    fn best_start(&self, design: &Design) -> usize {
        let mut betting = Betting::new(design, Side::Harm);
        if design.starts.count == 0 || betting == Betting::Silent {
            return 0;
        }
        let gains: Vec<Gains> = self
            .blocks
            .iter()
            .enumerate()
            .map(|(i, block)| self.gains_of(&mut betting, i, block))
            .collect();
        let ln_weights: Vec<f64> = betting.weights().map(libm::log).collect();
        let mut since = ln_weights.clone();
        let (mut best, mut best_ln) = (0, f64::NEG_INFINITY);
        for (i, gains) in gains.iter().enumerate().rev() {
            for (sum, gain) in since.iter_mut().zip(gains) {
                *sum += gain;
            }
            let later =
                f64::from(self.starts_in(i, design.starts)) / f64::from(design.starts.count);
            let prior = if i == 0 { 1.0 + later } else { later };
            if prior > 0.0 {
                let ln = libm::log(prior) + ln_sum(&since);
                if ln >= best_ln {
                    (best, best_ln) = (i, ln);
                }
            }
        }
        best
    }

    /// `ln E` of a process that takes each block as one look.
    pub(crate) fn replay(&self, mut betting: Betting, starts: Starts) -> f64 {
        let mut mixture = Mixture::new(starts, betting.weights());
        for (i, block) in self.blocks.iter().enumerate() {
            let gains = self.gains_of(&mut betting, i, block);
            mixture.take_summed(&gains, betting.weights(), self.starts_in(i, starts));
        }
        mixture.ln_e()
    }

    fn gains_of(&self, betting: &mut Betting, block: usize, pair: &Pair) -> Gains {
        let mut gains = [0.0; MOST];
        betting.look(pair, self.looks_in(block), &mut gains);
        gains
    }

    fn looks_in(&self, block: usize) -> u64 {
        if block + 1 == self.blocks.len() {
            self.looks_in_last
        } else {
            self.looks_per_block
        }
    }

    fn first_look(&self, block: usize) -> u64 {
        self.looks_per_block.saturating_mul(block as u64)
    }

    /// Number of later starts that fall into a block.
    pub(crate) fn starts_in(&self, block: usize, starts: Starts) -> u32 {
        let looks = self.looks_in(block);
        let opened = |looks: u64| {
            let last = looks.saturating_sub(1) / u64::from(starts.every.max(1));
            u32::try_from(last).unwrap_or(u32::MAX).min(starts.count)
        };
        let first = self.first_look(block);
        opened(first.saturating_add(looks)) - opened(first)
    }

    /// Appends the history: up to 2.2 kB.
    pub fn save(&self, out: &mut Vec<u8>) {
        put_header(out, Kind::Evidence, 0);
        put_u64(out, self.looks_per_block);
        put_u64(out, self.looks_in_last);
        put_pair(out, &self.total);
        put_u64(out, self.blocks.len() as u64);
        for block in &self.blocks {
            put_pair(out, block);
        }
    }

    /// Takes a history from the front of `input`.
    ///
    /// # Errors
    /// [`StateError`] where the bytes are cut short, of another layout or kind, or impossible.
    pub fn load(input: &mut &[u8]) -> Result<Self, StateError> {
        take_header(input, Kind::Evidence, 0)?;
        let (looks_per_block, looks_in_last) = (take_u64(input)?, take_u64(input)?);
        let total = take_pair(input)?;
        let count = take_u64(input)?;
        let possible = count <= BLOCKS as u64
            && looks_in_last <= looks_per_block
            && (count == 0) == (looks_in_last == 0)
            && (count > 0 || looks_per_block == 0);
        if !possible {
            return Err(StateError::Impossible);
        }
        let blocks = (0..count)
            .map(|_| take_pair(input))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            blocks,
            looks_per_block,
            looks_in_last,
            total,
        })
    }
}

fn put_pair(out: &mut Vec<u8>, pair: &Pair) {
    for sample in [pair.canary, pair.baseline] {
        put_u64(out, sample.events);
        put_u64(out, sample.trials);
    }
}

fn take_pair(input: &mut &[u8]) -> Result<Pair, StateError> {
    let mut sample = || {
        Ok(Sample {
            events: take_u64(input)?,
            trials: take_u64(input)?,
        })
    };
    Ok(Pair {
        canary: sample()?,
        baseline: sample()?,
    })
}
