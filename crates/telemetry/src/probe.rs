//! A smoke test over HTTP: one try a look and side; a failed try is an event.

use std::time::Duration;

use reqwest::Url;
use statistics::Sample;
use verification::observation::{Gap, Measured, Sides};
use verification::terms::ProbeTerms;
use verification::time::Timestamp;

use crate::certificate::not_after;
use crate::http::{AccessError, Answer, HttpClient, address, shown};
use crate::source::Access;
use crate::trouble::Trouble;

/// Largest body that is searched for the expected text.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// A probe with its addresses.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    http: HttpClient,
    urls: Sides<Option<Url>>,
    terms: ProbeTerms,
}

/// Why a try failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("{0}")]
    Trouble(Trouble),
    #[error("{place} answered with status {got} instead of {wanted}")]
    Status {
        place: String,
        got: u16,
        wanted: u16,
    },
    #[error("the answer of {place} does not contain `{text}`")]
    Body { place: String, text: String },
    #[error(
        "the certificate of {place} is valid for {left:?} only, {wanted:?} are asked for: renew it"
    )]
    Certificate {
        place: String,
        left: Duration,
        wanted: Duration,
    },
    #[error("the certificate of {place} cannot be read")]
    NoCertificate { place: String },
}

impl Probe {
    /// A probe whose time limit is that of its terms.
    pub(crate) fn new(terms: &ProbeTerms, access: &Access) -> Result<Self, AccessError> {
        let canary = address(&terms.url)?;
        let baseline = terms.baseline_url.as_deref().map(address).transpose()?;
        let addresses: Vec<Url> = [Some(canary.clone()), baseline.clone()]
            .into_iter()
            .flatten()
            .collect();
        Ok(Self {
            http: HttpClient::new(&addresses, access, terms.answers_within, BODY_LIMIT)?,
            urls: Sides {
                canary: Some(canary),
                baseline,
            },
            terms: terms.clone(),
        })
    }

    /// One try on each side that has an address, both at once.
    pub(crate) async fn look(&self, now: Timestamp) -> Sides<Option<Result<(), Failure>>> {
        let (canary, baseline) = tokio::join!(
            self.side(self.urls.canary.as_ref(), now),
            self.side(self.urls.baseline.as_ref(), now)
        );
        Sides { canary, baseline }
    }

    async fn side(&self, url: Option<&Url>, now: Timestamp) -> Option<Result<(), Failure>> {
        Some(self.attempt(url?, now).await)
    }

    async fn attempt(&self, url: &Url, now: Timestamp) -> Result<(), Failure> {
        let place = shown(url);
        let answer = self
            .http
            .send(self.http.get(url.clone()), &place)
            .await
            .map_err(Failure::Trouble)?;
        let got = answer.status.as_u16();
        if got != self.terms.status {
            return Err(Failure::Status {
                place,
                got,
                wanted: self.terms.status,
            });
        }
        if let Some(text) = &self.terms.body_contains
            && !contains(&answer.body, text.as_bytes())
        {
            return Err(Failure::Body {
                place,
                text: text.clone(),
            });
        }
        match self.terms.certificate_valid_for {
            Some(wanted) if url.scheme() == "https" => certificate(&answer, place, wanted, now),
            _ => Ok(()),
        }
    }
}

fn certificate(
    answer: &Answer,
    place: String,
    wanted: Duration,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(end) = answer.certificate.as_deref().and_then(not_after) else {
        return Err(Failure::NoCertificate { place });
    };
    let left = Timestamp::from_millis(end).since(now);
    if left < wanted {
        return Err(Failure::Certificate {
            place,
            left,
            wanted,
        });
    }
    Ok(())
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// A try as counts.
pub(crate) fn measured(attempt: Option<&Result<(), Failure>>) -> Measured {
    attempt.map_or(Measured::Nothing(Gap::NoSeries), |attempt| {
        Measured::Counts(Sample {
            events: u64::from(attempt.is_err()),
            trials: 1,
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    use rcgen::{CertificateParams, KeyPair, date_time_ymd};
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Answers every request over TLS with a certificate that ends on the first day of 2030.
    async fn serve() -> (String, tempfile::NamedTempFile, tokio::task::JoinHandle<()>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2030, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        let trusted = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(trusted.path(), certificate.pem()).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "https://localhost:{}/",
            listener.local_addr().unwrap().port()
        );
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream
                    .write_all(
                        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi",
                    )
                    .await;
                let _ = stream.shutdown().await;
            }
        });
        (url, trusted, server)
    }

    #[tokio::test]
    async fn the_last_day_of_a_certificate() {
        let (url, trusted, server) = serve().await;
        let terms = ProbeTerms {
            url,
            baseline_url: None,
            status: 200,
            body_contains: Some("hi".to_owned()),
            answers_within: Duration::from_secs(20),
            certificate_valid_for: Some(Duration::from_secs(14 * 86_400)),
        };
        let access = Access {
            ca_file: Some(trusted.path().to_owned()),
            ..Access::default()
        };
        let probe = Probe::new(&terms, &access).unwrap();
        // Midnight on 1 December 2029 and on 25 December 2029.
        let early = Timestamp::from_millis(1_890_777_600_000);
        let late = Timestamp::from_millis(1_892_851_200_000);
        assert_eq!(probe.look(early).await.canary, Some(Ok(())));
        let failure = probe.look(late).await.canary.unwrap().unwrap_err();
        assert!(
            failure.to_string().contains("is valid for 604800s only"),
            "{failure}"
        );
        // Without that certificate the server is a stranger.
        let probe = Probe::new(
            &terms,
            &Access {
                ca_file: Some(other_certificate().path().to_owned()),
                ..Access::default()
            },
        )
        .unwrap();
        let failure = probe.look(early).await.canary.unwrap().unwrap_err();
        assert!(
            failure
                .to_string()
                .contains("certificate that cannot be trusted"),
            "{failure}"
        );
        server.abort();
    }

    fn other_certificate() -> tempfile::NamedTempFile {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["elsewhere".to_owned()]).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), params.self_signed(&key).unwrap().pem()).unwrap();
        file
    }
}
