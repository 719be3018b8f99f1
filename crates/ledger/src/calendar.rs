//! Times as people and other programs read them: RFC 3339 in UTC.

use verification::time::Timestamp;

const MILLIS_A_DAY: i64 = 86_400_000;

/// Writes a time as RFC 3339 in UTC with milliseconds: `2026-10-17T09:30:00.250Z`.
///
/// Years outside 0 to 9999 are written with a sign and six digits, as ISO 8601 does. The calendar is the proleptic Gregorian one;
/// leap seconds do not exist in Unix time.
#[must_use]
pub fn rfc3339(at: Timestamp) -> String {
    let (year, month, day) = civil(at.millis().div_euclid(MILLIS_A_DAY));
    let millis = at.millis().rem_euclid(MILLIS_A_DAY);
    let (hour, minute) = (millis / 3_600_000, millis / 60_000 % 60);
    let (second, fraction) = (millis / 1000 % 60, millis % 1000);
    let year = if (0..=9999).contains(&year) {
        format!("{year:04}")
    } else {
        format!("{year:+07}")
    };
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Years are taken to begin on 1 March, so that the leap day is the last of its year; 400 such years have 146,097 days.
fn civil(days: i64) -> (i64, i64, i64) {
    // 719,468 days lie between 0000-03-01 and 1970-01-01.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March have 31, 30, 31, 30, 31 days, twice: 153 days in five months.
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> String {
        rfc3339(Timestamp::from_millis(millis))
    }

    #[test]
    fn known_times() {
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(at(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(951_868_800_000), "2000-03-01T00:00:00.000Z");
        assert_eq!(at(1_700_000_000_123), "2023-11-14T22:13:20.123Z");
        assert_eq!(at(4_107_542_399_999), "2100-02-28T23:59:59.999Z");
        assert_eq!(at(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
        assert_eq!(at(253_402_300_799_999), "9999-12-31T23:59:59.999Z");
        assert_eq!(at(253_402_300_800_000), "+010000-01-01T00:00:00.000Z");
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut before = civil(-200_000);
        for day in -199_999..=-199_999 + 146_097 {
            let (y, m, d) = civil(day);
            let leap = before.0 % 4 == 0 && (before.0 % 100 != 0 || before.0 % 400 == 0);
            let length = match before.1 {
                2 => 28 + i64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let expected = match before {
                (y, 12, 31) => (y + 1, 1, 1),
                (y, m, d) if d == length => (y, m + 1, 1),
                (y, m, d) => (y, m, d + 1),
            };
            assert_eq!((y, m, d), expected);
            before = expected;
        }
    }
}
