//! Where telemetry is read from: one named connection each.

use std::path::PathBuf;
use std::time::Duration;

use verification::terms::Matcher;

use crate::secret::Secret;

/// Name of the source that probes are read from; it needs no connection.
pub const PROBE: &str = "probe";

/// One named source of the connections file.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceConfig {
    /// A server that speaks the Prometheus HTTP API: Prometheus, Mimir, Thanos, VictoriaMetrics.
    Prometheus(PrometheusConfig),
    /// Metrics pages that are read directly.
    Scrape(ScrapeConfig),
}

/// A server that speaks the Prometheus HTTP API.
#[derive(Clone, Debug, PartialEq)]
pub struct PrometheusConfig {
    /// Address without `/api/v1`, as `http://prometheus:9090` or `https://mimir/prometheus`.
    pub url: String,
    /// Longest time one query may take, from the first byte sent to the last received.
    pub timeout: Duration,
    /// Who is calling and whom to trust.
    pub access: Access,
    /// Matchers added to every selector; free queries of levels name their own.
    pub matchers: Vec<Matcher>,
    /// Queries under way at once.
    pub concurrency: usize,
    /// Largest answer in bytes; a larger one is asked for again in shorter stretches of time.
    pub answer_limit: usize,
}

/// Metrics pages that are read directly, in the Prometheus text format or in OpenMetrics.
#[derive(Clone, Debug, PartialEq)]
pub struct ScrapeConfig {
    /// The pages.
    pub targets: Vec<Target>,
    /// Longest time one page may take.
    pub timeout: Duration,
    /// Who is calling and whom to trust.
    pub access: Access,
    /// Pages fetched at once.
    pub concurrency: usize,
    /// Largest page in bytes.
    pub page_limit: usize,
}

/// One metrics page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Address of the page, as `http://10.0.0.7:8080/metrics`.
    pub url: String,
    /// Labels that every series of the page gets; a label of the page with the same name becomes `exported_NAME`.
    /// Without an `instance` here it is the host and port of the address.
    pub labels: Vec<(String, String)>,
}

/// Who is calling and whom to trust.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// Value of the `Authorization` header, as `Bearer …`.
    pub authorization: Option<Secret>,
    /// Further headers, as `X-Scope-OrgID`.
    pub headers: Vec<(String, Secret)>,
    /// Certificates (PEM) trusted instead of the system's.
    pub ca_file: Option<PathBuf>,
}

const MEBIBYTE: usize = 1024 * 1024;

impl PrometheusConfig {
    /// A connection with the defaults: 10 s a query, 8 queries at once, answers up to 64 MiB.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            timeout: Duration::from_secs(10),
            access: Access::default(),
            matchers: Vec::new(),
            concurrency: 8,
            answer_limit: 64 * MEBIBYTE,
        }
    }
}

impl ScrapeConfig {
    /// Pages with the defaults: 5 s a page, 32 at once, up to 32 MiB each.
    #[must_use]
    pub fn new(targets: Vec<Target>) -> Self {
        Self {
            targets,
            timeout: Duration::from_secs(5),
            access: Access::default(),
            concurrency: 32,
            page_limit: 32 * MEBIBYTE,
        }
    }
}

impl Target {
    /// A page whose series get no labels but `instance`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            labels: Vec::new(),
        }
    }

    /// The same page with one more label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }
}
