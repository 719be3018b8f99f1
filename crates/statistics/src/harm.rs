//! Evidence that the canary is past the limit.

use crate::betting::Betting;
use crate::codec::{Fingerprint, Kind, StateError, put_header, take_header};
use crate::design::Design;
use crate::grid::MOST;
use crate::line::Side;
use crate::mixture::Mixture;
use crate::sample::Pair;

/// The e-process against the null "the canary is at or inside the limit", with later starts.
///
/// `P(ln E ever reaches ln(1/α)) ≤ α` over the whole watch as long as the null holds at every look, for any look schedule,
/// any common course of the rates and any traffic share. With over-dispersion or pod effects beyond the design's, or with
/// traffic that differs in kind between the sides, it does not hold.
///
/// Looks without traffic on both sides carry no evidence and are not counted. Give them all the same: with an absolute limit
/// the baseline's rate is learned from them, before the canary's first request too. Without an expected rate and without
/// such looks the first look with traffic on both sides only teaches.
///
/// Cost: 0.2 µs an update for ratios, 3 µs for absolute limits, no allocation. Memory:
/// 1.4 kB for ratios, 0.7 kB for absolute limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Harm {
    betting: Betting,
    mixture: Mixture,
    design: u64,
}

impl Harm {
    /// Returns the process before its first look, `ln E = 0`. A design with an impossible value gives one that stays there.
    #[must_use]
    pub fn new(design: &Design) -> Self {
        let betting = Betting::new(design, Side::Harm);
        let mixture = Mixture::new(design.starts, betting.weights());
        Self {
            betting,
            mixture,
            design: Fingerprint::new().design(design).finish(),
        }
    }

    /// Takes one look: the counts since the look before, each counted once.
    pub fn update(&mut self, pair: &Pair) {
        let mut gains = [0.0; MOST];
        if self.betting.look(pair, 1, &mut gains) {
            self.mixture.take(&gains, self.betting.weights());
        }
    }

    /// Goes on under a design with another pod allowance, margin or dispersion, as after a change of the pod set. Evidence so
    /// far is kept: bets may change between looks as long as they do not depend on the looks to come.
    pub fn redesign(&mut self, design: &Design) {
        let mut betting = Betting::new(design, Side::Harm);
        betting.inherit(&self.betting);
        if betting.count() != self.betting.count() {
            // Alternatives of another kind cannot continue these sums: begin anew, which only loses evidence.
            self.mixture = Mixture::new(design.starts, betting.weights());
        }
        self.betting = betting;
        self.design = Fingerprint::new().design(design).finish();
    }

    /// Returns `ln E`, finite for all counts.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.mixture.ln_e()
    }

    /// Appends the state: under 500 bytes.
    pub fn save(&self, out: &mut Vec<u8>) {
        put_header(out, Kind::Harm, self.design);
        self.betting.save(out);
        self.mixture.save(out);
    }

    /// Takes a state from the front of `input` and continues it bit for bit.
    ///
    /// # Errors
    /// [`StateError`] where the bytes are cut short, of another layout or kind, or were written under another design.
    pub fn load(design: &Design, input: &mut &[u8]) -> Result<Self, StateError> {
        let mut process = Self::new(design);
        take_header(input, Kind::Harm, process.design)?;
        process.betting.load(input)?;
        process.mixture.load(input)?;
        Ok(process)
    }
}
