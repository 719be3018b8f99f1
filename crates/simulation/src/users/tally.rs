//! What visitors saw.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::route::Route;

/// Counts of a moment. Every request that was begun is in exactly one of the fields, or still under way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests handed to the network, whatever came of them, those under way included.
    pub sent: u64,
    /// Complete answers by route and status.
    pub answered: BTreeMap<(Route, u16), u64>,
    /// No connection, or one that broke before the answer was complete.
    pub broken: u64,
    /// No complete answer within the time limit.
    pub timed_out: u64,
    /// Found no place among the requests under way; not part of `sent`.
    pub not_sent: u64,
}

impl Tally {
    /// Returns how many answers had a status of this class, 2 for 200 to 299.
    pub fn class(&self, class: u16) -> u64 {
        self.answered_where(|_, code| code / 100 == class)
    }

    /// Returns how many answers were complete, with any status.
    pub fn answered_total(&self) -> u64 {
        self.answered_where(|_, _| true)
    }

    /// Returns how many requests failed for their visitor: status 500 and above, broken, or too late.
    pub fn failed(&self) -> u64 {
        self.class(5) + self.broken + self.timed_out
    }

    /// Returns how many answers there were of a kind.
    pub fn answered_where(&self, of_kind: impl Fn(Route, u16) -> bool) -> u64 {
        self.answered
            .iter()
            .filter(|((route, code), _)| of_kind(*route, *code))
            .map(|(_, count)| count)
            .sum()
    }
}

/// A tally that can be read while visitors come.
#[derive(Debug, Default)]
pub struct Counters(Mutex<Tally>);

impl Counters {
    /// Returns a consistent copy.
    pub fn tally(&self) -> Tally {
        self.change(|tally| tally.clone())
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
