//! Real parts from end to end: the shop's pods in processes of their own, users over sockets, HAProxy before the pods, and, for one of
//! the two watches, a Prometheus server that scrapes them.

use crate::haproxy_process::HaproxyProcess;
use crate::prometheus_process::PrometheusProcess;
use crate::watching::{PATIENCE, ledger_in};
use core::time::Duration;
use ledger::{Ledger, OpenMode};
use server::sealing::{ToSeal, seal};
use server::{Clock, Keeper, Kept, NoBoundaries, Replayed, SystemClock};
use simulation::faults::Faults;
use simulation::pods::Pods;
use simulation::shop::ShopOptions;
use simulation::users::{self, Counters, UsersOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;
use tokio::task::JoinHandle;
use verification::decision::Verb;
use verification::event::State;
use verification::exit::Exit;
use verification::verdict::VerdictKind;

/// Three pods of version 1 and one of version 2, which gets every tenth request.
const OLD: [&str; 3] = ["shop-1", "shop-2", "shop-3"];
const NEW: &str = "shop-4";
const OLD_WEIGHT: u16 = 30;
const NEW_WEIGHT: u16 = 10;
/// Every second payment fails, as in the demo.
const FAULT: &str = "errors:route=/checkout,probability=0.5";

const PLAN: &str = "plan: 1
service: shop
demonstration: true
watch: {for: 90s, judge-every: 1s, warm-up: 5s, lateness: 2s}
compare:
  canary: 'track=\"canary\"'
  baseline: 'track=\"baseline\"'
  false-alarms: 1 in 100 watches
  noise: {dispersion: 1, pods: 0.05}
signals:
  failed-requests:
    source: shop
    kind: proportion
    part: http_requests_total{code=~\"5..\"}
    whole: http_requests_total
  latency:
    source: shop
    kind: histogram
    of: http_server_request_duration_seconds
    for-each: http_route
criteria:
  - name: requests keep working
    signal: failed-requests
    worse-when: higher
    limit: +2pp
    sustained-for: 5s
    then: roll-back
  - name: p99 has not doubled
    signal: latency
    measure: p99
    worse-when: higher
    limit: +100%
    sustained-for: 5s
    then: roll-back
    required: false
authority:
  roll-back: {decided-by: shakedown}
  confirm: {decided-by: shakedown}
  undecided-at-the-end: review
  cannot-see-for: {30s: page}
actions:
  roll-back: {run: haproxy/shop, recovered-when: the criteria that failed, within: 60s, otherwise: page}
";

/// The whole of a watch by this plan, with the proof of the recovery.
const LONGEST: Duration = Duration::from_secs(155);

/// Where metrics are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Prometheus,
    Pages,
}

/// The shop's program, as the workspace builds it beside this test.
fn shop() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let profile = tests.parent().unwrap().parent().unwrap();
    let program = profile.join("shop");
    if !program.exists() {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--package", "simulation", "--bin", "shop"])
            .arg("--target-dir")
            .arg(profile.parent().unwrap())
            .status()
            .unwrap();
        assert!(built.success());
    }
    program
}

/// The pods, HAProxy before them, and users.
struct Stage {
    pods: Vec<(&'static str, SocketAddr, &'static str)>,
    haproxy: HaproxyProcess,
    users: JoinHandle<()>,
    counters: Arc<Counters>,
    _processes: Pods,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.users.abort();
    }
}

impl Stage {
    /// Sets the stage: version 2 is there and gets no request.
    async fn set_up() -> Self {
        let mut processes = Pods::new(shop(), &[]);
        let mut pods = Vec::new();
        for name in OLD.into_iter().chain([NEW]) {
            let (version, track) = if name == NEW {
                ("2", "canary")
            } else {
                ("1", "baseline")
            };
            let faults: Faults = if name == NEW {
                FAULT.parse().unwrap()
            } else {
                Faults::none()
            };
            let options = ShopOptions {
                version: version.to_owned(),
                pod: name.to_owned(),
                seed: 7,
                faults,
                ..ShopOptions::default()
            };
            pods.push((name, processes.start(options).await.unwrap(), track));
        }
        let servers: Vec<(&str, SocketAddr, u16)> = pods
            .iter()
            .map(|(name, address, _)| (*name, *address, if *name == NEW { 0 } else { OLD_WEIGHT }))
            .collect();
        let haproxy = HaproxyProcess::start(&servers).await;
        let counters = Arc::new(Counters::default());
        let options = UsersOptions::new(haproxy.entrance, 7);
        let counted = Arc::clone(&counters);
        let users = tokio::spawn(async move {
            users::run(options, counted, core::future::pending())
                .await
                .unwrap();
        });
        Self {
            pods,
            haproxy,
            users,
            counters,
            _processes: processes,
        }
    }

    fn targets(&self) -> Vec<(SocketAddr, Vec<(&str, &str)>)> {
        self.pods
            .iter()
            .map(|(name, address, track)| (*address, vec![("pod", *name), ("track", *track)]))
            .collect()
    }

    fn pages(&self) -> String {
        let targets: Vec<String> = self
            .pods
            .iter()
            .map(|(name, address, track)| {
                format!(
                    "{{url: 'http://{address}/metrics', labels: {{pod: {name}, track: {track}}}}}"
                )
            })
            .collect();
        format!(
            "{{kind: scrape, timeout: 1s, targets: [{}]}}",
            targets.join(", ")
        )
    }

    /// Waits until users have been answered so often since now.
    async fn answers(&self, more: u64) {
        let wanted = self.counters.tally().answered_total() + more;
        let begun = Instant::now();
        while self.counters.tally().answered_total() < wanted {
            assert!(begun.elapsed() < PATIENCE, "the shop does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn finds_the_fault_and_rolls_back(source: Source) {
    let stage = Stage::set_up().await;
    let prometheus = match source {
        Source::Prometheus => Some(PrometheusProcess::start(&stage.targets()).await),
        Source::Pages => None,
    };
    let read_from = match &prometheus {
        Some(server) => format!(
            "{{kind: prometheus, url: 'http://{}', timeout: 5s}}",
            server.address
        ),
        None => stage.pages(),
    };
    let text = format!(
        "connections: 1
sources:
  shop: {read_from}
actions:
  haproxy/shop: {{kind: haproxy, address: 'unix:{}', backend: shop, servers: [{NEW}], weight: 0, time-limit: 5s}}
",
        stage.haproxy.socket().display()
    );
    let connections = plan::connections(&text, "shakedown.yaml");
    let connections = connections
        .connections
        .unwrap_or_else(|| panic!("{:?}", connections.problems));
    let parsed = plan::parse(PLAN, "shop.watch.yaml");
    let plan = parsed
        .plan
        .unwrap_or_else(|| panic!("{:?}", parsed.problems));
    let folder = tempfile::tempdir().unwrap();
    let resolved = server::connections::resolve(&plan, &connections, folder.path()).unwrap();
    // Version 1 alone, so that its level is known before the deploy.
    stage.answers(1000).await;

    let ledger = Ledger::open(ledger_in(folder.path()), OpenMode::READ_WRITE)
        .await
        .unwrap();
    let to_seal = ToSeal {
        connections: server::connections::described(&plan, &connections),
        plan,
        plan_text: PLAN.to_owned(),
        plan_file: "shop.watch.yaml".to_owned(),
        engine: "test".to_owned(),
    };
    let sealed = seal(
        &ledger,
        to_seal,
        &resolved.sources,
        SystemClock.now(),
        Duration::from_secs(60),
    )
    .await
    .unwrap();
    assert!(!sealed.sealed.late);
    assert!(!sealed.sealed.levels.is_empty());
    let keeper = Keeper {
        ledger: ledger.clone(),
        watch: sealed.watch,
        holder: "the only keeper".to_owned(),
        engine: "test".to_owned(),
        sources: resolved.sources,
        actions: resolved.actions,
        spill: None,
        clock: Arc::new(SystemClock),
        boundaries: Arc::new(NoBoundaries),
    };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let kept = tokio::spawn(keeper.keep(stopped));
    stage
        .haproxy
        .ask(&format!("set server shop/{NEW} weight {NEW_WEIGHT}"))
        .await;
    assert_eq!(stage.haproxy.weight(NEW).await, NEW_WEIGHT);

    let kept = tokio::time::timeout(LONGEST, kept).await;
    let kept = kept.expect("the watch does not end").unwrap().unwrap();
    ledger.verify(sealed.watch).await.unwrap();
    let entries = ledger.read(sealed.watch, 0).await.unwrap();
    let mut replayed = Replayed::begin(&sealed.watch.to_string(), &entries).unwrap();
    replayed.finish();
    assert_eq!(replayed.differences, Vec::new());
    let watch = replayed.watch.unwrap();
    let summary = watch.summary();
    assert_eq!(kept, Kept::Over(Exit::RolledBack), "{summary:#?}");
    assert_eq!(stage.haproxy.weight(NEW).await, 0);
    for old in OLD {
        assert_eq!(stage.haproxy.weight(old).await, OLD_WEIGHT);
    }

    // The same whatever the metrics are read from.
    assert_eq!(summary.state, State::RolledBack);
    let decision = summary.chief_decision().unwrap();
    assert_eq!(decision.verb, Verb::RollBack);
    let row = |name: &str| {
        let row = summary.rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| panic!("no row {name}"))
    };
    let failing = row("requests keep working");
    assert_eq!(failing.verdict.kind, VerdictKind::Failing);
    assert!(decision.rows.contains(&failing.verdict.row));
    assert_ne!(
        row("p99 has not doubled").verdict.kind,
        VerdictKind::Failing
    );
    assert!(summary.recovery.as_ref().unwrap().recovered);
}

#[tokio::test(flavor = "multi_thread")]
async fn real_prometheus_and_haproxy_find_the_fault_and_take_the_canary_out() {
    finds_the_fault_and_rolls_back(Source::Prometheus).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_pages_and_haproxy_find_the_same_and_do_the_same() {
    finds_the_fault_and_rolls_back(Source::Pages).await;
}
