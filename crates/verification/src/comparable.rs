//! When the sides cannot be compared: age, mix, share (DESIGN.md 6, rule 9). Never for size alone.

use crate::observation::{Measured, Side, Sides, Tick};
use crate::terms::{Plan, SignalKind};
use statistics::share_mismatch_ln_e;
use std::collections::BTreeMap;

/// Largest total variation between the sides' route mixes.
const MIX: f64 = 0.2;
/// Over how many looks mixes are compared, as what a look still counts for one look later, and how many times the variation that chance explains is taken off. A change that
/// would mislead at once must be seen at once, which takes much traffic or a large change; over an hour of looks a minute smaller ones show.
const SCALES: [(f64, f64); 3] = [(0.0, 3.0), (7.0 / 8.0, 3.0), (63.0 / 64.0, 1.0)];
/// Prior strength of the share test: the mixture expects shares about as precise as this many requests tell (Lindon and Malek's default).
const KAPPA: f64 = 100.0;
/// Part of a side's pods that must be young for the side to be young: a restarted pod among many is everyday life.
const YOUNG: f64 = 0.5;

/// How the traffic is shared between the sides and between the slices of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Traffic {
    pub(crate) mixes: BTreeMap<u16, Mix>,
    /// Since the canary came.
    pub(crate) seen: Sides<f64>,
    /// Since the warm-up: while a canary comes up its share is nobody's promise.
    pub(crate) warm: Sides<f64>,
}

/// The mix of one signal's slices on both sides, on each of [`SCALES`], of looks in which both had traffic.
///
/// Looks are weighted by `n1 n0 / (n1 + n0)` on both sides (Mantel and Haenszel), so that a traffic step during a common change of mix does not pose as a difference.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mix {
    pub(crate) sums: [Sums; SCALES.len()],
    pub(crate) slices: BTreeMap<u16, [Sides<f64>; SCALES.len()]>,
}

/// Sums of weights, and of squares of what each look counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) weight: f64,
    pub(crate) squares: f64,
}

impl Traffic {
    /// Takes one look in which the canary may have had traffic. `shared` is the signal that shows how requests are shared, if the plan has one.
    pub(crate) fn add(&mut self, tick: &Tick, shared: Option<u16>, warm: bool) {
        for slices in tick.readings.chunk_by(|a, b| a.signal == b.signal) {
            let Some(signal) = slices.first().map(|reading| reading.signal) else {
                continue;
            };
            let of_slices = slices.iter().filter_map(|reading| {
                let trials = Sides {
                    canary: trials(&reading.sides.canary).unwrap_or(0) as f64,
                    baseline: trials(&reading.sides.baseline).unwrap_or(0) as f64,
                };
                Some((reading.slice?, trials))
            });
            if slices.iter().any(|reading| reading.slice.is_some()) {
                self.mixes.entry(signal).or_default().add(of_slices);
            }
        }
        let whole = tick
            .readings
            .iter()
            .find(|reading| Some(reading.signal) == shared && reading.slice.is_none());
        if let Some(reading) = whole
            && let (Some(canary), Some(baseline)) = (
                trials(&reading.sides.canary),
                trials(&reading.sides.baseline),
            )
        {
            self.seen.canary += canary as f64;
            self.seen.baseline += baseline as f64;
            if warm {
                self.warm.canary += canary as f64;
                self.warm.baseline += baseline as f64;
            }
        }
    }

    /// The canary's share of all traffic so far.
    pub(crate) fn canary_share(&self) -> Option<f64> {
        share(&self.seen)
    }

    /// The observed share, where it contradicts the share that the plan states.
    pub(crate) fn share_differs(&self, plan: &Plan, dispersion: f64) -> Option<f64> {
        let expected = plan.compare.canary_share?;
        let ln_e = share_mismatch_ln_e(
            self.warm.canary,
            self.warm.baseline,
            expected,
            KAPPA,
            dispersion,
        );
        if ln_e >= -libm::log(plan.compare.false_alarms) {
            share(&self.warm)
        } else {
            None
        }
    }

    /// Total variation between the sides' slices of one signal, where it is larger than chance and [`MIX`] explain.
    pub(crate) fn mix_differs(&self, signal: u16, dispersion: f64) -> Option<f64> {
        self.mixes.get(&signal)?.differs(dispersion)
    }
}

fn share(traffic: &Sides<f64>) -> Option<f64> {
    let all = traffic.canary + traffic.baseline;
    (all > 0.0).then(|| traffic.canary / all)
}

impl Mix {
    fn add(&mut self, slices: impl Iterator<Item = (u16, Sides<f64>)> + Clone) {
        let (mut canary, mut baseline) = (0.0, 0.0);
        for (_, trials) in slices.clone() {
            canary += trials.canary;
            baseline += trials.baseline;
        }
        if canary == 0.0 || baseline == 0.0 {
            return;
        }
        let weight = canary * baseline / (canary + baseline);
        for (at, (kept, _)) in SCALES.into_iter().enumerate() {
            let sums = &mut self.sums[at];
            sums.weight = sums.weight * kept + weight;
            sums.squares = sums.squares * kept * kept + weight;
            for shares in self.slices.values_mut() {
                shares[at].canary *= kept;
                shares[at].baseline *= kept;
            }
        }
        for (slice, trials) in slices {
            for shares in self.slices.entry(slice).or_default() {
                shares.canary += weight * trials.canary / canary;
                shares.baseline += weight * trials.baseline / baseline;
            }
        }
    }

    /// The largest variation that is larger than it may be, on any scale.
    ///
    /// With few requests the observed variation is large by chance; its expectation under equal mixes, `sum_i sqrt(p_i (1 - p_i) / (2 pi n))` with `n` the effective
    /// number of requests, is taken off, so that a small side is never "not comparable" for its size.
    fn differs(&self, dispersion: f64) -> Option<f64> {
        SCALES
            .into_iter()
            .enumerate()
            .filter_map(|(at, (_, times))| {
                let (variation, chance) = self.variation(at, dispersion)?;
                (variation - times * chance > MIX).then_some(variation)
            })
            .max_by(f64::total_cmp)
    }

    fn variation(&self, at: usize, dispersion: f64) -> Option<(f64, f64)> {
        let Sums { weight, squares } = self.sums[at];
        if weight <= 0.0 {
            return None;
        }
        let effective = weight * weight / squares / dispersion.max(1.0);
        let (mut variation, mut chance) = (0.0, 0.0);
        for shares in self.slices.values() {
            let (canary, baseline) = (shares[at].canary / weight, shares[at].baseline / weight);
            variation += (canary - baseline).abs() / 2.0;
            let pooled = ((canary + baseline) / 2.0).clamp(0.0, 1.0);
            chance +=
                libm::sqrt(pooled * (1.0 - pooled) / (effective * 2.0 * core::f64::consts::PI));
        }
        Some((variation, chance))
    }
}

/// The signal that shows how requests are shared between the sides: the first that counts requests. Probes are sent by us, and a count without `per` counts time.
pub(crate) fn shared_signal(plan: &Plan) -> Option<u16> {
    plan.signals
        .iter()
        .position(|signal| {
            matches!(
                signal.kind,
                SignalKind::Proportion { .. }
                    | SignalKind::Histogram { .. }
                    | SignalKind::Count { per: Some(_), .. }
            )
        })
        .and_then(|at| u16::try_from(at).ok())
}

pub(crate) fn trials(measured: &Measured) -> Option<u64> {
    match measured {
        Measured::Counts(sample) => Some(sample.trials),
        Measured::Durations(histogram) => Some(histogram.total()),
        Measured::Level(_) | Measured::Nothing(_) => None,
    }
}

/// The side most of whose pods are younger than the warm-up while the other side's are not.
pub(crate) fn young_side(tick: &Tick) -> Option<Side> {
    let young = |side: Side| {
        let pods = tick.pods.get(side);
        pods.count > 0 && f64::from(pods.young) >= YOUNG * f64::from(pods.count)
    };
    if tick.pods.canary.count == 0 || tick.pods.baseline.count == 0 {
        return None;
    }
    match (young(Side::Canary), young(Side::Baseline)) {
        (true, false) => Some(Side::Canary),
        (false, true) => Some(Side::Baseline),
        _ => None,
    }
}
