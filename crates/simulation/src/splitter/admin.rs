//! The admin API.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Json, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::routing::{Routing, RoutingError};
use super::{Backend, Splitter};
use crate::ending;
use crate::exposition::{Format, Kind, Page};

pub(super) async fn serve(
    listener: TcpListener,
    splitter: Arc<Splitter>,
    token: Option<String>,
    stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let guarded = Router::new()
        .route("/weights", get(weights))
        .route("/weights/{group}", put(set_weight))
        .route("/backends", get(backends))
        .route("/backends/{name}", put(put_backend).delete(remove_backend))
        .route("/metrics", get(metrics))
        .with_state(splitter)
        .layer(middleware::from_fn_with_state(token.map(Arc::new), guard));
    let router = guarded.route("/healthz", get(|| async { "serving\n" }));
    axum::serve(listener, router)
        .with_graceful_shutdown(ending::asked(stopped))
        .await
}

/// Lets requests through that carry the token, or all where there is none.
async fn guard(State(token): State<Option<Arc<String>>>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    match token {
        Some(token) if !given.is_some_and(|given| same(given, token.as_bytes())) => refused(
            StatusCode::UNAUTHORIZED,
            "the admin token is missing or wrong",
        )
        .into_response(),
        _ => next.run(request).await,
    }
}

/// Compares in a time that does not tell where the first difference is.
fn same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len()
        && given
            .iter()
            .zip(token)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewWeight {
    weight: u32,
    generation: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBackend {
    group: String,
    address: SocketAddr,
    generation: Option<u64>,
}

type Answer = (StatusCode, Json<Value>);

async fn weights(State(splitter): State<Arc<Splitter>>) -> Json<Value> {
    Json(splitter.routing(|routing| weights_of(routing)))
}

async fn set_weight(
    State(splitter): State<Arc<Splitter>>,
    Path(group): Path<String>,
    Json(new): Json<NewWeight>,
) -> Answer {
    splitter.routing(|routing| {
        let changed = routing.set_weight(&group, new.weight, new.generation);
        answer(changed, || weights_of(routing))
    })
}

async fn backends(State(splitter): State<Arc<Splitter>>) -> Json<Value> {
    Json(splitter.routing(|routing| backends_of(routing)))
}

async fn put_backend(
    State(splitter): State<Arc<Splitter>>,
    Path(name): Path<String>,
    Json(new): Json<NewBackend>,
) -> Answer {
    let backend = Backend {
        name,
        group: new.group,
        address: new.address,
    };
    splitter.routing(|routing| {
        let changed = routing.put_backend(backend, new.generation);
        answer(changed, || backends_of(routing))
    })
}

async fn remove_backend(State(splitter): State<Arc<Splitter>>, Path(name): Path<String>) -> Answer {
    splitter.routing(|routing| {
        let changed = routing.remove_backend(&name);
        answer(changed, || backends_of(routing))
    })
}

fn weights_of(routing: &Routing) -> Value {
    routing
        .weights()
        .map(|(group, weight)| (group.to_owned(), json!(weight)))
        .chain([("generation".to_owned(), json!(routing.generation()))])
        .collect()
}

fn backends_of(routing: &Routing) -> Value {
    let backends: Vec<&Backend> = routing.backends().collect();
    json!({ "backends": backends, "generation": routing.generation() })
}

/// The new state, or why there is none.
fn answer(changed: Result<(), RoutingError>, state: impl FnOnce() -> Value) -> Answer {
    match changed {
        Ok(()) => (StatusCode::OK, Json(state())),
        Err(error) => {
            let status = match error {
                RoutingError::UnknownGroup { .. } | RoutingError::UnknownBackend { .. } => {
                    StatusCode::NOT_FOUND
                }
                RoutingError::StaleGeneration { .. } => StatusCode::CONFLICT,
                RoutingError::WrongName(_)
                | RoutingError::SameName(_)
                | RoutingError::WrongWeight(_) => StatusCode::UNPROCESSABLE_ENTITY,
            };
            refused(status, &error.to_string())
        }
    }
}

fn refused(status: StatusCode, why: &str) -> Answer {
    (status, Json(json!({ "error": why })))
}

async fn metrics(State(splitter): State<Arc<Splitter>>, headers: HeaderMap) -> Response {
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let format = Format::from_accept(accept);
    let mut page = Page::new(format, &[]);
    page.family("splitter_requests", Kind::Counter, "Requests answered.");
    splitter.answers(|answers| {
        for ((group, code), count) in answers.iter() {
            let code = code.to_string();
            let labels = [("group", group.as_str()), ("code", code.as_str())];
            page.sample("splitter_requests_total", &labels, count);
        }
    });
    splitter.routing(|routing| {
        page.family("splitter_weight", Kind::Gauge, "Weight of a group.");
        for (group, weight) in routing.weights() {
            page.sample("splitter_weight", &[("group", group)], weight);
        }
        page.family(
            "splitter_generation",
            Kind::Gauge,
            "How often weights or backends have changed, plus one.",
        );
        page.sample("splitter_generation", &[], routing.generation());
    });
    (
        [(header::CONTENT_TYPE, format.content_type())],
        page.finish(),
    )
        .into_response()
}
