//! One HTTP client a source: no redirects, no proxies from the environment, bounded in time and size.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::source::Access;
use crate::trouble::{Trouble, brief};

/// Wait after a 429 that does not say for how long.
const USUAL_WAIT: Duration = Duration::from_secs(30);
/// Longest wait that a server may ask for: beyond it a watch would be blind at the word of a proxy.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Why a source could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Not an address.
    #[error("`{url}` is not an http or https address ({why})")]
    Address {
        /// The text.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not a header.
    #[error("header `{name}` has a name or value that HTTP does not allow")]
    Header {
        /// Name of the header.
        name: String,
    },
    /// Certificates that cannot be read.
    #[error(
        "certificates in {file} cannot be read ({why}): give a PEM file with at least one certificate"
    )]
    Certificates {
        /// Path.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be set up.
    #[error(
        "TLS cannot be set up ({why}): install the system's root certificates or name a ca-file"
    )]
    Tls {
        /// The library's words.
        why: String,
    },
}

/// A client with one source's credentials and trust.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: reqwest::Client,
    limit: Duration,
    most_bytes: usize,
}

/// An answer with its body, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The server's certificate (DER), where the connection has one.
    pub(crate) certificate: Option<Vec<u8>>,
}

impl HttpClient {
    /// A client for `addresses`; system certificates are loaded only if one of them needs TLS.
    pub(crate) fn new(
        addresses: &[Url],
        access: &Access,
        limit: Duration,
        most_bytes: usize,
    ) -> Result<Self, AccessError> {
        let secure = addresses.iter().any(|url| url.scheme() == "https");
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(secure, access)?)
            .tls_info(true)
            .default_headers(headers(access)?)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(limit)
            .connect_timeout(limit)
            .user_agent(concat!("shakedown/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| AccessError::Tls {
                why: innermost(&error),
            })?;
        Ok(Self {
            client,
            limit,
            most_bytes,
        })
    }

    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    /// Sends a request and reads the whole body. A connection that broke before any answer is tried once more: servers close
    /// idle connections without a word.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        place: &str,
    ) -> Result<Answer, Trouble> {
        let again = request.try_clone();
        match (self.send_once(request, place).await, again) {
            (Err(Trouble::Unreachable { .. }), Some(again)) => self.send_once(again, place).await,
            (first, _) => first,
        }
    }

    async fn send_once(&self, request: RequestBuilder, place: &str) -> Result<Answer, Trouble> {
        let trouble = |error: reqwest::Error| {
            if error.is_timeout() {
                Trouble::TooSlow {
                    place: place.to_owned(),
                    limit: self.limit,
                }
            } else if error.is_body() || error.is_decode() {
                Trouble::Unreadable {
                    place: place.to_owned(),
                    why: innermost(&error),
                }
            } else if let Some(why) = untrusted(&error) {
                Trouble::Untrusted {
                    place: place.to_owned(),
                    why,
                }
            } else {
                Trouble::Unreachable {
                    place: place.to_owned(),
                    why: innermost(&error),
                }
            }
        };
        let mut response = request.send().await.map_err(trouble)?;
        let too_large = || Trouble::TooLarge {
            place: place.to_owned(),
            limit: self.most_bytes,
        };
        if response.content_length() > Some(self.most_bytes as u64) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(trouble)? {
            if body.len() + chunk.len() > self.most_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let certificate = response
            .extensions()
            .get::<reqwest::tls::TlsInfo>()
            .and_then(|info| info.peer_certificate())
            .map(<[u8]>::to_vec);
        Ok(Answer {
            status: response.status(),
            headers: response.headers().clone(),
            body: body.freeze(),
            certificate,
        })
    }
}

impl Answer {
    /// The trouble that a status other than 200 stands for; `words` takes the server's explanation out of the body.
    pub(crate) fn trouble(&self, place: &str, words: impl Fn(&[u8]) -> Option<String>) -> Trouble {
        let place = place.to_owned();
        let status = self.status.as_u16();
        let wait = self.retry_after();
        match status {
            401 | 403 => Trouble::Refused { place, status },
            429 => Trouble::Busy {
                place,
                status,
                wait: wait.unwrap_or(USUAL_WAIT),
            },
            503 if wait.is_some() => Trouble::Busy {
                place,
                status,
                wait: wait.unwrap_or(USUAL_WAIT),
            },
            300..=399 => Trouble::Redirected {
                place,
                to: self
                    .headers
                    .get(LOCATION)
                    .and_then(|to| to.to_str().ok())
                    .map_or_else(|| "an unnamed address".to_owned(), brief),
            },
            _ => Trouble::Failed {
                place,
                status,
                why: words(&self.body)
                    .map(|why| format!(" ({})", brief(&why)))
                    .unwrap_or_default(),
            },
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?;
        // The other form is a calendar date, which only means something by the server's clock.
        let wait = text.trim().parse().map_or(USUAL_WAIT, Duration::from_secs);
        Some(wait.min(LONGEST_WAIT))
    }
}

/// Reads an address.
pub(crate) fn address(text: &str) -> Result<Url, AccessError> {
    let wrong = |why: String| AccessError::Address {
        url: Url::parse(text).map_or_else(|_| text.to_owned(), |url| shown(&url)),
        why,
    };
    let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("scheme is {}", url.scheme())));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "it holds a user or a password: give them as credentials".to_owned(),
        ));
    }
    Ok(url)
}

/// An address as messages show it: without user, password and query, which may hold secrets.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    // These fail only for addresses without a host, which hold no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

fn headers(access: &Access) -> Result<HeaderMap, AccessError> {
    let mut map = HeaderMap::new();
    let authorization = access
        .authorization
        .iter()
        .map(|secret| ("authorization", secret));
    let others = access
        .headers
        .iter()
        .map(|(name, secret)| (name.as_str(), secret));
    for (name, secret) in authorization.chain(others) {
        let wrong = || AccessError::Header {
            name: name.to_owned(),
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(secret.reveal()).map_err(|_| wrong())?;
        value.set_sensitive(true);
        map.insert(header, value);
    }
    Ok(map)
}

fn tls(secure: bool, access: &Access) -> Result<rustls::ClientConfig, AccessError> {
    let failed = |error: rustls::Error| AccessError::Tls {
        why: error.to_string(),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let mut config = if let Some(file) = &access.ca_file {
        let mut roots = rustls::RootCertStore::empty();
        let wrong = |why: String| AccessError::Certificates {
            file: file.display().to_string(),
            why,
        };
        let certificates =
            CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong("it holds no certificate".to_owned()));
        }
        builder.with_root_certificates(roots).with_no_client_auth()
    } else if secure {
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(failed)?;
        builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    } else {
        builder
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// What is wrong with the server's certificate, if that is the cause.
fn untrusted(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(rustls::Error::InvalidCertificate(wrong)) = error.downcast_ref() {
        return Some(brief(&format!("{wrong:?}")));
    }
    // TLS errors travel inside I/O errors, whose `source` skips what they hold.
    let held = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    if let Some(held) = held {
        return untrusted(held);
    }
    untrusted(error.source()?)
}

/// The words of the cause that lies deepest: the outer ones only repeat the address.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    brief(&deepest.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::secret::Secret;

    #[test]
    fn shown_addresses_hold_no_secrets() {
        let url = address("https://host:9090/prom/?token=x#y").unwrap();
        assert_eq!(shown(&url), "https://host:9090/prom");
        let error = address("https://user:secret@host/")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("give them as credentials") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn wrong_addresses_say_why() {
        assert!(
            address("ftp://host")
                .unwrap_err()
                .to_string()
                .contains("scheme is ftp")
        );
        assert!(address("prometheus:9090").is_err());
        assert!(address("").is_err());
    }

    #[test]
    fn a_wrong_header_does_not_show_its_value() {
        let access = Access {
            authorization: Some(Secret::new("Bearer a\nb")),
            ..Access::default()
        };
        let error = headers(&access).unwrap_err().to_string();
        assert!(
            error.contains("authorization") && !error.contains("Bearer"),
            "{error}"
        );
    }

    #[test]
    fn a_ca_file_that_is_not_one_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let access = Access {
            ca_file: Some(file.path().to_owned()),
            ..Access::default()
        };
        let error = HttpClient::new(&[], &access, Duration::from_secs(1), 1).unwrap_err();
        assert!(
            error.to_string().contains("holds no certificate"),
            "{error}"
        );
    }
}
