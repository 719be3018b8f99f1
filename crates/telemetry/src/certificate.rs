//! The last day of a TLS certificate, read from its DER form.
//!
//! Only the way to `notAfter` (RFC 5280, section 4.1) is walked; whether the certificate is to be trusted has been decided
//! by the handshake before.

/// Milliseconds since the epoch at which a certificate ends; `None` if this is not one.
pub(crate) fn not_after(der: &[u8]) -> Option<i64> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut fields, _) = element(certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        fields = any(fields)?.1;
    }
    // Serial number, signature algorithm, issuer.
    for _ in 0..3 {
        fields = any(fields)?.1;
    }
    let (validity, _) = element(fields, SEQUENCE)?;
    let (_, rest) = any(validity)?;
    let tag = *rest.first()?;
    let (text, _) = any(rest)?;
    time(tag, text)
}

fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    (bytes.first() == Some(&tag)).then(|| any(bytes))?
}

/// Content of the first element and what follows it.
fn any(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = bytes.get(1..)?.split_first()?;
    let (length, rest) = if length < 0x80 {
        (usize::from(length), rest)
    } else {
        let count = usize::from(length & 0x7f);
        if count == 0 || count > 4 || rest.len() < count {
            return None;
        }
        let (digits, rest) = rest.split_at(count);
        let length = digits
            .iter()
            .fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
        (length, rest)
    };
    (rest.len() >= length).then(|| rest.split_at(length))
}

/// `UTCTime` (`YYMMDDHHMMSSZ`) or `GeneralizedTime` (`YYYYMMDDHHMMSSZ`).
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, rest) = match (tag, text.len()) {
        (0x17, 12) => {
            let year: i64 = text[..2].parse().ok()?;
            (
                if year >= 50 { 1900 + year } else { 2000 + year },
                &text[2..],
            )
        }
        (0x18, 14) => (text[..4].parse().ok()?, &text[4..]),
        _ => return None,
    };
    let part = |at: usize| rest[at..at + 2].parse::<i64>().ok();
    let (month, day) = (part(0)?, part(2)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let seconds =
        (days_since_1970(year, month, day) * 24 + part(4)?) * 3600 + part(6)? * 60 + part(8)?;
    Some(seconds * 1000)
}

/// Days from 1970-01-01 in the Gregorian calendar, counted in years that begin in March so that leap days come last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_TO_1970: i64 = 719_468;
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + leap_days + day_of_year - DAYS_TO_1970
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2024, 2, 29), 19_782);
        assert_eq!(days_since_1970(2100, 1, 1), 47_482);
    }

    #[test]
    fn both_forms_of_time() {
        assert_eq!(time(0x17, b"700101000001Z"), Some(1000));
        assert_eq!(time(0x18, b"19700102000000Z"), Some(86_400_000));
        assert_eq!(time(0x17, b"7001010000Z"), None);
        assert_eq!(time(0x17, b"701301000000Z"), None);
    }

    #[test]
    fn the_way_through_a_certificate() {
        let wrap = |tag: u8, content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap_or(0x7f);
            [&[tag, length], content].concat()
        };
        let validity = wrap(
            0x30,
            &[wrap(0x17, b"200101000000Z"), wrap(0x17, b"300101000000Z")].concat(),
        );
        let fields = [
            wrap(0xa0, &wrap(0x02, &[2])),
            wrap(0x02, &[7]),
            wrap(0x30, &[]),
            wrap(0x30, &[]),
            validity,
        ]
        .concat();
        let certificate = wrap(0x30, &wrap(0x30, &fields));
        assert_eq!(not_after(&certificate), Some(1_893_456_000_000));
        for end in 0..certificate.len() {
            assert_eq!(not_after(&certificate[..end]), None);
        }
    }
}
