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
    pub(crate) fn new(terms: &ProbeTerms) -> Result<Self, AccessError> {
        let canary = address(&terms.url)?;
        let baseline = terms.baseline_url.as_deref().map(address).transpose()?;
        let addresses: Vec<Url> = [Some(canary.clone()), baseline.clone()]
            .into_iter()
            .flatten()
            .collect();
        Ok(Self {
            http: HttpClient::new(
                &addresses,
                &Access::default(),
                terms.answers_within,
                BODY_LIMIT,
            )?,
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
