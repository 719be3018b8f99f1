//! Real servers on free ports, and a client that asks them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use simulation::shop::{self, ShopOptions};
use simulation::splitter::{self, Backend, Limits, SplitterAddresses, SplitterOptions};
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// For what must happen sooner or later; long, since only a broken test waits for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A server in a task of the test.
pub struct Running<A, E> {
    pub address: A,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), E>>,
}

impl<A, E: Debug> Running<A, E> {
    pub fn ask_to_stop(self) -> JoinHandle<Result<(), E>> {
        self.stop.send(()).unwrap();
        self.task
    }

    pub async fn stop(self) {
        self.ask_to_stop().await.unwrap().unwrap();
    }
}

async fn running<A, E, R>(
    run: impl FnOnce(Box<dyn FnOnce(A) + Send>, oneshot::Receiver<()>) -> R,
) -> Running<A, E>
where
    A: Send + 'static,
    E: Debug + Send + 'static,
    R: Future<Output = Result<(), E>> + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel();
    let on_ready = Box::new(move |address| {
        let _ = tell.send(address);
    });
    let task = tokio::spawn(run(on_ready, stopped));
    Running {
        address: told.await.unwrap(),
        stop,
        task,
    }
}

pub async fn start_shop(options: ShopOptions) -> Running<SocketAddr, shop::ShopError> {
    running(|on_ready, stopped| {
        shop::run(options, on_ready, async move {
            let _ = stopped.await;
        })
    })
    .await
}

pub fn shop_options(version: &str, pod: &str) -> ShopOptions {
    ShopOptions {
        version: version.to_owned(),
        pod: pod.to_owned(),
        seed: 11,
        ..ShopOptions::default()
    }
}

pub type RunningSplitter = Running<SplitterAddresses, splitter::SplitterError>;

pub async fn start_splitter(options: SplitterOptions) -> RunningSplitter {
    running(|on_ready, stopped| {
        splitter::run(options, on_ready, async move {
            let _ = stopped.await;
        })
    })
    .await
}

/// Weights of 90 and 10 over the given `(name, group, address)`.
pub fn splitter_options(backends: &[(&str, &str, SocketAddr)]) -> SplitterOptions {
    let backends = backends.iter().map(|(name, group, address)| Backend {
        name: (*name).to_owned(),
        group: (*group).to_owned(),
        address: *address,
    });
    SplitterOptions {
        listen: free_port(),
        admin_listen: free_port(),
        admin_token: None,
        backends: backends.collect(),
        weights: BTreeMap::from([("baseline".to_owned(), 90), ("canary".to_owned(), 10)]),
        seed: 23,
        limits: Limits::default(),
    }
}

pub fn free_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// An address where nothing listens, and the socket that keeps anyone from listening there.
pub fn dead_address() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(free_port()).unwrap();
    (socket.local_addr().unwrap(), socket)
}

/// Serves a router until the test ends.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind(free_port()).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A server that answers every request with `{"server": name, "headers": {…}}`.
pub async fn serve_echo(name: &'static str) -> SocketAddr {
    let echo = move |headers: HeaderMap| async move {
        let headers: serde_json::Map<String, Value> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), json!(value.to_str().unwrap())))
            .collect();
        Json(json!({ "server": name, "headers": headers }))
    };
    serve(Router::new().route("/", get(echo))).await
}

/// One answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// Keep-alive is up to the client: one for each test.
#[derive(Clone)]
pub struct Asking(Client<hyper_util::client::legacy::connect::HttpConnector, Body>);

impl Asking {
    pub fn new() -> Asking {
        Asking(Client::builder(TokioExecutor::new()).build_http())
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = tokio::time::timeout(PATIENCE, self.0.request(request))
            .await
            .unwrap()
            .unwrap();
        let (head, body) = response.into_parts();
        Answer {
            status: head.status,
            headers: head.headers,
            body: to_bytes(Body::new(body), usize::MAX).await.unwrap(),
        }
    }

    pub async fn get(&self, address: SocketAddr, path: &str) -> Answer {
        let request = Request::get(format!("http://{address}{path}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub async fn with_json(
        &self,
        method: &str,
        address: SocketAddr,
        path: &str,
        json: Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{address}{path}"))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(json.to_string())).unwrap())
            .await
    }

    /// The samples of a metrics page in the older text format.
    pub async fn scrape(&self, address: SocketAddr) -> Samples {
        let answer = self.get(address, "/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        Samples::read(answer.text())
    }
}

/// Samples of a metrics page: name, labels, value.
#[derive(Debug, Default)]
pub struct Samples(Vec<(String, BTreeMap<String, String>, f64)>);

impl Samples {
    pub fn read(page: &str) -> Samples {
        let samples = page
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
                let labels = labels.strip_suffix('}').unwrap();
                let labels = labels
                    .split("\",")
                    .filter(|pair| !pair.is_empty())
                    .map(|pair| {
                        let (name, value) = pair.split_once("=\"").unwrap();
                        (name.to_owned(), value.trim_end_matches('"').to_owned())
                    });
                (name.to_owned(), labels.collect(), value.parse().unwrap())
            });
        Samples(samples.collect())
    }

    /// The sum over series of a name whose labels include these; `None` where there is no such series.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let matching: Vec<f64> = self
            .0
            .iter()
            .filter(|(found, has, _)| {
                found == name
                    && labels
                        .iter()
                        .all(|(label, value)| has.get(*label).is_some_and(|had| had == value))
            })
            .map(|(_, _, value)| *value)
            .collect();
        (!matching.is_empty()).then(|| matching.iter().sum())
    }
}

/// Waits until a condition holds.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "it never came true that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
