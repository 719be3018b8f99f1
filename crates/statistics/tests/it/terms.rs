//! Short ways to write designs and counts.

use statistics::{Design, Margin, Pair, Sample, Starts, Worse};

pub fn pair(canary: (u64, u64), baseline: (u64, u64)) -> Pair {
    Pair {
        canary: Sample {
            events: canary.0,
            trials: canary.1,
        },
        baseline: Sample {
            events: baseline.0,
            trials: baseline.1,
        },
    }
}

/// An ideal world: no dispersion, no pod effects, harm since the first look only.
pub fn ideal(margin: Margin, worse: Worse) -> Design {
    Design {
        margin,
        worse,
        dispersion: 1.0,
        pod_allowance: 0.0,
        starts: Starts::NONE,
        expected_rate: None,
    }
}

pub fn ratio(ratio: f64) -> Design {
    ideal(Margin::ratio(ratio).unwrap(), Worse::Higher)
}

pub fn difference(difference: f64) -> Design {
    ideal(Margin::difference(difference).unwrap(), Worse::Higher)
}
