//! The HTTP preset: the plan that fits most services that answer requests, in a few choices.

use super::yaml_text::{comment, quoted, scalar};
use crate::units::duration_text;
use core::fmt::Write;
use core::time::Duration;
use verification::terms::{CanaryChoice, MatchOp, Matcher, Selector, SideRule};

/// Whose names the metrics follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// OpenTelemetry's semantic conventions as Prometheus stores them: `http_server_request_duration_seconds`.
    OpenTelemetry,
    /// The usual names of Prometheus client libraries: `http_requests_total`, `http_request_duration_seconds`.
    Prometheus,
}

/// The metrics of a service that answers HTTP requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpMetrics {
    /// Counter of requests (or a histogram's `_count`) and how failed ones are told apart.
    pub failed: FailedRequests,
    /// Base name of the latency histogram, if there is one.
    pub latency: Option<String>,
    /// Matchers that pick the service, added to every selector.
    pub selector: Vec<Matcher>,
    /// Label of the route, if slices by route are wanted.
    pub route_label: Option<String>,
    /// Why these were chosen, for comments; may be empty.
    pub because: Vec<String>,
}

/// How failed requests are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRequests {
    /// Counter of all requests.
    pub counter: String,
    /// Matcher of those that failed.
    pub matcher: Matcher,
}

impl HttpMetrics {
    /// The metrics by their usual names.
    #[must_use]
    pub fn by_naming(naming: Naming, selector: Vec<Matcher>) -> Self {
        let status = |label: &str| Matcher {
            label: label.to_owned(),
            op: MatchOp::Matches,
            value: "5..".to_owned(),
        };
        let (counter, status, latency, route) = match naming {
            Naming::OpenTelemetry => (
                "http_server_request_duration_seconds_count",
                status("http_response_status_code"),
                "http_server_request_duration_seconds",
                Some("http_route"),
            ),
            Naming::Prometheus => (
                "http_requests_total",
                status("code"),
                "http_request_duration_seconds",
                None,
            ),
        };
        Self {
            failed: FailedRequests {
                counter: counter.to_owned(),
                matcher: status,
            },
            latency: Some(latency.to_owned()),
            selector,
            route_label: route.map(str::to_owned),
            because: Vec::new(),
        }
    }
}

/// The choices of the HTTP preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpPreset {
    /// Service under watch.
    pub service: String,
    /// One line that says what is being deployed.
    pub change: Option<String>,
    /// Where somebody who is woken starts reading.
    pub runbook: Option<String>,
    /// Name of the source in the connections file.
    pub source: String,
    /// The metrics.
    pub metrics: HttpMetrics,
    /// How the versions are told apart.
    pub sides: SideRule,
    /// The roll-back action; without one, somebody is paged instead.
    pub roll_back: Option<RollBack>,
    /// Name of the receiver of pages in the connections file.
    pub page: Option<String>,
    /// Length of the watch, 5 minutes to 72 hours.
    pub watch_for: Duration,
    /// How long after its time a sample may still arrive.
    pub lateness: Duration,
}

/// A roll-back action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollBack {
    /// Name of the action in the connections file.
    pub run: String,
    /// What it is applied to.
    pub target: Option<String>,
}

impl HttpPreset {
    /// The preset with its defaults: a day, a lateness of 15 seconds, no actions.
    #[must_use]
    pub fn new(service: &str, source: &str, metrics: HttpMetrics, sides: SideRule) -> Self {
        Self {
            service: service.to_owned(),
            change: None,
            runbook: None,
            source: source.to_owned(),
            metrics,
            sides,
            roll_back: None,
            page: None,
            watch_for: Duration::from_secs(86_400),
            lateness: Duration::from_secs(15),
        }
    }
}

/// The plan that the preset stands for, as commented YAML.
///
/// It parses without errors. What the caller left out is warned about: no runbook, no receiver of pages.
#[must_use]
pub fn preset_http(preset: &HttpPreset) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write_plan(&mut out, preset);
    out
}

fn write_plan(out: &mut String, preset: &HttpPreset) -> core::fmt::Result {
    writeln!(out, "plan: 1\nservice: {}", scalar(&preset.service))?;
    if let Some(change) = &preset.change {
        writeln!(out, "change: {}", scalar(change))?;
    }
    match &preset.runbook {
        Some(runbook) => writeln!(out, "runbook: {}", quoted(runbook))?,
        None => writeln!(
            out,
            "# runbook: https://…    where somebody who is woken starts reading"
        )?,
    }
    writeln!(
        out,
        "\nwatch:\n  for: {}\n  judge-every: 30s # looking often costs no false alarms\n  warm-up: 2m # recorded and shown; only fixed values and a collapse act\n  lateness: {} # how late a sample may arrive",
        duration_text(preset.watch_for),
        duration_text(preset.lateness)
    )?;
    sides(out, &preset.sides)?;
    signals(out, preset)?;
    criteria(out, preset)?;
    authority(out, preset)
}

fn sides(out: &mut String, sides: &SideRule) -> core::fmt::Result {
    writeln!(out, "\ncompare:")?;
    match sides {
        SideRule::Matchers { canary, baseline } => {
            writeln!(
                out,
                "  canary: {} # the new version; added to every selector",
                quoted(listed(canary))
            )?;
            writeln!(
                out,
                "  baseline: {} # the old version, at the same moment",
                quoted(listed(baseline))
            )?;
        }
        SideRule::ByLabel {
            label,
            canary,
            join,
        } => {
            writeln!(
                out,
                "  by: {} # the label that tells the versions apart",
                scalar(label)
            )?;
            match canary {
                CanaryChoice::Newest => writeln!(
                    out,
                    "  canary: newest # the value that appeared last; every other one is baseline"
                )?,
                CanaryChoice::Value(value) => writeln!(
                    out,
                    "  canary: {} # every other value is baseline",
                    quoted(value)
                )?,
            }
            if let Some(join) = join {
                let on: Vec<String> = join.on.iter().map(|label| scalar(label)).collect();
                writeln!(
                    out,
                    "  join: {{metric: {}, on: [{}]}} # where the label lives",
                    quoted(&join.metric),
                    on.join(", ")
                )?;
            }
        }
    }
    writeln!(
        out,
        "  false-alarms: 1 in 100 watches # all criteria and the whole watch together"
    )
}

fn listed(matchers: &[Matcher]) -> String {
    matchers
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn signals(out: &mut String, preset: &HttpPreset) -> core::fmt::Result {
    let metrics = &preset.metrics;
    let select = |metric: &str, extra: Option<&Matcher>| Selector {
        metric: metric.to_owned(),
        matchers: metrics.selector.iter().chain(extra).cloned().collect(),
    };
    writeln!(out)?;
    for because in &metrics.because {
        writeln!(out, "# {}", comment(because))?;
    }
    writeln!(
        out,
        "signals:\n  failed-requests:\n    source: {}\n    kind: proportion\n    part: {} # answers that are the server's fault\n    whole: {}",
        scalar(&preset.source),
        quoted(select(
            &metrics.failed.counter,
            Some(&metrics.failed.matcher)
        )),
        quoted(select(&metrics.failed.counter, None))
    )?;
    if let Some(label) = &metrics.route_label {
        writeln!(
            out,
            "    for-each: {} # every route is judged by itself too",
            scalar(label)
        )?;
    }
    if let Some(latency) = &metrics.latency {
        writeln!(
            out,
            "  latency:\n    source: {}\n    kind: histogram\n    of: {}",
            scalar(&preset.source),
            quoted(select(latency, None))
        )?;
        if let Some(label) = &metrics.route_label {
            writeln!(out, "    for-each: {}", scalar(label))?;
        }
    }
    Ok(())
}

fn criteria(out: &mut String, preset: &HttpPreset) -> core::fmt::Result {
    let (grave, gravest) = if preset.roll_back.is_some() {
        ("roll-back", "[roll-back, page]")
    } else {
        ("page", "page")
    };
    write!(
        out,
        "
criteria: # if several fail, the gravest reaction is taken
  - name: requests keep working
    signal: failed-requests
    worse-when: higher
    limit: +0.5pp # at most one more failed request in 200
    sustained-for: 5m
    then: {grave}
  - name: the service has not collapsed
    signal: failed-requests
    never-above: 50% # needs no baseline
    sustained-for: 1m
    then: {gravest}
"
    )?;
    if preset.metrics.latency.is_some() {
        write!(
            out,
            "  - name: p99 has not doubled
    signal: latency
    measure: p99
    worse-when: higher
    limit: +100%
    sustained-for: 5m
    then: {grave}
  - name: p99 has not grown by half
    signal: latency
    measure: p99
    worse-when: higher
    limit: +50%
    sustained-for: 15m
    then: ticket
    required: false # a slower tail is worth a ticket, and no reason to withhold a confirm
"
        )?;
    }
    Ok(())
}

fn authority(out: &mut String, preset: &HttpPreset) -> core::fmt::Result {
    writeln!(out, "\nauthority:")?;
    if preset.roll_back.is_some() {
        writeln!(
            out,
            "  roll-back: {{decided-by: shakedown}} # add may-object: [on-call], within: 2m for a time to object"
        )?;
    }
    writeln!(
        out,
        "  confirm: {{decided-by: shakedown}} # only if every required criterion is shown to be within its limit\n  undecided-at-the-end: review\n  cannot-see-for: {{10m: page}} # telemetry missing is not good news"
    )?;
    if preset.roll_back.is_none() && preset.page.is_none() {
        return writeln!(
            out,
            "\n# actions:    name a roll-back and a receiver of pages here, and in the connections file"
        );
    }
    writeln!(out, "\nactions:")?;
    if let Some(action) = &preset.roll_back {
        let target = action.target.as_ref().map_or(String::new(), |target| {
            format!("\n    target: {}", quoted(target))
        });
        writeln!(
            out,
            "  roll-back:\n    run: {}{target}\n    recovered-when: the criteria that failed\n    within: 10m\n    otherwise: page",
            scalar(&action.run)
        )?;
    }
    if let Some(page) = &preset.page {
        writeln!(out, "  page: {{send: {}}}", quoted(page))?;
    }
    Ok(())
}
