//! A receiver of webhooks that believes only what is signed, and acts once for each key.

use actions::{Secret, verify_signature};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use core::time::Duration;
use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use verification::time::Timestamp;

pub const SECRET: &str = "the receiver's key";
pub const WINDOW: Duration = Duration::from_secs(300);

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

#[derive(Default)]
pub struct Received {
    /// The receiver's clock.
    pub now: Timestamp,
    /// Statuses to answer with before doing anything.
    pub trouble: VecDeque<StatusCode>,
    pub requests: Vec<Request>,
    /// Keys acted upon.
    pub keys: BTreeSet<String>,
    /// Times it acted, were it to ignore keys.
    pub acted: usize,
    /// Whether repeated keys are ignored.
    pub knows_keys: bool,
    /// Answers to checks; by what was done where there is none.
    pub check_status: Option<StatusCode>,
}

type Shared = Arc<Mutex<Received>>;

pub struct WebhookReceiver {
    pub address: SocketAddr,
    pub state: Shared,
    task: AbortHandle,
}

impl WebhookReceiver {
    pub async fn start(now: Timestamp) -> Self {
        let state = Shared::default();
        {
            let mut received = state.lock().unwrap();
            received.now = now;
            received.knows_keys = true;
        }
        let router = Router::new()
            .route("/hook", post(receive))
            .route("/done/{*key}", get(check))
            .with_state(state.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
            .abort_handle();
        Self {
            address,
            state,
            task,
        }
    }

    pub fn acted(&self) -> usize {
        self.state.lock().unwrap().acted
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }
}

impl Drop for WebhookReceiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn believed(received: &Received, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
    let header = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .ok_or_else(|| format!("no header {name}"))
    };
    verify_signature(
        &Secret::new(SECRET),
        header(actions::TIMESTAMP_HEADER)?,
        body,
        header(actions::SIGNATURE_HEADER)?,
        received.now,
        WINDOW,
    )
    .map_err(|problem| problem.to_string())
}

/// An answer; each has a place to be redirected to, which counts where the status is a redirect.
type Said = (StatusCode, [(&'static str, &'static str); 1], String);

fn say(status: StatusCode, text: &str) -> Said {
    (status, [("location", "/hook")], text.to_owned())
}

async fn receive(State(state): State<Shared>, headers: HeaderMap, body: Bytes) -> Said {
    let mut received = state.lock().unwrap();
    received.requests.push(Request {
        headers: headers.clone(),
        body: body.to_vec(),
    });
    if let Err(why) = believed(&received, &headers, &body) {
        return say(StatusCode::UNAUTHORIZED, &why);
    }
    if let Some(status) = received.trouble.pop_front() {
        return say(status, "trouble");
    }
    let key = headers[actions::IDEMPOTENCY_HEADER].to_str().unwrap();
    let is_new = received.keys.insert(key.to_owned());
    if is_new || !received.knows_keys {
        received.acted += 1;
    }
    say(StatusCode::NO_CONTENT, "")
}

async fn check(
    State(state): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> StatusCode {
    let received = state.lock().unwrap();
    if believed(&received, &headers, b"").is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    received
        .check_status
        .unwrap_or(if received.keys.contains(&key) {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        })
}
