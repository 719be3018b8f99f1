//! Headers that end at a proxy, and those that it adds.

use std::net::IpAddr;

use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Headers about one connection (RFC 9110 section 7.6.1), with the two that only older software sends.
const HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Removes what belongs to the connection it came over: the fixed list and what `Connection` names.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // Never what frames the body or names the host, whoever asks for it.
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::HOST)
        .collect();
    for name in HOP_BY_HOP.iter().chain(&named) {
        headers.remove(name);
    }
}

/// Tells the backend who asked: the client is appended to `X-Forwarded-For`; `X-Forwarded-Proto` and
/// `X-Forwarded-Host` are set where no earlier proxy has.
pub(super) fn add_forwarded(headers: &mut HeaderMap, client: IpAddr) {
    let earlier: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let client = client.to_canonical().to_string();
    let all = [earlier, vec![client.as_str()]].concat().join(", ");
    if let Ok(value) = HeaderValue::try_from(all) {
        headers.insert(FORWARDED_FOR, value);
    }
    if !headers.contains_key(FORWARDED_PROTO) {
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.entry(FORWARDED_HOST).or_insert(host);
    }
    headers.append(header::VIA, HeaderValue::from_static("1.1 splitter"));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn what_belongs_to_the_connection_stays_there() {
        let mut found = headers(&[
            ("connection", "keep-alive, X-Private"),
            ("connection", "content-length,host"),
            ("keep-alive", "timeout=5"),
            ("x-private", "1"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("te", "trailers"),
            ("content-length", "4"),
            ("host", "shop"),
            ("accept", "*/*"),
        ]);
        remove_hop_by_hop(&mut found);
        let expected = headers(&[("content-length", "4"), ("host", "shop"), ("accept", "*/*")]);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_client_is_appended_to_those_before_it() {
        let mut found = headers(&[
            ("host", "shop"),
            ("x-forwarded-for", "192.0.2.1"),
            ("x-forwarded-for", "192.0.2.2, 192.0.2.3"),
            ("x-forwarded-proto", "https"),
        ]);
        add_forwarded(&mut found, "::ffff:127.0.0.1".parse().unwrap());
        let expected = headers(&[
            ("host", "shop"),
            (
                "x-forwarded-for",
                "192.0.2.1, 192.0.2.2, 192.0.2.3, 127.0.0.1",
            ),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "shop"),
            ("via", "1.1 splitter"),
        ]);
        assert_eq!(found, expected);
    }
}
