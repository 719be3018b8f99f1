//! A signed HTTP request to a receiver.

mod payload;
mod signature;

pub use signature::{SIGNATURE_HEADER, SignatureProblem, TIMESTAMP_HEADER, verify_signature};

use crate::address::Address;
use crate::attempt::{Checked, Tried};
use crate::config::WebhookConfig;
use crate::http_exchange::{self, Answer, NoAnswer};
use crate::order::Order;
use crate::problem::{ConfigProblem, ProbeProblem};
use crate::secret::{CONCEALED, conceal};
use crate::time_left::TimeLeft;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use verification::time::Timestamp;

/// Header with the order's idempotency key.
pub const IDEMPOTENCY_HEADER: &str = "idempotency-key";

/// Header with the order's generation; a receiver that has seen a higher one answers 409 or 412.
pub const GENERATION_HEADER: &str = "x-shakedown-generation";

#[derive(Debug)]
pub(crate) struct Webhook {
    action: String,
    config: WebhookConfig,
    headers: HeaderMap,
    client: reqwest::Client,
    /// The check may live at another host, with other needs for TLS and proxies.
    check_client: Option<reqwest::Client>,
}

impl Webhook {
    pub(crate) fn new(action: &str, config: WebhookConfig) -> Result<Self, ConfigProblem> {
        let check_client = config
            .check_url
            .as_ref()
            .map(|address| http_exchange::client(action, address, config.time_limit))
            .transpose()?;
        Ok(Self {
            client: http_exchange::client(action, &config.url, config.time_limit)?,
            headers: configured_headers(action, &config)?,
            check_client,
            action: action.to_owned(),
            config,
        })
    }

    pub(crate) const fn config(&self) -> &WebhookConfig {
        &self.config
    }

    pub(crate) async fn attempt(&self, order: &Order, now: Timestamp, time: TimeLeft) -> Tried {
        let url = match self.resolved(&self.config.url, order) {
            Ok(url) => url,
            Err(refusal) => return Tried::refused(refusal),
        };
        let body = payload::of(order);
        let request = self.client.post(url.url().clone());
        let request = match self.signed(request, order, &body, now) {
            Ok(request) => request,
            Err(refusal) => return Tried::refused(refusal),
        };
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        match http_exchange::exchange(request, time).await {
            Ok(answer) => self.concealed(judge(&url, &answer)),
            Err(NoAnswer::NotSent(why)) => Tried::not_sent(format!("cannot reach {url}: {why}")),
            Err(NoAnswer::Lost(why)) => Tried::lost(format!(
                "the request was sent to {url} and its answer is lost: {why}"
            )),
        }
    }

    pub(crate) async fn check(&self, order: &Order, now: Timestamp) -> Checked {
        let (Some(check), Some(client)) = (&self.config.check_url, &self.check_client) else {
            return Checked::cannot("the action has no `check-url`");
        };
        let url = match self.resolved(check, order) {
            Ok(url) => url,
            Err(why) => return Checked::cannot(why),
        };
        let request = match self.signed(client.get(url.url().clone()), order, b"", now) {
            Ok(request) => request,
            Err(why) => return Checked::cannot(why),
        };
        match http_exchange::exchange(request, TimeLeft::new(self.config.time_limit)).await {
            Ok(answer) if answer.status.is_success() => Checked::InEffect,
            Ok(answer) if answer.status == StatusCode::NOT_FOUND => Checked::NotInEffect,
            Ok(answer) => Checked::cannot(format!("{url} answered {}", answer.quote())),
            Err(none) => Checked::cannot(format!("cannot reach {url}: {}", none.why())),
        }
    }

    pub(crate) fn dry_run(&self, order: &Order) -> Vec<String> {
        let url = match self.resolved(&self.config.url, order) {
            Ok(url) => url,
            Err(refusal) => return vec![format!("nothing: {refusal}")],
        };
        let mut lines = vec![
            format!("POST {} HTTP/1.1", url.shown_path()),
            format!("host: {}", url.host()),
        ];
        lines.extend(
            self.headers
                .keys()
                .map(|name| format!("{name}: {CONCEALED}")),
        );
        if self.config.secret.is_some() {
            lines.push(format!("{TIMESTAMP_HEADER}: {CONCEALED}"));
            lines.push(format!("{SIGNATURE_HEADER}: {CONCEALED}"));
        }
        lines.push(format!("{IDEMPOTENCY_HEADER}: {}", order.idempotency_key));
        lines.push(format!("{GENERATION_HEADER}: {}", order.intent.generation));
        lines.push(format!("{CONTENT_TYPE}: application/json"));
        lines.push(String::new());
        lines.push(String::from_utf8_lossy(&payload::of(order)).into_owned());
        lines
    }

    /// Opens a connection and closes it: a request would be an order.
    pub(crate) async fn probe(&self) -> Result<(), ProbeProblem> {
        let addresses = [Some(&self.config.url), self.config.check_url.as_ref()];
        for address in addresses.into_iter().flatten() {
            connect(address, TimeLeft::new(self.config.time_limit)).await?;
        }
        Ok(())
    }

    fn resolved(&self, address: &Address, order: &Order) -> Result<Address, String> {
        address
            .filled(&self.action, order)
            .map_err(|problem| problem.to_string())
    }

    /// What a receiver answers may echo what it was sent.
    fn concealed(&self, mut tried: Tried) -> Tried {
        let headers = self.config.headers.iter().map(|(_, value)| value);
        let detail = conceal(&tried.attempted.detail, headers.chain(&self.config.secret));
        tried.attempted.detail = detail;
        tried
    }

    fn signed(
        &self,
        request: RequestBuilder,
        order: &Order,
        body: &[u8],
        now: Timestamp,
    ) -> Result<RequestBuilder, String> {
        let key = HeaderValue::from_str(&order.idempotency_key).map_err(|_| {
            format!(
                "the idempotency key {:?} has characters that no header can carry",
                order.idempotency_key
            )
        })?;
        let request = request
            .headers(self.headers.clone())
            .header(IDEMPOTENCY_HEADER, key)
            .header(GENERATION_HEADER, order.intent.generation);
        Ok(match &self.config.secret {
            Some(secret) => {
                let timestamp = signature::timestamp(now);
                let signature = signature::sign(secret, &timestamp, body);
                request
                    .header(TIMESTAMP_HEADER, timestamp)
                    .header(SIGNATURE_HEADER, signature)
            }
            None => request,
        })
    }
}

fn judge(url: &Address, answer: &Answer) -> Tried {
    let status = answer.status;
    let said = format!("{url} answered {}", answer.quote());
    if status.is_success() {
        Tried::done(said)
    } else if status == StatusCode::CONFLICT || status == StatusCode::PRECONDITION_FAILED {
        Tried::refused(format!("refused as stale: {said}"))
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        // Refused before anything was done, and meant to be tried again.
        Tried::not_sent(said)
    } else if status.is_server_error() {
        Tried::lost(said)
    } else if status.is_redirection() {
        Tried::refused(format!(
            "{said}; redirects are not followed: configure the address it points to"
        ))
    } else {
        Tried::refused(said)
    }
}

fn configured_headers(action: &str, config: &WebhookConfig) -> Result<HeaderMap, ConfigProblem> {
    let wrong = |what| ConfigProblem::Setting {
        action: action.to_owned(),
        what,
    };
    let own = [
        TIMESTAMP_HEADER,
        SIGNATURE_HEADER,
        IDEMPOTENCY_HEADER,
        GENERATION_HEADER,
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in &config.headers {
        let header: HeaderName = name
            .parse()
            .map_err(|_| wrong(format!("{name:?} is no name of an HTTP header")))?;
        if own.contains(&header.as_str()) {
            return Err(wrong(format!(
                "the header {name} is set by Shakedown itself"
            )));
        }
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
            wrong(format!(
                "the value of the header {name} has characters that no header can carry (a line end, perhaps)"
            ))
        })?;
        value.set_sensitive(true);
        headers.append(header, value);
    }
    Ok(headers)
}

async fn connect(address: &Address, time: TimeLeft) -> Result<(), ProbeProblem> {
    let unreachable = |why| ProbeProblem::Unreachable {
        place: address.to_string(),
        why,
    };
    let host = address.url().host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = address.url().port_or_known_default().unwrap_or_default();
    match tokio::time::timeout(time.left(), tokio::net::TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(unreachable(error.to_string())),
        Err(_) => Err(unreachable(
            "no connection within the time limit".to_owned(),
        )),
    }
}
