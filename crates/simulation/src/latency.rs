//! How long a route takes when nothing is wrong.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::{Rng, RngExt};

use crate::route::Route;

/// Spread of the logarithm: p99 is exp(2.33 × 0.4) ≈ 2.5 times the median, as in ordinary web services.
const SIGMA: f64 = 0.4;
/// No draw is longer, so that the far tail of the distribution can't outlast a client's patience.
const LONGEST: Duration = Duration::from_secs(1);

/// Median time of a route in milliseconds.
fn median_ms(route: Route) -> f64 {
    match route {
        Route::Home => 5.0,
        Route::Cart => 7.0,
        Route::Item => 8.0,
        Route::Order => 10.0,
        Route::Catalogue => 12.0,
        Route::Orders => 15.0,
        Route::Checkout => 28.0,
    }
}

/// Draws the time of one request: log-normal around the median of its route.
pub(crate) fn draw(route: Route, random: &mut impl Rng) -> Duration {
    let milliseconds = median_ms(route) * (SIGMA * standard_normal(random)).exp();
    Duration::from_secs_f64(milliseconds / 1000.0).min(LONGEST)
}

/// Box–Muller: exact, and two uniform draws for one value are cheap enough here.
fn standard_normal(random: &mut impl Rng) -> f64 {
    // From (0, 1], so that the logarithm is finite.
    let radius_draw = 1.0 - random.random::<f64>();
    let angle_draw = random.random::<f64>();
    (-2.0 * radius_draw.ln()).sqrt() * (TAU * angle_draw).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::generator;

    #[test]
    fn median_and_spread_are_as_declared() {
        let mut random = generator(1, "latency", 0);
        let draws = 20_000;
        let mut times: Vec<f64> = (0..draws)
            .map(|_| draw(Route::Checkout, &mut random).as_secs_f64() * 1000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        let median = times[draws / 2];
        let p99 = times[draws * 99 / 100];
        // Standard errors: the median's is 28 × 0.4 × 1.25 / √20,000 ≈ 0.1 ms; p99's is about 1.1 ms.
        assert!((27.5..28.5).contains(&median), "{median}");
        assert!((66.0..77.0).contains(&p99), "{p99}");
    }
}
