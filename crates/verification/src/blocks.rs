//! A bounded history of looks, the coarser the older.

use core::ops::AddAssign;
use statistics::Starts;

/// Consecutive looks summed into blocks of 1, 2, 4, 8 … looks, one or two of each size, the smallest last: about `2 log2(looks)` blocks, fine where it matters.
/// Where blocks end depends on the number of looks alone, never on what was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Blocks<T> {
    /// Oldest first.
    pub(crate) blocks: Vec<Block<T>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block<T> {
    pub(crate) looks: u64,
    pub(crate) sum: T,
}

/// Everything since the beginning of one block.
pub(crate) struct Since<T> {
    /// Sum of the block and all after it.
    pub(crate) sum: T,
    /// Looks before the block.
    before: u64,
    /// Looks in the block.
    looks: u64,
}

impl<T: Clone + Default + AddAssign> Blocks<T> {
    pub(crate) fn push(&mut self, look: T) {
        self.blocks.push(Block {
            looks: 1,
            sum: look,
        });
        let mut end = self.blocks.len();
        while end >= 3 && self.blocks[end - 3].looks == self.blocks[end - 1].looks {
            let newer = self.blocks.remove(end - 2);
            let merged = &mut self.blocks[end - 3];
            merged.looks = merged.looks.saturating_add(newer.looks);
            merged.sum += newer.sum;
            end -= 2;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(crate) fn total(&self) -> T {
        let mut sum = T::default();
        for block in &self.blocks {
            sum += block.sum.clone();
        }
        sum
    }

    /// What has come since the beginning of each block, newest first; the last of them is everything.
    pub(crate) fn since_each(&self) -> Vec<Since<T>> {
        let mut before: u64 = self.blocks.iter().map(|block| block.looks).sum();
        let mut sum = T::default();
        self.blocks
            .iter()
            .rev()
            .map(|block| {
                before -= block.looks;
                sum += block.sum.clone();
                Since {
                    sum: sum.clone(),
                    before,
                    looks: block.looks,
                }
            })
            .collect()
    }
}

impl<T> Since<T> {
    /// Share of the later starts that fall into the block, as the processes open them.
    fn mass(&self, starts: Starts) -> f64 {
        let opened = |looks: u64| {
            (looks.saturating_sub(1) / u64::from(starts.every.max(1))).min(u64::from(starts.count))
        };
        (opened(self.before + self.looks) - opened(self.before)) as f64
            / f64::from(starts.count.max(1))
    }
}

/// `ln E` of a process with later starts, from `ln E` of the sum since each block: half on the first look, half on the starts, what has not started yet counts as 1.
///
/// A start inside a block is taken at the block's beginning, which is all that the blocks still know.
pub(crate) fn with_starts<T>(
    since_each: &[Since<T>],
    starts: Starts,
    ln_e: impl Fn(&T) -> f64,
) -> f64 {
    let Some(everything) = since_each.last() else {
        return 0.0;
    };
    let first = ln_e(&everything.sum);
    if starts.count == 0 {
        return first;
    }
    let mut waiting = 1.0;
    let mut sum = first;
    for since in since_each {
        let mass = since.mass(starts);
        if mass > 0.0 {
            waiting -= mass;
            sum = crate::log_sum::log_sum(sum, libm::log(mass) + ln_e(&since.sum));
        }
    }
    if waiting > 0.0 {
        sum = crate::log_sum::log_sum(sum, libm::log(waiting));
    }
    sum - core::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_fine_lately_coarse_before_and_loses_nothing() {
        let mut blocks = Blocks::<u64>::default();
        for look in 1..=5000u64 {
            blocks.push(look);
            assert_eq!(blocks.total(), look * (look + 1) / 2);
            assert!(blocks.blocks.len() <= 26, "{}", blocks.blocks.len());
            assert_eq!(blocks.blocks.last().map(|block| block.looks), Some(1));
        }
    }

    #[test]
    fn starts_are_shared_out_once() {
        let starts = Starts::over(1000);
        let mut blocks = Blocks::<u64>::default();
        for look in 0..1000 {
            blocks.push(look);
        }
        let mass: f64 = blocks
            .since_each()
            .iter()
            .map(|since| since.mass(starts))
            .sum();
        assert!(mass > 0.99 && mass <= 1.0 + 1e-12, "{mass}");
    }

    #[test]
    fn without_evidence_the_process_is_at_one() {
        let mut blocks = Blocks::<u64>::default();
        for look in 0..100 {
            blocks.push(look);
        }
        let ln_e = with_starts(&blocks.since_each(), Starts::over(500), |_| 0.0);
        assert!(ln_e.abs() < 1e-12, "{ln_e}");
    }
}
