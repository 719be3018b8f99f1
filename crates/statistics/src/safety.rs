//! Evidence that the canary stays inside the limit.

use crate::betting::Betting;
use crate::codec::{Fingerprint, Kind, StateError, put_header, take_header};
use crate::design::{Design, Starts};
use crate::grid::MOST;
use crate::line::Side;
use crate::mixture::Mixture;
use crate::sample::Pair;

/// The e-process against the null "the canary is at or past the limit".
///
/// `P(ln E ever reaches ln(1/β)) ≤ β` as long as the null holds at every look. Its alternatives lie around "no difference"
/// (from a quarter of the limit better to nine tenths of the limit worse, almost all of the weight within half of it); where no difference is itself at or past the null,
/// as in latency dominance or when the pod allowance exceeds the limit, they lie 2 % to a factor of 5 below the null.
///
/// It looks at all the evidence since its first look and has no restarts: to confirm on the last part of a watch alone, start
/// a fresh one there. Nulls under which harm comes and goes are outside the promise.
/// Looks count as in [`crate::Harm`]. Cost: 0.1 µs an update for ratios, 2 µs for absolute limits. Memory: 0.5 kB.
#[derive(Clone, Debug, PartialEq)]
pub struct Safety {
    betting: Betting,
    mixture: Mixture,
    design: u64,
}

impl Safety {
    /// Returns the process before its first look, `ln E = 0`. A design with an impossible value gives one that stays there.
    #[must_use]
    pub fn new(design: &Design) -> Self {
        let betting = Betting::new(design, Side::Safety);
        let mixture = Mixture::new(Starts::NONE, betting.weights());
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
        let mut betting = Betting::new(design, Side::Safety);
        betting.inherit(&self.betting);
        if betting.count() != self.betting.count() {
            // Alternatives of another kind cannot continue these sums: begin anew, which only loses evidence.
            self.mixture = Mixture::new(Starts::NONE, betting.weights());
        }
        self.betting = betting;
        self.design = Fingerprint::new().design(design).finish();
    }

    /// Returns `ln E`, finite for all counts.
    #[must_use]
    pub fn ln_e(&self) -> f64 {
        self.mixture.ln_e()
    }

    /// Appends the state: under 200 bytes.
    pub fn save(&self, out: &mut Vec<u8>) {
        put_header(out, Kind::Safety, self.design);
        self.betting.save(out);
        self.mixture.save(out);
    }

    /// Takes a state from the front of `input` and continues it bit for bit.
    ///
    /// # Errors
    /// [`StateError`] where the bytes are cut short, of another layout or kind, or were written under another design.
    pub fn load(design: &Design, input: &mut &[u8]) -> Result<Self, StateError> {
        let mut process = Self::new(design);
        take_header(input, Kind::Safety, process.design)?;
        process.betting.load(input)?;
        process.mixture.load(input)?;
        Ok(process)
    }
}
