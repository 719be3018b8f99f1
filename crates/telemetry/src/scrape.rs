//! Metrics pages read directly.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE};

use crate::concurrently::concurrently;
use crate::exposition::{Format, Page, read_page};
use crate::http::{AccessError, HttpClient, address, shown};
use crate::increments::CONTINUES_WITHIN;
use crate::labels::{Labels, NAME};
use crate::matching::Matching;
use crate::prometheus::Kind;
use crate::source::ScrapeConfig;
use crate::trouble::{Trouble, brief};

/// Formats in the order of preference; what OpenMetrics adds is not needed, but its end mark shows cut pages.
const ACCEPTED: &str =
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// All pages of one source.
#[derive(Clone, Debug)]
pub(crate) struct Scraper {
    http: HttpClient,
    targets: Arc<[ScrapeTarget]>,
    concurrency: usize,
}

#[derive(Clone, Debug)]
struct ScrapeTarget {
    url: Url,
    place: String,
    labels: Vec<(Box<str>, Box<str>)>,
}

/// What one page held.
#[derive(Clone, Debug)]
pub(crate) struct Scraped {
    pub(crate) series: Vec<(Labels, f64)>,
    /// Kinds and help texts by metric.
    pub(crate) families: BTreeMap<String, (Kind, String)>,
    /// The page's clock (whole seconds), in milliseconds since the epoch, and how long the answer took.
    pub(crate) date: Option<(i64, Duration)>,
}

/// One page with its address.
pub(crate) struct TargetAnswer {
    pub(crate) place: String,
    pub(crate) answer: Result<Scraped, Trouble>,
}

impl Scraper {
    pub(crate) fn new(config: &ScrapeConfig) -> Result<Self, AccessError> {
        let targets = config
            .targets
            .iter()
            .map(ScrapeTarget::new)
            .collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<Url> = targets.iter().map(|target| target.url.clone()).collect();
        Ok(Self {
            http: HttpClient::new(
                &addresses,
                &config.access,
                config.timeout,
                config.page_limit,
            )?,
            targets: targets.into(),
            concurrency: config.concurrency,
        })
    }

    /// Reads every page once. Series that no matching wants are dropped; samples with a time of their own are dropped where
    /// that lies further back than a series lives.
    pub(crate) async fn scrape(&self, wanted: &Arc<[Matching]>, now: i64) -> Vec<TargetAnswer> {
        let tasks: Vec<_> = (0..self.targets.len())
            .map(|at| {
                let scraper = self.clone();
                let wanted = Arc::clone(wanted);
                async move { scraper.page(&scraper.targets[at], &wanted, now).await }
            })
            .collect();
        let answers = concurrently(self.concurrency, tasks).await;
        self.targets
            .iter()
            .zip(answers)
            .map(|(target, answer)| TargetAnswer {
                place: target.place.clone(),
                answer: answer.unwrap_or_else(|| {
                    Err(Trouble::Unreadable {
                        place: target.place.clone(),
                        why: "reading it was broken off".to_owned(),
                    })
                }),
            })
            .collect()
    }

    async fn page(
        &self,
        target: &ScrapeTarget,
        wanted: &[Matching],
        now: i64,
    ) -> Result<Scraped, Trouble> {
        let begun = Instant::now();
        let request = self.http.get(target.url.clone()).header(ACCEPT, ACCEPTED);
        let answer = self.http.send(request, &target.place).await?;
        let took = begun.elapsed();
        if !answer.status.is_success() {
            return Err(answer.trouble(&target.place, |_| None));
        }
        let header = |name| {
            answer
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let format = Format::of(header(CONTENT_TYPE).unwrap_or(""));
        let page = read_page(&answer.body, format, |name| {
            wanted.iter().any(|matching| matching.may_be_named(name))
        })
        .map_err(|error| Trouble::Unreadable {
            place: target.place.clone(),
            why: brief(&error.to_string()),
        })?;
        let date = header(DATE)
            .and_then(|text| httpdate::parse_http_date(text).ok())
            .and_then(|date| date.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|date| i64::try_from(date.as_millis()).ok())
            .map(|date| (date, took));
        Ok(target.scraped(page, wanted, now, date))
    }
}

impl ScrapeTarget {
    fn new(target: &crate::source::Target) -> Result<Self, AccessError> {
        let url = address(&target.url)?;
        let mut labels: Vec<(Box<str>, Box<str>)> = target
            .labels
            .iter()
            .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
            .collect();
        if !target.labels.iter().any(|(name, _)| name == "instance") {
            let host = url.host_str().unwrap_or("");
            let instance = match url.port_or_known_default() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            };
            labels.push(("instance".into(), instance.into()));
        }
        Ok(Self {
            place: shown(&url),
            url,
            labels,
        })
    }

    fn scraped(
        &self,
        page: Page,
        wanted: &[Matching],
        now: i64,
        date: Option<(i64, Duration)>,
    ) -> Scraped {
        let series = page
            .samples
            .into_iter()
            .filter(|sample| sample.at.is_none_or(|at| now - at <= CONTINUES_WITHIN))
            .map(|sample| (self.labelled(sample.name, sample.labels), sample.value))
            .filter(|(labels, _)| wanted.iter().any(|matching| matching.matches(labels)))
            .collect();
        Scraped {
            series,
            families: page
                .families
                .into_iter()
                .map(|(name, family)| (name, (family.kind, family.help)))
                .collect(),
            date,
        }
    }

    /// The target's labels win; what the page says under the same name is kept as `exported_…`, as in Prometheus.
    fn labelled(&self, name: Box<str>, labels: Vec<(Box<str>, Box<str>)>) -> Labels {
        let own = |label: &str| self.labels.iter().any(|(name, _)| **name == *label);
        let page = labels.into_iter().map(|(label, value)| {
            if own(&label) {
                (format!("exported_{label}").into(), value)
            } else {
                (label, value)
            }
        });
        let name = [(Box::from(NAME), name)];
        Labels::new(
            name.into_iter()
                .chain(self.labels.iter().cloned())
                .chain(page),
        )
    }
}

/// What is said of many pages that could not be read, in one line a kind of trouble.
pub(crate) fn summary(troubles: &[(&str, &Trouble)], targets: usize) -> Option<String> {
    let (_, first) = troubles.first()?;
    Some(match troubles.len() {
        1 => first.to_string(),
        count => format!("{count} of {targets} metrics pages cannot be read; the first: {first}"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::source::Target;

    #[test]
    fn the_targets_labels_win() {
        let target =
            ScrapeTarget::new(&Target::new("http://host:8080/metrics").label("track", "canary"))
                .unwrap();
        let labels = target.labelled(
            "m".into(),
            vec![("track".into(), "x".into()), ("code".into(), "200".into())],
        );
        assert_eq!(
            labels,
            Labels::of(&[
                ("__name__", "m"),
                ("code", "200"),
                ("exported_track", "x"),
                ("instance", "host:8080"),
                ("track", "canary"),
            ])
        );
    }
}
