//! When the sides cannot be compared: age, mix, share (DESIGN.md 6, rule 9). Never for size alone.

use crate::observation::{Measured, Side, Sides, Tick};
use crate::terms::Plan;
use statistics::share_mismatch_ln_e;
use std::collections::BTreeMap;

/// Largest total variation between the sides' route mixes.
const MIX: f64 = 0.2;
/// Prior strength of the share test: the mixture expects shares about as precise as this many requests tell (Lindon and Malek's default).
const KAPPA: f64 = 100.0;

/// Totals by slice and by side since the canary came.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mix {
    by_slice: BTreeMap<(u16, u16), Sides<u64>>,
    traffic: Sides<f64>,
}

impl Mix {
    pub(crate) fn add(&mut self, tick: &Tick) {
        let mut traffic = None;
        for reading in &tick.readings {
            let trials = Sides {
                canary: trials(&reading.sides.canary),
                baseline: trials(&reading.sides.baseline),
            };
            match reading.slice {
                Some(slice) => {
                    let sum = self.by_slice.entry((reading.signal, slice)).or_default();
                    sum.canary = sum.canary.saturating_add(trials.canary.unwrap_or(0));
                    sum.baseline = sum.baseline.saturating_add(trials.baseline.unwrap_or(0));
                }
                None => {
                    if let (None, Some(canary), Some(baseline)) =
                        (traffic, trials.canary, trials.baseline)
                    {
                        traffic = Some((canary, baseline));
                    }
                }
            }
        }
        if let Some((canary, baseline)) = traffic {
            self.traffic.canary += canary as f64;
            self.traffic.baseline += baseline as f64;
        }
    }

    /// The canary's share of all traffic so far.
    pub(crate) fn canary_share(&self) -> Option<f64> {
        let all = self.traffic.canary + self.traffic.baseline;
        (all > 0.0).then(|| self.traffic.canary / all)
    }

    /// The observed share, where it contradicts the share that the plan states.
    pub(crate) fn share_differs(&self, plan: &Plan, dispersion: f64) -> Option<f64> {
        let expected = plan.compare.canary_share?;
        let ln_e = share_mismatch_ln_e(
            self.traffic.canary,
            self.traffic.baseline,
            expected,
            KAPPA,
            dispersion,
        );
        if ln_e >= -libm::log(plan.compare.false_alarms) {
            self.canary_share()
        } else {
            None
        }
    }

    /// Total variation between the sides' slices of one signal, where it is larger than chance and [`MIX`] explain.
    ///
    /// With few requests the observed variation is large by chance; its expectation under equal mixes, `sum_i sqrt(p_i (1 - p_i) (1/n1 + 1/n0) / (2 pi))`,
    /// is taken off, so that a small side is never "not comparable" for its size.
    pub(crate) fn differs(&self, signal: u16) -> Option<f64> {
        let slices = self.by_slice.range((signal, 0)..=(signal, u16::MAX));
        let (mut canary, mut baseline) = (0.0, 0.0);
        for (_, sums) in slices.clone() {
            canary += sums.canary as f64;
            baseline += sums.baseline as f64;
        }
        if canary == 0.0 || baseline == 0.0 {
            return None;
        }
        let (mut variation, mut chance) = (0.0, 0.0);
        for (_, sums) in slices {
            let (in_canary, in_baseline) =
                (sums.canary as f64 / canary, sums.baseline as f64 / baseline);
            variation += (in_canary - in_baseline).abs() / 2.0;
            let pooled = (sums.canary as f64 + sums.baseline as f64) / (canary + baseline);
            let variance = pooled * (1.0 - pooled) * (1.0 / canary + 1.0 / baseline);
            chance += libm::sqrt(variance / (2.0 * core::f64::consts::PI));
        }
        (variation - chance > MIX).then_some(variation)
    }
}

fn trials(measured: &Measured) -> Option<u64> {
    match measured {
        Measured::Counts(sample) => Some(sample.trials),
        Measured::Durations(histogram) => Some(histogram.total()),
        Measured::Level(_) | Measured::Nothing(_) => None,
    }
}

/// The side whose pods are all younger than the warm-up while the other side has none that young.
pub(crate) fn young_side(tick: &Tick) -> Option<Side> {
    let (canary, baseline) = (tick.pods.canary, tick.pods.baseline);
    if canary.count > 0 && canary.young == canary.count && baseline.count > 0 && baseline.young == 0
    {
        Some(Side::Canary)
    } else if baseline.count > 0
        && baseline.young == baseline.count
        && canary.count > 0
        && canary.young == 0
    {
        Some(Side::Baseline)
    } else {
        None
    }
}
