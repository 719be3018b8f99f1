//! A first plan for `shakedown init`, from what a source offers.

use super::http::{HttpPreset, RollBack, preset_http};
use super::offer::{MetricKind, Offer};
use super::yaml_text::{comment, scalar};
use super::{recognise, sides};
use core::time::Duration;

/// What is known besides the offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstPlan {
    /// Service.
    pub service: String,
    /// Name of the source in the connections file.
    pub source: String,
    /// The roll-back action, if one is known.
    pub roll_back: Option<RollBack>,
    /// Receiver of pages, if one is known.
    pub page: Option<String>,
    /// How long after its time a sample may still arrive; zero for direct scraping.
    pub lateness: Duration,
}

/// Most names that are listed where nothing was recognised.
const MOST_LISTED: usize = 40;

/// A commented plan. Where the offer holds requests with a status it parses without errors; elsewhere it lists the counters
/// to choose from, and `validate` says what is missing.
#[must_use]
pub fn first_plan(offer: &Offer, about: &FirstPlan) -> String {
    let head = format!(
        "# yaml-language-server: $schema=./plan.schema.json      (written by: shakedown schema plan)\n\
         # A first plan for {}, from what the source `{}` offers. Read it, change what does not fit, then:\n\
         #   shakedown validate THIS-FILE     every problem at once, and what each limit can detect\n\
         #   shakedown seal THIS-FILE         before the deploy\n\
         #   shakedown watch THIS-FILE\n",
        comment(&about.service),
        comment(&about.source)
    );
    let Some(mut metrics) = recognise(offer, &about.service) else {
        return head + &skeleton(offer, about);
    };
    let (sides, because) = sides::find(offer, &metrics.failed.counter);
    metrics.because.push(because);
    let preset = HttpPreset {
        roll_back: about.roll_back.clone(),
        page: about.page.clone(),
        lateness: about.lateness,
        ..HttpPreset::new(&about.service, &about.source, metrics, sides)
    };
    head + &preset_http(&preset)
}

fn skeleton(offer: &Offer, about: &FirstPlan) -> String {
    let listed = |kinds: &[MetricKind]| {
        let mut names: Vec<&str> = offer
            .metrics
            .iter()
            .filter(|metric| kinds.contains(&metric.kind))
            .map(|metric| metric.name.as_str())
            .collect();
        names.sort_unstable();
        let left_out = names.len().saturating_sub(MOST_LISTED);
        let mut lines: String = names
            .iter()
            .take(MOST_LISTED)
            .map(|name| format!("  #   {}\n", comment(name)))
            .collect();
        if left_out > 0 {
            lines.push_str(&format!("  #   and {left_out} more\n"));
        }
        if lines.is_empty() {
            "  #   none\n".to_owned()
        } else {
            lines
        }
    };
    format!(
        "#\n# Nothing here looks like HTTP requests with a status, so the signals are yours to choose.\n\
plan: 1
service: {service}

watch:
  for: 24h
  judge-every: 30s
  warm-up: 2m

compare:
  by: version # the label that tells the versions apart
  canary: newest

signals:
  # Name the counters, as in:
  #   failed: {{source: {source}, kind: proportion, part: 'work_total{{result=\"error\"}}', whole: work_total}}
  # Counters that the source offers:
{counters}  # Histograms:
{histograms}
criteria:
  # State how bad is too bad, as in:
  #   - {{name: work gets done, signal: failed, worse-when: higher, limit: +0.5pp, sustained-for: 5m, then: roll-back}}

authority:
  cannot-see-for: {{10m: page}} # telemetry missing is not good news
",
        service = scalar(&about.service),
        source = scalar(&about.source),
        counters = listed(&[MetricKind::Counter]),
        histograms = listed(&[MetricKind::Histogram, MetricKind::NativeHistogram]),
    )
}
