//! Everything around a keeper, in the process of the test and so untouched by the death of a keeper: the service's metrics, as pages
//! and by a Prometheus API, the splitter before it, and the receivers of messages.

use crate::fake_prometheus::{self, Fault};
use crate::fast_clock::FastClock;
use crate::traffic::Traffic;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use axum::{Json, Router};
use core::time::Duration;
use serde_json::{Value, json};
use server::Clock;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// An order that a receiver got.
#[derive(Clone, Debug)]
pub struct Received {
    /// Name of the receiver.
    pub at: String,
    pub key: String,
    pub body: Value,
}

#[derive(Debug)]
struct Inner {
    traffic: Traffic,
    fault: Fault,
    /// Weight of the canary and generation of the splitter.
    weight: u64,
    generation: u64,
    /// Weights that were set, in order.
    puts: Vec<u64>,
    received: Vec<Received>,
    /// Time of the newest answer with metrics.
    last_page: i64,
    /// Whether receivers get orders and do not answer.
    receivers_hang: bool,
}

#[derive(Clone)]
struct Shared {
    clock: FastClock,
    inner: Arc<Mutex<Inner>>,
}

/// The world; it ends with the value.
pub struct World {
    pub clock: FastClock,
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
    server: JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// How long the pods have run before the test begins, in milliseconds.
const AGE: i64 = 600_000;

impl World {
    /// A world in which one request in `canary_fails` of the canary fails.
    pub async fn begin(speed: u32, canary_fails: u64) -> Self {
        Self::begin_with(speed, canary_fails, None).await
    }

    /// A world whose canary pod has yet to come: see [`World::canary_appears`].
    pub async fn begin_without_canary(speed: u32, canary_fails: u64) -> Self {
        Self::begin_with(speed, canary_fails, Some(i64::MAX)).await
    }

    async fn begin_with(speed: u32, canary_fails: u64, canary_in: Option<i64>) -> Self {
        let clock = FastClock::begin(speed);
        let inner = Arc::new(Mutex::new(Inner {
            traffic: Traffic {
                since: clock.origin - AGE,
                canary_fails,
                canary_in,
                canary_out: None,
            },
            fault: Fault::None,
            weight: 10,
            generation: 1,
            puts: Vec::new(),
            received: Vec::new(),
            last_page: 0,
            receivers_hang: false,
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/metrics/{pod}", get(page))
            .route("/api/v1/{call}", any(prometheus))
            .route("/weights", get(weights))
            .route("/weights/canary", put(set_weight))
            .route("/receiver/{name}", post(receive))
            .with_state(Shared {
                clock,
                inner: Arc::clone(&inner),
            });
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self {
            clock,
            address,
            inner,
            server,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub fn traffic(&self) -> Traffic {
        self.inner().traffic
    }

    pub fn fault(&self, fault: Fault) {
        self.inner().fault = fault;
    }

    pub fn receivers_hang(&self, hang: bool) {
        self.inner().receivers_hang = hang;
    }

    /// Lets the canary come only now.
    pub fn canary_appears(&self) {
        self.inner().traffic.canary_in = Some(self.clock.now().millis());
    }

    /// Weights of the canary that were set, in order.
    pub fn puts(&self) -> Vec<u64> {
        self.inner().puts.clone()
    }

    /// What a receiver got.
    pub fn received(&self, name: &str) -> Vec<Received> {
        self.inner()
            .received
            .iter()
            .filter(|received| received.at == name)
            .cloned()
            .collect()
    }

    /// Time of the newest answer with metrics.
    pub fn last_page(&self) -> i64 {
        self.inner().last_page
    }

    /// Ends the server, as if the machine were gone: connections are refused from now on.
    pub async fn end(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }

    /// Connections to this world; `source` is the text of its only source, called `shop`.
    pub fn connections(&self, source: &str) -> String {
        let world = self.address;
        format!(
            "connections: 1
sources:
  shop: {source}
actions:
  splitter/shop: {{kind: splitter, url: 'http://{world}', group: canary, weight: 0}}
  hook/shop: {{kind: webhook, url: 'http://{world}/receiver/roll-back', time-limit: 5s}}
  hook/idle: {{kind: webhook, url: 'http://{world}/receiver/idle', time-limit: 5s}}
  hook/idempotent: {{kind: webhook, url: 'http://{world}/receiver/roll-back', time-limit: 5s, idempotent: true}}
receivers:
  on-call: {{kind: webhook, url: 'http://{world}/receiver/on-call', time-limit: 5s, idempotent: true}}
"
        )
    }

    /// The service's metrics by a Prometheus API.
    pub fn prometheus(&self) -> String {
        self.prometheus_within("10s")
    }

    /// The same, where a query may take so long.
    pub fn prometheus_within(&self, timeout: &str) -> String {
        format!(
            "{{kind: prometheus, url: 'http://{}', timeout: {timeout}}}",
            self.address
        )
    }

    /// The service's metrics as pages.
    pub fn pages(&self) -> String {
        let targets: Vec<String> = [
            ("baseline", "old-1"),
            ("baseline", "old-2"),
            ("canary", "new-1"),
        ]
        .iter()
        .map(|(track, pod)| {
            format!(
                "{{url: 'http://{}/metrics/{pod}', labels: {{track: {track}, pod: {pod}}}}}",
                self.address
            )
        })
        .collect();
        format!(
            "{{kind: scrape, timeout: 10s, targets: [{}]}}",
            targets.join(", ")
        )
    }
}

async fn page(State(world): State<Shared>, Path(pod): Path<String>) -> String {
    let mut inner = world.inner.lock().unwrap();
    // Read under the lock: no two answers of one pod may be told in another order than their times.
    let now = world.clock.now().millis();
    inner.last_page = now;
    inner.traffic.page(&pod, now)
}

async fn prometheus(
    State(world): State<Shared>,
    Path(call): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let (traffic, fault) = {
        let inner = world.inner.lock().unwrap();
        (inner.traffic, inner.fault)
    };
    let form = fake_prometheus::form(uri.query(), &body);
    fake_prometheus::answer(traffic, world.clock.now().millis(), fault, &call, &form).await
}

async fn weights(State(world): State<Shared>) -> Json<Value> {
    let inner = world.inner.lock().unwrap();
    Json(json!({"baseline": 90, "canary": inner.weight, "generation": inner.generation}))
}

async fn set_weight(State(world): State<Shared>, Json(order): Json<Value>) -> Response {
    let mut inner = world.inner.lock().unwrap();
    let weight = order["weight"].as_u64().unwrap();
    if order["generation"]
        .as_u64()
        .is_some_and(|seen| seen != inner.generation)
    {
        return StatusCode::CONFLICT.into_response();
    }
    inner.puts.push(weight);
    inner.weight = weight;
    inner.generation += 1;
    if weight == 0 && inner.traffic.canary_out.is_none() {
        inner.traffic.canary_out = Some(world.clock.now().millis());
    }
    Json(json!({"baseline": 90, "canary": weight, "generation": inner.generation})).into_response()
}

async fn receive(
    State(world): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    let hangs = world.inner.lock().unwrap().receivers_hang;
    while hangs && world.inner.lock().unwrap().receivers_hang {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut inner = world.inner.lock().unwrap();
    if name == "roll-back" && inner.traffic.canary_out.is_none() {
        inner.traffic.canary_out = Some(world.clock.now().millis());
    }
    inner.received.push(Received {
        at: name,
        key: headers["idempotency-key"].to_str().unwrap().to_owned(),
        body,
    });
    StatusCode::NO_CONTENT
}
