//! A small time-series server that speaks as much of the Prometheus HTTP API as a reader asks for, over real sockets, and
//! plays faults on demand.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

pub type Labels = BTreeMap<String, String>;

/// What the server does with the next requests.
#[derive(Clone, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    /// This status with this body.
    Status(u16, &'static str),
    /// 429 with a time to wait.
    Busy(&'static str),
    /// The right answer, cut in the middle.
    Truncated,
    /// No answer at all.
    Silent,
    /// Not what a Prometheus says.
    Html,
}

#[derive(Default)]
pub struct Data {
    pub series: BTreeMap<Labels, Vec<(i64, f64)>>,
    pub histograms: BTreeMap<Labels, Vec<(i64, Value)>>,
    pub metadata: BTreeMap<String, &'static str>,
    pub fault: Fault,
    /// Only queries that contain this text meet the fault.
    pub only: String,
    pub warning: Option<&'static str>,
    pub queries: Vec<String>,
    pub refuses_post: bool,
    /// The server's clock; far ahead of all tests by default.
    pub clock: Option<i64>,
}

/// The server; it ends with the value.
pub struct FakePrometheus {
    pub url: String,
    data: Arc<Mutex<Data>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for FakePrometheus {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Labels from a literal.
pub fn labels(name: &str, pairs: &[(&str, &str)]) -> Labels {
    pairs
        .iter()
        .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
        .chain([("__name__".to_owned(), name.to_owned())])
        .collect()
}

impl FakePrometheus {
    pub async fn start() -> Self {
        let data: Arc<Mutex<Data>> = Arc::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/api/v1/query", post(query).get(query))
            .route("/api/v1/query_range", post(query_range).get(query_range))
            .route("/api/v1/series", post(series).get(series))
            .route("/api/v1/metadata", get(metadata))
            .route("/api/v1/label/{name}/values", get(label_values))
            .with_state(Arc::clone(&data));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { url, data, server }
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut Data) -> T) -> T {
        change(&mut self.data.lock().unwrap())
    }

    pub fn push(&self, labels: &Labels, at: i64, value: f64) {
        self.with(|data| {
            data.series
                .entry(labels.clone())
                .or_default()
                .push((at, value))
        });
    }

    pub fn fault(&self, fault: Fault) {
        self.with(|data| {
            data.fault = fault;
            data.only = String::new();
        });
    }
}

enum Test {
    Is(String, bool),
    Fits(regex::Regex, bool),
}

struct Selector {
    matchers: Vec<(String, Test)>,
    range: Option<i64>,
}

/// Reads `name{a="b",…}[…ms]`.
fn parse(text: &str) -> Selector {
    let (body, range) = match text.strip_suffix("ms]") {
        Some(rest) => {
            let (body, millis) = rest.rsplit_once('[').unwrap();
            (body, Some(millis.parse().unwrap()))
        }
        None => (text, None),
    };
    let (name, rest) = body.split_once('{').unwrap_or((body, "}"));
    let mut matchers = Vec::new();
    if !name.is_empty() {
        matchers.push(("__name__".to_owned(), Test::Is(name.to_owned(), true)));
    }
    static MATCHER: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r#"([a-zA-Z_]+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)""#).unwrap()
    });
    for found in MATCHER.captures_iter(rest) {
        let value = found[3].replace("\\\"", "\"").replace("\\\\", "\\");
        let fits = || regex::Regex::new(&format!("^(?:{value})$")).unwrap();
        let test = match &found[2] {
            "=" => Test::Is(value.clone(), true),
            "!=" => Test::Is(value.clone(), false),
            "=~" => Test::Fits(fits(), true),
            _ => Test::Fits(fits(), false),
        };
        matchers.push((found[1].to_owned(), test));
    }
    Selector { matchers, range }
}

impl Selector {
    fn accepts(&self, labels: &Labels) -> bool {
        self.matchers.iter().all(|(label, test)| {
            let own = labels.get(label).map_or("", String::as_str);
            match test {
                Test::Is(value, wanted) => (own == value) == *wanted,
                Test::Fits(pattern, wanted) => pattern.is_match(own) == *wanted,
            }
        })
    }
}

fn parameters(uri: &axum::http::Uri, body: &Bytes) -> HashMap<String, String> {
    let text = format!(
        "{}&{}",
        uri.query().unwrap_or(""),
        String::from_utf8_lossy(body)
    );
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn number(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    value.to_string()
}

fn seconds(at: i64) -> f64 {
    at as f64 / 1000.0
}

fn answer(data: &Data, method: &axum::http::Method, asked: &str, value: &Value) -> Response {
    if data.refuses_post && method == axum::http::Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let mut body = json!({"status": "success", "data": value});
    if let Some(warning) = data.warning {
        body["warnings"] = json!([warning]);
    }
    let text = body.to_string();
    let json = [(header::CONTENT_TYPE, "application/json")];
    if !asked.contains(&data.only) {
        return (json, text).into_response();
    }
    match data.fault {
        Fault::Status(status, body) => {
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Fault::Busy(wait) => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait)]).into_response()
        }
        Fault::Truncated => (json, text[..text.len() * 2 / 3].to_owned()).into_response(),
        Fault::Html => "<html>It works!</html>".into_response(),
        Fault::None | Fault::Silent => (json, text).into_response(),
    }
}

async fn silence(data: &Mutex<Data>, asked: &str) {
    let silent = {
        let data = data.lock().unwrap();
        matches!(data.fault, Fault::Silent) && asked.contains(&data.only)
    };
    if silent {
        std::future::pending::<()>().await;
    }
}

async fn query(
    State(data): State<Arc<Mutex<Data>>>,
    method: axum::http::Method,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let parameters = parameters(&uri, &body);
    let text = parameters["query"].clone();
    silence(&data, &text).await;
    let mut data = data.lock().unwrap();
    data.queries.push(text.clone());
    if text == "time()" {
        let clock = data.clock.unwrap_or(4_000_000_000_000);
        return answer(
            &data,
            &method,
            &text,
            &json!({"resultType": "scalar", "result": [seconds(clock), seconds(clock).to_string()]}),
        );
    }
    let at = parameters.get("time").map_or(i64::MAX, |time| {
        (time.parse::<f64>().unwrap() * 1000.0).round() as i64
    });
    if let Some(inner) = text
        .strip_prefix("sum(")
        .and_then(|inner| inner.strip_suffix(')'))
    {
        let rows = instant(&data, &parse(inner), at);
        let sum: f64 = rows.iter().map(|(_, value)| value).sum();
        let result = if rows.is_empty() {
            json!([])
        } else {
            json!([{"metric": {}, "value": [seconds(at), number(sum)]}])
        };
        return answer(
            &data,
            &method,
            &text,
            &json!({"resultType": "vector", "result": result}),
        );
    }
    let selector = parse(&text);
    let Some(range) = selector.range else {
        let rows: Vec<Value> = instant(&data, &selector, at)
            .into_iter()
            .map(|(labels, value)| json!({"metric": labels, "value": [seconds(at), number(value)]}))
            .collect();
        return answer(
            &data,
            &method,
            &text,
            &json!({"resultType": "vector", "result": rows}),
        );
    };
    // Both ends belong to it, as in servers before version 3.
    let inside = |time: i64| time >= at - range && time <= at;
    let mut result: Vec<Value> = Vec::new();
    for (labels, samples) in data
        .series
        .iter()
        .filter(|(labels, _)| selector.accepts(labels))
    {
        let values: Vec<Value> = samples
            .iter()
            .filter(|(time, _)| inside(*time))
            .map(|(time, value)| json!([seconds(*time), number(*value)]))
            .collect();
        if !values.is_empty() {
            result.push(json!({"metric": labels, "values": values}));
        }
    }
    for (labels, samples) in data
        .histograms
        .iter()
        .filter(|(labels, _)| selector.accepts(labels))
    {
        let values: Vec<Value> = samples
            .iter()
            .filter(|(time, _)| inside(*time))
            .map(|(time, value)| json!([seconds(*time), value]))
            .collect();
        if !values.is_empty() {
            result.push(json!({"metric": labels, "histograms": values}));
        }
    }
    answer(
        &data,
        &method,
        &text,
        &json!({"resultType": "matrix", "result": result}),
    )
}

fn instant<'a>(data: &'a Data, selector: &Selector, at: i64) -> Vec<(&'a Labels, f64)> {
    data.series
        .iter()
        .filter(|(labels, _)| selector.accepts(labels))
        .filter_map(|(labels, samples)| {
            let (time, value) = samples.iter().rev().find(|(time, _)| *time <= at)?;
            (at - time <= 300_000).then_some((labels, *value))
        })
        .collect()
}

/// `count by (label) (selector)`, which is all that is asked for.
async fn query_range(
    State(data): State<Arc<Mutex<Data>>>,
    method: axum::http::Method,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let parameters = parameters(&uri, &body);
    let text = &parameters["query"];
    silence(&data, text).await;
    let data = data.lock().unwrap();
    let millis = |name: &str| (parameters[name].parse::<f64>().unwrap() * 1000.0).round() as i64;
    let (start, end, step) = (millis("start"), millis("end"), millis("step"));
    let (label, inner) = match text.strip_prefix("count by (") {
        Some(rest) => rest.split_once(") (").unwrap(),
        None => ("", text.as_str()),
    };
    let selector = parse(inner.trim_end_matches(')').trim_start_matches("sum("));
    let mut values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut at = start;
    while at <= end {
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        for (labels, value) in instant(&data, &selector, at) {
            let own = labels.get(label).cloned().unwrap_or_default();
            *counts.entry(own).or_default() += if label.is_empty() { value } else { 1.0 };
        }
        for (value, count) in counts {
            values
                .entry(value)
                .or_default()
                .push(json!([seconds(at), number(count)]));
        }
        at += step;
    }
    let result: Vec<Value> = values
        .into_iter()
        .map(|(value, values)| {
            let metric = if label.is_empty() {
                json!({})
            } else {
                json!({label: value})
            };
            json!({"metric": metric, "values": values})
        })
        .collect();
    answer(
        &data,
        &method,
        text,
        &json!({"resultType": "matrix", "result": result}),
    )
}

async fn series(
    State(data): State<Arc<Mutex<Data>>>,
    method: axum::http::Method,
    uri: axum::http::Uri,
    body: Bytes,
) -> Response {
    let parameters = parameters(&uri, &body);
    let data = data.lock().unwrap();
    let selector = parse(&parameters["match[]"]);
    let found: Vec<&Labels> = data
        .series
        .keys()
        .filter(|labels| selector.accepts(labels))
        .collect();
    answer(&data, &method, "series", &json!(found))
}

async fn metadata(
    State(data): State<Arc<Mutex<Data>>>,
    method: axum::http::Method,
    uri: axum::http::Uri,
) -> Response {
    let parameters = parameters(&uri, &Bytes::new());
    let data = data.lock().unwrap();
    let rows: BTreeMap<&String, Value> = data
        .metadata
        .iter()
        .filter(|(name, _)| {
            parameters
                .get("metric")
                .is_none_or(|wanted| wanted == *name)
        })
        .map(|(name, kind)| (name, json!([{"type": kind, "help": "", "unit": ""}])))
        .collect();
    answer(&data, &method, "metadata", &json!(rows))
}

async fn label_values(
    State(data): State<Arc<Mutex<Data>>>,
    Path(name): Path<String>,
    method: axum::http::Method,
) -> Response {
    let data = data.lock().unwrap();
    let values: std::collections::BTreeSet<&String> = data
        .series
        .keys()
        .filter_map(|labels| labels.get(&name))
        .collect();
    answer(&data, &method, "labels", &json!(values))
}
