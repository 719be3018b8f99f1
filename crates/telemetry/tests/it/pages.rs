//! Metrics pages of pods, over real sockets.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use telemetry::{ScrapeConfig, SourceConfig, Target};

/// What one pod has counted.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    /// Seconds since the epoch; not exported where `None`.
    pub started: Option<f64>,
    /// Requests by route and code. Absent until the first, as most libraries do.
    pub requests: BTreeMap<(&'static str, &'static str), u64>,
    /// Latency buckets, not cumulative.
    pub latencies: BTreeMap<&'static str, u64>,
    /// Further lines.
    pub more: String,
    pub open_metrics: bool,
}

impl Pod {
    pub fn new(started: f64) -> Self {
        Self {
            started: Some(started),
            ..Self::default()
        }
    }

    pub fn request(&mut self, route: &'static str, code: &'static str, count: u64) {
        *self.requests.entry((route, code)).or_default() += count;
    }

    fn page(&self) -> String {
        let mut page = String::new();
        let family = if self.open_metrics {
            "requests"
        } else {
            "requests_total"
        };
        writeln!(page, "# TYPE {family} counter").unwrap();
        for ((route, code), count) in &self.requests {
            let exemplar = if self.open_metrics {
                " # {trace_id=\"x\"} 1"
            } else {
                ""
            };
            writeln!(
                page,
                "requests_total{{route=\"{route}\",code=\"{code}\"}} {count}{exemplar}"
            )
            .unwrap();
            if self.open_metrics {
                writeln!(
                    page,
                    "requests_created{{route=\"{route}\",code=\"{code}\"}} 1700000000.5"
                )
                .unwrap();
            }
        }
        writeln!(page, "# TYPE latency_seconds histogram").unwrap();
        let mut below = 0;
        let mut buckets: Vec<_> = self.latencies.iter().collect();
        buckets.sort_by(|a, b| a.0.parse::<f64>().unwrap().total_cmp(&b.0.parse().unwrap()));
        for (edge, count) in buckets {
            below += count;
            writeln!(page, "latency_seconds_bucket{{le=\"{edge}\"}} {below}").unwrap();
        }
        if let Some(started) = self.started {
            writeln!(
                page,
                "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds {started}"
            )
            .unwrap();
        }
        page.push_str(&self.more);
        if self.open_metrics {
            page.push_str("# EOF\n");
        }
        page
    }
}

/// What a page's path answers.
#[derive(Clone, Debug)]
pub enum Page {
    Pod(Pod),
    Status(u16),
    Body(&'static str, String),
    Bytes(&'static str, Vec<u8>),
    Silent,
}

/// Pages by name; the server ends with the value.
pub struct Pages {
    pub url: String,
    pages: Arc<Mutex<BTreeMap<String, Page>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Pages {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Pages {
    pub async fn start() -> Self {
        let pages: Arc<Mutex<BTreeMap<String, Page>>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/{name}", get(page))
            .with_state(Arc::clone(&pages));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, pages, server }
    }

    pub fn set(&self, name: &str, page: Page) {
        self.pages.lock().unwrap().insert(name.to_owned(), page);
    }

    pub fn remove(&self, name: &str) {
        self.pages.lock().unwrap().remove(name);
    }

    /// Changes one pod.
    pub fn pod(&self, name: &str, change: impl FnOnce(&mut Pod)) {
        let mut pages = self.pages.lock().unwrap();
        let page = pages
            .entry(name.to_owned())
            .or_insert_with(|| Page::Pod(Pod::default()));
        if let Page::Pod(pod) = page {
            change(pod);
        }
    }

    /// A source that reads the pages of these pods, each with its track.
    pub fn source(&self, pods: &[(&str, &str)]) -> BTreeMap<String, SourceConfig> {
        let targets = pods
            .iter()
            .map(|(name, track)| {
                Target::new(format!("{}/{name}", self.url))
                    .label("track", *track)
                    .label("pod", *name)
                    .label("instance", *name)
                    .label("job", "shop")
            })
            .collect();
        BTreeMap::from([(
            "metrics".to_owned(),
            SourceConfig::Scrape(ScrapeConfig::new(targets)),
        )])
    }
}

async fn page(
    State(pages): State<Arc<Mutex<BTreeMap<String, Page>>>>,
    Path(name): Path<String>,
) -> Response {
    let page = pages.lock().unwrap().get(&name).cloned();
    match page {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(Page::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Page::Body(kind, body)) => ([(header::CONTENT_TYPE, kind)], body).into_response(),
        Some(Page::Bytes(kind, body)) => ([(header::CONTENT_TYPE, kind)], body).into_response(),
        Some(Page::Silent) => std::future::pending().await,
        Some(Page::Pod(pod)) => {
            let kind = if pod.open_metrics {
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            } else {
                "text/plain; version=0.0.4"
            };
            ([(header::CONTENT_TYPE, kind)], pod.page()).into_response()
        }
    }
}
