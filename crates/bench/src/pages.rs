//! A service in this process, over real sockets: metrics pages of both sides, the weights of a splitter, and when each was touched.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Requests of each side between two scrapes: a tenth of 200 a second.
const CANARY: u64 = 20;
const BASELINE: u64 = 180;

/// Requests of the canary that fail between two scrapes once it is broken.
const BROKEN: u64 = 18;

/// One service, shared by its connections.
#[derive(Clone)]
pub struct Pages {
    inner: Arc<Mutex<Inner>>,
    /// Scrapes of the canary before it breaks.
    whole_for: u64,
}

#[derive(Default)]
struct Inner {
    canary_scrapes: u64,
    baseline_scrapes: u64,
    canary_failed: u64,
    page_written: Option<Instant>,
    order: Option<oneshot::Sender<Instant>>,
    weight: u32,
}

impl Pages {
    /// Makes a service whose canary breaks after `whole_for` scrapes, and what tells when the order to change a weight arrived.
    pub fn new(whole_for: u64) -> (Self, oneshot::Receiver<Instant>) {
        let (order, ordered) = oneshot::channel();
        let inner = Inner {
            order: Some(order),
            weight: 10,
            ..Inner::default()
        };
        let pages = Self {
            inner: Arc::new(Mutex::new(inner)),
            whole_for,
        };
        (pages, ordered)
    }

    /// When the last metrics page was about to be written.
    pub fn page_written(&self) -> Option<Instant> {
        self.lock().page_written
    }

    /// Answers until it is dropped.
    pub async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let pages = self.clone();
            tokio::spawn(async move {
                // A connection that breaks is the client's to make anew.
                let _ = pages.answer(stream).await;
            });
        }
    }

    async fn answer(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let request = line.trim_end().to_owned();
            let mut length = 0;
            loop {
                line.clear();
                if stream.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                let field = line.trim_end().to_ascii_lowercase();
                if field.is_empty() {
                    break;
                }
                if let Some(value) = field.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
            }
            line.clear();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await?;
            let (status, kind, text) = self.respond(&request);
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{text}",
                text.len()
            );
            stream.write_all(answer.as_bytes()).await?;
        }
        Ok(())
    }

    fn respond(&self, request: &str) -> (&'static str, &'static str, String) {
        const PAGE: &str = "text/plain; version=0.0.4";
        const JSON: &str = "application/json";
        let mut inner = self.lock();
        let arrived = Instant::now();
        let mut words = request.split(' ');
        match (words.next(), words.next()) {
            (Some("GET"), Some("/canary")) => {
                inner.canary_scrapes += 1;
                if inner.canary_scrapes > self.whole_for {
                    inner.canary_failed += BROKEN;
                }
                inner.page_written = Some(arrived);
                (
                    "200 OK",
                    PAGE,
                    page(inner.canary_scrapes * CANARY, inner.canary_failed),
                )
            }
            (Some("GET"), Some("/baseline")) => {
                inner.baseline_scrapes += 1;
                inner.page_written = Some(arrived);
                let scrapes = inner.baseline_scrapes;
                ("200 OK", PAGE, page(scrapes * BASELINE, scrapes))
            }
            (Some("GET"), Some("/weights")) => ("200 OK", JSON, weights(inner.weight)),
            (Some("PUT"), Some("/weights/canary")) => {
                if let Some(order) = inner.order.take() {
                    // Whoever no longer waits has ended with an error of its own.
                    let _ = order.send(arrived);
                }
                inner.weight = 0;
                ("200 OK", JSON, weights(inner.weight))
            }
            _ => ("404 Not Found", JSON, "{}".to_owned()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn page(asked: u64, failed: u64) -> String {
    format!(
        "# TYPE http_requests_total counter\nhttp_requests_total{{code=\"200\"}} {}\nhttp_requests_total{{code=\"500\"}} {failed}\n",
        asked - failed
    )
}

fn weights(canary: u32) -> String {
    format!("{{\"baseline\":90,\"canary\":{canary},\"generation\":1}}")
}
