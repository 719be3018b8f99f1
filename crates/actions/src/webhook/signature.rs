//! Signatures of webhooks: HMAC-SHA256 (RFC 2104) over `timestamp "." body`.

use crate::secret::Secret;
use core::time::Duration;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use verification::time::Timestamp;

/// Header with the time of sending, in whole seconds since the Unix epoch.
pub const TIMESTAMP_HEADER: &str = "x-shakedown-timestamp";

/// Header with the signature, `v1=` and 64 hexadecimal digits.
pub const SIGNATURE_HEADER: &str = "x-shakedown-signature";

/// Version of the scheme.
const VERSION: &str = "v1=";

/// Why a request is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureProblem {
    /// No number of seconds.
    #[error("the timestamp is no whole number of seconds since 1970")]
    Timestamp,
    /// Sent too long ago, or a repetition of such a request; or the clocks differ by more than the window.
    #[error("the timestamp is outside the window: a replayed request, or clocks that differ")]
    OutsideWindow,
    /// No signature of a known version.
    #[error("the signature header has no `v1=` and 64 hexadecimal digits")]
    Malformed,
    /// Another key, or a changed timestamp or body.
    #[error("the signature does not match: another secret, or a changed request")]
    Mismatch,
}

/// The signature header's value for a body sent at `timestamp`.
pub(crate) fn sign(secret: &Secret, timestamp: &str, body: &[u8]) -> String {
    let digest = mac(secret, timestamp, body).finalize().into_bytes();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{VERSION}{digits}")
}

/// The timestamp header's value.
pub(crate) fn timestamp(now: Timestamp) -> String {
    now.millis().div_euclid(1000).to_string()
}

/// Verifies a request that carries the two headers; for receivers.
///
/// `header` may hold several signatures with commas between, as while a secret is exchanged; one that matches is enough. The comparison takes the same
/// time wherever the difference is. Within `window` a replayed request passes: a receiver also remembers `Idempotency-Key` for that long.
///
/// # Errors
/// Timestamp unreadable or more than `window` away from `now` in either direction, no signature of version 1, or none that matches.
pub fn verify_signature(
    secret: &Secret,
    timestamp: &str,
    body: &[u8],
    header: &str,
    now: Timestamp,
    window: Duration,
) -> Result<(), SignatureProblem> {
    let seconds: i64 = timestamp.parse().map_err(|_| SignatureProblem::Timestamp)?;
    let sent = Timestamp::from_millis(
        seconds
            .checked_mul(1000)
            .ok_or(SignatureProblem::Timestamp)?,
    );
    if now.since(sent).max(sent.since(now)) > window {
        return Err(SignatureProblem::OutsideWindow);
    }
    let mut outcome = SignatureProblem::Malformed;
    for signature in header.split(',') {
        let Some(claimed) = signature.trim().strip_prefix(VERSION).and_then(from_hex) else {
            continue;
        };
        if mac(secret, timestamp, body).verify_slice(&claimed).is_ok() {
            return Ok(());
        }
        outcome = SignatureProblem::Mismatch;
    }
    Err(outcome)
}

fn mac(secret: &Secret, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of every length");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac
}

fn from_hex(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(core::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const WINDOW: Duration = Duration::from_secs(300);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    #[test]
    fn the_scheme_is_hmac_sha256_over_timestamp_dot_body() {
        // Computed with: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'key of the receiver'
        assert_eq!(
            sign(
                &Secret::new("key of the receiver"),
                "1700000000",
                br#"{"a":1}"#
            ),
            "v1=21537ec7096a1ce7bf7dead6aea251657ef01676e8ee8ee2087647fd92e477a9"
        );
    }

    #[test]
    fn only_the_signed_request_within_the_window_is_believed() {
        let secret = Secret::new("a key");
        let signature = sign(&secret, "1000", b"body");
        let verify = |key: &str, time: &str, body: &[u8], header: &str, now: i64| {
            verify_signature(&Secret::new(key), time, body, header, at(now), WINDOW)
        };
        assert_eq!(verify("a key", "1000", b"body", &signature, 1299), Ok(()));
        assert_eq!(
            verify("a key", "1000", b"body", &signature, 701),
            Ok(()),
            "clocks apart"
        );
        for now in [1301, 699] {
            assert_eq!(
                verify("a key", "1000", b"body", &signature, now),
                Err(SignatureProblem::OutsideWindow)
            );
        }
        for (key, time, body) in [
            ("b key", "1000", "body"),
            ("a key", "1001", "body"),
            ("a key", "1000", "bodY"),
        ] {
            assert_eq!(
                verify(key, time, body.as_bytes(), &signature, 1000),
                Err(SignatureProblem::Mismatch)
            );
        }
        for header in [
            "",
            "v1=",
            "v2=00",
            &signature[..60],
            &signature.replace("v1=", "v1=g"),
        ] {
            assert_eq!(
                verify("a key", "1000", b"body", header, 1000),
                Err(SignatureProblem::Malformed),
                "{header}"
            );
        }
        for time in ["", "now", "1e3", "99999999999999999"] {
            assert_eq!(
                verify("a key", time, b"body", &signature, 1000),
                Err(SignatureProblem::Timestamp),
                "{time}"
            );
        }
    }

    #[test]
    fn one_of_two_signatures_is_enough_while_a_secret_is_exchanged() {
        let (old, new) = (Secret::new("old"), Secret::new("new"));
        let both = format!("{}, {}", sign(&old, "5", b"x"), sign(&new, "5", b"x"));
        for secret in [old, new] {
            assert_eq!(
                verify_signature(&secret, "5", b"x", &both, at(5), WINDOW),
                Ok(())
            );
        }
    }

    proptest! {
        #[test]
        fn a_moved_dot_changes_the_signature(time in 0i64..10_000_000_000, body in "[0-9.]{0,12}") {
            let secret = Secret::new("k");
            let signature = sign(&secret, &time.to_string(), body.as_bytes());
            let (other_time, other_body) = (time / 10, format!("{}{body}", time % 10));
            prop_assert_eq!(
                verify_signature(&secret, &other_time.to_string(), other_body.as_bytes(), &signature, at(other_time), WINDOW),
                Err(SignatureProblem::Mismatch)
            );
        }
    }
}
