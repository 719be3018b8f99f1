//! Seeded chance: the same seed gives the same world.

/// A generator (splitmix64, Steele, Lea and Flood 2014) with the distributions that worlds are made of.
pub struct Chance(u64);

impl Chance {
    pub fn seeded(seed: u64) -> Self {
        let mut chance = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in (0, 1).
    pub fn part(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Successes in `trials` of chance `rate`, by the gaps between them.
    pub fn binomial(&mut self, trials: u64, rate: f64) -> u64 {
        if rate <= 0.0 {
            return 0;
        }
        if rate >= 1.0 {
            return trials;
        }
        if rate > 0.5 {
            return trials - self.binomial(trials, 1.0 - rate);
        }
        let (mut successes, mut at) = (0, 0.0);
        loop {
            at += (self.part().ln() / (1.0 - rate).ln()).floor() + 1.0;
            if at > trials as f64 {
                return successes;
            }
            successes += 1;
        }
    }

    /// Poisson counts, by the waiting times.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        let (mut count, mut time) = (0, -self.part().ln());
        while time < mean {
            count += 1;
            time -= self.part().ln();
        }
        count
    }

    /// Counts of this mean whose variance is `dispersion` times it: negative binomial, as a Poisson count of gamma intensity.
    pub fn dispersed(&mut self, mean: f64, dispersion: f64) -> u64 {
        if mean <= 0.0 {
            return 0;
        }
        if dispersion <= 1.0 {
            return self.poisson(mean);
        }
        let scale = dispersion - 1.0;
        let intensity = self.gamma(mean / scale) * scale;
        self.poisson(intensity)
    }

    /// Gamma variates of scale 1 (Marsaglia and Tsang 2000; below 1 by their boost).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.part().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.part().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Standard normal (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.part().ln()).sqrt();
        radius * (2.0 * std::f64::consts::PI * self.part()).cos()
    }
}

/// Largest number of `runs` that chance explains when each has chance `rate`, but for one time in a thousand.
pub fn at_most(runs: u64, rate: f64) -> u64 {
    let (mut below, mut term, mut count) =
        (0.0, (1.0 - rate).powi(i32::try_from(runs).unwrap()), 0);
    loop {
        below += term;
        if below >= 0.999 {
            return count;
        }
        term *= (runs - count) as f64 / (count + 1) as f64 * rate / (1.0 - rate);
        count += 1;
    }
}

#[test]
fn the_distributions_have_their_moments() {
    let mut chance = Chance::seeded(1);
    let mut draw =
        |name: &str, mean: f64, variance: f64, one: &mut dyn FnMut(&mut Chance) -> f64| {
            let values: Vec<f64> = (0..20_000).map(|_| one(&mut chance)).collect();
            let found = values.iter().sum::<f64>() / values.len() as f64;
            let spread = values
                .iter()
                .map(|value| (value - found).powi(2))
                .sum::<f64>()
                / values.len() as f64;
            assert!(
                (found - mean).abs() < 0.05 * mean.max(1.0),
                "{name}: {found}"
            );
            assert!((spread / variance - 1.0).abs() < 0.1, "{name}: {spread}");
        };
    draw("binomial", 2.0, 1.96, &mut |chance| {
        chance.binomial(100, 0.02) as f64
    });
    draw("poisson", 3.0, 3.0, &mut |chance| {
        chance.poisson(3.0) as f64
    });
    draw("dispersed", 2.0, 6.0, &mut |chance| {
        chance.dispersed(2.0, 3.0) as f64
    });
    draw("rare and dispersed", 0.2, 0.6, &mut |chance| {
        chance.dispersed(0.2, 3.0) as f64
    });
    draw("normal", 0.0, 1.0, &mut |chance| chance.normal());
    assert_eq!(at_most(200, 0.01), 8);
}
