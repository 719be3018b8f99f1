//! Finds the requests, their failures, latencies and routes among the metrics that a source offers.

use super::http::{FailedRequests, HttpMetrics};
use super::offer::{MetricKind, Offer, OfferedMetric};
use verification::terms::{MatchOp, Matcher};

/// Latency histograms by how sure their names are, without the unit's spelling where both exist.
const LATENCY: [&str; 17] = [
    "http_server_request_duration_seconds",
    "http_server_duration_milliseconds",
    "http_server_duration_seconds",
    "http_request_duration_seconds",
    "http_requests_duration_seconds",
    "http_server_requests_seconds",
    "http_request_duration_milliseconds",
    "http_response_time_seconds",
    "istio_request_duration_milliseconds",
    "nginx_ingress_controller_request_duration_seconds",
    "traefik_service_request_duration_seconds",
    "caddy_http_request_duration_seconds",
    "envoy_cluster_upstream_rq_time",
    "kong_request_latency_ms",
    "flask_http_request_duration_seconds",
    "starlette_request_duration_seconds",
    "request_duration_seconds",
];

/// Counters of requests by how sure their names are.
const REQUESTS: [&str; 17] = [
    "http_requests_total",
    "http_server_requests_total",
    "http_server_request_count_total",
    "http_request_total",
    "istio_requests_total",
    "nginx_ingress_controller_requests",
    "traefik_service_requests_total",
    "envoy_cluster_upstream_rq",
    "envoy_cluster_upstream_rq_xx",
    "haproxy_server_http_responses_total",
    "haproxy_backend_http_responses_total",
    "haproxy_frontend_http_responses_total",
    "kong_http_requests_total",
    "flask_http_request_total",
    "starlette_requests_total",
    "caddy_http_responses_total",
    "requests_total",
];

/// Labels that hold an answer's status, most telling first.
const STATUS: [&str; 13] = [
    "http_response_status_code",
    "http_status_code",
    "status_code",
    "response_code",
    "http_code",
    "code",
    "status",
    "envoy_response_code",
    "response_code_class",
    "envoy_response_code_class",
    "outcome",
    "result",
    "class",
];

/// Labels that hold a route, most telling first. Paths come last: with ids in them they have no end of values.
const ROUTE: [&str; 8] = [
    "http_route",
    "route",
    "handler",
    "endpoint",
    "uri",
    "operation",
    "ingress",
    "path",
];

/// More values than this are ids, not routes; the watch would pool them.
const MOST_ROUTES: usize = 200;

/// Labels that hold a service's name.
const SERVICE: [&str; 11] = [
    "service_name",
    "service",
    "job",
    "app",
    "app_kubernetes_io_name",
    "destination_service_name",
    "destination_workload",
    "exported_service",
    "proxy",
    "deployment",
    "namespace",
];

/// The HTTP metrics of `service` among what is offered; `None` where nothing looks like requests with a status.
#[must_use]
pub fn recognise(offer: &Offer, service: &str) -> Option<HttpMetrics> {
    let (counter, requests, status) = requests(offer)?;
    let selector = service_matcher(requests, service);
    let latency = latency(offer, requests, selector.as_ref());
    let mut because = vec![format!(
        "Requests: {counter}, failed where {}{}.",
        status.matcher,
        if counter == requests.name {
            ""
        } else {
            " (the histogram's own count)"
        }
    )];
    because.push(match latency {
        Some(found) => format!("Latency: {}.", found.name),
        None => "No latency histogram was found; add a signal of kind histogram if there is one."
            .to_owned(),
    });
    because.push(match &selector {
        Some(found) => format!("Service: {found}."),
        None => format!("No label holds the name {service}: add matchers if the source has more than this service."),
    });
    let route_label = route(requests, latency);
    because.push(match &route_label {
        Some(label) => format!("Routes: {label}."),
        None => {
            "No label with routes was found; `for-each: LABEL` would judge each of them.".to_owned()
        }
    });
    if status.guessed {
        because.push(format!(
            "No failed answer was among the samples: check that {} is how failures look.",
            status.matcher
        ));
    }
    Some(HttpMetrics {
        failed: FailedRequests {
            counter,
            matcher: status.matcher,
        },
        latency: latency.map(|found| found.name.clone()),
        selector: selector.into_iter().collect(),
        route_label,
        because,
    })
}

struct Status {
    matcher: Matcher,
    /// No sample showed a failure.
    guessed: bool,
}

/// The counter of requests, the metric it belongs to, and how failures are told apart.
fn requests(offer: &Offer) -> Option<(String, &OfferedMetric, Status)> {
    let named = |names: &[&str], kinds: &[MetricKind]| {
        names.iter().find_map(|name| {
            let metric = offer
                .metrics
                .iter()
                .find(|metric| metric.name == *name && kinds.contains(&metric.kind))?;
            Some((metric, status(metric)?))
        })
    };
    // OpenTelemetry has no counter of its own: the histogram's count is the counter. A native histogram has no series for it,
    // so a counter goes before it.
    if let Some((metric, status)) = named(&LATENCY[..3], &[MetricKind::Histogram]) {
        return Some((format!("{}_count", metric.name), metric, status));
    }
    if let Some((metric, status)) = named(&REQUESTS, &[MetricKind::Counter, MetricKind::Gauge]) {
        return Some((metric.name.clone(), metric, status));
    }
    if let Some((metric, status)) = named(
        &LATENCY,
        &[MetricKind::Histogram, MetricKind::NativeHistogram],
    ) {
        return Some((format!("{}_count", metric.name), metric, status));
    }
    let like_requests = |metric: &&OfferedMetric| {
        let own = [
            "promhttp_",
            "prometheus_",
            "go_",
            "process_",
            "grafana_",
            "scrape_",
        ];
        metric.name.contains("request") && !own.iter().any(|prefix| metric.name.starts_with(prefix))
    };
    let mut others: Vec<&OfferedMetric> = offer
        .metrics
        .iter()
        .filter(|metric| metric.kind == MetricKind::Counter)
        .filter(like_requests)
        .collect();
    others.sort_by(|left, right| left.name.cmp(&right.name));
    others
        .into_iter()
        .find_map(|metric| Some((metric.name.clone(), metric, status(metric)?)))
}

fn status(metric: &OfferedMetric) -> Option<Status> {
    STATUS.iter().find_map(|label| {
        let values = metric.values(label)?;
        let matcher = |op, value: &str| Matcher {
            label: (*label).to_owned(),
            op,
            value: value.to_owned(),
        };
        let failed = |value: &String| is_failure(value);
        if values.iter().all(|value| digits(value, 3)) && !values.is_empty() {
            let guessed = !values.iter().any(|value| value.starts_with('5'));
            return Some(Status {
                matcher: matcher(MatchOp::Matches, "5.."),
                guessed,
            });
        }
        // Classes: 2xx, 5xx, or 2, 5; HAProxy adds `other`.
        let classes: Vec<&String> = values.iter().filter(|value| *value != "other").collect();
        for (suffix, found) in [("xx", "5xx"), ("XX", "5XX"), ("", "5")] {
            let fits = |value: &&String| {
                value
                    .strip_suffix(suffix)
                    .is_some_and(|digit| digits(digit, 1))
            };
            if !classes.is_empty() && classes.iter().all(fits) {
                let guessed = !values.iter().any(|value| value == found);
                return Some(Status {
                    matcher: matcher(MatchOp::Equal, found),
                    guessed,
                });
            }
        }
        let failing: Vec<&String> = values.iter().filter(|value| failed(value)).collect();
        match failing.as_slice() {
            [] => None,
            [one] => Some(Status {
                matcher: matcher(MatchOp::Equal, one),
                guessed: false,
            }),
            several => {
                let words: Vec<&str> = several.iter().map(|word| word.as_str()).collect();
                Some(Status {
                    matcher: matcher(MatchOp::Matches, &words.join("|")),
                    guessed: false,
                })
            }
        }
    })
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count
        && text.starts_with(['1', '2', '3', '4', '5'])
        && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Words that say that an answer is the server's fault.
fn is_failure(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    [
        "error",
        "failed",
        "failure",
        "fail",
        "server_error",
        "exception",
        "internal",
        "timeout",
    ]
    .contains(&word.as_str())
}

fn latency<'offer>(
    offer: &'offer Offer,
    requests: &'offer OfferedMetric,
    selector: Option<&Matcher>,
) -> Option<&'offer OfferedMetric> {
    if requests.is_histogram() {
        return Some(requests);
    }
    // A histogram without the service's label would be that of all services, or of another.
    let of_the_service = |metric: &OfferedMetric| {
        selector.is_none_or(|matcher| {
            metric
                .values(&matcher.label)
                .is_some_and(|values| values.contains(&matcher.value))
        })
    };
    let histogram = |name: &str| {
        offer
            .metrics
            .iter()
            .find(|metric| metric.is_histogram() && metric.name == name && of_the_service(metric))
    };
    // A histogram of the same library (istio_, traefik_service_) fits better than a better known one.
    let family = requests.name.split('_').next().unwrap_or("");
    LATENCY
        .iter()
        .filter(|name| name.starts_with(family))
        .chain(&LATENCY)
        .find_map(|name| histogram(name))
}

fn service_matcher(metric: &OfferedMetric, service: &str) -> Option<Matcher> {
    let found = |exact: bool| {
        SERVICE.iter().find_map(|label| {
            let value = metric.values(label)?.iter().find(|value| {
                if exact {
                    *value == service
                } else {
                    value.rsplit('/').next() == Some(service)
                }
            })?;
            Some(Matcher {
                label: (*label).to_owned(),
                op: MatchOp::Equal,
                value: value.clone(),
            })
        })
    };
    // OpenTelemetry's job is `namespace/name`.
    found(true).or_else(|| found(false))
}

/// A label with routes that both metrics have.
fn route(requests: &OfferedMetric, latency: Option<&OfferedMetric>) -> Option<String> {
    ROUTE
        .iter()
        .find(|label| {
            let fits = |metric: &OfferedMetric| {
                metric
                    .values(label)
                    .is_some_and(|values| values.len() > 1 && values.len() <= MOST_ROUTES)
            };
            fits(requests) && latency.is_none_or(fits)
        })
        .map(|label| (*label).to_owned())
}
