//! What is shown agrees with what decides: the one place where ranges and estimates are brought in line with the word.
//!
//! The word comes from the processes, look by look. The range comes from inverting them on a coarser history, and the estimate from the best-supported start of it, so each
//! can differ from the word by a little. Where they do, the word stands: it is what was decided by.

use crate::verdict::{Numbers, VerdictKind};
use statistics::{Range, Worse};

/// Both ends as severities: they grow towards the worse side, whichever that is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bounds {
    /// Whether anything was counted that a range could be about.
    pub(crate) known: bool,
    /// The largest damage that the harm process rules in.
    pub(crate) harm: Option<f64>,
    /// The smallest damage that the safety process rules out.
    pub(crate) safety: Option<f64>,
}

/// Brings the ends in line with the word and puts range and difference in line with each other. `limit` is a severity.
///
/// - *Failing*: the harm end is at the limit or past it. *Within*: the safety end is at the limit or inside.
/// - Harm speaks about some stretch of the watch, safety about all of it. Where they contradict each other, what is true now is said: *within* keeps the safety end, any
///   other word the harm end.
/// - The difference lies in the range; one past the safety end says that what was ruled out before has come.
pub(crate) fn agree(
    numbers: &mut Numbers,
    bounds: Bounds,
    worse: Worse,
    limit: f64,
    kind: VerdictKind,
) {
    let Bounds {
        mut harm,
        mut safety,
        ..
    } = bounds;
    match kind {
        VerdictKind::Failing => harm = Some(harm.map_or(limit, |end| end.max(limit))),
        VerdictKind::Within => safety = Some(safety.map_or(limit, |end| end.min(limit))),
        _ => {}
    }
    if let (Some(low), Some(high)) = (harm, safety)
        && low > high
    {
        if kind == VerdictKind::Within {
            harm = None;
        } else {
            safety = None;
        }
    }
    let turned = |severity: f64| match worse {
        Worse::Higher => severity,
        // Not `-severity`: that would make a negative zero.
        Worse::Lower => 0.0 - severity,
    };
    if let Some(difference) = numbers.difference.map(turned) {
        let mut inside = difference;
        if let Some(high) = safety
            && inside > high
        {
            if kind == VerdictKind::Within {
                inside = high;
            } else {
                safety = None;
            }
        }
        if let Some(low) = harm {
            inside = inside.max(low);
        }
        // Written back only where it moved, so that the levels still add up to the last bit.
        if inside != difference {
            numbers.difference = Some(turned(inside));
        }
    }
    let (harm, safety) = (harm.map(turned), safety.map(turned));
    numbers.range = Some(match worse {
        Worse::Higher => Range {
            lower: harm,
            upper: safety,
        },
        Worse::Lower => Range {
            lower: safety,
            upper: harm,
        },
    });
}
