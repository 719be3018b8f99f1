//! As much of the Prometheus HTTP API as a reader asks for, over [`Traffic`], with a sample every second and faults on demand.

use crate::traffic::{Labels, Traffic};
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use core::time::Duration;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What the server does with requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// This status.
    Status(u16),
    /// 429 with a second to wait.
    Busy,
    /// The right answer, cut in the middle.
    Truncated,
    /// The right answer, after this time.
    Slow(Duration),
    /// Nothing matches any more.
    Empty,
    /// Every value is not a number.
    NotANumber,
}

/// Answers a call of the API.
pub async fn answer(
    traffic: Traffic,
    now: i64,
    fault: Fault,
    path: &str,
    form: &BTreeMap<String, String>,
) -> Response {
    let data = match path {
        "query" => query(&traffic, now, fault, form),
        "series" => series(&traffic, now, fault, &form["match[]"]),
        "metadata" => json!({}),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let text = json!({"status": "success", "data": data}).to_string();
    let json = [(header::CONTENT_TYPE, "application/json")];
    match fault {
        Fault::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Fault::Busy => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response()
        }
        Fault::Truncated => (json, text[..text.len() * 2 / 3].to_owned()).into_response(),
        Fault::Slow(time) => {
            tokio::time::sleep(time).await;
            (json, text).into_response()
        }
        Fault::None | Fault::Empty | Fault::NotANumber => (json, text).into_response(),
    }
}

/// Reads parameters from the address and from a form.
pub fn form(query: Option<&str>, body: &Bytes) -> BTreeMap<String, String> {
    let text = format!("{}&{}", query.unwrap_or(""), String::from_utf8_lossy(body));
    text.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(core::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}

fn query(traffic: &Traffic, now: i64, fault: Fault, form: &BTreeMap<String, String>) -> Value {
    let text = &form["query"];
    if text == "time()" {
        let seconds = now as f64 / 1000.0;
        return json!({"resultType": "scalar", "result": [seconds, seconds.to_string()]});
    }
    let Some((selector, range)) = text
        .strip_suffix("ms]")
        .and_then(|text| text.rsplit_once('['))
    else {
        return json!({"resultType": "vector", "result": []});
    };
    let at = (form["time"].parse::<f64>().unwrap() * 1000.0).round() as i64;
    let from = at - range.parse::<i64>().unwrap();
    let mut found: BTreeMap<Labels, Vec<Value>> = BTreeMap::new();
    if fault != Fault::Empty {
        let selector = Selector::read(selector);
        // A sample every second, on the second; none from the future.
        let mut moment = from.div_euclid(1000) * 1000 + 1000;
        while moment <= at.min(now) {
            for series in traffic.at(moment) {
                let labels = named(&series.labels);
                if selector.accepts(&labels) && moment > traffic.since {
                    let value = match fault {
                        Fault::NotANumber => "NaN".to_owned(),
                        _ => series.value.to_string(),
                    };
                    found
                        .entry(labels)
                        .or_default()
                        .push(json!([moment as f64 / 1000.0, value]));
                }
            }
            moment += 1000;
        }
    }
    let result: Vec<Value> = found
        .into_iter()
        .map(|(labels, values)| json!({"metric": labels, "values": values}))
        .collect();
    json!({"resultType": "matrix", "result": result})
}

fn series(traffic: &Traffic, now: i64, fault: Fault, selector: &str) -> Value {
    let selector = Selector::read(selector);
    let found: Vec<Labels> = traffic
        .at(now)
        .iter()
        .map(|series| named(&series.labels))
        .filter(|labels| fault != Fault::Empty && selector.accepts(labels))
        .collect();
    json!(found)
}

fn named(labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    labels.insert("__name__".to_owned(), "http_requests_total".to_owned());
    labels
}

struct Selector(Vec<Matcher>);

enum Matcher {
    Is(String, String),
    IsNot(String, String),
    Like(String, Regex),
    NotLike(String, Regex),
}

impl Selector {
    /// Reads `name{a="b",…}`.
    fn read(text: &str) -> Self {
        static MATCHER: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"([a-z_]+)(=~|!~|!=|=)"([^"]*)""#).unwrap());
        let (name, rest) = text.split_once('{').unwrap_or((text, ""));
        let pattern = |value: &str| Regex::new(&format!("^(?:{value})$")).unwrap();
        let mut matchers: Vec<Matcher> = MATCHER
            .captures_iter(rest)
            .map(|found| {
                let (label, value) = (found[1].to_owned(), &found[3]);
                match &found[2] {
                    "=" => Matcher::Is(label, value.to_owned()),
                    "!=" => Matcher::IsNot(label, value.to_owned()),
                    "=~" => Matcher::Like(label, pattern(value)),
                    _ => Matcher::NotLike(label, pattern(value)),
                }
            })
            .collect();
        if !name.is_empty() {
            matchers.push(Matcher::Is("__name__".to_owned(), name.to_owned()));
        }
        Self(matchers)
    }

    fn accepts(&self, labels: &Labels) -> bool {
        let own = |label: &String| labels.get(label).map_or("", String::as_str);
        self.0.iter().all(|matcher| match matcher {
            Matcher::Is(label, value) => own(label) == value,
            Matcher::IsNot(label, value) => own(label) != value,
            Matcher::Like(label, pattern) => pattern.is_match(own(label)),
            Matcher::NotLike(label, pattern) => !pattern.is_match(own(label)),
        })
    }
}
