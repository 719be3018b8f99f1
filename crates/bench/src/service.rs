//! A service under watch with 20 criteria: its plan, and what each look brings in.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use ledger::SealRecord;
use statistics::{Histogram, Sample};
use verification::Watch;
use verification::observation::{BaselineLevel, Measured, PodSet, Reading, Sides, SliceName, Tick};
use verification::seal::Sealed;
use verification::terms::Plan;
use verification::time::Timestamp;

use crate::Problem;

/// Criteria of the plan, each on a signal of its own: the costly case, as signals are often shared.
pub const CRITERIA: u16 = 20;

/// How the criteria are mixed, for the descriptions.
pub const MIX: &str = "12 proportions with +0.5pp, 3 counts with +25%, 3 latency quantiles with +100% over 15 buckets and 2 fixed values, \
     each on a signal of its own";

/// What a look is, for the descriptions.
pub const TRAFFIC: &str = "a look a minute of 600 canary requests on one pod and 11 400 of the baseline on nineteen, without any fault";

/// Looks of a 72 h watch, a look a minute; the last one would end it.
pub const LOOKS: u32 = 72 * 60 - 1;

/// Slices a signal has where it is split.
pub const SLICES: u16 = 10;

const LOOK: Duration = Duration::from_secs(60);

/// 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// Upper edges of the latency histograms in seconds, the usual ones of the client libraries.
const EDGES: [f64; 15] = [
    0.005,
    0.01,
    0.025,
    0.05,
    0.075,
    0.1,
    0.25,
    0.5,
    0.75,
    1.0,
    2.5,
    5.0,
    7.5,
    10.0,
    f64::INFINITY,
];

/// Requests of each side in a look.
const TRIALS: Sides<u64> = Sides {
    canary: 600,
    baseline: 11_400,
};

/// What a signal measures.
#[derive(Clone, Copy)]
enum Kind {
    Proportion,
    Count,
    Latency,
    Fixed,
}

/// The kind of a signal by its number.
fn kind(signal: u16) -> Kind {
    match signal {
        0..12 => Kind::Proportion,
        12..15 => Kind::Count,
        15..18 => Kind::Latency,
        _ => Kind::Fixed,
    }
}

/// A service with its sealed plan.
#[derive(Debug, Clone)]
pub struct Service {
    pub sealed: Arc<Sealed>,
    pub plan_text: String,
    split: bool,
}

impl Service {
    /// Makes the plan; `split` gives every signal ten slices beside the whole.
    ///
    /// # Errors
    /// If the plan is not valid any more.
    pub fn new(split: bool) -> Result<Self, Problem> {
        let plan_text = plan_text(split);
        let plan = parse(&plan_text)?;
        let levels = (0..CRITERIA)
            .map(|signal| BaselineLevel {
                signal,
                slice: None,
                measured: measured(
                    signal,
                    60 * TRIALS.baseline,
                    &mut Sequence(u64::from(signal)),
                ),
                over: 60 * LOOK,
            })
            .collect();
        let sealed = Sealed {
            plan,
            hash: "00".to_owned(),
            at: START,
            late: false,
            levels,
        };
        Ok(Self {
            sealed: Arc::new(sealed),
            plan_text,
            split,
        })
    }

    /// Begins a watch; `number` moves its looks against those of others.
    pub fn begin(&self) -> Watch {
        Watch::begin(Arc::clone(&self.sealed), START)
    }

    /// Returns the seal as a ledger holds it.
    pub fn seal(&self) -> SealRecord {
        SealRecord {
            service: self.sealed.plan.service.clone(),
            plan_text: self.plan_text.clone(),
            plan_file: "checkout.watch.yaml".to_owned(),
            connections: "{}".to_owned(),
            hash: self.sealed.hash.clone(),
            at: self.sealed.at,
            late: false,
            levels: self.sealed.levels.clone(),
            engine: "bench".to_owned(),
        }
    }

    /// Returns look `number` (from 1) of watch `watch`: the same in every run, another in every watch.
    pub fn tick(&self, watch: u32, number: u32) -> Tick {
        let mut random = Sequence(u64::from(watch) << 32 | u64::from(number));
        let slices = if self.split { SLICES } else { 0 };
        let mut readings = Vec::new();
        for signal in 0..CRITERIA {
            for slice in [None].into_iter().chain((0..slices).map(Some)) {
                let parts = if slice.is_some() {
                    u64::from(slices)
                } else {
                    1
                };
                let mut side = |trials: u64| measured(signal, trials / parts, &mut random);
                readings.push(Reading {
                    signal,
                    slice,
                    sides: Sides {
                        canary: side(TRIALS.canary),
                        baseline: side(TRIALS.baseline),
                    },
                });
            }
        }
        let through = at(number);
        let pods = PodSet {
            count: 1,
            young: 0,
            fingerprint: 1,
        };
        Tick {
            from: at(number - 1),
            through,
            new_slices: if number == 1 {
                names(slices)
            } else {
                Vec::new()
            },
            readings,
            pods: Sides {
                canary: pods,
                baseline: PodSet { count: 19, ..pods },
            },
            newest: Sides {
                canary: Some(through - Duration::from_millis(2113)),
                baseline: Some(through - Duration::from_millis(719)),
            },
            ..Tick::default()
        }
    }
}

/// Returns when look `number` ends; look 0 is the start.
pub fn at(number: u32) -> Timestamp {
    START + number * LOOK
}

/// Reads a plan that must be valid.
///
/// # Errors
/// If it is not.
pub fn parse(text: &str) -> Result<Plan, Problem> {
    let parsed = plan::parse(text, "bench.watch.yaml");
    parsed.plan.ok_or_else(|| {
        let problems: Vec<_> = parsed
            .problems
            .iter()
            .map(|problem| problem.message.as_str())
            .collect();
        format!(
            "the plan of the measurement is not valid: {}",
            problems.join("; ")
        )
        .into()
    })
}

fn names(slices: u16) -> Vec<SliceName> {
    (0..CRITERIA)
        .flat_map(|signal| {
            (0..slices).map(move |slice| SliceName {
                signal,
                name: format!("/route/{slice}"),
            })
        })
        .collect()
}

/// What one side of a signal measures: about one in a hundred, most latencies between 50 and 500 ms.
fn measured(signal: u16, trials: u64, random: &mut Sequence) -> Measured {
    match kind(signal) {
        Kind::Latency => {
            let shares = [2, 8, 30, 180, 260, 200, 210, 70, 20, 10, 6, 3, 1, 0, 0];
            let counts = shares.map(|share| {
                let mean = trials * share / 1000;
                mean + random.below(mean / 4 + 1)
            });
            Measured::Durations(Histogram::from_pairs(EDGES.into_iter().zip(counts)))
        }
        Kind::Proportion | Kind::Count | Kind::Fixed => Measured::Counts(Sample {
            events: random.below(trials / 50 + 1),
            trials: trials - random.below(trials / 10 + 1),
        }),
    }
}

fn plan_text(split: bool) -> String {
    let mut text = "plan: 1\nservice: checkout\nwatch: {for: 72h, judge-every: 1m, warm-up: 2m, lateness: 0s}\n\
         compare: {canary: 'track=\"canary\"', baseline: 'track=\"stable\"'}\nsignals:\n"
        .to_owned();
    let for_each = if split { ", for-each: http_route" } else { "" };
    for signal in 0..CRITERIA {
        let source = match kind(signal) {
            Kind::Proportion | Kind::Fixed => {
                format!(
                    "kind: proportion, part: 'failed_{signal}_total', whole: 'asked_{signal}_total'"
                )
            }
            Kind::Count => {
                format!("kind: count, of: 'retries_{signal}_total', per: 'asked_{signal}_total'")
            }
            Kind::Latency => format!("kind: histogram, of: 'latency_{signal}_seconds'"),
        };
        let _ = writeln!(
            text,
            "  signal-{signal}: {{source: shop, {source}{for_each}}}"
        );
    }
    text.push_str("criteria:\n");
    for signal in 0..CRITERIA {
        let rule = match kind(signal) {
            Kind::Proportion => "worse-when: higher, limit: +0.5pp",
            Kind::Count => "worse-when: higher, limit: +25%",
            Kind::Latency => "measure: p99, worse-when: higher, limit: +100%",
            Kind::Fixed => "never-above: 10%",
        };
        let _ = writeln!(
            text,
            "  - {{name: criterion {signal}, signal: signal-{signal}, {rule}, sustained-for: 5m, then: roll-back}}"
        );
    }
    text.push_str(
        "authority:\n  roll-back: {decided-by: shakedown}\n  confirm: {decided-by: shakedown}\n  undecided-at-the-end: review\n  cannot-see-for: {10m: page}\n\
         actions:\n  roll-back: {run: splitter/checkout, within: 10m, otherwise: page}\n",
    );
    text
}

/// A sequence that looks random and is the same everywhere.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}
