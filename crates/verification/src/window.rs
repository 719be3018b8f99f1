//! Sums over the last stretch of time, in a bounded number of cells.

use crate::time::Timestamp;
use core::ops::AddAssign;
use core::time::Duration;
use std::collections::VecDeque;

/// A sliding sum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window<T> {
    pub(crate) span: Duration,
    /// Looks that are closer together than this share a cell, so the stretch is exact to that much.
    pub(crate) grain: Duration,
    pub(crate) cells: VecDeque<Cell<T>>,
    pub(crate) covered_from: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell<T> {
    pub(crate) from: Timestamp,
    pub(crate) through: Timestamp,
    pub(crate) sum: T,
}

impl<T: Clone + Default + AddAssign> Window<T> {
    /// A window over `span`, in about `cells` cells.
    pub(crate) fn new(span: Duration, cells: u32) -> Self {
        Self {
            span,
            grain: span / cells.max(1),
            cells: VecDeque::new(),
            covered_from: None,
        }
    }

    /// Adds what was measured in `(from, through]` and forgets what lies wholly before the stretch.
    pub(crate) fn push(&mut self, from: Timestamp, through: Timestamp, value: T) {
        if self.covered_from.is_none() {
            self.covered_from = Some(from);
        }
        match self.cells.back_mut() {
            Some(last) if through.since(last.from) <= self.grain => {
                last.sum += value;
                last.through = through;
            }
            _ => self.cells.push_back(Cell {
                from,
                through,
                sum: value,
            }),
        }
        let start = through - self.span;
        while self
            .cells
            .front()
            .is_some_and(|first| first.through <= start)
        {
            self.cells.pop_front();
        }
    }

    /// Forgets everything: the next look starts a new stretch.
    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.covered_from = None;
    }

    /// Sum over the stretch that ended with the last look; `None` where nothing is in it.
    pub(crate) fn sum(&self) -> Option<T> {
        self.sum_over(self.span)
    }

    /// Sum over the last `span`, at most the window's own.
    pub(crate) fn sum_over(&self, span: Duration) -> Option<T> {
        let start = self.cells.back()?.through - span;
        let mut cells = self.cells.iter().filter(|cell| cell.through > start);
        let mut sum = cells.next()?.sum.clone();
        for cell in cells {
            sum += cell.sum.clone();
        }
        Some(sum)
    }

    /// The last cell: about the last look.
    pub(crate) fn last(&self) -> Option<&T> {
        self.cells.back().map(|cell| &cell.sum)
    }

    /// Whether the last look in it is no older than `oldest`.
    pub(crate) fn reaches(&self, oldest: Timestamp) -> bool {
        self.cells.back().is_some_and(|last| last.through >= oldest)
    }

    /// Whether looks have been coming in for at least the whole stretch, the last of them no older than `oldest`.
    pub(crate) fn covers(&self, oldest: Timestamp) -> bool {
        self.reaches(oldest)
            && match (self.covered_from, self.cells.back()) {
                (Some(from), Some(last)) => last.through.since(from) >= self.span,
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn forgets_what_is_older_than_the_span() {
        let mut window = Window::<u64>::new(Duration::from_secs(5), 32);
        for second in 0..20 {
            window.push(at(second), at(second + 1), 1);
        }
        assert_eq!(window.sum(), Some(5));
        assert_eq!(window.sum_over(Duration::from_secs(2)), Some(2));
    }

    #[test]
    fn covers_only_what_was_looked_at_for_the_whole_span() {
        let mut window = Window::<u64>::new(Duration::from_secs(5), 32);
        window.push(at(0), at(1), 1);
        // Samples that arrive late do not make the stretch longer.
        assert!(!window.covers(at(1)));
        window.push(at(4), at(5), 1);
        assert!(window.covers(at(5)));
    }

    #[test]
    fn an_old_stretch_covers_nothing() {
        let mut window = Window::<u64>::new(Duration::from_secs(5), 32);
        for second in 0..10 {
            window.push(at(second), at(second + 1), 1);
        }
        assert!(window.covers(at(8)));
        assert!(!window.covers(at(11)));
    }

    #[test]
    fn keeps_a_bounded_number_of_cells() {
        let mut window = Window::<u64>::new(Duration::from_secs(3600), 32);
        for second in 0..7200 {
            window.push(at(second), at(second + 1), 1);
        }
        assert!(window.cells.len() <= 34, "{}", window.cells.len());
        let sum = window.sum().unwrap_or(0);
        assert!((3600..=3720).contains(&sum), "{sum}");
    }
}
