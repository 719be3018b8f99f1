//! How much work a measurement may take.

/// Repetitions, and whether the work is only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// How often each number is taken, at least once; the table shows the median.
    pub runs: usize,
    /// Everything once and small: the numbers say nothing, but the code has run.
    pub quick: bool,
}

impl Effort {
    /// Returns the full size of something, or the small one.
    pub fn size<T>(self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
