//! Calls of the API.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use verification::time::Timestamp;

use super::answer::{
    Envelope, InfoRow, QueryData, SeriesPoints, VectorRow, scalar_row, series_labels,
};
use crate::http::{AccessError, HttpClient, address, shown};
use crate::labels::Labels;
use crate::source::PrometheusConfig;
use crate::trouble::{Trouble, brief};

/// Calls of one server. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct PrometheusClient {
    http: HttpClient,
    base: Url,
    place: Arc<str>,
    timeout: Duration,
    /// Some proxies only let GET through; found out by a 405.
    get_only: Arc<AtomicBool>,
}

/// An answer together with the server's warnings about it.
#[derive(Clone, Debug)]
pub(crate) struct Answered<T> {
    pub(crate) data: T,
    pub(crate) warnings: Vec<String>,
}

impl PrometheusClient {
    pub(crate) fn new(config: &PrometheusConfig) -> Result<Self, AccessError> {
        let mut base = address(&config.url)?;
        base.set_query(None);
        base.set_fragment(None);
        let place = shown(&base);
        // A base without a final slash would lose its last segment when joined.
        if !base.path().ends_with('/') {
            let path = format!("{}/", base.path());
            base.set_path(&path);
        }
        Ok(Self {
            http: HttpClient::new(
                std::slice::from_ref(&base),
                &config.access,
                config.timeout,
                config.answer_limit,
            )?,
            base,
            place: place.into(),
            timeout: config.timeout,
            get_only: Arc::default(),
        })
    }

    /// Address without credentials.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Raw samples of `selector` with times in `(from, through]`, milliseconds since the epoch.
    pub(crate) async fn raw(
        &self,
        selector: &str,
        from: i64,
        through: i64,
    ) -> Result<Answered<Vec<SeriesPoints>>, Trouble> {
        let query = format!("{selector}[{}ms]", (through - from).max(1));
        let answered = self.query(&query, Some(through)).await?;
        let QueryData::Matrix(series) = answered.data else {
            return Err(self.wrong_type(&query, "matrix", &answered.data));
        };
        let data = series
            .into_iter()
            .map(SeriesPoints::from)
            .map(|mut series| {
                // Servers before version 3 answer with the left end too.
                let inside = |at: i64| at > from && at <= through;
                series.values.retain(|(at, _)| inside(*at));
                series.natives.retain(|point| inside(point.at));
                series
            })
            .filter(|series| !series.values.is_empty() || !series.natives.is_empty())
            .collect();
        Ok(Answered {
            data,
            warnings: answered.warnings,
        })
    }

    /// An expression at one moment; without a moment, by the server's clock.
    pub(crate) async fn instant(
        &self,
        query: &str,
        at: Option<Timestamp>,
    ) -> Result<Answered<Vec<VectorRow>>, Trouble> {
        let answered = self.query(query, at.map(Timestamp::millis)).await?;
        let data = match answered.data {
            QueryData::Vector(rows) => rows
                .into_iter()
                .filter_map(super::answer::RawElement::row)
                .collect(),
            QueryData::Scalar(scalar) => vec![scalar_row(scalar)],
            other => return Err(self.wrong_type(query, "vector or scalar", &other)),
        };
        Ok(Answered {
            data,
            warnings: answered.warnings,
        })
    }

    /// An expression at equal steps in `[from, through]`.
    pub(crate) async fn range(
        &self,
        query: &str,
        from: Timestamp,
        through: Timestamp,
        step: Duration,
    ) -> Result<Answered<Vec<SeriesPoints>>, Trouble> {
        let form = [
            ("query", query.to_owned()),
            ("start", from.to_string()),
            ("end", through.to_string()),
            ("step", format!("{}", step.as_secs_f64())),
            ("timeout", self.server_timeout()),
        ];
        let answered = self
            .call::<QueryData>("api/v1/query_range", &form, query)
            .await?;
        match answered.data {
            QueryData::Matrix(series) => Ok(Answered {
                data: series.into_iter().map(SeriesPoints::from).collect(),
                warnings: answered.warnings,
            }),
            other => Err(self.wrong_type(query, "matrix", &other)),
        }
    }

    /// Labels of the series that matched one of `selectors` in `[from, through]`, at most `most` where the server knows that limit.
    pub(crate) async fn series(
        &self,
        selectors: &[String],
        from: Timestamp,
        through: Timestamp,
        most: usize,
    ) -> Result<Answered<Vec<Labels>>, Trouble> {
        let mut form: Vec<(&str, String)> = selectors
            .iter()
            .map(|selector| ("match[]", selector.clone()))
            .collect();
        form.push(("start", from.to_string()));
        form.push(("end", through.to_string()));
        form.push(("limit", most.to_string()));
        let answered = self
            .call::<Vec<BTreeMap<Box<str>, Box<str>>>>(
                "api/v1/series",
                &form,
                &selectors.join(" or "),
            )
            .await?;
        Ok(Answered {
            data: answered.data.into_iter().map(series_labels).collect(),
            warnings: answered.warnings,
        })
    }

    /// What is known about metrics; of one metric if it is named.
    pub(crate) async fn metadata(
        &self,
        metric: Option<&str>,
    ) -> Result<BTreeMap<String, Vec<InfoRow>>, Trouble> {
        let parameters: Vec<(&str, &str)> = metric
            .map(|metric| ("metric", metric))
            .into_iter()
            .collect();
        self.read("api/v1/metadata", &parameters).await
    }

    /// Values of one label in `[from, through]`.
    pub(crate) async fn label_values(
        &self,
        label: &str,
        from: Timestamp,
        through: Timestamp,
    ) -> Result<Vec<String>, Trouble> {
        let (start, end) = (from.to_string(), through.to_string());
        self.read(
            &format!("api/v1/label/{label}/values"),
            &[("start", &start), ("end", &end)],
        )
        .await
    }

    async fn query(&self, query: &str, at: Option<i64>) -> Result<Answered<QueryData>, Trouble> {
        let mut form = vec![
            ("query", query.to_owned()),
            ("timeout", self.server_timeout()),
        ];
        if let Some(at) = at {
            form.push(("time", Timestamp::from_millis(at).to_string()));
        }
        self.call("api/v1/query", &form, query).await
    }

    /// The server's own limit, so that it does not work on for nobody.
    fn server_timeout(&self) -> String {
        format!("{}ms", self.timeout.as_millis().max(1))
    }

    async fn call<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        form: &[(&str, String)],
        query: &str,
    ) -> Result<Answered<T>, Trouble> {
        let url = self.url(path)?;
        if !self.get_only.load(Ordering::Relaxed) {
            let request = self.http.post(url.clone()).form(form);
            let answer = self.http.send(request, &self.place).await?;
            if answer.status != StatusCode::METHOD_NOT_ALLOWED {
                return self.read_answer(&answer, query);
            }
            self.get_only.store(true, Ordering::Relaxed);
        }
        let request = self.http.get(url).query(form);
        let answer = self.http.send(request, &self.place).await?;
        self.read_answer(&answer, query)
    }

    async fn read<T: for<'a> Deserialize<'a>>(
        &self,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let request = self.http.get(self.url(path)?).query(parameters);
        let answer = self.http.send(request, &self.place).await?;
        Ok(self.read_answer(&answer, path)?.data)
    }

    fn url(&self, path: &str) -> Result<Url, Trouble> {
        self.base.join(path).map_err(|error| Trouble::Unreadable {
            place: self.place.to_string(),
            why: error.to_string(),
        })
    }

    fn read_answer<T: for<'a> Deserialize<'a>>(
        &self,
        answer: &crate::http::Answer,
        query: &str,
    ) -> Result<Answered<T>, Trouble> {
        if !answer.status.is_success() {
            let words = words_of(&answer.body);
            return Err(match (answer.status.as_u16(), words) {
                (400 | 422, Some(why)) => Trouble::Rejected {
                    place: self.place.to_string(),
                    query: brief(query),
                    why: brief(&why),
                },
                _ => answer.trouble(&self.place, words_of),
            });
        }
        let unreadable = |why: String| Trouble::Unreadable {
            place: self.place.to_string(),
            why,
        };
        let envelope: Envelope<'_, T> = serde_json::from_slice(&answer.body)
            .map_err(|error| unreadable(brief(&error.to_string())))?;
        if envelope.status != "success" {
            return Err(Trouble::Rejected {
                place: self.place.to_string(),
                query: brief(query),
                why: brief(envelope.error.as_deref().unwrap_or("no reason given")),
            });
        }
        Ok(Answered {
            data: envelope
                .data
                .ok_or_else(|| unreadable("it holds no data".to_owned()))?,
            warnings: envelope.warnings,
        })
    }

    fn wrong_type(&self, query: &str, wanted: &str, got: &QueryData) -> Trouble {
        Trouble::Unreadable {
            place: self.place.to_string(),
            why: format!(
                "`{}` gives a {} instead of a {wanted}",
                brief(query),
                got.word()
            ),
        }
    }
}

/// The explanation in an error's body.
fn words_of(body: &[u8]) -> Option<String> {
    if let Ok(envelope) = serde_json::from_slice::<Envelope<'_, serde::de::IgnoredAny>>(body) {
        return envelope.error;
    }
    let text = std::str::from_utf8(body).ok()?.trim();
    // A proxy's HTML page explains nothing.
    (!text.is_empty() && !text.starts_with('<')).then(|| text.to_owned())
}
