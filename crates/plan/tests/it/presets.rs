//! Plans that the tool writes: they parse, and they choose what a person would.

use crate::files::{expect, in_crate};
use core::time::Duration;
use plan::{
    Code, FirstConnections, FirstPlan, FirstSource, HttpMetrics, HttpPreset, MetricKind, Naming,
    Offer, OfferedMetric, RollBack, Style, connections, first_connections, first_plan, parse,
    preset_http, recognise, render, resolve,
};
use verification::terms::{CanaryChoice, Join, MatchOp, Matcher, Plan, SideRule, SignalKind};

fn matcher(label: &str, value: &str) -> Matcher {
    Matcher {
        label: label.to_owned(),
        op: MatchOp::Equal,
        value: value.to_owned(),
    }
}

fn by_version() -> SideRule {
    SideRule::ByLabel {
        label: "version".to_owned(),
        canary: CanaryChoice::Newest,
        join: None,
    }
}

fn parsed(text: &str, allowed: &[Code]) -> Plan {
    let parsed = parse(text, "written.watch.yaml");
    let shown = render(
        &parsed.problems,
        text,
        "written.watch.yaml",
        Style::default(),
    );
    for problem in &parsed.problems {
        assert!(
            !problem.is_error() && allowed.contains(&problem.code),
            "{shown}\n{text}"
        );
    }
    parsed.plan.unwrap()
}

fn presets() -> Vec<(&'static str, HttpPreset)> {
    let roll_back = Some(RollBack {
        run: "kubectl/undo".to_owned(),
        target: Some("shop/checkout".to_owned()),
    });
    let complete = HttpPreset {
        change: Some("card vault client v3: retries".to_owned()),
        runbook: Some("https://runbooks.example/checkout".to_owned()),
        roll_back: roll_back.clone(),
        page: Some("pagerduty/payments".to_owned()),
        ..HttpPreset::new(
            "checkout",
            "prometheus",
            HttpMetrics::by_naming(Naming::OpenTelemetry, vec![matcher("job", "checkout")]),
            by_version(),
        )
    };
    let matchers = SideRule::Matchers {
        canary: vec![matcher("track", "canary")],
        baseline: vec![matcher("track", "stable")],
    };
    let bare = HttpPreset::new(
        "check'out: #1",
        "scrape",
        HttpMetrics::by_naming(Naming::Prometheus, Vec::new()),
        matchers,
    );
    let joined = HttpPreset {
        sides: SideRule::ByLabel {
            label: "label_version".to_owned(),
            canary: CanaryChoice::Value("4.18.0".to_owned()),
            join: Some(Join {
                metric: "kube_pod_labels".to_owned(),
                on: vec!["namespace".to_owned(), "pod".to_owned()],
            }),
        },
        watch_for: Duration::from_secs(3 * 3600),
        roll_back,
        ..bare.clone()
    };
    vec![
        ("preset-complete", complete),
        ("preset-bare", bare),
        ("preset-joined", joined),
    ]
}

#[test]
fn presets_parse_and_say_what_is_left_out() {
    for (name, preset) in presets() {
        let text = preset_http(&preset);
        let allowed: &[Code] = if name == "preset-complete" {
            &[]
        } else {
            &[Code::PageWithoutRunbook, Code::NobodyWoken]
        };
        let plan = parsed(&text, allowed);
        assert_eq!(plan.service, preset.service);
        assert_eq!(plan.change, preset.change);
        assert_eq!(plan.compare.sides, preset.sides);
        assert_eq!(plan.watch_for, preset.watch_for);
        assert_eq!(
            plan.actions.iter().map(|action| action.run.as_str()).next(),
            preset.roll_back.as_ref().map(|action| action.run.as_str())
        );
        expect(
            &in_crate(&format!("sample-plans/written/{name}.yaml")),
            &text,
        );
    }
}

fn metric(name: &str, kind: MetricKind, labels: &[(&str, &[&str])]) -> OfferedMetric {
    OfferedMetric {
        name: name.to_owned(),
        kind,
        labels: labels
            .iter()
            .map(|(label, values)| {
                (
                    (*label).to_owned(),
                    values.iter().map(|value| (*value).to_owned()).collect(),
                )
            })
            .collect(),
    }
}

fn offer(metrics: &[OfferedMetric]) -> Offer {
    Offer {
        metrics: metrics.to_vec(),
    }
}

/// Selectors of failed requests, all requests and latency.
fn choices(offer: &Offer, service: &str) -> [String; 3] {
    let metrics = recognise(offer, service).unwrap();
    let preset = HttpPreset::new(service, "prometheus", metrics, by_version());
    let plan = parsed(
        &preset_http(&preset),
        &[
            Code::PageWithoutRunbook,
            Code::NobodyWoken,
            Code::SelectorPicksSide,
        ],
    );
    let mut found = [String::new(), String::new(), String::new()];
    for signal in &plan.signals {
        match &signal.kind {
            SignalKind::Proportion { part, whole } => {
                found[0] = part.to_string();
                found[1] = whole.to_string();
            }
            SignalKind::Histogram { of } => found[2] = of.to_string(),
            other => panic!("{other:?}"),
        }
    }
    found
}

#[test]
fn recognises_the_usual_metrics() {
    use MetricKind::{Counter, Histogram, NativeHistogram};
    let cases: Vec<(Offer, [&str; 3])> = vec![
        (
            offer(&[metric(
                "http_server_request_duration_seconds",
                NativeHistogram,
                &[
                    ("job", &["shop/checkout"]),
                    ("http_response_status_code", &["200", "404", "503"]),
                    ("http_route", &["/pay", "/cart"]),
                ],
            )]),
            [
                "http_server_request_duration_seconds_count{job=\"shop/checkout\",http_response_status_code=~\"5..\"}",
                "http_server_request_duration_seconds_count{job=\"shop/checkout\"}",
                "http_server_request_duration_seconds{job=\"shop/checkout\"}",
            ],
        ),
        (
            offer(&[
                metric(
                    "promhttp_metric_handler_requests_total",
                    Counter,
                    &[("code", &["200"])],
                ),
                metric(
                    "http_requests_total",
                    Counter,
                    &[("code", &["200", "500"]), ("job", &["checkout"])],
                ),
                metric(
                    "http_request_duration_seconds",
                    Histogram,
                    &[("job", &["checkout"])],
                ),
            ]),
            [
                "http_requests_total{job=\"checkout\",code=~\"5..\"}",
                "http_requests_total{job=\"checkout\"}",
                "http_request_duration_seconds{job=\"checkout\"}",
            ],
        ),
        (
            offer(&[
                metric(
                    "istio_requests_total",
                    Counter,
                    &[
                        ("response_code", &["200", "503"]),
                        ("destination_service_name", &["checkout"]),
                    ],
                ),
                metric(
                    "istio_request_duration_milliseconds",
                    Histogram,
                    &[("destination_service_name", &["checkout"])],
                ),
            ]),
            [
                "istio_requests_total{destination_service_name=\"checkout\",response_code=~\"5..\"}",
                "istio_requests_total{destination_service_name=\"checkout\"}",
                "istio_request_duration_milliseconds{destination_service_name=\"checkout\"}",
            ],
        ),
        (
            offer(&[metric(
                "haproxy_backend_http_responses_total",
                Counter,
                &[
                    ("proxy", &["checkout", "cart"]),
                    ("code", &["2xx", "5xx", "other"]),
                ],
            )]),
            [
                "haproxy_backend_http_responses_total{proxy=\"checkout\",code=\"5xx\"}",
                "haproxy_backend_http_responses_total{proxy=\"checkout\"}",
                "",
            ],
        ),
        (
            offer(&[
                metric(
                    "nginx_ingress_controller_requests",
                    Counter,
                    &[
                        ("status", &["200", "502"]),
                        ("exported_service", &["checkout"]),
                    ],
                ),
                metric(
                    "nginx_ingress_controller_request_duration_seconds",
                    Histogram,
                    &[("exported_service", &["checkout"])],
                ),
            ]),
            [
                "nginx_ingress_controller_requests{exported_service=\"checkout\",status=~\"5..\"}",
                "nginx_ingress_controller_requests{exported_service=\"checkout\"}",
                "nginx_ingress_controller_request_duration_seconds{exported_service=\"checkout\"}",
            ],
        ),
        (
            offer(&[metric(
                "http_server_requests_seconds",
                Histogram,
                &[
                    ("uri", &["/a", "/b"]),
                    ("outcome", &["SUCCESS", "CLIENT_ERROR", "SERVER_ERROR"]),
                    ("app", &["checkout"]),
                ],
            )]),
            [
                "http_server_requests_seconds_count{app=\"checkout\",outcome=\"SERVER_ERROR\"}",
                "http_server_requests_seconds_count{app=\"checkout\"}",
                "http_server_requests_seconds{app=\"checkout\"}",
            ],
        ),
        (
            offer(&[metric(
                "checkout_requests",
                Counter,
                &[("result", &["ok", "error", "timeout"])],
            )]),
            [
                "checkout_requests{result=~\"error|timeout\"}",
                "checkout_requests",
                "",
            ],
        ),
    ];
    for (offer, expected) in cases {
        assert_eq!(choices(&offer, "checkout"), expected);
    }
}

#[test]
fn takes_nothing_for_requests_that_is_not() {
    use MetricKind::{Counter, Gauge, Histogram};
    let nothing = offer(&[
        metric("go_goroutines", Gauge, &[]),
        metric("http_requests_total", Counter, &[("method", &["GET"])]),
        metric(
            "promhttp_metric_handler_requests_total",
            Counter,
            &[("code", &["200", "500"])],
        ),
        metric("checkout_seconds", Histogram, &[]),
    ]);
    assert_eq!(recognise(&nothing, "checkout"), None);
    let text = first_plan(&nothing, &about());
    assert!(
        text.contains("#   http_requests_total") && text.contains("#   checkout_seconds"),
        "{text}"
    );
    let parsed = parse(&text, "first.watch.yaml");
    assert!(
        parsed.plan.is_none(),
        "a plan without signals and criteria must not be usable"
    );
    expect(
        &in_crate("sample-plans/written/first-nothing-known.yaml"),
        &text,
    );
}

fn about() -> FirstPlan {
    FirstPlan {
        service: "checkout".to_owned(),
        source: "prometheus".to_owned(),
        roll_back: Some(RollBack {
            run: "kubectl/undo".to_owned(),
            target: None,
        }),
        page: None,
        lateness: Duration::from_secs(15),
    }
}

#[test]
fn finds_how_the_versions_are_told_apart() {
    use MetricKind::{Counter, Gauge};
    let requests = |labels: &[(&str, &[&str])]| {
        let mut labels = labels.to_vec();
        labels.push(("code", &["200", "500"]));
        metric("http_requests_total", Counter, &labels)
    };
    let label = |label: &str, join: Option<(&str, [&str; 2])>| SideRule::ByLabel {
        label: label.to_owned(),
        canary: CanaryChoice::Newest,
        join: join.map(|(metric, on)| Join {
            metric: metric.to_owned(),
            on: on.map(str::to_owned).to_vec(),
        }),
    };
    let sides = |canary: Matcher, baseline: Matcher| SideRule::Matchers {
        canary: vec![canary],
        baseline: vec![baseline],
    };
    let not_canary = Matcher {
        op: MatchOp::NotEqual,
        ..matcher("slot", "canary")
    };
    for (offer, expected) in [
        (
            offer(&[requests(&[("track", &["canary", "stable"])])]),
            sides(matcher("track", "canary"), matcher("track", "stable")),
        ),
        (
            offer(&[requests(&[("slot", &["canary", "a", "b"])])]),
            sides(matcher("slot", "canary"), not_canary),
        ),
        (
            offer(&[requests(&[("version", &["1", "2"])])]),
            label("version", None),
        ),
        (
            offer(&[
                requests(&[]),
                metric("target_info", Gauge, &[("service_version", &["1", "2"])]),
            ]),
            label(
                "service_version",
                Some(("target_info", ["job", "instance"])),
            ),
        ),
        (
            offer(&[
                requests(&[]),
                metric(
                    "kube_pod_labels",
                    Gauge,
                    &[("label_pod_template_hash", &["a", "b"])],
                ),
            ]),
            label(
                "label_pod_template_hash",
                Some(("kube_pod_labels", ["namespace", "pod"])),
            ),
        ),
        (offer(&[requests(&[])]), label("version", None)),
    ] {
        let text = first_plan(&offer, &about());
        let plan = parsed(&text, &[Code::PageWithoutRunbook, Code::NobodyWoken]);
        assert_eq!(plan.compare.sides, expected, "{text}");
    }
}

#[test]
fn a_first_plan_and_its_connections_fit_together() {
    let offer = offer(&[
        metric(
            "http_requests_total",
            MetricKind::Counter,
            &[
                ("job", &["checkout"]),
                ("code", &["200", "500"]),
                ("http_route", &["/pay", "/cart"]),
                ("version", &["4.17", "4.18"]),
            ],
        ),
        metric(
            "http_request_duration_seconds",
            MetricKind::Histogram,
            &[("job", &["checkout"]), ("http_route", &["/pay", "/cart"])],
        ),
        metric(
            "http_server_request_duration_seconds",
            MetricKind::Histogram,
            &[("job", &["cart"]), ("http_route", &["/pay", "/cart"])],
        ),
    ]);
    let text = first_plan(&offer, &about());
    expect(&in_crate("sample-plans/written/first-http.yaml"), &text);
    parsed(&text, &[Code::PageWithoutRunbook, Code::NobodyWoken]);
    let argv = ["kubectl", "rollout", "undo", "deployment/checkout"]
        .map(str::to_owned)
        .to_vec();
    for (name, source) in [
        (
            "first-prometheus",
            FirstSource::Prometheus("https://prometheus.example".to_owned()),
        ),
        (
            "first-scrape",
            FirstSource::Scrape(vec![
                (
                    "http://127.0.0.1:9101/metrics".to_owned(),
                    vec![("track".to_owned(), "canary".to_owned())],
                ),
                (
                    "http://127.0.0.1:9102/metrics".to_owned(),
                    vec![("track".to_owned(), "on".to_owned())],
                ),
            ]),
        ),
    ] {
        let first = FirstConnections {
            name: "prometheus".to_owned(),
            source,
            roll_back: Some(("kubectl/undo".to_owned(), argv.clone())),
        };
        let written = first_connections(&first);
        expect(
            &in_crate(&format!("sample-connections/written/{name}.yaml")),
            &written,
        );
        let found = connections(&written, "shakedown.yaml");
        assert!(
            found.problems.is_empty(),
            "{}",
            render(
                &found.problems,
                &written,
                "shakedown.yaml",
                Style::default()
            )
        );
        assert_eq!(
            resolve(
                &parse(&text, "first.watch.yaml"),
                &found.connections.unwrap()
            ),
            []
        );
        let bare = first_connections(&FirstConnections {
            roll_back: None,
            ..first
        });
        assert!(
            connections(&bare, "shakedown.yaml").problems.is_empty(),
            "{bare}"
        );
    }
}
