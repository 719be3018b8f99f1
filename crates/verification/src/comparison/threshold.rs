//! Where a latency comparison cuts: placed from the seal's level, or learned from the baseline of this watch before it is used.

use crate::observation::Measured;
use crate::verdict::ThresholdProblem;
use statistics::{Histogram, LatencyLimit, Shift, ShiftError, shift};

/// Fewest values expected beyond the quantile before a threshold is placed: with fewer it would be where chance put it.
const LEAST_BEYOND: f64 = 2.0;

/// The threshold of one criterion.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) quantile: f64,
    pub(crate) limit: LatencyLimit,
    pub(crate) place: Place,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// Learning from the baseline side.
    Learning(Histogram),
    Placed(Shift),
    /// The edges known so far do not allow it; sources that name only buckets in use may show more of them later.
    Impossible(ThresholdProblem, Histogram),
}

impl Threshold {
    pub(crate) fn new(quantile: f64, limit: LatencyLimit, before: Option<&Measured>) -> Self {
        let mut threshold = Self {
            quantile,
            limit,
            place: Place::Learning(Histogram::default()),
        };
        if let Some(Measured::Durations(history)) = before {
            threshold.place = Place::Learning(history.clone());
            threshold.place();
        }
        threshold
    }

    /// Where to cut at this look, if the looks before are enough to say so. The look itself teaches only the looks after it: it never moves the threshold that it is
    /// judged by. It may name edges, which are the source's and not the look's.
    pub(crate) fn at_look(&mut self, baseline: &Histogram) -> Option<Shift> {
        self.learn_edges(baseline);
        self.place();
        if let Place::Learning(history) = &mut self.place {
            history.add(baseline);
        }
        self.shift()
    }

    /// A look without a canary: it teaches too.
    pub(crate) fn learn(&mut self, baseline: &Histogram) {
        if let Place::Learning(history) = &mut self.place {
            history.add(baseline);
        }
    }

    pub(crate) fn shift(&self) -> Option<Shift> {
        match self.place {
            Place::Placed(shift) => Some(shift),
            Place::Learning(_) | Place::Impossible(..) => None,
        }
    }

    pub(crate) fn problem(&self) -> Option<ThresholdProblem> {
        match self.place {
            Place::Placed(_) => None,
            Place::Learning(_) => Some(ThresholdProblem::NoHistory),
            Place::Impossible(problem, _) => Some(problem),
        }
    }

    fn learn_edges(&mut self, of: &Histogram) {
        let (Place::Learning(history) | Place::Impossible(_, history)) = &mut self.place else {
            return;
        };
        let known = history.iter().count();
        history.add(&Histogram::from_pairs(of.iter().map(|(edge, _)| (edge, 0))));
        let more = history.iter().count() > known;
        if let (true, Place::Impossible(_, history)) = (more, &mut self.place) {
            self.place = Place::Learning(core::mem::take(history));
        }
    }

    fn place(&mut self) {
        let Place::Learning(history) = &mut self.place else {
            return;
        };
        if (history.total() as f64) * (1.0 - self.quantile) < LEAST_BEYOND {
            return;
        }
        let problem = match shift(&history.edges(), history, self.quantile, self.limit) {
            Ok(shift) => {
                self.place = Place::Placed(shift);
                return;
            }
            Err(ShiftError::NoHistory) => return,
            Err(ShiftError::BelowABucket { smallest }) => ThresholdProblem::BelowABucket(smallest),
            Err(ShiftError::BeyondLastBucket) => ThresholdProblem::BeyondLastBucket,
        };
        self.place = Place::Impossible(problem, core::mem::take(history));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn values(slow: u64) -> Histogram {
        Histogram::from_pairs([(0.1, 1000 - slow), (0.2, 0), (0.4, slow), (0.8, 0)])
    }

    #[test]
    fn the_look_that_completes_the_history_is_not_judged_by_itself() {
        let mut threshold = Threshold::new(0.99, LatencyLimit::Ratio(2.0), None);
        assert_eq!(
            threshold.at_look(&values(0)),
            None,
            "the first look only teaches"
        );
        // A slow look is judged by the fast one before it.
        assert_eq!(threshold.at_look(&values(500)).unwrap().threshold, 0.1);
    }

    #[test]
    fn looks_without_a_canary_teach() {
        let mut threshold = Threshold::new(0.99, LatencyLimit::Ratio(2.0), None);
        threshold.learn(&values(5));
        assert!(threshold.at_look(&values(5)).is_some());
    }

    #[test]
    fn a_sealed_level_of_a_handful_of_values_is_no_level() {
        let few = Histogram::from_pairs([(0.1, 5), (0.2, 0), (0.4, 0)]);
        let threshold = Threshold::new(
            0.99,
            LatencyLimit::Ratio(2.0),
            Some(&Measured::Durations(few)),
        );
        assert_eq!(threshold.problem(), Some(ThresholdProblem::NoHistory));
    }

    #[test]
    fn an_edge_that_shows_up_later_makes_a_place() {
        let sparse = Histogram::from_pairs([(0.1, 990), (0.8, 10)]);
        let mut threshold = Threshold::new(
            0.99,
            LatencyLimit::Ratio(2.0),
            Some(&Measured::Durations(sparse.clone())),
        );
        assert!(matches!(
            threshold.problem(),
            Some(ThresholdProblem::BelowABucket(_))
        ));
        assert_eq!(threshold.at_look(&sparse), None);
        let finer = Histogram::from_pairs([(0.1, 990), (0.2, 4), (0.8, 6)]);
        assert_eq!(threshold.at_look(&finer).unwrap().harm_edge, 0.2);
    }
}
