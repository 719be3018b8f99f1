//! What a pod counts, and its metrics page.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::exposition::{Format, Kind, Page};

/// Upper bounds of the latency buckets in seconds: the fourteen that OpenTelemetry advises for HTTP, with more between
/// them. Steps are at most 1.34 from 10 ms to 400 ms, where this shop's percentiles are, so that a doubled one is two
/// buckets away; at most 1.67 elsewhere.
pub const LATENCY_BOUNDS_SECONDS: [f64; 34] = [
    0.001, 0.0015, 0.0025, 0.0035, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04,
    0.05, 0.06, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 3.5, 5.0,
    7.5, 10.0, 15.0, 20.0,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct RequestKey {
    route: &'static str,
    method: &'static str,
    code: u16,
}

#[derive(Debug, Clone)]
struct Histogram {
    /// Requests by bucket, not cumulated; the last bucket has no upper bound.
    buckets: [u64; LATENCY_BOUNDS_SECONDS.len() + 1],
    sum_seconds: f64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            buckets: [0; LATENCY_BOUNDS_SECONDS.len() + 1],
            sum_seconds: 0.0,
        }
    }
}

/// The counters of a pod; they only grow.
#[derive(Debug, Default)]
pub(super) struct Counts {
    requests: BTreeMap<RequestKey, Histogram>,
    orders_completed: u64,
    payments_ok: u64,
    payments_error: u64,
}

/// What else a page tells.
pub(super) struct PageContext<'a> {
    pub version: &'a str,
    pub pod: &'a str,
    pub started_seconds: f64,
    pub cart_items: u64,
}

impl Counts {
    pub(super) fn request(
        &mut self,
        route: &'static str,
        method: &'static str,
        code: u16,
        took: Duration,
    ) {
        let seconds = took.as_secs_f64();
        let bucket = LATENCY_BOUNDS_SECONDS.partition_point(|bound| *bound < seconds);
        let key = RequestKey {
            route,
            method,
            code,
        };
        let histogram = self.requests.entry(key).or_default();
        histogram.buckets[bucket] += 1;
        histogram.sum_seconds += seconds;
    }

    pub(super) fn payment(&mut self, accepted: bool) {
        if accepted {
            self.payments_ok += 1;
        } else {
            self.payments_error += 1;
        }
    }

    pub(super) fn order(&mut self) {
        self.orders_completed += 1;
    }

    pub(super) fn page(&self, format: Format, context: &PageContext<'_>) -> String {
        let mut page = Page::new(
            format,
            &[("version", context.version), ("pod", context.pod)],
        );
        self.write_durations(&mut page);
        self.write_requests(&mut page);

        page.family(
            "orders_completed",
            Kind::Counter,
            "Orders that were written.",
        );
        page.sample("orders_completed_total", &[], self.orders_completed);

        page.family("payments", Kind::Counter, "Payments that were tried.");
        for (result, count) in [("ok", self.payments_ok), ("error", self.payments_error)] {
            if count > 0 {
                page.sample("payments_total", &[("result", result)], count);
            }
        }

        page.family("cart_items", Kind::Gauge, "Items in the carts of this pod.");
        page.sample("cart_items", &[], context.cart_items);

        page.family(
            "process_start_time_seconds",
            Kind::Gauge,
            "Start of the process in seconds since 1970.",
        );
        page.sample(
            "process_start_time_seconds",
            &[],
            format_args!("{:.3}", context.started_seconds),
        );

        page.family("shop_build", Kind::Info, "The version that runs.");
        page.sample("shop_build_info", &[], 1);
        page.finish()
    }

    fn write_durations(&self, page: &mut Page) {
        page.family(
            "http_server_request_duration_seconds",
            Kind::Histogram,
            "Duration of HTTP requests.",
        );
        let bounds: Vec<String> = LATENCY_BOUNDS_SECONDS
            .iter()
            .map(|bound| page.bound(*bound))
            .chain(["+Inf".to_owned()])
            .collect();
        for (key, histogram) in &self.requests {
            let code = key.code.to_string();
            let labels = [
                ("http_request_method", key.method),
                ("http_route", key.route),
                ("http_response_status_code", code.as_str()),
            ];
            let mut up_to_here = 0;
            for (bound, count) in bounds.iter().zip(histogram.buckets) {
                up_to_here += count;
                let [method, route, code] = labels;
                page.sample(
                    "http_server_request_duration_seconds_bucket",
                    &[method, route, code, ("le", bound)],
                    up_to_here,
                );
            }
            page.sample(
                "http_server_request_duration_seconds_sum",
                &labels,
                histogram.sum_seconds,
            );
            page.sample(
                "http_server_request_duration_seconds_count",
                &labels,
                up_to_here,
            );
        }
    }

    fn write_requests(&self, page: &mut Page) {
        let mut by_route: BTreeMap<(&str, u16), u64> = BTreeMap::new();
        for (key, histogram) in &self.requests {
            *by_route.entry((key.route, key.code)).or_default() +=
                histogram.buckets.iter().sum::<u64>();
        }
        page.family("http_requests", Kind::Counter, "HTTP requests answered.");
        for ((route, code), count) in by_route {
            page.sample(
                "http_requests_total",
                &[("http_route", route), ("code", &code.to_string())],
                count,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: PageContext<'static> = PageContext {
        version: "2",
        pod: "c",
        started_seconds: 1.5,
        cart_items: 4,
    };

    #[test]
    fn bounds_grow_and_hold_those_of_opentelemetry() {
        assert!(LATENCY_BOUNDS_SECONDS.windows(2).all(|pair| {
            let fine = pair[0] >= 0.01 && pair[1] <= 0.4;
            pair[0] < pair[1] && pair[1] / pair[0] <= if fine { 1.34 } else { 1.67 }
        }));
        for advised in [
            0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
        ] {
            assert!(LATENCY_BOUNDS_SECONDS.contains(&advised), "{advised}");
        }
    }

    #[test]
    fn labelled_series_wait_for_their_first_event() {
        let mut counts = Counts::default();
        let before = counts.page(Format::Text, &CONTEXT);
        assert!(!before.contains("payments_total{"), "{before}");
        assert!(before.contains("orders_completed_total{version=\"2\",pod=\"c\"} 0\n"));
        counts.payment(false);
        let after = counts.page(Format::Text, &CONTEXT);
        assert!(after.contains("payments_total{version=\"2\",pod=\"c\",result=\"error\"} 1\n"));
        assert!(!after.contains("result=\"ok\""));
    }

    #[test]
    fn a_bucket_holds_what_is_not_longer_than_its_bound() {
        let mut counts = Counts::default();
        for milliseconds in [5, 6, 30_000] {
            counts.request("/cart", "GET", 200, Duration::from_millis(milliseconds));
        }
        let page = counts.page(Format::OpenMetrics, &CONTEXT);
        let series = "version=\"2\",pod=\"c\",http_request_method=\"GET\",http_route=\"/cart\",\
                      http_response_status_code=\"200\"";
        for line in [
            format!("http_server_request_duration_seconds_bucket{{{series},le=\"0.0035\"}} 0\n"),
            format!("http_server_request_duration_seconds_bucket{{{series},le=\"0.005\"}} 1\n"),
            format!("http_server_request_duration_seconds_bucket{{{series},le=\"0.0075\"}} 2\n"),
            format!("http_server_request_duration_seconds_bucket{{{series},le=\"20.0\"}} 2\n"),
            format!("http_server_request_duration_seconds_bucket{{{series},le=\"+Inf\"}} 3\n"),
            format!("http_server_request_duration_seconds_count{{{series}}} 3\n"),
        ] {
            assert!(page.contains(&line), "{line}{page}");
        }
        assert!(page.contains(
            "http_requests_total{version=\"2\",pod=\"c\",http_route=\"/cart\",code=\"200\"} 3\n"
        ));
    }
}
