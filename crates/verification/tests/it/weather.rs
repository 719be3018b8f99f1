//! A service with three routes, latencies and orders, and what a second of it is like.

use crate::chance::Chance;
use crate::player::{Look, action, at, criterion, plan, reading, tick_of};
use core::time::Duration;
use statistics::Histogram;
use verification::observation::{Measured, Reading, Sides, SliceName, Tick};
use verification::terms::*;

pub const ROUTES: [&str; 3] = ["/", "/pay", "/search"];
pub const ERRORS: u16 = 0;
pub const LATENCY: u16 = 1;
pub const ORDERS: u16 = 2;

/// What one look is like, before chance.
#[derive(Clone, Copy)]
pub struct Weather {
    /// Requests of each side.
    pub requests: Sides<f64>,
    /// Share of each route.
    pub mix: Sides<[f64; 3]>,
    /// Failure rate by route.
    pub failing: Sides<[f64; 3]>,
    /// Factor on latencies.
    pub slow: Sides<f64>,
    /// Orders per request.
    pub orders: Sides<f64>,
}

pub const fn both<T: Copy>(value: T) -> Sides<T> {
    Sides {
        canary: value,
        baseline: value,
    }
}

pub const CLEAR: Weather = Weather {
    requests: Sides {
        canary: 40.0,
        baseline: 360.0,
    },
    mix: both([0.6, 0.1, 0.3]),
    failing: both([0.005, 0.01, 0.002]),
    slow: both(1.0),
    orders: both(0.3),
};

const EDGES: [f64; 12] = [
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    f64::INFINITY,
];

/// Log-normal latencies with a median of 30 ms, by bucket.
fn latencies(chance: &mut Chance, requests: u64, slow: f64) -> Histogram {
    let mut counts = [0; EDGES.len()];
    for _ in 0..requests {
        let value = 0.03 * slow * (0.8 * chance.normal()).exp();
        let at = EDGES.iter().position(|edge| value <= *edge).unwrap();
        counts[at] += 1;
    }
    Histogram::from_pairs(EDGES.into_iter().zip(counts))
}

impl Weather {
    pub fn look(&self, chance: &mut Chance, from: u64, through: u64) -> Tick {
        let mut readings: Vec<Reading> = Vec::new();
        let mut side = |requests: f64, mix: [f64; 3], failing: [f64; 3], slow: f64, orders: f64| {
            let routes: Vec<(u64, u64)> = mix
                .into_iter()
                .zip(failing)
                .map(|(share, rate)| {
                    let trials = chance.poisson(requests * share);
                    (chance.binomial(trials, rate), trials)
                })
                .collect();
            let trials: u64 = routes.iter().map(|(_, trials)| trials).sum();
            (
                routes,
                latencies(chance, trials, slow),
                (chance.binomial(trials, orders), trials),
            )
        };
        let canary = side(
            self.requests.canary,
            self.mix.canary,
            self.failing.canary,
            self.slow.canary,
            self.orders.canary,
        );
        let baseline = side(
            self.requests.baseline,
            self.mix.baseline,
            self.failing.baseline,
            self.slow.baseline,
            self.orders.baseline,
        );
        let whole = |routes: &[(u64, u64)]| {
            let sum = routes
                .iter()
                .fold((0, 0), |sum, route| (sum.0 + route.0, sum.1 + route.1));
            Look::Counts(sum.0, sum.1)
        };
        readings.push(reading(ERRORS, None, whole(&canary.0), whole(&baseline.0)));
        for (route, (of_canary, of_baseline)) in canary.0.iter().zip(&baseline.0).enumerate() {
            let sides = (
                Look::Counts(of_canary.0, of_canary.1),
                Look::Counts(of_baseline.0, of_baseline.1),
            );
            readings.push(reading(ERRORS, Some(route as u16), sides.0, sides.1));
        }
        readings.push(Reading {
            signal: LATENCY,
            slice: None,
            sides: Sides {
                canary: Measured::Durations(canary.1),
                baseline: Measured::Durations(baseline.1),
            },
        });
        let orders = (
            Look::Counts(canary.2.0, canary.2.1),
            Look::Counts(baseline.2.0, baseline.2.1),
        );
        readings.push(reading(ORDERS, None, orders.0, orders.1));
        let mut tick = tick_of(at(from), at(through), readings);
        if from == 0 {
            tick.new_slices = ROUTES
                .map(|name| SliceName {
                    signal: ERRORS,
                    name: name.into(),
                })
                .to_vec();
        }
        tick
    }
}

/// Failures by route, a fixed value on them, the p99 and orders: all of them roll back.
pub fn service(looks: u64) -> Plan {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(looks);
    plan.warm_up = Duration::from_secs(30);
    let signal = |name: &str, kind| Signal {
        name: name.into(),
        kind,
        ..plan.signals[0].clone()
    };
    let selector = || crate::player::selector("metric");
    let latency = signal("latency", SignalKind::Histogram { of: selector() });
    let orders = signal(
        "orders",
        SignalKind::Count {
            of: selector(),
            per: Some(selector()),
        },
    );
    plan.signals[0].for_each = vec!["route".into()];
    plan.signals.extend([latency, orders]);
    let against = |worse, limit| Rule::AgainstBaseline { worse, limit };
    let grave = || vec![Reaction::RollBack];
    plan.criteria = vec![
        criterion(
            "failures",
            ERRORS,
            against(Worse::Higher, Limit::Points(0.02)),
            grave(),
        ),
        criterion(
            "failures by half",
            ERRORS,
            against(Worse::Higher, Limit::Relative(0.5)),
            grave(),
        ),
        criterion("no collapse", ERRORS, Rule::NeverAbove(0.2), grave()),
        Criterion {
            measure: Measure::Quantile(0.99),
            ..criterion(
                "p99",
                LATENCY,
                against(Worse::Higher, Limit::Relative(1.0)),
                grave(),
            )
        },
        criterion(
            "orders",
            ORDERS,
            against(Worse::Lower, Limit::Relative(0.25)),
            grave(),
        ),
    ];
    for criterion in &mut plan.criteria {
        criterion.sustained_for = Duration::from_secs(10);
        criterion.required = criterion.name != "failures by half";
    }
    plan.actions = vec![action(Reaction::RollBack), action(Reaction::Page)];
    plan
}
