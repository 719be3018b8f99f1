//! A number taken several times.

use std::time::Duration;

use crate::processor_time;

/// Median and extremes of repeated runs, in the unit of the row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub lowest: f64,
    pub highest: f64,
    pub runs: usize,
}

impl Spread {
    /// Takes `runs` values, at least one; the median of an even number is the lower one of the middle, a value that was seen.
    ///
    /// # Errors
    /// The first that `value` returns.
    pub fn of<E>(runs: usize, mut value: impl FnMut() -> Result<f64, E>) -> Result<Self, E> {
        let mut values = vec![value()?];
        for _ in 1..runs {
            values.push(value()?);
        }
        Ok(Self::among(values))
    }

    /// Median and extremes of values that were taken already; all zero where there are none.
    pub fn among(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        Self {
            median: at(values.len().saturating_sub(1) / 2),
            lowest: at(0),
            highest: at(values.len().saturating_sub(1)),
            runs: values.len(),
        }
    }

    /// Returns the same in another unit; a falling `number` turns the order around.
    pub fn through(self, number: impl Fn(f64) -> f64) -> Self {
        let (one, other) = (number(self.lowest), number(self.highest));
        Self {
            median: number(self.median),
            lowest: one.min(other),
            highest: one.max(other),
            runs: self.runs,
        }
    }

    /// Returns a number that is the same in every run: a size in bytes.
    pub fn exactly(value: f64) -> Self {
        Self {
            median: value,
            lowest: value,
            highest: value,
            runs: 1,
        }
    }

    /// Runs `work` once for warmth, then measures it `runs` times; `number` makes the value of the row from the processor
    /// time that it took on this thread.
    ///
    /// # Errors
    /// The first that `work` returns.
    pub fn timed<E>(
        runs: usize,
        mut work: impl FnMut() -> Result<(), E>,
        number: impl Fn(Duration) -> f64,
    ) -> Result<Self, E> {
        work()?;
        Self::of(runs, || {
            let begun = processor_time::of_thread();
            work()?;
            Ok(number(processor_time::of_thread().saturating_sub(begun)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn of(values: &[f64]) -> Spread {
        let mut values = values.iter().copied();
        let runs = values.len();
        Spread::of(runs, || values.next().ok_or("no more")).unwrap()
    }

    #[test]
    fn the_median_is_a_value_that_was_seen() {
        let odd = of(&[5.0, 1.0, 3.0]);
        assert_eq!(
            (odd.median, odd.lowest, odd.highest, odd.runs),
            (3.0, 1.0, 5.0, 3)
        );
        assert_eq!(of(&[4.0, 1.0]).median, 1.0);
    }

    #[test]
    fn another_unit_keeps_lowest_and_highest() {
        let rate = of(&[2.0, 4.0, 8.0]).through(|seconds| 1.0 / seconds);
        assert_eq!((rate.median, rate.lowest, rate.highest), (0.25, 0.125, 0.5));
    }

    #[test]
    fn timed_work_runs_once_more_than_it_is_measured() {
        let mut count = 0;
        let spread = Spread::timed(
            4,
            || {
                count += 1;
                Ok::<(), Infallible>(())
            },
            |_| 1.0,
        );
        assert_eq!(spread.unwrap().runs, 4);
        assert_eq!(count, 5);
    }

    #[test]
    fn a_failing_run_ends_the_measurement() {
        assert_eq!(Spread::of(3, || Err::<f64, _>("broken")), Err("broken"));
    }
}
