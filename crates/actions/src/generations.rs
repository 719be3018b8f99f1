//! Refuses orders that a newer one has overtaken.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The highest generation seen by each action for each watch. Clones share what they know.
///
/// Generations are numbered within a watch, so those of two watches are never compared here. It starts empty: a keeper that resumes a
/// watch tells it what the ledger holds. Memory: one entry for each pair of action and watch until [`Generations::forget`].
#[derive(Clone, Debug, Default)]
pub struct Generations(Arc<Mutex<BTreeMap<String, BTreeMap<String, u32>>>>);

/// An order was overtaken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "stale: generation {given} was ordered, and this action has already seen generation {seen}"
)]
pub struct Stale {
    /// Generation of the order.
    pub given: u32,
    /// Highest generation seen.
    pub seen: u32,
}

impl Generations {
    /// Records that `action` has seen `generation` of `watch`; a smaller one than known changes nothing.
    pub fn saw(&self, watch: &str, action: &str, generation: u32) {
        let mut watches = self.watches();
        let seen = watches
            .entry(watch.to_owned())
            .or_default()
            .entry(action.to_owned())
            .or_insert(generation);
        *seen = generation.max(*seen);
    }

    /// Lets an order pass, and remembers its generation. The same generation passes again: that is a repetition, not an older order.
    ///
    /// # Errors
    /// A higher generation was seen.
    pub fn admit(&self, watch: &str, action: &str, generation: u32) -> Result<(), Stale> {
        let mut watches = self.watches();
        let seen = watches
            .entry(watch.to_owned())
            .or_default()
            .entry(action.to_owned())
            .or_insert(generation);
        if generation < *seen {
            return Err(Stale {
                given: generation,
                seen: *seen,
            });
        }
        *seen = generation;
        Ok(())
    }

    /// Forgets a watch that has ended.
    pub fn forget(&self, watch: &str) {
        self.watches().remove(watch);
    }

    fn watches(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, u32>>> {
        // Every change is one insertion: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_overtaken_order_is_refused_and_a_repeated_one_passes() {
        let generations = Generations::default();
        generations.admit("W1", "splitter", 2).unwrap();
        generations.admit("W1", "splitter", 2).unwrap();
        assert_eq!(
            generations.admit("W1", "splitter", 1),
            Err(Stale { given: 1, seen: 2 })
        );
        generations.admit("W2", "splitter", 1).unwrap();
        generations.admit("W1", "haproxy/shop", 1).unwrap();
    }

    #[test]
    fn what_the_ledger_tells_counts_in_every_clone() {
        let generations = Generations::default();
        let shared = generations.clone();
        shared.saw("W1", "splitter", 5);
        shared.saw("W1", "splitter", 3);
        assert!(generations.admit("W1", "splitter", 4).is_err());
        generations.forget("W1");
        assert!(generations.admit("W1", "splitter", 4).is_ok());
    }
}
