//! A small server with the splitter's admin API.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

#[derive(Default)]
pub struct Weights {
    pub weights: BTreeMap<String, u64>,
    pub generation: u64,
    /// Times a weight was set.
    pub writes: usize,
    /// Somebody else's changes, each just before one of the next writes.
    pub changes_between: usize,
    /// Token that requests have to carry.
    pub token: Option<String>,
    /// Answers to give to the next writes instead of obeying.
    pub trouble: VecDeque<StatusCode>,
}

type Shared = Arc<Mutex<Weights>>;

pub struct SplitterService {
    pub address: SocketAddr,
    pub state: Shared,
    task: AbortHandle,
}

impl SplitterService {
    /// Starts with 90 to `baseline` and 10 to `canary`, at generation 7.
    pub async fn start() -> Self {
        let state = Shared::default();
        {
            let mut weights = state.lock().unwrap();
            weights.weights =
                BTreeMap::from([("baseline".to_owned(), 90), ("canary".to_owned(), 10)]);
            weights.generation = 7;
        }
        let router = Router::new()
            .route("/weights", get(read))
            .route("/weights/{group}", put(write))
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

    pub fn weight(&self, group: &str) -> u64 {
        self.state.lock().unwrap().weights[group]
    }

    pub fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }
}

impl Drop for SplitterService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn shown(state: &Weights) -> Value {
    let mut shown = json!(state.weights);
    shown["generation"] = state.generation.into();
    shown
}

type Refusal = (StatusCode, String);

fn authorised(state: &Weights, headers: &HeaderMap) -> Result<(), Refusal> {
    match &state.token {
        Some(token)
            if headers
                .get("authorization")
                .is_none_or(|given| *given != format!("Bearer {token}")) =>
        {
            Err((StatusCode::UNAUTHORIZED, "no token".to_owned()))
        }
        _ => Ok(()),
    }
}

async fn read(State(state): State<Shared>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let state = state.lock().unwrap();
    authorised(&state, &headers)?;
    Ok(Json(shown(&state)))
}

async fn write(
    State(state): State<Shared>,
    Path(group): Path<String>,
    headers: HeaderMap,
    Json(order): Json<Value>,
) -> Result<Json<Value>, Refusal> {
    let mut state = state.lock().unwrap();
    authorised(&state, &headers)?;
    if let Some(status) = state.trouble.pop_front() {
        return Err((status, "trouble".to_owned()));
    }
    if state.changes_between > 0 {
        state.changes_between -= 1;
        state.generation += 1;
    }
    if order["generation"].as_u64().unwrap() != state.generation {
        return Err((
            StatusCode::CONFLICT,
            format!("the generation is {}", state.generation),
        ));
    }
    let Some(weight) = state.weights.get_mut(&group) else {
        return Err((StatusCode::NOT_FOUND, "no such group".to_owned()));
    };
    *weight = order["weight"].as_u64().unwrap();
    state.generation += 1;
    state.writes += 1;
    Ok(Json(shown(&state)))
}
