//! The HTTP/1.1 client of this crate: keep-alive, plain text, no proxies from the environment.

use std::time::Duration;

use axum::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub(crate) type HttpClient = Client<HttpConnector, Body>;

/// Returns a client that gives up on a connection after `connect_limit` and closes one that was idle for `idle_limit`.
pub(crate) fn client(connect_limit: Duration, idle_limit: Duration) -> HttpClient {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(connect_limit));
    // A request is small and must leave at once.
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(idle_limit)
        .build(connector)
}
