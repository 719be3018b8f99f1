//! Randomness from a seed and a name, so that a play can be repeated.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Returns a 64-bit FNV-1a hash of `text`, its bits then spread by the finaliser of SplitMix64
/// (FNV alone leaves the high bits of short names nearly equal). Not for secrets.
pub(crate) fn hash(text: &str) -> u64 {
    let fnv = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    spread(fnv)
}

/// Returns a generator for the `number`-th event at `name`: the same for the same three, and independent of how
/// concurrent events interleave otherwise.
pub(crate) fn generator(seed: u64, name: &str, number: u64) -> ChaCha8Rng {
    let stream = spread(seed ^ hash(name));
    ChaCha8Rng::seed_from_u64(spread(stream.wrapping_add(number)))
}

/// Returns a fraction in `[0, 1)` that is fixed for a `name` and looks uniform over names.
pub(crate) fn fraction(name: &str) -> f64 {
    // 53 bits: as many as an f64 holds exactly.
    (hash(name) >> 11) as f64 / (1_u64 << 53) as f64
}

fn spread(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn fractions_of_names_are_spread_evenly() {
        let names = 10_000;
        let below = (0..names)
            .filter(|name| fraction(&format!("visitor-{name}")) < 0.3)
            .count();
        // Binomial with 10,000 trials at 0.3: a standard deviation of 46, five of them allowed.
        assert!((2770..=3230).contains(&below), "{below}");
    }

    #[test]
    fn a_generator_depends_on_all_three() {
        let draw = |seed, name, number| generator(seed, name, number).random::<u64>();
        assert_eq!(draw(1, "a", 1), draw(1, "a", 1));
        assert_ne!(draw(1, "a", 1), draw(2, "a", 1));
        assert_ne!(draw(1, "a", 1), draw(1, "b", 1));
        assert_ne!(draw(1, "a", 1), draw(1, "a", 2));
    }
}
