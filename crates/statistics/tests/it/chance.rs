//! Seeded chance for simulations, and the rate that a simulated count is compatible with.

/// SplitMix64: small, seeded, good enough to draw counts.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in the open unit interval.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Number of successes in `trials`, by skipping from success to success.
    pub fn successes(&mut self, trials: u64, rate: f64) -> u64 {
        if rate <= 0.0 {
            return 0;
        }
        if rate > 0.5 {
            return trials - self.successes(trials, 1.0 - rate);
        }
        let ln_miss = (-rate).ln_1p();
        let (mut at, mut found) = (0.0, 0);
        loop {
            at += (self.uniform().ln() / ln_miss).floor() + 1.0;
            if at > trials as f64 {
                return found;
            }
            found += 1;
        }
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// The most events among `runs` that a true rate of at most `rate` makes believable: five standard deviations above.
pub fn believable(runs: u32, rate: f64) -> u32 {
    let mean = f64::from(runs) * rate;
    (mean + 5.0 * (mean * (1.0 - rate)).sqrt()).ceil() as u32
}
