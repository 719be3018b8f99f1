//! Numbers with sensible digits, on the right side of their limit.

use crate::glyphs::Glyphs;
use core::cmp::Ordering;

/// Most decimals ever shown.
const MOST_DECIMALS: usize = 9;
/// Decimals that may be added to show on which side of the limit a number lies; after that its last digit is moved instead.
const MORE_FOR_THE_SIDE: usize = 3;
/// From here on numbers are written with an exponent.
const TOO_LARGE: f64 = 1e7;

/// A number with so many decimals, with the glyphs' minus. Zero has no sign.
pub(crate) fn fixed(value: f64, decimals: usize, glyphs: Glyphs) -> String {
    glyphed(&digits(value, decimals), glyphs)
}

fn glyphed(text: &str, glyphs: Glyphs) -> String {
    text.replace('-', glyphs.minus())
}

fn digits(value: f64, decimals: usize) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.abs() >= TOO_LARGE {
        return format!("{value:.2e}");
    }
    let decimals = decimals.min(MOST_DECIMALS);
    if value.abs() < 0.5 * power_of_ten(decimals) && decimals == MOST_DECIMALS {
        return format!("{value:.1e}");
    }
    let text = format!("{value:.decimals$}");
    if text
        .trim_start_matches('-')
        .chars()
        .all(|digit| digit == '0' || digit == '.')
    {
        text.trim_start_matches('-').to_owned()
    } else {
        text
    }
}

/// `10^-decimals`.
fn power_of_ten(decimals: usize) -> f64 {
    (0..decimals).fold(1.0, |power, _| power / 10.0)
}

/// Position of the first digit: 0 for 1 to 9.9, -1 for 0.1 to 0.99.
fn magnitude(value: f64) -> i32 {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    // Between -324 and 308.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the logarithm of a finite number is small"
    )]
    let magnitude = value.abs().log10().floor() as i32;
    magnitude
}

/// Decimals that show `count` significant digits, none below zero.
pub(crate) fn decimals_for(value: f64, count: i32) -> usize {
    let wanted = count - 1 - magnitude(value);
    usize::try_from(wanted.max(0))
        .unwrap_or(0)
        .min(MOST_DECIMALS)
}

/// Decimals of a level: `412`, `11.2`, `2.49`, `0.61`, `0.0031`.
pub(crate) fn level_decimals(value: f64) -> usize {
    if value.abs() >= 0.1 || value == 0.0 {
        decimals_for(value, 3).min(2)
    } else {
        decimals_for(value, 2)
    }
}

/// Decimals of a difference: as many as its range tells apart, or two significant digits.
pub(crate) fn difference_decimals(estimate: Option<f64>, range: Option<(f64, f64)>) -> usize {
    let spread = range
        .map(|(low, high)| high - low)
        .filter(|spread| spread.is_finite() && *spread > 0.0);
    decimals_for(spread.or(estimate).unwrap_or(0.0), 2)
}

/// A number as it was written: the fewest digits that give it back to one part in a million.
pub(crate) fn shortest(value: f64, glyphs: Glyphs) -> String {
    glyphed(&shortest_digits(value), glyphs)
}

fn shortest_digits(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    if value.abs() >= TOO_LARGE || (value != 0.0 && value.abs() < power_of_ten(MOST_DECIMALS - 2)) {
        return format!("{value:.2e}");
    }
    without_zeros(&digits(value, decimals_for(value, 6))).to_owned()
}

/// Without zeros at the end of decimals.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// A limit with the digits that it is written with.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    value: f64,
    digits: String,
}

impl Mark {
    /// A limit that somebody wrote: shown as it was written.
    pub(crate) fn written(value: f64) -> Self {
        Self {
            value,
            digits: shortest_digits(value),
        }
    }

    /// A limit that was computed: shown with the digits of a level.
    pub(crate) fn computed(value: f64) -> Self {
        let digits = digits(value, level_decimals(value));
        Self {
            value,
            digits: without_zeros(&digits).to_owned(),
        }
    }

    pub(crate) fn text(&self, glyphs: Glyphs) -> String {
        glyphed(&self.digits, glyphs)
    }
}

/// Shows numbers beside their limit so that each lies on the side of the limit *as shown* on which it really lies. All get the
/// same decimals, at least `decimals`; where that would take too many the last digit is moved away from the limit.
pub(crate) fn beside_limit(
    values: &[f64],
    limit: Option<&Mark>,
    decimals: usize,
    glyphs: Glyphs,
) -> Vec<String> {
    let plain = |decimals: usize| -> Vec<String> {
        values
            .iter()
            .map(|value| digits(*value, decimals))
            .collect()
    };
    let shown = match limit.filter(|limit| limit.value.is_finite()) {
        None => plain(decimals),
        Some(limit) => {
            let written: f64 = limit.digits.parse().unwrap_or(limit.value);
            let limit = limit.value;
            let most = decimals
                .saturating_add(MORE_FOR_THE_SIDE)
                .min(MOST_DECIMALS);
            (decimals..=most)
                .map(plain)
                .find(|shown| {
                    values.iter().zip(shown).all(|(value, text)| {
                        !value.is_finite() || side(text, written) == value.partial_cmp(&limit)
                    })
                })
                .unwrap_or_else(|| {
                    values
                        .iter()
                        .map(|value| moved_off(*value, limit, written, most))
                        .collect()
                })
        }
    };
    shown.iter().map(|text| glyphed(text, glyphs)).collect()
}

fn side(text: &str, written: f64) -> Option<Ordering> {
    text.parse::<f64>().ok()?.partial_cmp(&written)
}

/// The number at `decimals`, or the written limit moved by one last digit where the number would look otherwise.
fn moved_off(value: f64, limit: f64, written: f64, decimals: usize) -> String {
    let text = digits(value, decimals);
    let wanted = value.partial_cmp(&limit);
    if !value.is_finite() || side(&text, written) == wanted {
        return text;
    }
    let step = power_of_ten(decimals)
        .max(written.abs() * 0.01 * f64::from(u8::from(written.abs() >= TOO_LARGE)));
    match wanted {
        Some(Ordering::Greater) => digits(written + step, decimals),
        Some(Ordering::Less) => digits(written - step, decimals),
        _ => digits(written, decimals_for(written, 6)),
    }
}

/// The same with a plus before positive numbers.
pub(crate) fn signed(text: &str) -> String {
    let zero = text.chars().all(|digit| digit == '0' || digit == '.');
    if text.starts_with(['-', '−']) || zero {
        text.to_owned()
    } else {
        format!("+{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[f64], limit: f64, decimals: usize) -> Vec<String> {
        beside_limit(values, Some(&Mark::written(limit)), decimals, Glyphs::Ascii)
    }

    #[test]
    fn rounding_keeps_the_side() {
        assert_eq!(shown(&[1.9, 1.2, 2.6], 0.5, 1), ["1.9", "1.2", "2.6"]);
        // 0.503 would read as 0.5, the limit itself.
        assert_eq!(
            shown(&[0.9, 0.503, 1.3], 0.5, 1),
            ["0.900", "0.503", "1.300"]
        );
        assert_eq!(shown(&[0.4999], 0.5, 1), ["0.4999"]);
        assert_eq!(shown(&[0.500_000_000_1], 0.5, 1), ["0.5001"]);
        assert_eq!(shown(&[0.499_999_999_9], 0.5, 1), ["0.4999"]);
        assert_eq!(shown(&[0.5], 0.5, 1), ["0.5"]);
        assert_eq!(shown(&[40.2], 40.0, 0), ["40.2"]);
    }

    #[test]
    fn levels_have_three_digits_at_most() {
        let level = |value| fixed(value, level_decimals(value), Glyphs::Ascii);
        assert_eq!(level(412.3), "412");
        assert_eq!(level(11.23), "11.2");
        assert_eq!(level(2.494), "2.49");
        assert_eq!(level(0.613), "0.61");
        assert_eq!(level(0.003_14), "0.0031");
        assert_eq!(level(0.0), "0");
        assert_eq!(level(1.5e300), "1.50e300");
        assert_eq!(level(-3.0), "-3.00");
    }

    #[test]
    fn limits_look_as_they_were_written() {
        assert_eq!(shortest(0.07 * 100.0, Glyphs::Ascii), "7");
        assert_eq!(shortest(0.005 * 100.0, Glyphs::Ascii), "0.5");
        assert_eq!(shortest(1200.0, Glyphs::Ascii), "1200");
        assert_eq!(shortest(0.0, Glyphs::Ascii), "0");
    }

    #[test]
    fn differences_have_the_digits_their_range_tells_apart() {
        assert_eq!(difference_decimals(Some(1.9), Some((1.2, 2.6))), 1);
        assert_eq!(difference_decimals(Some(29.0), Some((-18.0, 76.0))), 0);
        assert_eq!(difference_decimals(Some(0.031), None), 3);
    }
}
