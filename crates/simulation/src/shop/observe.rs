//! What happens around every shop request: its time, its fate, its count.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use rand::RngExt;

use super::pages::failed;
use super::{BASE_ERROR_RATE, Shop};
use crate::faults::Fate;
use crate::route::Route;
use crate::{latency, seeded};

/// Delays the request, lets it fail or answer, and counts it.
pub(super) async fn observe(
    State(shop): State<Arc<Shop>>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let route = Route::of_path(request.uri().path());
    let method = method_label(request.method());
    let response = match route {
        None => next.run(request).await,
        Some(route) => {
            let fate = shop.fate(route, visitor(request.headers()));
            tokio::time::sleep(fate.added).await;
            // A checkout decides itself: only what would have been paid is a failed payment.
            if fate.fails && route != Route::Checkout {
                failed().into_response()
            } else {
                request.extensions_mut().insert(fate);
                next.run(request).await
            }
        }
    };
    let code = response.status().as_u16();
    // A path of no route has no `http_route`; a label without value is one that is not there.
    let route = route.map_or("", Route::template);
    shop.count(|counts| counts.request(route, method, code, begun.elapsed()));
    response
}

/// Who asks, as far as the request tells.
pub(super) fn visitor(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-visitor")?.to_str().ok()
}

impl Shop {
    /// Draws the fate of one request: its ordinary time and base error, and what the faults add.
    fn fate(&self, route: Route, visitor: Option<&str>) -> Fate {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let mut random = seeded::generator(self.seed, &self.pod, number);
        let ordinary = latency::draw(route, &mut random);
        let base_error = random.random::<f64>() < BASE_ERROR_RATE;
        let mut fate = self.faults().fate(route, visitor, &mut random);
        fate.added += ordinary;
        fate.fails |= base_error;
        fate
    }
}

/// The method as OpenTelemetry labels it: unknown ones share one label.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    }
}
