//! One HTTP request and its answer, with the one distinction that matters: was it sent?

use crate::address::Address;
use crate::problem::ConfigProblem;
use crate::time_left::TimeLeft;
use core::time::Duration;
use reqwest::{Client, RequestBuilder, StatusCode};
use std::error::Error;
use std::sync::Arc;

/// Most of an answer that is read. Answers here are a few hundred bytes.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Part of an answer that a detail quotes.
const LONGEST_QUOTE: usize = 300;

/// Builds a client for one address.
///
/// Each request has a connection of its own, is sent at most once, and follows no redirect: an order goes to the configured host and to no other.
/// Proxies of the environment are used, except for this machine.
pub(crate) fn client(
    action: &str,
    address: &Address,
    time_limit: Duration,
) -> Result<Client, ConfigProblem> {
    let mut builder = Client::builder()
        .user_agent(concat!("shakedown/", env!("CARGO_PKG_VERSION")))
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        // Shorter than the whole, so that a host that does not answer is told apart from an answer that is lost.
        .connect_timeout(time_limit / 2)
        .tls_backend_preconfigured(tls(action, address)?);
    if address.is_loopback() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|source| ConfigProblem::Client {
        action: action.to_owned(),
        source,
    })
}

/// Settings of the TLS library with `ring`, without a process-wide default. Plain http needs no trust store, so none is loaded.
fn tls(action: &str, address: &Address) -> Result<rustls::ClientConfig, ConfigProblem> {
    let trouble = |source| ConfigProblem::TrustStore {
        action: action.to_owned(),
        source,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(trouble)?;
    Ok(if address.is_encrypted() {
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(trouble)?;
        builder
            // Named so by the library: the verifier is the system's own, and verifies.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth()
    } else {
        builder
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth()
    })
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// There was no connection: nothing was sent.
    NotSent(String),
    /// Sent, in whole or in part, and no complete answer came.
    Lost(String),
}

impl NoAnswer {
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::NotSent(why) | Self::Lost(why) => why,
        }
    }
}

impl Answer {
    /// The answer in one line: status and the beginning of its text.
    pub(crate) fn quote(&self) -> String {
        let text = crate::one_line::one_line(&String::from_utf8_lossy(&self.body));
        if text.is_empty() {
            return self.status.to_string();
        }
        let end = (0..=LONGEST_QUOTE.min(text.len()))
            .rev()
            .find(|end| text.is_char_boundary(*end))
            .unwrap_or(0);
        let dots = if end < text.len() { "…" } else { "" };
        format!("{}: {}{dots}", self.status, &text[..end])
    }
}

/// Sends a request and reads the answer, within the time left.
pub(crate) async fn exchange(request: RequestBuilder, time: TimeLeft) -> Result<Answer, NoAnswer> {
    let mut response = request
        .timeout(time.left())
        .send()
        .await
        .map_err(|error| no_answer(&error))?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
        let room = LONGEST_ANSWER.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LONGEST_ANSWER {
            break;
        }
    }
    Ok(Answer { status, body })
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    let why = if error.is_timeout() && !error.is_connect() {
        "no answer within the time limit".to_owned()
    } else {
        innermost(error)
    };
    if error.is_connect() || error.is_builder() {
        NoAnswer::NotSent(why)
    } else {
        NoAnswer::Lost(why)
    }
}

/// The innermost cause: the outer ones repeat the address, which may be a secret.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    let mut text = String::new();
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    if text.is_empty() {
        "the request could not be sent".to_owned()
    } else {
        text
    }
}
