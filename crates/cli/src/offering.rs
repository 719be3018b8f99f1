//! What a source offers, for a first plan and for a watch without one.

use crate::arguments::From;
use crate::context::Context;
use crate::exit_reason::{Code, Failure, chain};
use plan::{MetricKind, Offer, OfferedMetric};
use telemetry::{OfferError, PrometheusConfig, ScrapeConfig, SourceConfig, Target, Trouble};

/// Label that tells the sides of scraped pages apart.
pub const TRACK: &str = "track";

/// A source named by options.
#[derive(Clone, Debug)]
pub struct Named {
    /// Name in the connections file.
    pub name: &'static str,
    /// For telemetry.
    pub config: SourceConfig,
    /// For the connections file.
    pub first: plan::FirstSource,
    /// Whether pages are read directly.
    pub scraped: bool,
}

/// The source that the options name.
pub fn named(from: &From) -> Result<Named, Failure> {
    if let Some(url) = &from.prometheus {
        return Ok(Named {
            name: "prometheus",
            config: SourceConfig::Prometheus(PrometheusConfig::new(url)),
            first: plan::FirstSource::Prometheus(url.clone()),
            scraped: false,
        });
    }
    if from.metrics.is_empty() {
        return Err(Failure::new(Code::Usage, "no source is named")
            .hint("add --prometheus URL, or --metrics canary=URL --metrics baseline=URL"));
    }
    let mut targets = Vec::new();
    let mut pages = Vec::new();
    for text in &from.metrics {
        let (side, url) = match text.split_once('=') {
            Some((side @ ("canary" | "baseline"), url)) => (Some(side), url),
            _ => (None, text.as_str()),
        };
        let mut target = Target::new(url);
        let mut labels = Vec::new();
        if let Some(side) = side {
            target = target.label(TRACK, side);
            labels.push((TRACK.to_owned(), side.to_owned()));
        }
        targets.push(target);
        pages.push((url.to_owned(), labels));
    }
    Ok(Named {
        name: "metrics",
        config: SourceConfig::Scrape(ScrapeConfig::new(targets)),
        first: plan::FirstSource::Scrape(pages),
        scraped: true,
    })
}

/// Asks the source what it offers for a service.
pub async fn ask(context: &Context, named: &Named, service: &str) -> Result<Offer, Failure> {
    // Pages that are named belong to the service; a server holds many.
    let hint = (!named.scraped).then_some(service);
    let offer = telemetry::offer(&named.config, context.now(), hint)
        .await
        .map_err(|error| of_offer(&error))?;
    let picked = offer.service.clone();
    let metrics = offer
        .metrics
        .into_iter()
        .filter_map(|metric| {
            let kind = match metric.kind {
                telemetry::Kind::Counter => MetricKind::Counter,
                telemetry::Kind::Gauge => MetricKind::Gauge,
                telemetry::Kind::Histogram => MetricKind::Histogram,
                _ if metric.name.ends_with("_total") || metric.name.ends_with("_count") => {
                    MetricKind::Counter
                }
                _ => return None,
            };
            let mut labels: Vec<(String, Vec<String>)> = metric
                .labels
                .into_iter()
                .map(|(label, values)| (label, values.into_iter().collect()))
                .collect();
            if let Some((label, value)) = &picked
                && !labels.iter().any(|(known, _)| known == label)
            {
                labels.push((label.clone(), vec![value.clone()]));
            }
            Some(OfferedMetric {
                name: metric.name,
                kind,
                labels,
            })
        })
        .collect();
    Ok(Offer { metrics })
}

fn of_offer(error: &OfferError) -> Failure {
    let code = match error {
        OfferError::Trouble(trouble) => of_trouble(trouble),
        OfferError::Access(_) => Code::Usage,
        OfferError::UnknownService { .. } => Code::PlanInvalid,
    };
    Failure::new(code, chain(error))
}

/// A source that refuses is not one that cannot be reached.
pub fn of_trouble(trouble: &Trouble) -> Code {
    if matches!(trouble, Trouble::Refused { .. }) {
        Code::Refused
    } else {
        Code::Unreachable
    }
}

/// The exit code of trouble that lies with the source as a whole and not with what was asked of it.
pub fn of_whole_source(trouble: &Trouble) -> Option<Code> {
    matches!(
        trouble,
        Trouble::Unreachable { .. }
            | Trouble::TooSlow { .. }
            | Trouble::Refused { .. }
            | Trouble::Busy { .. }
            | Trouble::Waiting { .. }
            | Trouble::Redirected { .. }
            | Trouble::Failed { .. }
    )
    .then(|| of_trouble(trouble))
}
