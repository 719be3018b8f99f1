//! A weighted HTTP/1.1 reverse proxy: the group of each request is drawn by weight, the backend inside the group goes
//! round robin. A second address serves the admin API.
//!
//! | admin route | what |
//! | --- | --- |
//! | `GET /weights` | `{"baseline":90,"canary":10,"generation":3}` |
//! | `PUT /weights/{group}` | `{"weight":0}`, or `{"weight":0,"generation":3}` to be refused with 409 when something changed since |
//! | `GET /backends` | `{"backends":[{"name":…,"group":…,"address":…}],"generation":3}` |
//! | `PUT /backends/{name}` | `{"group":…,"address":…}`: adds or moves a backend |
//! | `DELETE /backends/{name}` | takes a backend out; its requests under way end |
//! | `GET /metrics` | `splitter_requests_total` by `group` and `code`, `splitter_weight` by `group`, `splitter_generation` |
//! | `GET /healthz` | 200 |
//!
//! A change holds for every request that begins after its answer. The generation grows with every change of a weight
//! or a backend; a change to what already is changes nothing.
//!
//! A request that meets a dead backend is answered 502 and never sent elsewhere: what a group does to its visitors is
//! what is being measured. 503: the drawn group has no backend, or no group has weight. 504: no answer in time.
//!
//! Not done: TLS, HTTP/2, protocol upgrades (WebSocket), health checks.

mod admin;
mod headers;
mod idle_body;
mod proxy;
mod routing;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::http_client::{self, HttpClient};
use routing::Routing;

pub use routing::RoutingError;

/// Where requests of a group can go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    pub name: String,
    /// One of the groups that have a weight.
    pub group: String,
    pub address: SocketAddr,
}

/// How long, how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To connect to a backend; then 502.
    pub connect: Duration,
    /// From the arrival of a request's head to the head of its answer, the upload included; then 504.
    pub answer: Duration,
    /// Between two pieces of a body, either way; then the transfer is broken off.
    pub body_idle: Duration,
    /// For a client to send the head of its next request on an open connection; then the connection is closed.
    pub next_request: Duration,
    /// For requests under way at the end; then they are broken off.
    pub drain: Duration,
    /// Client connections at once; more wait in the kernel's queue.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(2),
            answer: Duration::from_secs(60),
            body_idle: Duration::from_secs(60),
            next_request: Duration::from_secs(75),
            drain: Duration::from_secs(10),
            connections: 4096,
        }
    }
}

/// What a splitter is.
#[derive(Debug, Clone)]
pub struct SplitterOptions {
    /// For visitors; port 0 takes a free one.
    pub listen: SocketAddr,
    /// For the admin API; port 0 takes a free one.
    pub admin_listen: SocketAddr,
    /// Asked for as `Authorization: Bearer …` by every admin route but `/healthz`. Without one, the admin address must
    /// be a loopback address.
    pub admin_token: Option<String>,
    pub backends: Vec<Backend>,
    /// The groups; only the proportion of their weights matters.
    pub weights: BTreeMap<String, u32>,
    /// Groups are drawn from it.
    pub seed: u64,
    pub limits: Limits,
}

/// Where a splitter listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitterAddresses {
    pub listen: SocketAddr,
    pub admin: SocketAddr,
}

/// Why a splitter could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SplitterError {
    #[error("splitter could not listen on {address}: {source}; choose another address or port 0")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error(
        "splitter admin address {0} can be reached from other machines; set an admin token or use a loopback address"
    )]
    OpenAdmin(SocketAddr),
    #[error("splitter was given a wrong route: {0}")]
    Routing(#[from] RoutingError),
    #[error("splitter admin API stopped serving: {0}")]
    Admin(#[source] io::Error),
}

/// Serves until `shutdown`, then lets requests under way end. `on_ready` gets the bound addresses.
pub async fn run(
    options: SplitterOptions,
    on_ready: impl FnOnce(SplitterAddresses),
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), SplitterError> {
    if options.admin_token.is_none() && !options.admin_listen.ip().is_loopback() {
        return Err(SplitterError::OpenAdmin(options.admin_listen));
    }
    let routing = Routing::new(options.weights, options.backends, options.seed)?;
    let (listener, listen) = bind(options.listen).await?;
    let (admin_listener, admin) = bind(options.admin_listen).await?;
    let splitter = Arc::new(Splitter {
        routing: Mutex::new(routing),
        answers: Mutex::default(),
        client: http_client::client(options.limits.connect, BACKEND_IDLE),
        limits: options.limits,
    });
    on_ready(SplitterAddresses { listen, admin });

    let (stop, stopped) = watch::channel(false);
    let proxying = proxy::serve(listener, Arc::clone(&splitter), stopped.clone());
    let administering = admin::serve(admin_listener, splitter, options.admin_token, stopped);
    let shutting_down = async {
        shutdown.await;
        stop.send_replace(true);
    };
    let ((), administered, ()) = tokio::join!(proxying, administering, shutting_down);
    administered.map_err(SplitterError::Admin)
}

/// Connections to backends are closed before common servers close them at their end (Node.js: 5 s), since a request
/// that crosses such a close is lost.
const BACKEND_IDLE: Duration = Duration::from_secs(4);

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SplitterError> {
    let listen_error = |source| SplitterError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen_error)?;
    let bound = listener.local_addr().map_err(listen_error)?;
    Ok((listener, bound))
}

/// Answers by group and status.
type Answers = BTreeMap<(String, u16), u64>;

/// What all requests share.
struct Splitter {
    routing: Mutex<Routing>,
    answers: Mutex<Answers>,
    client: HttpClient,
    limits: Limits,
}

impl Splitter {
    fn routing<T>(&self, use_it: impl FnOnce(&mut Routing) -> T) -> T {
        use_it(&mut self.routing.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answers<T>(&self, use_it: impl FnOnce(&mut Answers) -> T) -> T {
        use_it(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
