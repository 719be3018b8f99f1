//! One stream against an absolute value.

use crate::betting::Gains;
use crate::codec::{Fingerprint, Kind, StateError, put_header, take_header};
use crate::design::Starts;
use crate::grid::{BELOW, MOST, SPLIT, split_excess, split_weight};
use crate::mixture::Mixture;
use crate::sample::{Sample, Worse};

/// The pair of e-processes of one stream of counts against an absolute value: harm against the null "the rate is at most
/// `value`" (at least, where lower is worse), safety against the null "at least `value`".
///
/// Alternatives are Poisson with a rate `value · e^λ`: `ln` factor `k λ - n · value (e^λ - 1)`, tempered by `1/φ`. Under the
/// null its expectation is at most 1 for Poisson counts and for Bernoulli trials of any rate. Values between ½ and 1 are
/// proportions: the complement is tested (events beyond the trials are ignored there), which keeps the test sharp near 1.
///
/// It needs no baseline and therefore cannot tell harm of one version from an outage of all. A rate that swings past the
/// value for other reasons is past the value: the null is about every look.
///
/// A `value` of 0 with a higher rate worse means "never": one event is proof (`ln E` = [`SingleStream::PROOF`]), and its
/// absence is never evidence of safety. Values that make no sense stay silent.
/// Cost: under a microsecond an update, no allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleStream {
    bets: Bets,
    harm: Mixture,
    safety: Mixture,
    design: u64,
}

/// λ of the alternatives on both sides, in the space in which they are counted.
#[derive(Clone, Debug, PartialEq)]
struct Bets {
    kind: Against,
    dispersion: f64,
    harm: Gains,
    safety: [f64; BELOW.len()],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Against {
    Nothing,
    Never,
    Rate { value: f64, complement: bool },
}

impl SingleStream {
    /// `ln E` of an event that may never happen. Far past any threshold, far from overflow.
    pub const PROOF: f64 = 1e6;

    /// Returns the processes before their first look, both at `ln E = 0`.
    ///
    /// `value` is a rate, events per trial; `dispersion` is φ (values under 1 count as 1); later `starts` apply to harm.
    #[must_use]
    pub fn new(value: f64, worse: Worse, dispersion: f64, starts: Starts) -> Self {
        let bets = Bets::new(value, worse, dispersion);
        Self {
            bets,
            harm: Mixture::new(starts, harm_weights()),
            safety: Mixture::new(Starts::NONE, safety_weights()),
            design: Fingerprint::new()
                .number(value)
                .worse(worse)
                .number(dispersion)
                .starts(starts)
                .finish(),
        }
    }

    /// Takes one look: the counts since the look before, each counted once. Without trials it changes nothing.
    pub fn update(&mut self, sample: &Sample) {
        let mut harm = [0.0; MOST];
        let mut safety = [0.0; MOST];
        if self.bets.look(sample, &mut harm, &mut safety) {
            self.harm.take(&harm, harm_weights());
            self.safety.take(&safety, safety_weights());
        }
    }

    /// Returns `ln E` against "the rate stays on the good side of the value".
    #[must_use]
    pub fn ln_harm(&self) -> f64 {
        self.harm.ln_e()
    }

    /// Returns `ln E` against "the rate is at the value or on its bad side".
    #[must_use]
    pub fn ln_safety(&self) -> f64 {
        self.safety.ln_e()
    }

    /// Appends the state: under 600 bytes.
    pub fn save(&self, out: &mut Vec<u8>) {
        put_header(out, Kind::SingleStream, self.design);
        self.harm.save(out);
        self.safety.save(out);
    }

    /// Takes a state from the front of `input` and continues it bit for bit.
    ///
    /// # Errors
    /// [`StateError`] where the bytes are cut short, of another layout or kind, or were written under other parameters.
    pub fn load(
        value: f64,
        worse: Worse,
        dispersion: f64,
        starts: Starts,
        input: &mut &[u8],
    ) -> Result<Self, StateError> {
        let mut process = Self::new(value, worse, dispersion, starts);
        take_header(input, Kind::SingleStream, process.design)?;
        process.harm.load(input)?;
        process.safety.load(input)?;
        Ok(process)
    }
}

fn harm_weights() -> impl Iterator<Item = f64> {
    (0..SPLIT).map(split_weight)
}

fn safety_weights() -> impl Iterator<Item = f64> {
    BELOW.iter().map(|(_, weight)| *weight)
}

impl Bets {
    fn new(value: f64, worse: Worse, dispersion: f64) -> Self {
        let sense = value.is_finite() && value >= 0.0 && dispersion.is_finite();
        let kind = if !sense {
            Against::Nothing
        } else if value == 0.0 {
            match worse {
                Worse::Higher => Against::Never,
                Worse::Lower => Against::Nothing,
            }
        } else if value > 0.5 && value < 1.0 {
            Against::Rate {
                value: 1.0 - value,
                complement: true,
            }
        } else {
            Against::Rate {
                value,
                complement: false,
            }
        };
        let mut bets = Self {
            kind,
            dispersion: dispersion.max(1.0),
            harm: [0.0; MOST],
            safety: [0.0; BELOW.len()],
        };
        if let Against::Rate { value, complement } = kind {
            let sign = if complement {
                -worse.sign()
            } else {
                worse.sign()
            };
            let excess = split_excess(0.0, (sign > 0.0).then_some(value));
            for (bet, excess) in bets.harm.iter_mut().zip(excess) {
                *bet = sign * excess;
            }
            for (bet, (distance, _)) in bets.safety.iter_mut().zip(BELOW) {
                *bet = -sign * distance;
            }
        }
        bets
    }

    fn look(&self, sample: &Sample, harm: &mut Gains, safety: &mut Gains) -> bool {
        if sample.trials == 0 && sample.events == 0 {
            return false;
        }
        match self.kind {
            Against::Nothing => false,
            Against::Never => {
                if sample.events > 0 {
                    harm.fill(SingleStream::PROOF);
                }
                true
            }
            Against::Rate { value, complement } => {
                let events = if complement {
                    sample.trials.saturating_sub(sample.events)
                } else {
                    sample.events
                };
                let (events, expected) = (events as f64, sample.trials as f64 * value);
                let gain =
                    |bet: f64| (events * bet - expected * libm::expm1(bet)) / self.dispersion;
                for (gained, bet) in harm.iter_mut().zip(self.harm) {
                    *gained = gain(bet);
                }
                for (gained, bet) in safety.iter_mut().zip(self.safety) {
                    *gained = gain(bet);
                }
                true
            }
        }
    }
}
