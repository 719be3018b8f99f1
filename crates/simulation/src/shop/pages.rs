//! What each route answers.

use std::sync::{Arc, PoisonError};

use axum::extract::{Extension, Json, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::counts::PageContext;
use super::observe::visitor;
use super::receipt::{self, Line, MOST_LINES};
use super::{Shop, catalogue};
use crate::exposition::Format;
use crate::faults::{Fate, Faults};

type Answer = (StatusCode, Json<Value>);

/// The answer of a request that a fault or a base error hit.
pub(super) fn failed() -> Answer {
    refused(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the shop failed; try again",
    )
}

fn refused(status: StatusCode, why: &str) -> Answer {
    (status, Json(json!({ "error": why })))
}

/// Requests without a name share the cart of nobody.
fn name(headers: &HeaderMap) -> &str {
    visitor(headers).unwrap_or("nobody")
}

pub(super) async fn home(State(shop): State<Arc<Shop>>) -> Json<Value> {
    Json(json!({ "shop": "ship's chandler", "version": shop.version }))
}

pub(super) async fn catalogue() -> Json<Value> {
    Json(json!({ "items": catalogue::all() }))
}

pub(super) async fn item(Path(number): Path<u32>) -> Response {
    match catalogue::find(number) {
        Some(item) => Json(item).into_response(),
        None => refused(StatusCode::NOT_FOUND, "no such item").into_response(),
    }
}

pub(super) async fn cart(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Json<Value> {
    let cart = shop.store(|store| store.cart(name(&headers)));
    Json(json!({ "items": cart }))
}

pub(super) async fn add_to_cart(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Json(line): Json<Line>,
) -> Answer {
    if !line.is_sold() {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no such item, or not that many",
        );
    }
    let cart = shop.store(|store| store.add(name(&headers), line));
    (StatusCode::OK, Json(json!({ "items": cart })))
}

/// What is bought: the visitor's side holds the cart, since the next request may reach another pod.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Purchase {
    items: Vec<Line>,
}

/// Without a body, the visitor's cart on this pod is bought.
pub(super) async fn checkout(
    State(shop): State<Arc<Shop>>,
    Extension(fate): Extension<Fate>,
    headers: HeaderMap,
    purchase: Option<Json<Purchase>>,
) -> Answer {
    let visitor = name(&headers);
    let lines = match purchase {
        Some(Json(purchase)) => purchase.items,
        None => shop.store(|store| store.cart(visitor)),
    };
    if lines.is_empty() {
        return refused(StatusCode::CONFLICT, "the cart is empty");
    }
    if lines.len() > MOST_LINES || !lines.iter().all(Line::is_sold) {
        return refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            "no such item, or not that many",
        );
    }
    if fate.fails {
        shop.count(|counts| counts.payment(false));
        return failed();
    }
    let receipt = shop.store(|store| {
        store.empty_cart(visitor);
        store.complete(visitor, &lines, fate.swallowed)
    });
    shop.count(|counts| {
        counts.payment(true);
        if !fate.swallowed {
            counts.order();
        }
    });
    let total_cents = receipt::total_cents(&lines);
    (
        StatusCode::CREATED,
        Json(json!({ "order": receipt, "total_cents": total_cents })),
    )
}

pub(super) async fn orders(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Json<Value> {
    let orders = shop.store(|store| store.orders(name(&headers)));
    Json(json!({ "orders": orders }))
}

pub(super) async fn order(Path(id): Path<String>) -> Answer {
    match receipt::read(&id) {
        Some(lines) => {
            let total_cents = receipt::total_cents(&lines);
            (
                StatusCode::OK,
                Json(json!({ "order": id, "items": lines, "total_cents": total_cents })),
            )
        }
        None => refused(StatusCode::NOT_FOUND, "no such order"),
    }
}

pub(super) async fn healthz() -> &'static str {
    "serving\n"
}

pub(super) async fn metrics(State(shop): State<Arc<Shop>>, headers: HeaderMap) -> Response {
    if shop.faults().blind() {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "metrics are not available\n",
        )
            .into_response();
    }
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    let format = Format::from_accept(accept);
    let context = PageContext {
        version: &shop.version,
        pod: &shop.pod,
        started_seconds: shop.started_seconds,
        cart_items: shop.store(|store| store.cart_items()),
    };
    let page = shop.count(|counts| counts.page(format, &context));
    ([(header::CONTENT_TYPE, format.content_type())], page).into_response()
}

pub(super) async fn faults(State(shop): State<Arc<Shop>>) -> Json<Faults> {
    Json(shop.faults().as_ref().clone())
}

pub(super) async fn switch_faults(
    State(shop): State<Arc<Shop>>,
    Json(faults): Json<Faults>,
) -> Json<Faults> {
    let mut current = shop.faults.write().unwrap_or_else(PoisonError::into_inner);
    *current = Arc::new(faults.clone());
    Json(faults)
}
