//! The made-up service under watch: two baseline pods and a canary, whose counters are plain functions of the time, so that what was
//! exported between two moments is known exactly.

use std::collections::BTreeMap;

pub type Labels = BTreeMap<String, String>;

/// Requests a second of one pod.
const REQUESTS: [(&str, &str, u64); 3] = [
    ("baseline", "old-1", 410),
    ("baseline", "old-2", 390),
    ("canary", "new-1", 130),
];
/// One baseline request in so many fails.
const BASELINE_FAILS: u64 = 200;

/// What the canary does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// When the pods started, in milliseconds since the epoch.
    pub since: i64,
    /// One canary request in so many fails.
    pub canary_fails: u64,
    /// When the canary came, if it was not there from the beginning.
    pub canary_in: Option<i64>,
    /// When the canary was taken out of the traffic.
    pub canary_out: Option<i64>,
}

/// One series of one metric.
pub struct Series {
    pub labels: Labels,
    pub value: u64,
}

impl Traffic {
    /// The counters at a moment.
    pub fn at(&self, now: i64) -> Vec<Series> {
        REQUESTS
            .iter()
            .filter(|(track, ..)| *track != "canary" || self.canary_in.is_none_or(|at| at <= now))
            .flat_map(|&(track, pod, rate)| {
                let (end, fails) = if track == "canary" {
                    (self.canary_out.unwrap_or(now).min(now), self.canary_fails)
                } else {
                    (now, BASELINE_FAILS)
                };
                let begin = match self.canary_in {
                    Some(at) if track == "canary" => at,
                    _ => self.since,
                };
                let millis = u64::try_from((end - begin).max(0)).unwrap();
                let requests = millis * rate / 1000;
                let failed = requests / fails;
                let version = if track == "canary" { "2" } else { "1" };
                [("200", requests - failed), ("500", failed)].map(|(code, value)| Series {
                    labels: [
                        ("track", track),
                        ("pod", pod),
                        ("code", code),
                        ("version", version),
                    ]
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
                    value,
                })
            })
            .collect()
    }

    /// Requests of all pods up to a moment.
    pub fn requests(&self, now: i64) -> u64 {
        self.at(now).iter().map(|series| series.value).sum()
    }

    /// Requests that failed, of all pods, up to a moment.
    pub fn failed(&self, now: i64) -> u64 {
        self.at(now)
            .iter()
            .filter(|series| series.labels["code"] == "500")
            .map(|series| series.value)
            .sum()
    }

    /// The metrics page of one pod.
    pub fn page(&self, pod: &str, now: i64) -> String {
        use std::fmt::Write;
        let mut page = "# TYPE http_requests_total counter\n".to_owned();
        for series in self
            .at(now)
            .iter()
            .filter(|series| series.labels["pod"] == pod)
        {
            let _ = writeln!(
                page,
                "http_requests_total{{code=\"{}\",version=\"{}\"}} {}",
                series.labels["code"], series.labels["version"], series.value
            );
        }
        page
    }
}
