//! The null as a straight line, and the point of it nearest to an alternative.

use crate::design::Design;
use crate::sample::Worse;

/// Which side of the line is the null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The null is on or under the line; alternatives lie above.
    Harm,
    /// The null is on or above the line; alternatives lie under it.
    Safety,
}

/// `r1 = offset + slope · r0`, in the space where a higher rate is worse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Line {
    pub offset: f64,
    pub slope: f64,
}

impl Line {
    /// The line of a design at the given difference (towards the worse side; may be negative), moved by the pod allowance
    /// towards the alternatives.
    ///
    /// The allowance multiplies the rarer of the event and its complement, by what the expected rate says: pods differ by a
    /// factor in their failure rate, not in a success rate of 0.999. Under a pod effect on the log odds both lines contain
    /// the null, so either choice is valid.
    pub(crate) fn new(design: &Design, allowance: f64, side: Side, difference: f64) -> Self {
        let widening = match side {
            Side::Harm => allowance,
            Side::Safety => -allowance,
        };
        let ratio = design.margin.ratio;
        let events_rare = design.usable_rate().is_none_or(|rate| rate <= 0.5);
        match (design.worse, events_rare) {
            // r1 = e^w · ratio · r0 + difference
            (Worse::Higher, true) => Self {
                offset: difference,
                slope: libm::exp(widening) * ratio,
            },
            // 1 - r1 = e^-w · (1 - ratio · r0) - difference
            (Worse::Higher, false) => {
                let shrink = libm::exp(-widening);
                Self {
                    offset: difference + (1.0 - shrink),
                    slope: shrink * ratio,
                }
            }
            // r1 = e^-w · ratio · r0 - difference, written in the complements 1 - r1 and 1 - r0
            (Worse::Lower, true) => {
                let slope = libm::exp(-widening) * ratio;
                Self {
                    offset: difference + (1.0 - slope),
                    slope,
                }
            }
            // 1 - r1 = e^w · (1 - ratio · r0) + difference, likewise
            (Worse::Lower, false) => {
                let grow = libm::exp(widening);
                Self {
                    offset: difference + grow * (1.0 - ratio),
                    slope: grow * ratio,
                }
            }
        }
    }

    pub(crate) fn at(&self, r0: f64) -> f64 {
        self.offset + self.slope * r0
    }

    /// Returns the point `(r1, r0)` of the line that minimises `n1 KL(q1‖r1) + n0 KL(q0‖r0)`, or `None` where the line does
    /// not pass through the unit square between the alternative and it.
    ///
    /// The derivative along the line, multiplied by the positive `r1(1-r1)r0(1-r0)`, is a cubic with exactly one root
    /// between "baseline as in the alternative" and "canary as in the alternative". Newton's method finds it; a step that
    /// leaves the bracket is replaced by bisection. About five steps; it ends when the bracket or the step is at the
    /// resolution of the numbers.
    pub(crate) fn nearest(&self, q1: f64, n1: f64, q0: f64, n0: f64) -> Option<(f64, f64)> {
        // The range of r0 in which r1 lies in the unit interval.
        let (first, last) = (
            (-self.offset / self.slope).max(0.0),
            ((1.0 - self.offset) / self.slope).min(1.0),
        );
        let meets = (q1 - self.offset) / self.slope;
        let mut low = q0.min(meets).max(first);
        let mut high = q0.max(meets).min(last);
        // Not a number, an empty range or a range without inside: no point to project on.
        let inside = low < high;
        if !inside {
            return None;
        }
        let (w1, w0) = (self.slope * (n1 / (n1 + n0)), n0 / (n1 + n0));
        // First guess: weighted by information at the alternative, as if variances did not change along the line.
        let (i1, i0) = (w1 / (q1 * (1.0 - q1)), w0 / (q0 * (1.0 - q0)));
        let mut r0 = (i1 * meets * self.slope + i0 * q0) / (i1 * self.slope + i0);
        if !(r0 > low && r0 < high) {
            r0 = low + (high - low) * 0.5;
        }
        // Newton needs about five steps; sixty bisections would exhaust the resolution.
        for _ in 0..60 {
            let r1 = self.at(r0);
            let (v1, v0) = (r1 * (1.0 - r1), r0 * (1.0 - r0));
            let (d1, d0) = (r1 - q1, r0 - q0);
            let value = w1 * d1 * v0 + w0 * d0 * v1;
            if value > 0.0 {
                high = r0;
            } else if value < 0.0 {
                low = r0;
            } else {
                break;
            }
            let slope = w1 * (self.slope * v0 + d1 * (1.0 - 2.0 * r0))
                + w0 * (v1 + d0 * self.slope * (1.0 - 2.0 * r1));
            let newton = r0 - value / slope;
            let next = if newton > low && newton < high {
                newton
            } else {
                low + (high - low) * 0.5
            };
            let step = next - r0;
            r0 = next;
            if step.abs() <= 4.0 * f64::EPSILON * r0 || low >= high {
                break;
            }
        }
        let r1 = self.at(r0);
        (r1 > 0.0 && r1 < 1.0 && r0 > 0.0 && r0 < 1.0).then_some((r1, r0))
    }
}
