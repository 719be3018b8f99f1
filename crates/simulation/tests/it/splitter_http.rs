//! What a proxy does to requests and answers on their way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use axum::routing::{get, post};
use hyper::body::{Frame, SizeHint};
use simulation::splitter::SplitterOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};

use crate::stage::{
    Asking, PATIENCE, RunningSplitter, serve, serve_echo, splitter_options, start_splitter, until,
};

/// All traffic to one backend.
fn only(backend: SocketAddr) -> SplitterOptions {
    let mut options = splitter_options(&[("a", "baseline", backend)]);
    options.weights.remove("canary");
    options
}

async fn start_only(backend: SocketAddr) -> RunningSplitter {
    start_splitter(only(backend)).await
}

/// Sends bytes as they are and returns all that comes until the connection closes.
async fn raw(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn headers_of_the_connection_end_here_and_the_client_is_named() {
    let splitter = start_only(serve_echo("a").await).await;
    let answer = raw(
        splitter.address.listen,
        "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close, X-Private\r\nX-Private: 1\r\n\
         Keep-Alive: timeout=5\r\nX-Forwarded-For: 192.0.2.7\r\nX-Kept: yes\r\n\r\n",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let seen: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        seen["headers"],
        serde_json::json!({
            "host": "shop.example",
            "via": "1.1 splitter",
            "x-forwarded-for": "192.0.2.7, 127.0.0.1",
            "x-forwarded-host": "shop.example",
            "x-forwarded-proto": "http",
            "x-kept": "yes",
        })
    );
    splitter.stop().await;
}

#[tokio::test]
async fn older_and_odd_requests_get_an_answer() {
    let splitter = start_only(serve_echo("a").await).await;
    let listen = splitter.address.listen;
    let ask = async |request: &str| raw(listen, request).await;

    let old = ask("GET / HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 200 OK\r\n"), "{old}");
    let head = ask("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-length: "), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    let absolute =
        ask("GET http://other.example/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(absolute.contains(r#""host":"other.example""#), "{absolute}");
    let tunnel = ask("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nConnection: close\r\n\r\n").await;
    assert!(tunnel.starts_with("HTTP/1.1 501 "), "{tunnel}");
    let options = ask("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(options.starts_with("HTTP/1.1 405 "), "{options}");
    let nonsense = ask("nonsense\r\n\r\n").await;
    assert!(nonsense.starts_with("HTTP/1.1 400 "), "{nonsense}");
    splitter.stop().await;
}

/// A body that a test sends piece by piece.
struct Pieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0
            .poll_recv(context)
            .map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[tokio::test]
async fn bodies_stream_both_ways() {
    // The backend answers with the request's own body, piece by piece.
    let echo = post(|request: Request<Body>| async move { request.into_body() });
    let splitter = start_only(serve(Router::new().route("/", echo)).await).await;
    let (send, pieces) = mpsc::channel(1);
    let request = Request::post(format!("http://{}/", splitter.address.listen))
        .body(Body::new(Pieces(pieces)))
        .unwrap();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build_http();
    // The answer begins and goes on while the request is not at its end: nothing is stored on the way.
    let mut answer = tokio::time::timeout(PATIENCE, client.request(request))
        .await
        .unwrap()
        .unwrap();
    for number in 0..50_u8 {
        let piece = Bytes::from(vec![number; 50_000]);
        send.send(piece.clone()).await.unwrap();
        let mut returned = Vec::new();
        while returned.len() < piece.len() {
            let body = std::pin::pin!(answer.body_mut());
            let frame = next_frame(body).await.unwrap().unwrap();
            returned.extend_from_slice(frame.data_ref().unwrap());
        }
        assert_eq!(returned, piece);
    }
    drop(send);
    assert!(
        next_frame(std::pin::pin!(answer.body_mut()))
            .await
            .is_none()
    );
    splitter.stop().await;
}

async fn next_frame<B: hyper::body::Body>(
    mut body: std::pin::Pin<&mut B>,
) -> Option<Result<Frame<B::Data>, B::Error>> {
    let next = std::future::poll_fn(|context| body.as_mut().poll_frame(context));
    tokio::time::timeout(PATIENCE, next).await.unwrap()
}

#[tokio::test]
async fn a_backend_that_never_answers_is_given_up() {
    let silent = get(std::future::pending::<&'static str>);
    let mut options = only(serve(Router::new().route("/", silent)).await);
    options.limits.answer = Duration::from_millis(50);
    let splitter = start_splitter(options).await;
    let answer = Asking::new().get(splitter.address.listen, "/").await;
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    splitter.stop().await;
}

#[tokio::test]
async fn an_answer_that_falls_silent_is_broken_off_not_completed() {
    let (send, pieces) = mpsc::channel(1);
    let body = Arc::new(Mutex::new(Some(Body::new(Pieces(pieces)))));
    let stalling = get(move || {
        let body = body.lock().unwrap().take().unwrap();
        async move { body }
    });
    let mut options = only(serve(Router::new().route("/", stalling)).await);
    options.limits.body_idle = Duration::from_millis(50);
    let splitter = start_splitter(options).await;
    send.send(Bytes::from("half ")).await.unwrap();
    let answer = raw(splitter.address.listen, "GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.contains("half "), "{answer}");
    // The last piece of a complete chunked answer is `0`.
    assert!(!answer.contains("\r\n0\r\n\r\n"), "{answer}");
    splitter.stop().await;
}

#[tokio::test]
async fn a_request_under_way_ends_before_the_splitter() {
    let reached = Arc::new(Notify::new());
    let release = Arc::new(Notify::new());
    let slow = get({
        let (reached, release) = (Arc::clone(&reached), Arc::clone(&release));
        async move || {
            reached.notify_one();
            release.notified().await;
            "done"
        }
    });
    let splitter = start_only(serve(Router::new().route("/", slow)).await).await;
    let listen = splitter.address.listen;
    let asked = tokio::spawn(async move { Asking::new().get(listen, "/").await });
    reached.notified().await;
    let stopping = splitter.ask_to_stop();
    until("the splitter takes no more connections", async || {
        TcpStream::connect(listen).await.is_err()
    })
    .await;
    assert!(!stopping.is_finished());
    release.notify_one();
    assert_eq!(asked.await.unwrap().text(), "done");
    stopping.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_splitter_ends_though_a_request_does_not() {
    let reached = Arc::new(Notify::new());
    let stuck = get({
        let reached = Arc::clone(&reached);
        async move || {
            reached.notify_one();
            std::future::pending::<&'static str>().await
        }
    });
    let mut options = only(serve(Router::new().route("/", stuck)).await);
    options.limits.drain = Duration::from_millis(50);
    let splitter = start_splitter(options).await;
    let listen = splitter.address.listen;
    let asked = tokio::spawn(raw(listen, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
    reached.notified().await;
    splitter.stop().await;
    // Broken off without an answer.
    assert_eq!(asked.await.unwrap(), "");
}
