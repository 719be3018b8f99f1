//! Times of day, ages and spans.

use crate::frame::Frame;
use core::time::Duration;
use jiff::{SignedDuration, Zoned, tz::TimeZone};
use verification::summary::Summary;
use verification::time::Timestamp;

/// Watches up to this length show seconds in their times of day: minutes would put all their marks on one.
const SECONDS_UP_TO: Duration = Duration::from_secs(30 * 60);

/// Shows moments for one frame and one watch.
#[derive(Clone, Debug)]
pub(crate) struct Clock<'frame> {
    now: Timestamp,
    zone: &'frame TimeZone,
    seconds: bool,
}

impl<'frame> Clock<'frame> {
    pub(crate) fn new(frame: &'frame Frame, watch_for: Duration) -> Self {
        Self {
            now: frame.now,
            zone: &frame.zone,
            seconds: watch_for <= SECONDS_UP_TO,
        }
    }

    pub(crate) fn of(summary: &Summary<'_>, frame: &'frame Frame) -> Self {
        Self::new(frame, summary.plan.watch_for)
    }

    /// The same clock with seconds.
    pub(crate) fn to_the_second(&self) -> Self {
        Self {
            seconds: true,
            ..self.clone()
        }
    }

    /// Time of day, with the day where it is not today: `14:06`, `tomorrow 14:00`, `Mon 14:00`, `2026-11-20 14:00`.
    pub(crate) fn at(&self, moment: Timestamp) -> String {
        let (then, today) = (zoned(moment, self.zone), zoned(self.now, self.zone));
        let time = then
            .strftime(if self.seconds { "%H:%M:%S" } else { "%H:%M" })
            .to_string();
        match day_difference(&then, &today) {
            0 => time,
            1 => format!("tomorrow {time}"),
            -1 => format!("yesterday {time}"),
            -6..=6 => format!("{} {time}", then.strftime("%a")),
            _ => format!("{} {time}", then.strftime("%Y-%m-%d")),
        }
    }

    /// The same inside a sentence: `at 14:06`, `tomorrow at 14:00`, `on Mon at 14:00`.
    pub(crate) fn on(&self, moment: Timestamp) -> String {
        let text = self.at(moment);
        match text.split_once(' ') {
            None => format!("at {text}"),
            Some((day @ ("tomorrow" | "yesterday"), time)) => format!("{day} at {time}"),
            Some((day, time)) => format!("on {day} at {time}"),
        }
    }

    /// Time of day for a log, with the date where it is not today's: `14:06:12`, `2026-11-20 14:06:12`.
    pub(crate) fn stamp(&self, moment: Timestamp) -> String {
        let time = self.time_of_day(moment);
        if self.is_today(moment) {
            time
        } else {
            format!("{} {time}", self.day(moment))
        }
    }

    /// Time of day alone.
    pub(crate) fn time_of_day(&self, moment: Timestamp) -> String {
        let then = zoned(moment, self.zone);
        then.strftime(if self.seconds { "%H:%M:%S" } else { "%H:%M" })
            .to_string()
    }

    /// Day and month, as a heading of times of day.
    pub(crate) fn day(&self, moment: Timestamp) -> String {
        zoned(moment, self.zone).strftime("%Y-%m-%d").to_string()
    }

    /// Whether a moment lies on the present day.
    pub(crate) fn is_today(&self, moment: Timestamp) -> bool {
        zoned(moment, self.zone).date() == zoned(self.now, self.zone).date()
    }

    /// Name of the zone at a moment, as `UTC` or `CET`.
    pub(crate) fn zone_name(&self, moment: Timestamp) -> String {
        zoned(moment, self.zone).strftime("%Z").to_string()
    }

    /// How long ago a moment was.
    pub(crate) fn age(&self, moment: Timestamp) -> Duration {
        self.now.since(moment)
    }
}

fn day_difference(then: &Zoned, today: &Zoned) -> i64 {
    let hours = then.date().duration_since(today.date()).as_hours();
    hours / 24
}

/// A moment in a zone; what lies outside the calendar is taken as its end.
fn zoned(moment: Timestamp, zone: &TimeZone) -> Zoned {
    instant(moment).to_zoned(zone.clone())
}

/// The calendar reaches from the year -9999 to 9999; a day is kept free at both ends for every zone's offset.
fn instant(moment: Timestamp) -> jiff::Timestamp {
    let day = SignedDuration::from_hours(26);
    jiff::Timestamp::from_millisecond(moment.millis()).unwrap_or({
        if moment.millis() < 0 {
            jiff::Timestamp::MIN
                .checked_add(day)
                .unwrap_or(jiff::Timestamp::MIN)
        } else {
            jiff::Timestamp::MAX
                .checked_sub(day)
                .unwrap_or(jiff::Timestamp::MAX)
        }
    })
}

/// RFC 3339 in UTC with milliseconds, as JSON writes it.
#[must_use]
pub fn rfc3339(moment: Timestamp) -> String {
    format!("{:.3}", instant(moment))
}

/// A moment from RFC 3339; `None` where the text is none.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

/// A span in at most two units, rounded down: `8s`, `1m40s`, `35m`, `6h10m`, `24h`, `4d2h`. Seconds are dropped from ten minutes on.
pub(crate) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        if small == 0 {
            format!("{large}{large_unit}")
        } else {
            format!("{large}{large_unit}{small}{small_unit}")
        }
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..600 => two(minutes, "m", seconds % 60, "s"),
        600..3600 => format!("{minutes}m"),
        // Watches last up to 72 h, and are spoken of in hours.
        3600..=259_200 => two(hours, "h", minutes % 60, "m"),
        _ => two(days, "d", hours % 24, "h"),
    }
}

/// A span in its largest unit alone, rounded down: `5m`, `2h`, `3d`.
pub(crate) fn rough_span(length: Duration) -> String {
    match length.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds @ 60..7200 => format!("{}m", seconds / 60),
        seconds @ 7200..=259_200 => format!("{}h", seconds / 3600),
        seconds => format!("{}d", seconds / 86_400),
    }
}

/// A span to a tenth of a second below two minutes: `9.8 s`, `4m10s`.
pub(crate) fn exact_span(length: Duration) -> String {
    if length < Duration::from_secs(120) {
        format!("{:.1} s", length.as_secs_f64())
    } else {
        span(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let of = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(of(0), "0s");
        assert_eq!(of(100), "1m40s");
        assert_eq!(of(300), "5m");
        assert_eq!(of(2_119), "35m");
        assert_eq!(of(22_200), "6h10m");
        assert_eq!(of(86_400), "24h");
        assert_eq!(of(259_200), "72h");
        assert_eq!(of(353_000), "4d2h");
        assert_eq!(span(Duration::MAX), "213503982334601d7h");
    }

    #[test]
    fn days_are_named() {
        let noon = Timestamp::from_millis(1_795_176_000_000);
        let frame = Frame::new(noon, TimeZone::UTC, "W7");
        let clock = Clock::new(&frame, Duration::from_secs(86_400));
        let day = Duration::from_secs(86_400);
        assert_eq!(clock.at(noon), "12:00");
        assert_eq!(clock.at(noon + day), "tomorrow 12:00");
        assert_eq!(clock.at(noon - day), "yesterday 12:00");
        assert_eq!(clock.at(noon + day * 3), "Mon 12:00");
        assert_eq!(clock.at(noon + day * 9), "2026-11-29 12:00");
    }

    #[test]
    fn days_fit_into_sentences() {
        let noon = Timestamp::from_millis(1_795_176_000_000);
        let frame = Frame::new(noon, TimeZone::UTC, "W7");
        let clock = Clock::new(&frame, Duration::from_secs(86_400));
        assert_eq!(clock.on(noon), "at 12:00");
        assert_eq!(
            clock.on(noon + Duration::from_secs(86_400)),
            "tomorrow at 12:00"
        );
        assert_eq!(
            clock.on(noon + Duration::from_secs(3 * 86_400)),
            "on Mon at 12:00"
        );
    }

    #[test]
    fn json_times_come_back() {
        let moment = Timestamp::from_millis(1_795_176_000_042);
        assert_eq!(rfc3339(moment), "2026-11-20T12:00:00.042Z");
        assert_eq!(from_rfc3339(&rfc3339(moment)), Some(moment));
        assert_eq!(rfc3339(Timestamp::from_millis(i64::MAX)).len(), 24);
    }
}
