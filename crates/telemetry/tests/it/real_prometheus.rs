//! A real Prometheus scrapes pods whose counters are known; over many looks the totals equal the truth exactly. The same
//! pods read directly give the same totals.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use statistics::{Histogram, Sample};
use verification::observation::Measured;
use verification::terms::{Plan, SignalKind};

use crate::native_page::{CONTENT_TYPE, native_histogram};
use crate::pages::{Page, Pages, Pod};
use crate::plans::{Watch, add, errors, plan, prometheus, selector, signal, whole};

const TRACKS: [(&str, &str); 4] = [
    ("c1", "canary"),
    ("c2", "canary"),
    ("b1", "stable"),
    ("b2", "stable"),
];

/// Longest wait for anything to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server; it ends with the value.
struct Prometheus {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn now() -> i64 {
    i64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
}

impl Prometheus {
    /// Scrapes the pods' pages four times a second.
    async fn start(pages: &Pages) -> Self {
        let address = pages.url.trim_start_matches("http://");
        let targets: String = TRACKS
            .iter()
            .map(|(pod, track)| {
                format!(
                    "      - targets: ['{address}']\n        labels: {{__metrics_path__: /{pod}, pod: {pod}, instance: {pod}, track: {track}}}\n"
                )
            })
            .collect();
        let config = format!(
            "global:\n  scrape_interval: 250ms\n  scrape_timeout: 240ms\nscrape_configs:\n  - job_name: shop\n    static_configs:\n{targets}"
        );
        // Another process may take the free port first.
        for _ in 0..5 {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("prometheus.yml");
            std::fs::write(&file, &config).unwrap();
            let port = std::net::TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let mut process = Command::new("prometheus")
                .arg(format!("--config.file={}", file.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    folder.path().join("data").display()
                ))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--log.level=error")
                .arg("--enable-feature=native-histograms")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the Debian package prometheus is installed");
            let url = format!("http://127.0.0.1:{port}");
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE {
                if process.try_wait().unwrap().is_some() {
                    break;
                }
                let ready = get(&format!("{url}/-/ready")).await;
                if ready.is_some() {
                    return Self {
                        process,
                        url,
                        _folder: folder,
                    };
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        panic!("Prometheus does not start");
    }

    /// Waits until the server shows this.
    async fn shows(&self, query: &str, value: &str) {
        let url = reqwest::Url::parse_with_params(
            &format!("{}/api/v1/query", self.url),
            [("query", query)],
        )
        .unwrap();
        let begun = Instant::now();
        let mut last = None;
        while begun.elapsed() < PATIENCE {
            last = get(url.as_str()).await;
            if last
                .as_ref()
                .is_some_and(|text| text.contains(&format!("\"{value}\"]")))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{query} never showed {value}: {last:?}");
    }
}

async fn get(url: &str) -> Option<String> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_backend_preconfigured(
            rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
                rustls::crypto::ring::default_provider(),
            ))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth(),
        )
        .build()
        .unwrap();
    let answer = client.get(url).send().await.ok()?;
    if !answer.status().is_success() {
        return None;
    }
    answer.text().await.ok()
}

fn the_plan() -> Plan {
    let latency = SignalKind::Histogram {
        of: selector("latency_seconds", vec![]),
    };
    let mut plan = plan(vec![signal("errors", errors()), signal("latency", latency)]);
    plan.signals[0].for_each = vec!["route".into()];
    plan.lateness = Duration::from_secs(1);
    plan
}

/// What was counted, or what is true.
#[derive(Clone, Debug, Default, PartialEq)]
struct Totals {
    canary: Sample,
    baseline: Sample,
    /// Of the canary's route `/pay`.
    pay: Sample,
    latencies: Histogram,
    resets: bool,
}

/// A watch and its totals.
struct Counting {
    watch: Watch,
    totals: Totals,
}

impl Counting {
    async fn look(&mut self) {
        let tick = self.watch.look(now()).await;
        assert!(
            tick.problems
                .iter()
                .all(|problem| problem.message.contains("404")),
            "{:?}",
            tick.problems
        );
        let totals = &mut self.totals;
        let sides = whole(&tick, 0);
        add(&mut totals.canary, &sides.canary);
        add(&mut totals.baseline, &sides.baseline);
        totals.resets |= tick.resets > 0;
        if let Measured::Durations(histogram) = &whole(&tick, 1).canary {
            totals.latencies.add(histogram);
        }
        let pay = self.watch.slices.id(0, "/pay");
        for reading in tick
            .readings
            .iter()
            .filter(|reading| reading.signal == 0 && reading.slice == pay && pay.is_some())
        {
            add(&mut totals.pay, &reading.sides.canary);
        }
    }
}

/// Answers requests on one pod and keeps the books.
fn answer(pages: &Pages, truth: &mut Totals, pod: &str, route: &'static str, ok: u64, failed: u64) {
    pages.pod(pod, |page| {
        page.request(route, "200", ok);
        if failed > 0 {
            page.request(route, "500", failed);
        }
        *page.latencies.entry("0.1").or_default() += ok;
        *page.latencies.entry("+Inf").or_default() += failed;
    });
    let sample = Sample {
        events: failed,
        trials: ok + failed,
    };
    if pod.starts_with('c') {
        truth.canary += sample;
        if route == "/pay" {
            truth.pay += sample;
        }
        truth
            .latencies
            .add(&Histogram::from_pairs([(0.1, ok), (f64::INFINITY, failed)]));
    } else {
        truth.baseline += sample;
    }
}

async fn scraped(server: &Prometheus, pages: &Pages, pod: &str) {
    let mut total = 0;
    pages.pod(pod, |page| total = page.requests.values().sum());
    server
        .shows(
            &format!("sum(requests_total{{pod=\"{pod}\"}})"),
            &total.to_string(),
        )
        .await;
}

#[tokio::test]
async fn many_looks_add_up_to_the_truth_on_a_real_server_and_on_the_pages_themselves() {
    let pages = Pages::start().await;
    for pod in ["c1", "b1", "b2"] {
        let mut page = Pod::new(1_600_000_000.0);
        page.request("/pay", "200", 4321);
        page.latencies.insert("0.1", 4321);
        page.latencies.insert("+Inf", 0);
        pages.set(pod, Page::Pod(page));
    }
    let server = Prometheus::start(&pages).await;
    for pod in ["c1", "b1", "b2"] {
        scraped(&server, &pages, pod).await;
    }
    let by_server = Watch::new(the_plan(), prometheus(&server.url));
    let by_pages = Watch::new(the_plan(), pages.source(&TRACKS));
    let mut counting = [by_server, by_pages].map(|watch| Counting {
        watch,
        totals: Totals::default(),
    });
    // Looks behind the lateness allowance until the server's samples are within them.
    let begun = Instant::now();
    loop {
        let tick = counting[0].watch.look(now()).await;
        if tick.pods.canary.count == 1 && tick.pods.baseline.count == 2 {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{tick:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    counting[1].look().await;

    let mut truth = Totals::default();
    for round in 0..30_u64 {
        if round <= 20 {
            answer(&pages, &mut truth, "c1", "/pay", 90 + round, round % 4);
            answer(&pages, &mut truth, "c1", "/cart", 5, 0);
        }
        answer(
            &pages,
            &mut truth,
            "b1",
            "/pay",
            200,
            u64::from(round % 7 == 0),
        );
        answer(&pages, &mut truth, "b2", "/cart", 180 + 3 * round, 0);
        match round {
            // The canary's process begins anew, once all that it counted has been scraped.
            8 => {
                scraped(&server, &pages, "c1").await;
                counting[1].look().await;
                pages.set("c1", Page::Pod(Pod::new(now() as f64 / 1000.0)));
                answer(&pages, &mut truth, "c1", "/pay", 17, 2);
            }
            // A second canary pod comes, and the first goes for good.
            14 => pages.set("c2", Page::Pod(Pod::new(now() as f64 / 1000.0))),
            20 => {
                scraped(&server, &pages, "c1").await;
                counting[1].look().await;
                pages.remove("c1");
            }
            _ => {}
        }
        if round >= 14 {
            answer(&pages, &mut truth, "c2", "/pay", 40, u64::from(round > 17));
        }
        // The keeper of the server's watch is started anew at times.
        if round % 9 == 5 {
            counting[0].watch.restart();
        }
        for one in &mut counting {
            one.look().await;
        }
    }
    for pod in ["c2", "b1", "b2"] {
        scraped(&server, &pages, pod).await;
    }
    counting[1].look().await;
    let begun = Instant::now();
    truth.resets = true;
    while counting[0].totals != truth && begun.elapsed() < PATIENCE {
        counting[0].look().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(counting[0].totals, truth, "by the server");
    assert_eq!(counting[1].totals, truth, "by the pages");
    // Nothing comes after it.
    for _ in 0..5 {
        counting[0].look().await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!(counting[0].totals, truth);
}

#[tokio::test]
async fn native_histograms_of_a_real_server() {
    let pages = Pages::start().await;
    // Requests up to 1 s, up to 2 s and up to 8 s.
    let show = |counts: [u64; 3]| {
        pages.set(
            "c1",
            Page::Bytes(
                CONTENT_TYPE,
                native_histogram(
                    "latency_seconds",
                    0,
                    &[(0, counts[0]), (1, counts[1]), (3, counts[2])],
                ),
            ),
        );
        counts.iter().sum::<u64>().to_string()
    };
    let shows = "histogram_count(latency_seconds{pod=\"c1\"})";
    let total = show([5, 3, 0]);
    let server = Prometheus::start(&pages).await;
    server.shows(shows, &total).await;
    let latency = SignalKind::Histogram {
        of: selector("latency_seconds", vec![]),
    };
    let mut watch = Watch::new(
        plan(vec![signal("latency", latency)]),
        prometheus(&server.url),
    );
    watch.look(now()).await;
    let total = show([9, 3, 2]);
    server.shows(shows, &total).await;
    let tick = watch.look(now()).await;
    let Measured::Durations(added) = whole(&tick, 0).canary else {
        panic!("{tick:?}");
    };
    assert_eq!(added, Histogram::from_pairs([(1.0, 4), (2.0, 0), (8.0, 2)]));
    // Fewer than before: the process began anew.
    let total = show([2, 1, 1]);
    server.shows(shows, &total).await;
    let tick = watch.look(now()).await;
    assert_eq!(tick.resets, 1);
    assert_eq!(
        whole(&tick, 0).canary,
        Measured::Durations(Histogram::from_pairs([(1.0, 2), (2.0, 1), (8.0, 1)]))
    );
}
