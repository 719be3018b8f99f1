//! Latencies of one signal, or one slice of it: kept once for all criteria on them, for quantiles and ranges in the signal's own unit.

use crate::blocks::{Blocks, with_starts};
use crate::observation::{Measured, Sides, Tick};
use crate::time::Timestamp;
use crate::window::Window;
use core::ops::AddAssign;
use core::time::Duration;
use statistics::{
    Design, Harm, Histogram, Pair, Safety, Sample, Shift, SingleStream, Starts, Worse,
};

/// Cells of the last stretch: it is shown, not decided upon.
const CELLS: u32 = 6;

/// Latencies of both sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Latencies {
    /// Looks that are judged.
    pub(crate) judged: Blocks<BothSides>,
    /// The last stretch, as long as the longest `sustained-for` of the criteria on these latencies; judged or not.
    pub(crate) lately: Window<BothSides>,
    /// Samples older than this are not lately.
    pub(crate) oldest: Timestamp,
}

/// Histograms of both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BothSides(pub(crate) Sides<Histogram>);

impl AddAssign for BothSides {
    fn add_assign(&mut self, other: Self) {
        self.0.canary += other.0.canary;
        self.0.baseline += other.0.baseline;
    }
}

impl Latencies {
    pub(crate) fn new(longest: Duration) -> Self {
        Self {
            judged: Blocks::default(),
            lately: Window::new(longest, CELLS),
            oldest: Timestamp::default(),
        }
    }

    /// Takes one look; without latencies of the canary it only says how old the others are. Samples before `oldest` are not lately any more.
    pub(crate) fn feed(
        &mut self,
        tick: &Tick,
        sides: Option<&Sides<Measured>>,
        judged: bool,
        oldest: Timestamp,
    ) {
        self.oldest = oldest;
        let Some(sides) = sides else { return };
        let Measured::Durations(canary) = &sides.canary else {
            return;
        };
        let baseline = match &sides.baseline {
            Measured::Durations(baseline) => baseline.clone(),
            _ => Histogram::default(),
        };
        let both = BothSides(Sides {
            canary: canary.clone(),
            baseline,
        });
        if judged {
            self.judged.push(both.clone());
        }
        self.lately.push(tick.from, tick.through, both);
    }

    /// Latencies of the last `span`, if they reach up to now.
    pub(crate) fn lately(&self, span: Duration) -> Option<Sides<Histogram>> {
        if self.lately.reaches(self.oldest) {
            Some(self.lately.sum_over(span)?.0)
        } else {
            None
        }
    }

    /// Latencies since the start from which on the canary looks worst.
    pub(crate) fn since_best_start(
        &self,
        shift: &Shift,
        design: &Design,
    ) -> Option<Sides<Histogram>> {
        let mut best: Option<(f64, Sides<Histogram>)> = None;
        for since in self.judged.since_each() {
            let pair = pair_at(&since.sum.0, shift.threshold, shift.harm_edge);
            let ln_e = one_look_harm(design, &pair);
            // On a tie the longer story is told.
            if best.as_ref().is_none_or(|(most, _)| ln_e >= *most) {
                best = Some((ln_e, since.sum.0));
            }
        }
        best.map(|(_, since)| since)
    }

    /// The edges to which the baseline's `threshold` may have moved on the canary: the highest that the harm process rejects as a limit, and the lowest that the safety
    /// process rejects. By inversion over the known edges, on the blocks.
    pub(crate) fn range_of_shift(
        &self,
        threshold: f64,
        (harm, ln_harm_needed): (&Design, f64),
        (safety, ln_safety_needed): (&Design, f64),
    ) -> (Option<f64>, Option<f64>) {
        let since_each = self.judged.since_each();
        let Some(everything) = since_each.last() else {
            return (None, None);
        };
        let edges = finite_edges(&everything.sum.0);
        // Counts above an edge fall as the edge rises, and evidence with them: both searches are over a monotone row.
        let rejected = edges.partition_point(|&edge| {
            with_starts(&since_each, harm.starts, |both| {
                one_look_harm(harm, &pair_at(&both.0, threshold, edge))
            }) >= ln_harm_needed
        });
        let kept = edges.partition_point(|&edge| {
            one_look_safety(safety, &pair_at(&everything.sum.0, threshold, edge)) < ln_safety_needed
        });
        (
            rejected.checked_sub(1).map(|at| edges[at]),
            edges.get(kept).copied(),
        )
    }

    /// The edges between which the canary's quantile lies, `rate` of its values above it: an end for harm and one for safety, in this order.
    pub(crate) fn range_of_quantile(
        &self,
        rate: f64,
        dispersion: f64,
        starts: Starts,
        worse: Worse,
        ln_harm_needed: f64,
        ln_safety_needed: f64,
    ) -> (Option<f64>, Option<f64>) {
        let since_each = self.judged.since_each();
        let Some(everything) = since_each.last() else {
            return (None, None);
        };
        let edges = finite_edges(&everything.sum.0);
        let stream = |sample: &Sample| {
            let mut stream = SingleStream::new(rate, worse, dispersion, Starts::NONE);
            stream.update(sample);
            stream
        };
        let harm = |edge: f64| {
            with_starts(&since_each, starts, |both| {
                stream(&above(&both.0.canary, edge)).ln_harm()
            }) >= ln_harm_needed
        };
        let safety = |edge: f64| {
            stream(&above(&everything.sum.0.canary, edge)).ln_safety() >= ln_safety_needed
        };
        match worse {
            Worse::Higher => (
                edges
                    .partition_point(|&edge| harm(edge))
                    .checked_sub(1)
                    .map(|at| edges[at]),
                edges
                    .get(edges.partition_point(|&edge| !safety(edge)))
                    .copied(),
            ),
            Worse::Lower => (
                edges
                    .get(edges.partition_point(|&edge| !harm(edge)))
                    .copied(),
                edges
                    .partition_point(|&edge| safety(edge))
                    .checked_sub(1)
                    .map(|at| edges[at]),
            ),
        }
    }
}

fn finite_edges(both: &Sides<Histogram>) -> Vec<f64> {
    let mut edges: Vec<f64> = both
        .canary
        .iter()
        .chain(both.baseline.iter())
        .map(|(edge, _)| edge)
        .filter(|edge| edge.is_finite())
        .collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}

fn above(histogram: &Histogram, edge: f64) -> Sample {
    Sample {
        events: histogram.above(edge),
        trials: histogram.total(),
    }
}

fn pair_at(both: &Sides<Histogram>, threshold: f64, edge: f64) -> Pair {
    Pair {
        canary: above(&both.canary, edge),
        baseline: above(&both.baseline, threshold),
    }
}

fn one_look_harm(design: &Design, pair: &Pair) -> f64 {
    let mut harm = Harm::new(&Design {
        starts: Starts::NONE,
        ..*design
    });
    harm.update(pair);
    harm.ln_e()
}

fn one_look_safety(design: &Design, pair: &Pair) -> f64 {
    let mut safety = Safety::new(design);
    safety.update(pair);
    safety.ln_e()
}
