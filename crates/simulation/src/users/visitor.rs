//! One visitor on a journey, and how its requests are sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use rand::{Rng, RngExt};
use serde::Deserialize;
use serde_json::{Value, json};

use super::journey::{JOURNEY, Step};
use super::profile::Profile;
use super::tally::Counters;
use crate::http_client::HttpClient;
use crate::route::Route;
use crate::shop::ITEM_COUNT;

/// The longest answer that is read; the shop's are far shorter.
const LONGEST_ANSWER_BYTES: usize = 1 << 20;

/// A visitor between two requests.
pub(super) struct Visitor {
    headers: HeaderMap,
    place: usize,
    /// Items and quantities that the visitor means to buy next.
    cart: Vec<(u32, u32)>,
    /// The receipt of the last checkout that succeeded.
    receipt: Arc<Mutex<Option<String>>>,
}

/// One request, ready to be sent.
pub(super) struct Prepared {
    pub route: Route,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Value>,
    /// Where the receipt of a checkout goes.
    receipt: Option<Arc<Mutex<Option<String>>>>,
}

impl Visitor {
    /// A visitor at the first step of the journey.
    fn enter(random: &mut impl Rng) -> Visitor {
        Visitor {
            headers: Profile::draw(random).headers(),
            place: 0,
            cart: Vec::new(),
            receipt: Arc::default(),
        }
    }

    /// A visitor who has come some time ago: without these, all would begin together and the shares swing at first.
    pub(super) fn enter_anywhere(random: &mut impl Rng) -> Visitor {
        let mut visitor = Visitor::enter(random);
        visitor.place = random.random_range(0..JOURNEY.len());
        visitor.cart.push(choice(random));
        visitor
    }

    /// Prepares the next request of the journey; after the last one, the visitor's successor begins.
    pub(super) fn step(&mut self, random: &mut impl Rng) -> Prepared {
        if self.place >= JOURNEY.len() {
            *self = Visitor::enter(random);
        }
        let step = JOURNEY[self.place];
        self.place += 1;
        self.prepare(step, random)
    }

    fn prepare(&mut self, step: Step, random: &mut impl Rng) -> Prepared {
        let mut prepared = Prepared {
            route: step.route(),
            method: Method::GET,
            path: step.route().template().to_owned(),
            headers: self.headers.clone(),
            body: None,
            receipt: None,
        };
        match step {
            Step::LookAround | Step::Browse | Step::ViewCart | Step::ViewOrders => {}
            Step::ViewItem => {
                let item = random.random_range(1..=ITEM_COUNT);
                prepared.path = format!("/catalogue/{item}");
            }
            Step::AddToCart => {
                let (item, quantity) = choice(random);
                self.cart.push((item, quantity));
                prepared.method = Method::POST;
                prepared.body = Some(line(&(item, quantity)));
            }
            Step::Checkout => {
                let lines: Vec<Value> = self.cart.drain(..).map(|bought| line(&bought)).collect();
                prepared.method = Method::POST;
                prepared.body = Some(json!({ "items": lines }));
                prepared.receipt = Some(Arc::clone(&self.receipt));
            }
            Step::ViewOrder => {
                let receipt = self.receipt.lock().unwrap_or_else(PoisonError::into_inner);
                match receipt.as_deref() {
                    Some(receipt) => prepared.path = format!("/orders/{receipt}"),
                    None => {
                        prepared.route = Route::Orders;
                        prepared.path = Route::Orders.template().to_owned();
                    }
                }
            }
        }
        prepared
    }
}

fn choice(random: &mut impl Rng) -> (u32, u32) {
    (
        random.random_range(1..=ITEM_COUNT),
        random.random_range(1..=3),
    )
}

fn line(&(item, quantity): &(u32, u32)) -> Value {
    json!({ "item": item, "quantity": quantity })
}

/// What all visitors share.
pub(super) struct Session {
    pub client: HttpClient,
    pub target: SocketAddr,
    pub time_limit: Duration,
    pub counters: Arc<Counters>,
}

#[derive(Deserialize)]
struct Bought {
    order: String,
}

impl Session {
    /// Sends one request, reads its whole answer and counts what came of it.
    pub(super) async fn send(&self, prepared: Prepared) {
        self.counters.change(|tally| tally.sent += 1);
        let Prepared { route, receipt, .. } = &prepared;
        let (route, receipt) = (*route, receipt.clone());
        match tokio::time::timeout(self.time_limit, self.exchange(prepared)).await {
            Err(_) => self.counters.change(|tally| tally.timed_out += 1),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a visitor's request broke off");
                self.counters.change(|tally| tally.broken += 1);
            }
            Ok(Ok((status, answer))) => {
                self.counters.change(|tally| {
                    *tally.answered.entry((route, status.as_u16())).or_default() += 1;
                });
                if let (Some(receipt), Ok(bought)) =
                    (receipt, serde_json::from_slice::<Bought>(&answer))
                {
                    *receipt.lock().unwrap_or_else(PoisonError::into_inner) = Some(bought.order);
                }
            }
        }
    }

    async fn exchange(
        &self,
        prepared: Prepared,
    ) -> Result<(StatusCode, axum::body::Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let mut headers = prepared.headers;
        let body = match prepared.body {
            None => Body::empty(),
            Some(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Body::from(json.to_string())
            }
        };
        let mut request = Request::builder()
            .method(prepared.method)
            .uri(format!("http://{}{}", self.target, prepared.path))
            .body(body)?;
        *request.headers_mut() = headers;
        let (head, body) = self.client.request(request).await?.into_parts();
        let answer = to_bytes(Body::new(body), LONGEST_ANSWER_BYTES).await?;
        Ok((head.status, answer))
    }
}
