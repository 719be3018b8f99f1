//! The running mixture: each alternative's gains since the first look and since every later start.

use crate::betting::Gains;
use crate::codec::{StateError, put_f64, put_u64, take_f64, take_u64};
use crate::design::Starts;
use crate::log_sum::{ln_add, ln_sum};

/// `E = ½ Σ_j A_j + ½ (Σ_j R_j + mass not yet started)`, all kept as logarithms.
///
/// `A_j` is alternative j since the first look. `R_j` gains mass at every later start and is multiplied by each look's
/// factor like `A_j`. What has not started counts as its prior mass, so `E` begins at exactly 1 and its expectation under
/// the null never exceeds 1. Without later starts `E` is `Σ_j A_j`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mixture {
    starts: Starts,
    since_first: Box<[f64]>,
    /// Empty without later starts.
    since_later: Box<[f64]>,
    /// Looks that could carry evidence.
    looks: u64,
    /// Starts opened.
    opened: u32,
}

impl Mixture {
    /// The mixture before its first look, over alternatives with these weights (the same at every call).
    pub(crate) fn new(starts: Starts, weights: impl Iterator<Item = f64>) -> Self {
        let since_first: Box<[f64]> = weights.map(libm::log).collect();
        let later = if starts.count > 0 {
            since_first.len()
        } else {
            0
        };
        let since_later = core::iter::repeat_n(f64::NEG_INFINITY, later).collect();
        Self {
            starts,
            since_first,
            since_later,
            looks: 0,
            opened: 0,
        }
    }

    /// Opens a start when this look is one, then takes the look's gains.
    pub(crate) fn take(&mut self, gains: &Gains, weights: impl Iterator<Item = f64>) {
        // A start at the first look would only repeat "since the first look".
        let due = self.looks > 0
            && self
                .looks
                .is_multiple_of(u64::from(self.starts.every.max(1)));
        self.take_summed(gains, weights, u32::from(due));
    }

    /// Takes the gains of one look, or of several summed into one, in which `starts` starts fell.
    pub(crate) fn take_summed(
        &mut self,
        gains: &Gains,
        weights: impl Iterator<Item = f64>,
        starts: u32,
    ) {
        self.open(weights, starts);
        self.looks = self.looks.saturating_add(1);
        for (sum, gain) in self.since_first.iter_mut().zip(gains) {
            *sum += gain;
        }
        for (sum, gain) in self.since_later.iter_mut().zip(gains) {
            *sum += gain;
        }
    }

    fn open(&mut self, weights: impl Iterator<Item = f64>, starts: u32) {
        let starts = starts.min(self.starts.count - self.opened);
        if starts == 0 {
            return;
        }
        self.opened += starts;
        let mass = f64::from(starts) / f64::from(self.starts.count);
        for (later, weight) in self.since_later.iter_mut().zip(weights) {
            *later = ln_add(*later, libm::log(mass * weight));
        }
    }

    pub(crate) fn ln_e(&self) -> f64 {
        if self.looks == 0 {
            return 0.0;
        }
        let first = ln_sum(&self.since_first);
        if self.starts.count == 0 {
            return first;
        }
        let waiting = f64::from(self.starts.count - self.opened) / f64::from(self.starts.count);
        let waiting = if waiting > 0.0 {
            libm::log(waiting)
        } else {
            f64::NEG_INFINITY
        };
        ln_add(first, ln_add(ln_sum(&self.since_later), waiting)) - core::f64::consts::LN_2
    }

    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        put_u64(out, self.looks);
        put_u64(out, u64::from(self.opened));
        for sum in self.since_first.iter().chain(&self.since_later) {
            put_f64(out, *sum);
        }
    }

    pub(crate) fn load(&mut self, input: &mut &[u8]) -> Result<(), StateError> {
        let looks = take_u64(input)?;
        let opened = u32::try_from(take_u64(input)?).map_err(|_| StateError::Impossible)?;
        if opened > self.starts.count {
            return Err(StateError::Impossible);
        }
        (self.looks, self.opened) = (looks, opened);
        for sum in self.since_first.iter_mut().chain(&mut self.since_later) {
            *sum = take_f64(input)?;
        }
        Ok(())
    }
}
