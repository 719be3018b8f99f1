//! Which set of pods serves, and how many sets there have been.

use crate::observation::{PodSet, Sides};
use std::collections::BTreeMap;

/// Most sets that are remembered; a set that comes back after that counts as a new one.
const REMEMBERED: usize = 256;

/// The sets of pods of a watch by number. Each set draws its own pod effects, so each spends its own part of the budget for them; a set that comes back is the same draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PodSets {
    pub(crate) known: BTreeMap<(u32, u32), u32>,
    pub(crate) opened: u32,
    pub(crate) now: Option<Pods>,
}

/// One set of pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pods {
    /// Number of the set in the order of appearance, from 1.
    pub(crate) number: u32,
    pub(crate) canary: u32,
    pub(crate) baseline: u32,
}

impl PodSets {
    /// The set that a look was served by. A look that names no pods on one side is taken to have been served by the set before.
    pub(crate) fn see(&mut self, pods: Sides<PodSet>) -> Pods {
        let named = pods.canary.count > 0 && pods.baseline.count > 0;
        if let (false, Some(before)) = (named, self.now) {
            return before;
        }
        let key = (pods.canary.fingerprint, pods.baseline.fingerprint);
        let number = match self.known.get(&key) {
            Some(&number) => number,
            None => {
                self.opened = self.opened.saturating_add(1);
                if self.known.len() < REMEMBERED {
                    self.known.insert(key, self.opened);
                }
                self.opened
            }
        };
        let now = Pods {
            number,
            canary: pods.canary.count.max(1),
            baseline: pods.baseline.count.max(1),
        };
        self.now = Some(now);
        now
    }
}

impl Pods {
    /// One pod a side, where pods are not known: the careful guess.
    pub(crate) const UNKNOWN: Self = Self {
        number: 1,
        canary: 1,
        baseline: 1,
    };

    /// Part of the budget for pod effects that this set may spend; over all sets they add up to 1.
    pub(crate) fn part(self) -> f64 {
        let number = f64::from(self.number);
        1.0 / (number * (number + 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(count: u32, fingerprint: u32) -> PodSet {
        PodSet {
            count,
            young: 0,
            fingerprint,
        }
    }

    #[test]
    fn a_set_that_comes_back_keeps_its_number() {
        let mut sets = PodSets::default();
        let see =
            |sets: &mut PodSets, canary, baseline| sets.see(Sides { canary, baseline }).number;
        assert_eq!(see(&mut sets, set(1, 7), set(3, 8)), 1);
        assert_eq!(see(&mut sets, set(1, 9), set(3, 8)), 2);
        assert_eq!(see(&mut sets, set(1, 7), set(3, 8)), 1);
        assert_eq!(
            see(&mut sets, set(0, 0), set(3, 8)),
            1,
            "a gap is no new set"
        );
        assert_eq!(see(&mut sets, set(2, 5), set(3, 8)), 3);
    }

    #[test]
    fn the_parts_add_up_to_one() {
        let sum: f64 = (1..100_000)
            .map(|number| {
                Pods {
                    number,
                    canary: 1,
                    baseline: 1,
                }
                .part()
            })
            .sum();
        assert!(sum < 1.0 && sum > 0.999, "{sum}");
    }
}
