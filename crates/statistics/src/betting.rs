//! The bets of a design: which form, which alternatives, which weights.

use crate::block::Block;
use crate::codec::StateError;
use crate::design::Design;
use crate::grid::MOST;
use crate::line::Side;
use crate::sample::Pair;
use crate::split::Split;

/// Gains of the alternatives in one look, in nats.
pub(crate) type Gains = [f64; MOST];

/// The bets of every look. Form and alternatives are fixed by the design; only the absolute form carries state, what it has learned
/// of the baseline.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Betting {
    /// The design makes no sense: never any evidence.
    Silent,
    Split(Split),
    Block(Block),
}

impl Betting {
    /// The bets at a design's own margin.
    pub(crate) fn new(design: &Design, side: Side) -> Self {
        Self::at(design, side, severity(design))
    }

    /// The bets at another margin of the same design, given as a severity (see [`severity`]).
    pub(crate) fn at(design: &Design, side: Side, severity: f64) -> Self {
        let Some((dispersion, allowance)) = design.noise() else {
            return Self::Silent;
        };
        if design.margin.is_absolute() {
            return Self::Block(Block::new(design, dispersion, allowance, side, severity));
        }
        let sign = design.worse.sign();
        Self::Split(match side {
            Side::Harm => Split::harm(severity + allowance, sign, dispersion, design.usable_rate()),
            Side::Safety => Split::safety(severity - allowance, sign, dispersion),
        })
    }

    /// The alternatives' weights, which add up to 1.
    pub(crate) fn weights(&self) -> impl Iterator<Item = f64> + '_ {
        (0..self.count()).map(|j| match self {
            Self::Silent => 1.0,
            Self::Split(split) => split.weight(j),
            Self::Block(block) => block.weight(j),
        })
    }

    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Silent => 1,
            Self::Split(split) => split.count(),
            Self::Block(block) => block.count(),
        }
    }

    /// Writes each alternative's gain; `false` where the interval cannot carry evidence. `looks` is the number of looks that
    /// were summed into this one.
    pub(crate) fn look(&mut self, pair: &Pair, looks: u64, gains: &mut Gains) -> bool {
        match self {
            Self::Silent => false,
            Self::Split(split) => split.look(pair, gains),
            Self::Block(block) => block.look(pair, looks, gains),
        }
    }

    /// Writes each alternative's expected gain per trial of both sides, once the baseline is known.
    pub(crate) fn expected(
        &self,
        canary_rate: f64,
        baseline_rate: f64,
        share: f64,
        gains: &mut Gains,
    ) {
        match self {
            Self::Silent => gains.fill(0.0),
            Self::Split(split) => {
                let (canary, baseline) = (canary_rate * share, baseline_rate * (1.0 - share));
                split.gains((canary, share), (baseline, 1.0 - share), gains);
            }
            Self::Block(block) => block.expected(canary_rate, baseline_rate, share, gains),
        }
    }

    /// The most that any bet can expect per trial of both sides; 0 on the null's side of the line.
    pub(crate) fn information(&self, canary_rate: f64, baseline_rate: f64, share: f64) -> f64 {
        match self {
            Self::Silent => 0.0,
            Self::Split(split) => {
                split.information(canary_rate * share, baseline_rate * (1.0 - share), share)
            }
            Self::Block(block) => block.information(canary_rate, baseline_rate, share),
        }
    }

    /// Takes over what other bets of the same form have learned of the baseline.
    pub(crate) fn inherit(&mut self, other: &Self) {
        if let (Self::Block(block), Self::Block(learned)) = (self, other) {
            block.inherit(learned);
        }
    }

    pub(crate) fn save(&self, out: &mut Vec<u8>) {
        if let Self::Block(block) = self {
            block.save(out);
        }
    }

    pub(crate) fn load(&mut self, input: &mut &[u8]) -> Result<(), StateError> {
        match self {
            Self::Block(block) => block.load(input),
            Self::Silent | Self::Split(_) => Ok(()),
        }
    }
}

/// The margin as one number that grows with damage: the difference of an absolute margin, the natural logarithm of a ratio
/// turned towards the worse side.
pub(crate) fn severity(design: &Design) -> f64 {
    if design.margin.is_absolute() {
        design.margin.difference
    } else {
        design.worse.sign() * libm::log(design.margin.ratio)
    }
}
