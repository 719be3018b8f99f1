//! What the evidence of one criterion costs: time for each look, bytes of state.

use std::convert::Infallible;
use std::hint::black_box;

use statistics::{Design, Harm, Margin, Pair, Safety, Sample, Starts, Worse, pod_allowance};

use crate::Problem;
use crate::effort::Effort;
use crate::spread::Spread;
use crate::table::{Goal, Row, Section};

/// A look a minute for 72 hours.
const LOOKS: u32 = 72 * 60;

/// Looks of a run that only tries the code.
const FEW_LOOKS: u32 = 60;

/// 10,000 watches of 20 criteria with a look a minute on one core; the evidence is only a part of that work.
const LOOKS_A_SECOND: f64 = 10_000.0 * 20.0 / 60.0;

/// A checkpoint of 20 criteria has 200 kB; the evidence is only a part of it.
const STATE_BYTES: f64 = 200_000.0 / 20.0;

/// Measures both directions of both kinds of margin over a whole watch.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let count = effort.size(LOOKS, FEW_LOOKS);
    let looks = looks(count);
    let mut rows = Vec::new();
    for (name, margin) in [
        ("+0.5pp", Margin::difference(0.005)?),
        ("+10%", Margin::ratio(1.1)?),
    ] {
        let design = design(margin);
        let speed = Spread::timed(
            effort.runs,
            || {
                black_box(watch(&design, black_box(&looks)));
                Ok::<(), Infallible>(())
            },
            |took| f64::from(count) / took.as_secs_f64(),
        )?;
        let (harm, safety) = watch(&design, &looks);
        let mut state = Vec::new();
        harm.save(&mut state);
        safety.save(&mut state);
        rows.push(Row {
            what: format!("looks at one criterion, limit {name}"),
            value: speed,
            unit: "a second",
            goal: Some(Goal::AtLeast(LOOKS_A_SECOND)),
        });
        rows.push(Row {
            what: format!("saved state of one criterion, limit {name}"),
            value: Spread::exactly(state.len() as f64),
            unit: "bytes",
            goal: Some(Goal::AtMost(STATE_BYTES)),
        });
    }
    Ok(Section {
        about: format!(
            "One criterion over a 72 h watch, evidence of harm and of safety: {count} looks of 600 canary and 11 400 baseline requests with about 1 % errors \
             on both sides, φ = 3, τ = 0.15 with one canary pod and nineteen of the baseline. Processor time of one thread."
        ),
        rows,
        limits: "a limit as a difference projects the null on the limit in every look (`Line::nearest` in statistics); a ratio needs no such projection and costs a \
                 sixteenth.",
    })
}

fn watch(design: &Design, looks: &[Pair]) -> (Harm, Safety) {
    let mut harm = Harm::new(design);
    let mut safety = Safety::new(design);
    for pair in looks {
        harm.update(pair);
        safety.update(pair);
    }
    (harm, safety)
}

fn design(margin: Margin) -> Design {
    Design {
        margin,
        worse: Worse::Higher,
        dispersion: 3.0,
        // A tenth of a 1 % budget for unlucky pods.
        pod_allowance: pod_allowance(0.15, 1, 19, 0.001),
        starts: Starts::over(LOOKS),
        expected_rate: Some(0.01),
    }
}

/// Counts that move around 1 % in a fixed pattern: the same work in every run.
fn looks(count: u32) -> Vec<Pair> {
    (0..count)
        .map(|look| Pair {
            canary: Sample {
                events: u64::from(3 + look % 7),
                trials: 600,
            },
            baseline: Sample {
                events: u64::from(100 + look % 29),
                trials: 11_400,
            },
        })
        .collect()
}
