//! Times as number and unit.

use super::{Unreadable, split_number};
use crate::problem::Code;
use core::time::Duration;

/// Units by length; `m` is a minute, as in Prometheus.
const UNITS: [(&str, f64); 9] = [
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
    ("w", 604_800.0),
];

/// Longest time that is read: a hundred years. Longer ones are typing errors and would overflow sums of times.
const LONGEST_SECONDS: f64 = 100.0 * 366.0 * 86_400.0;

/// Seconds of a unit of time.
pub(super) fn unit_seconds(unit: &str) -> Option<f64> {
    UNITS
        .iter()
        .find(|(word, _)| *word == unit)
        .map(|(_, seconds)| *seconds)
}

/// A time: `90s`, `5m`, `1h30m`, `1.5h`, `40ms`, `2d`. Rounded to microseconds.
pub(crate) fn duration(text: &str) -> Result<Duration, Unreadable> {
    const HELP: &str = "write number and unit: 30s, 5m, 1h30m, 2d (units: ms, s, m, h, d, w)";
    let text = text.trim();
    let wrong = |message: String| Err(Unreadable::new(Code::BadDuration, message, HELP));
    if text.is_empty() {
        return wrong("the time is empty".to_owned());
    }
    if text.starts_with(['-', '+']) {
        return wrong(format!("`{text}` has a sign; a time has none"));
    }
    let mut seconds = 0.0;
    let mut last_unit = f64::INFINITY;
    let mut rest = text;
    while !rest.is_empty() {
        let (digits, after) = split_number(rest);
        let Some(value) = digits.parse::<f64>().ok().filter(|value| value.is_finite()) else {
            return wrong(format!("`{text}` is not a time"));
        };
        let end = after
            .find(|character: char| character.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        if unit.is_empty() {
            return wrong(format!("`{text}` has no unit"));
        }
        let Some(scale) = unit_seconds(unit.trim()) else {
            return wrong(format!("`{}` is not a unit of time", unit.trim()));
        };
        if scale >= last_unit {
            return wrong(format!(
                "`{text}` does not go from the longest unit to the shortest"
            ));
        }
        last_unit = scale;
        seconds += value * scale;
        rest = next.trim_start();
    }
    if seconds > LONGEST_SECONDS {
        return wrong(format!("`{text}` is longer than a hundred years"));
    }
    // Microseconds are exact in a double up to three hundred years.
    let micros = (seconds * 1e6).round();
    Ok(Duration::from_micros(micros as u64))
}

/// A time as a plan writes it: `1h30m`, `0s`.
pub(crate) fn duration_text(time: Duration) -> String {
    let mut micros = time.as_micros();
    if micros == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, length) in [
        ("d", 86_400_000_000),
        ("h", 3_600_000_000),
        ("m", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1000),
        ("us", 1),
    ] {
        // `24h` and `48h` are said in hours; whole days from three on.
        if unit == "d" && (!micros.is_multiple_of(length) || micros / length < 4) {
            continue;
        }
        let count = micros / length;
        if count > 0 {
            text.push_str(&format!("{count}{unit}"));
            micros %= length;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times() {
        for (text, millis) in [
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("40ms", 40),
            ("15s", 15_000),
            ("1.5h", 5_400_000),
            ("0s", 0),
            ("2d", 172_800_000),
            ("10min", 600_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_time() {
        for (text, part) in [
            ("", "empty"),
            ("5", "no unit"),
            ("5 minutes", "`minutes` is not a unit"),
            ("-5m", "sign"),
            ("30m1h", "longest unit"),
            ("1m1m", "longest unit"),
            ("m5", "not a time"),
            ("1000000000w", "hundred years"),
            ("1e400s", "not a time"),
        ] {
            let error = duration(text)
                .err()
                .map(|error| error.message)
                .unwrap_or_default();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in [
            "5m", "1h30m", "24h", "72h", "90d", "40ms", "1m5s", "0s", "250us",
        ] {
            assert_eq!(duration(text).map(duration_text).as_deref(), Ok(text));
        }
    }
}
