//! What a source offers for a service, for a first plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use verification::time::Timestamp;

use crate::http::AccessError;
use crate::labels::{Labels, NAME};
use crate::matching::Matching;
use crate::prometheus::{Kind, PrometheusClient};
use crate::scrape::Scraper;
use crate::sides::alternatives;
use crate::source::{PrometheusConfig, ScrapeConfig, SourceConfig};
use crate::trouble::Trouble;

/// Labels whose values name services, the most specific first.
const SERVICE_LABELS: [&str; 8] = [
    "service_name",
    "service",
    "app_kubernetes_io_name",
    "app",
    "job",
    "container",
    "deployment",
    "namespace",
];
/// Most series that are read to learn labels.
const MOST_SERIES: usize = 20_000;
/// Most sample values a label.
const MOST_VALUES: usize = 20;
/// How far back series count as being there.
const RECENT: Duration = Duration::from_secs(3600);

/// Metrics of a source, with what is known about them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Offer {
    /// Metrics in the order of their names; a classic histogram is one metric under its base name.
    pub metrics: Vec<OfferedMetric>,
    /// The matcher that picks the service's series, where one was found: label and value.
    pub service: Option<(String, String)>,
    /// Whether there were more series than were read.
    pub incomplete: bool,
}

/// One metric.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferedMetric {
    /// Name, for a histogram without `_bucket`.
    pub name: String,
    /// What it is; [`Kind::Unknown`] where the source does not say.
    pub kind: Kind,
    /// What the source says about it.
    pub help: String,
    /// Labels with at most 20 of their values.
    pub labels: BTreeMap<String, BTreeSet<String>>,
}

/// Why there is no offer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfferError {
    /// The connection cannot be set up.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The source did not answer as it should.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Nothing there belongs to the service.
    #[error(
        "no series of the last hour names `{service}` in any of the labels {labels}: check the name, or give none to see all"
    )]
    UnknownService {
        /// The name that was looked for.
        service: String,
        /// The labels that were searched.
        labels: String,
    },
}

/// Asks a source what it has. `service` is looked for in the usual labels, first as it is, then as part of a value.
///
/// Costs a handful of requests; at most 20,000 series are looked at.
///
/// # Errors
/// If the source cannot be reached or understood, or has nothing of the service.
pub async fn offer(
    source: &SourceConfig,
    now: Timestamp,
    service: Option<&str>,
) -> Result<Offer, OfferError> {
    match source {
        SourceConfig::Prometheus(config) => of_prometheus(config, now, service).await,
        SourceConfig::Scrape(config) => of_pages(config, now).await,
    }
}

async fn of_prometheus(
    config: &PrometheusConfig,
    now: Timestamp,
    service: Option<&str>,
) -> Result<Offer, OfferError> {
    let client = PrometheusClient::new(config)?;
    let found = match service {
        Some(service) => Some(find_service(&client, now, service).await?),
        None => None,
    };
    let selector = match &found {
        Some((label, value)) => {
            let value = alternatives([value]);
            format!(
                "{{{label}=~\"{}\"}}",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            )
        }
        None => "{__name__!=\"\"}".to_owned(),
    };
    let series = client
        .series(&[selector], now - RECENT, now, MOST_SERIES)
        .await?;
    // Many compatible servers have no metadata.
    let metadata = client.metadata(None).await.unwrap_or_default();
    let known = |name: &str| {
        let row = metadata.get(name)?.first()?;
        Some((row.kind, row.help.clone()))
    };
    let incomplete = series.data.len() >= MOST_SERIES;
    let mut offer = gathered(series.data.into_iter().take(MOST_SERIES), known);
    offer.incomplete = incomplete;
    offer.service = found;
    Ok(offer)
}

/// The label and value that name a service.
async fn find_service(
    client: &PrometheusClient,
    now: Timestamp,
    service: &str,
) -> Result<(String, String), OfferError> {
    let mut partly = None;
    for label in SERVICE_LABELS {
        let values = client.label_values(label, now - RECENT, now).await?;
        if values.iter().any(|value| value == service) {
            return Ok((label.to_owned(), service.to_owned()));
        }
        let wanted = service.to_lowercase();
        let part = values
            .into_iter()
            .find(|value| value.to_lowercase().contains(&wanted));
        partly = partly.or(part.map(|value| (label.to_owned(), value)));
    }
    partly.ok_or_else(|| OfferError::UnknownService {
        service: service.to_owned(),
        labels: SERVICE_LABELS.join(", "),
    })
}

async fn of_pages(config: &ScrapeConfig, now: Timestamp) -> Result<Offer, OfferError> {
    let scraper = Scraper::new(config)?;
    let everything: Arc<[Matching]> = Arc::from([Matching::everything()]);
    let answers = scraper.scrape(&everything, now.millis()).await;
    let mut series = Vec::new();
    let mut families = BTreeMap::new();
    let mut trouble = None;
    for answer in answers {
        match answer.answer {
            Ok(page) => {
                series.extend(page.series.into_iter().map(|(labels, _)| labels));
                families.extend(page.families);
            }
            Err(found) => trouble = trouble.or(Some(found)),
        }
    }
    // Some pages are enough for an offer.
    if let (true, Some(trouble)) = (series.is_empty(), trouble) {
        return Err(trouble.into());
    }
    let incomplete = series.len() > MOST_SERIES;
    let mut offer = gathered(series.into_iter().take(MOST_SERIES), |name| {
        families.get(name).cloned()
    });
    offer.incomplete = incomplete;
    Ok(offer)
}

fn gathered(
    series: impl Iterator<Item = Labels>,
    known: impl Fn(&str) -> Option<(Kind, String)>,
) -> Offer {
    let mut metrics: BTreeMap<String, OfferedMetric> = BTreeMap::new();
    for labels in series {
        let name = labels.metric();
        // When a counter was created is about a series, not a metric of its own.
        if name.ends_with("_created") {
            continue;
        }
        let (name, (kind, help)) = family(name, &labels, &known);
        let metric = metrics
            .entry(name.clone())
            .or_insert_with(|| OfferedMetric {
                name,
                kind,
                help,
                labels: BTreeMap::new(),
            });
        for (label, value) in labels
            .iter()
            .filter(|(label, _)| !matches!(*label, NAME | "le" | "quantile"))
        {
            let values = metric.labels.entry(label.to_owned()).or_default();
            if values.len() < MOST_VALUES {
                values.insert(value.to_owned());
            }
        }
    }
    // The sums and counts of a histogram that the source does not declare.
    let parts: Vec<String> = metrics
        .values()
        .filter(|metric| metric.kind == Kind::Histogram)
        .flat_map(|metric| ["_count", "_sum"].map(|ending| format!("{}{ending}", metric.name)))
        .collect();
    for part in parts {
        metrics.remove(&part);
    }
    Offer {
        metrics: metrics.into_values().collect(),
        service: None,
        incomplete: false,
    }
}

/// The metric that a series belongs to. What the source does not say is told by the usual endings.
fn family(
    name: &str,
    labels: &Labels,
    known: &impl Fn(&str) -> Option<(Kind, String)>,
) -> (String, (Kind, String)) {
    for ending in ["_bucket", "_count", "_sum"] {
        if let Some(base) = name.strip_suffix(ending)
            && let Some(told) =
                known(base).filter(|(kind, _)| matches!(kind, Kind::Histogram | Kind::Summary))
        {
            return (base.to_owned(), told);
        }
    }
    if let Some(told) = known(name).filter(|(kind, _)| *kind != Kind::Unknown) {
        return (name.to_owned(), told);
    }
    if let Some(base) = name
        .strip_suffix("_bucket")
        .filter(|_| !labels.get("le").is_empty())
    {
        return (base.to_owned(), (Kind::Histogram, String::new()));
    }
    let kind = if name.ends_with("_total") {
        Kind::Counter
    } else {
        Kind::Unknown
    };
    (name.to_owned(), (kind, String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_one_metric_whether_or_not_it_is_declared() {
        let series = ["0.1", "+Inf", ""].map(|edge| {
            let name = if edge.is_empty() {
                "h_count"
            } else {
                "h_bucket"
            };
            Labels::of(&[(NAME, name), ("le", edge), ("route", "/pay")])
        });
        let declared = gathered(series.clone().into_iter(), |name| {
            (name == "h").then(|| (Kind::Histogram, "Time.".to_owned()))
        });
        let guessed = gathered(series.into_iter(), |_| None);
        for offer in [declared, guessed] {
            assert_eq!(offer.metrics.len(), 1);
            assert_eq!(
                (offer.metrics[0].name.as_str(), offer.metrics[0].kind),
                ("h", Kind::Histogram)
            );
            let labels: Vec<_> = offer.metrics[0].labels.keys().collect();
            assert_eq!(labels, ["route"]);
        }
    }

    #[test]
    fn values_of_a_label_are_bounded() {
        let series = (0..100).map(|at| {
            let user = at.to_string();
            Labels::new([
                (NAME.into(), "x_total".into()),
                ("user".into(), user.into()),
            ])
        });
        let offer = gathered(series, |_| None);
        assert_eq!(offer.metrics[0].labels["user"].len(), MOST_VALUES);
        assert_eq!(offer.metrics[0].kind, Kind::Counter);
    }
}
