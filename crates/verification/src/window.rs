//! Sums over the last stretch of time, in a bounded number of cells.

use crate::time::Timestamp;
use core::ops::AddAssign;
use core::time::Duration;
use std::collections::VecDeque;

/// Most cells of a window; looks that are closer together than `span / CELLS` share one, so the stretch is exact to that much.
const CELLS: u32 = 32;

/// A sliding sum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window<T> {
    span: Duration,
    cells: VecDeque<Cell<T>>,
    covered_from: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq)]
struct Cell<T> {
    from: Timestamp,
    through: Timestamp,
    sum: T,
}

impl<T: Clone + Default + AddAssign> Window<T> {
    pub(crate) fn new(span: Duration) -> Self {
        Self {
            span,
            cells: VecDeque::new(),
            covered_from: None,
        }
    }

    /// Adds what was measured in `(from, through]` and forgets what lies wholly before the stretch.
    pub(crate) fn push(&mut self, from: Timestamp, through: Timestamp, value: T) {
        if self.covered_from.is_none() {
            self.covered_from = Some(from);
        }
        let grain = self.span / CELLS;
        match self.cells.back_mut() {
            Some(last) if through.since(last.from) <= grain => {
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

    /// Sum over the stretch; `None` where nothing is in it.
    pub(crate) fn sum(&self) -> Option<T> {
        let mut cells = self.cells.iter();
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

    /// Whether looks have been coming in for at least the whole stretch.
    pub(crate) fn covers(&self, now: Timestamp) -> bool {
        self.covered_from
            .is_some_and(|from| now.since(from) >= self.span)
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
        let mut window = Window::<u64>::new(Duration::from_secs(5));
        for second in 0..20 {
            window.push(at(second), at(second + 1), 1);
        }
        assert_eq!(window.sum(), Some(5));
    }

    #[test]
    fn covers_only_after_the_whole_span() {
        let mut window = Window::<u64>::new(Duration::from_secs(5));
        window.push(at(0), at(1), 1);
        assert!(!window.covers(at(1)));
        window.push(at(4), at(5), 1);
        assert!(window.covers(at(5)));
    }

    #[test]
    fn keeps_a_bounded_number_of_cells() {
        let mut window = Window::<u64>::new(Duration::from_secs(3600));
        for second in 0..7200 {
            window.push(at(second), at(second + 1), 1);
        }
        assert!(window.cells.len() <= 34, "{}", window.cells.len());
        let sum = window.sum().unwrap_or(0);
        assert!((3600..=3720).contains(&sum), "{sum}");
    }
}
