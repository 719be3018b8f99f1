//! Records as a service in production makes them, without randomness.

use ledger::{Record, SealRecord};
use statistics::{Histogram, Sample};
use verification::event::Input;
use verification::observation::{Measured, PodSet, Reading, Sides, Tick};
use verification::time::Timestamp;

/// 2026-10-17T09:30:00Z.
pub const START: i64 = 1_792_229_400_000;

pub fn time(seconds: i64) -> Timestamp {
    Timestamp::from_millis(START + seconds * 1000)
}

/// A sequence that looks random and is the same everywhere.
pub struct Sequence(pub u64);

impl Sequence {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

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

/// Requests by latency: most in the middle, few at the ends.
fn latencies(requests: u64, random: &mut Sequence) -> Measured {
    let shares = [2, 8, 30, 180, 260, 200, 210, 70, 20, 10, 6, 3, 1, 0, 0];
    let counts = shares.map(|share| {
        let mean = requests * share / 1000;
        mean + random.below(mean / 4 + 1)
    });
    Measured::Durations(Histogram::from_pairs(EDGES.into_iter().zip(counts)))
}

/// Events among requests at about one in a hundred.
fn counts(requests: u64, random: &mut Sequence) -> Measured {
    Measured::Counts(Sample {
        events: random.below(requests / 50 + 2),
        trials: requests - random.below(requests / 10 + 1),
    })
}

/// A look at a service with `a_minute` requests, a tenth of them at the canary: 15 proportions and counts, four classic histograms
/// of 15 buckets and a level.
pub fn tick(number: i64, a_minute: u64) -> Tick {
    let mut random = Sequence(u64::try_from(number).unwrap_or(0) + 1);
    let (canary, baseline) = (a_minute / 10, a_minute - a_minute / 10);
    let readings = (0..20)
        .map(|signal| Reading {
            signal,
            slice: None,
            sides: match signal {
                0..15 => Sides {
                    canary: counts(canary, &mut random),
                    baseline: counts(baseline, &mut random),
                },
                15..19 => Sides {
                    canary: latencies(canary, &mut random),
                    baseline: latencies(baseline, &mut random),
                },
                _ => Sides {
                    canary: Measured::Level(0.1 + random.below(1000) as f64 / 7.0),
                    baseline: Measured::Level(0.1 + random.below(1000) as f64 / 7.0),
                },
            },
        })
        .collect();
    Tick {
        from: time(60 * (number - 1)),
        through: time(60 * number),
        readings,
        pods: Sides {
            canary: PodSet {
                count: 2,
                young: 0,
                fingerprint: 0x9e37_79b9,
            },
            baseline: PodSet {
                count: 18,
                young: 1,
                fingerprint: 0x85eb_ca6b,
            },
        },
        newest: Sides {
            canary: Some(Timestamp::from_millis(START + 60_000 * number - 2113)),
            baseline: Some(Timestamp::from_millis(START + 60_000 * number - 719)),
        },
        ..Tick::default()
    }
}

/// The same, as a record.
pub fn tick_record(number: i64, a_minute: u64) -> Record {
    Record::Input {
        now: Timestamp::from_millis(START + 60_000 * number + 5041),
        input: Input::Tick(tick(number, a_minute)),
    }
}

/// A seal.
pub fn seal(service: &str) -> SealRecord {
    SealRecord {
        service: service.to_owned(),
        plan_text: format!("service: {service}\nwatch-for: 72h\n"),
        plan_file: "shakedown/checkout.yaml".to_owned(),
        connections: "prometheus: http://prometheus:9090\n".to_owned(),
        hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
        at: time(-60),
        late: false,
        levels: Vec::new(),
        engine: "0.1.0".to_owned(),
    }
}
