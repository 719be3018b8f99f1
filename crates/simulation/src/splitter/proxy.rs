//! Takes requests in and passes them on.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::uri::{PathAndQuery, Scheme};
use axum::http::{HeaderValue, Method, StatusCode, Uri, Version};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Error as ClientError;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::headers::{add_forwarded, remove_hop_by_hop};
use super::idle_body::IdleBody;
use super::routing::Choice;
use super::{Backend, Splitter};
use crate::ending;

/// The largest head of a request, as in most proxies; hyper answers 431 beyond it.
const LARGEST_HEAD_BYTES: usize = 64 * 1024;
/// How long to leave the listener alone when the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Takes connections until `stopped`, then drains.
pub(super) async fn serve(
    listener: TcpListener,
    splitter: Arc<Splitter>,
    stopped: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(splitter.limits.connections));
    let mut connections = JoinSet::new();
    let told = stopped.clone();
    let accepting = async {
        loop {
            // The semaphore is never closed; if it were, nothing more could be served.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, client)) => {
                    let connection =
                        connection(stream, client, Arc::clone(&splitter), told.clone());
                    connections.spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "splitter could not accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        () = accepting => {}
        () = ending::asked(stopped) => {}
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(splitter.limits.drain, drained)
        .await
        .is_err()
    {
        tracing::warn!("splitter broke off requests that did not end in time");
    }
}

/// Serves one client connection; when told to stop, to the end of the request under way.
async fn connection(
    stream: TcpStream,
    client: SocketAddr,
    splitter: Arc<Splitter>,
    stopped: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers may be delayed by Nagle's algorithm");
    }
    let limits = splitter.limits;
    let service = service_fn(|request| {
        let splitter = Arc::clone(&splitter);
        async move { Ok::<_, Infallible>(splitter.answer(request, client).await) }
    });
    let mut serving = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.next_request)
            .max_buf_size(LARGEST_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    let served = tokio::select! {
        served = serving.as_mut() => served,
        () = ending::asked(stopped) => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%client, %error, "a client connection broke off");
    }
}

impl Splitter {
    /// Chooses a backend for one request, passes it on and counts the answer.
    async fn answer(&self, request: Request<Incoming>, client: SocketAddr) -> Response<Body> {
        let Choice { group, backend } = self.routing(|routing| routing.choose());
        let response = match &backend {
            _ if request.method() == Method::CONNECT => {
                plain(StatusCode::NOT_IMPLEMENTED, "this proxy opens no tunnels\n")
            }
            None if group.is_none() => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "no group of backends has weight\n",
            ),
            None => plain(
                StatusCode::SERVICE_UNAVAILABLE,
                "the chosen group has no backend\n",
            ),
            Some(backend) => self
                .forward(request, client, backend)
                .await
                .unwrap_or_else(|failure| failure.answer(backend)),
        };
        let group = group.unwrap_or_else(|| "none".to_owned());
        let code = response.status().as_u16();
        self.answers(|answers| *answers.entry((group, code)).or_default() += 1);
        response
    }

    async fn forward(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
        backend: &Backend,
    ) -> Result<Response<Body>, ForwardFailure> {
        let (mut head, body) = request.into_parts();
        // A client that takes this for a forward proxy names the host in the address alone.
        if let Some(authority) = head.uri.authority()
            && let Ok(host) = HeaderValue::from_str(authority.as_str())
        {
            head.headers.insert(HOST, host);
        }
        remove_hop_by_hop(&mut head.headers);
        add_forwarded(&mut head.headers, client.ip());
        head.uri = backend_uri(&head.uri, backend.address)?;
        head.version = Version::HTTP_11;
        let body = Body::new(IdleBody::new(body, self.limits.body_idle));

        let asking = self.client.request(Request::from_parts(head, body));
        let (mut head, body) = tokio::time::timeout(self.limits.answer, asking)
            .await
            .map_err(|_| ForwardFailure::Late)?
            .map_err(ForwardFailure::Unreachable)?
            .into_parts();
        remove_hop_by_hop(&mut head.headers);
        // What is spoken to the client is between it and this server.
        head.version = Version::HTTP_11;
        let body = Body::new(IdleBody::new(body, self.limits.body_idle));
        Ok(Response::from_parts(head, body))
    }
}

/// Why a request got no answer from its backend.
#[derive(Debug, thiserror::Error)]
enum ForwardFailure {
    #[error("the address of the request cannot be passed on")]
    WrongAddress(#[from] axum::http::Error),
    #[error("the backend cannot be reached or broke off")]
    Unreachable(#[source] ClientError),
    #[error("the backend did not answer in time")]
    Late,
}

impl ForwardFailure {
    fn answer(self, backend: &Backend) -> Response<Body> {
        tracing::debug!(backend = backend.name, error = ?self, "a request got no answer");
        let status = match self {
            ForwardFailure::WrongAddress(_) => StatusCode::BAD_REQUEST,
            ForwardFailure::Unreachable(_) => StatusCode::BAD_GATEWAY,
            ForwardFailure::Late => StatusCode::GATEWAY_TIMEOUT,
        };
        plain(status, format!("{self}\n"))
    }
}

/// The same path and query at the backend; `*` as in `OPTIONS *` has no form there and becomes `/`.
fn backend_uri(asked: &Uri, backend: SocketAddr) -> Result<Uri, axum::http::Error> {
    let path = asked
        .path_and_query()
        .filter(|path| path.as_str() != "*")
        .map_or("/", PathAndQuery::as_str);
    Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(backend.to_string())
        .path_and_query(path)
        .build()
}

fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}
