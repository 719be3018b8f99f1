//! Who a visitor is: what the shop is told in headers.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use rand::{Rng, RngExt};

/// Attributes of a visitor. They are drawn apart from each other, but that Safari runs on Apple's systems alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Sent as `x-visitor`.
    pub name: String,
    /// Sent with `os` as `user-agent`.
    pub browser: &'static str,
    pub os: &'static str,
    /// Sent as `accept-language`.
    pub locale: &'static str,
    /// Sent as `x-app-version`.
    pub app_version: &'static str,
    /// Sent as `x-account-age-days`.
    pub account_age_days: u32,
}

/// Values with their shares in percent, each list summing to 100. Rough figures of a European shop.
const BROWSERS: [(&str, u32); 4] = [
    ("Chrome/138.0", 58),
    ("Safari/18.5", 24),
    ("Firefox/140.0", 10),
    ("Edge/138.0", 8),
];
const SYSTEMS: [(&str, u32); 5] = [
    ("Windows", 38),
    ("Android", 30),
    ("iOS", 18),
    ("macOS", 10),
    ("Linux", 4),
];
const APPLE_SYSTEMS: [(&str, u32); 2] = [("iOS", 70), ("macOS", 30)];
const LOCALES: [(&str, u32); 6] = [
    ("en-GB", 30),
    ("de-DE", 25),
    ("fr-FR", 18),
    ("nl-NL", 12),
    ("sv-SE", 9),
    ("pl-PL", 6),
];
/// The oldest is the client that nobody has updated for months.
const APP_VERSIONS: [(&str, u32); 4] = [("6.2.0", 55), ("6.1.3", 28), ("6.0.1", 13), ("5.4.2", 4)];
/// Accounts grow old like the shop: ages are exponential with this mean, and none is older than the shop.
const MEAN_ACCOUNT_AGE_DAYS: f64 = 400.0;
const SHOP_AGE_DAYS: f64 = 3650.0;

impl Profile {
    /// Draws a visitor.
    pub fn draw(random: &mut impl Rng) -> Profile {
        let name = format!("{:016x}", random.random::<u64>());
        let browser = pick(&BROWSERS, random);
        let os = if browser.starts_with("Safari") {
            pick(&APPLE_SYSTEMS, random)
        } else {
            pick(&SYSTEMS, random)
        };
        // From (0, 1], so that the logarithm is finite.
        let age_draw = 1.0 - random.random::<f64>();
        let age = (-age_draw.ln() * MEAN_ACCOUNT_AGE_DAYS).min(SHOP_AGE_DAYS);
        Profile {
            name,
            browser,
            os,
            locale: pick(&LOCALES, random),
            app_version: pick(&APP_VERSIONS, random),
            account_age_days: age as u32,
        }
    }

    /// Returns the headers that tell the shop all of it.
    pub fn headers(&self) -> HeaderMap {
        let agent = format!("Mozilla/5.0 ({}) {}", self.os, self.browser);
        let age = self.account_age_days.to_string();
        [
            (HeaderName::from_static("x-visitor"), self.name.as_str()),
            (header::USER_AGENT, agent.as_str()),
            (header::ACCEPT_LANGUAGE, self.locale),
            (HeaderName::from_static("x-app-version"), self.app_version),
            (HeaderName::from_static("x-account-age-days"), age.as_str()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value).ok()?)))
        .collect()
    }
}

fn pick(values: &[(&'static str, u32)], random: &mut impl Rng) -> &'static str {
    let mut draw = random.random_range(0..100);
    for (value, percent) in values {
        if draw < *percent {
            return value;
        }
        draw -= percent;
    }
    // Not reached while the shares sum to 100, which a test checks.
    values[values.len() - 1].0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::generator;

    #[test]
    fn shares_sum_to_one_hundred() {
        for values in [
            &BROWSERS[..],
            &SYSTEMS,
            &APPLE_SYSTEMS,
            &LOCALES,
            &APP_VERSIONS,
        ] {
            assert_eq!(values.iter().map(|(_, percent)| percent).sum::<u32>(), 100);
        }
    }

    #[test]
    fn headers_tell_the_whole_profile() {
        let mut random = generator(4, "profile", 0);
        let profile = Profile::draw(&mut random);
        let headers = profile.headers();
        assert_eq!(headers.len(), 5);
        assert_eq!(headers["x-visitor"], profile.name.as_str());
        assert_eq!(headers["accept-language"], profile.locale);
        assert_ne!(Profile::draw(&mut random).name, profile.name);
    }
}
