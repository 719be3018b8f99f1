//! Children end with their parent.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use axum::http::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use simulation::pods::{Pod, Pods, PodsError};
use simulation::shop::ShopOptions;
use tokio::net::TcpStream;

use crate::stage::{Asking, shop_options, until};

const SHOP: &str = env!("CARGO_BIN_EXE_shop");
/// Set where a test plays the parent that is killed.
const PARENT: &str = "SIMULATION_TEST_PARENT";

/// Whether a process runs. One that has ended and waits for its parent to ask how does not run.
fn runs(process_id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process_id}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z')
}

async fn gone(process_id: u32) {
    until("the process has ended", async || !runs(process_id)).await;
}

async fn two_pods() -> Pods {
    let mut pods = Pods::new(SHOP, &[]);
    for pod in ["a", "b"] {
        pods.start(shop_options("1", pod)).await.unwrap();
    }
    pods
}

#[tokio::test]
async fn pods_serve_switch_faults_and_stop() {
    let mut pods = two_pods().await;
    let canary = pods.start(shop_options("2", "c")).await.unwrap();
    let asking = Asking::new();
    let faults = "collapse:probability=1".parse().unwrap();
    pods.switch_faults("2", &faults).await.unwrap();
    let status = asking.get(canary, "/cart").await.status;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    for pod in pods.iter() {
        let current = asking.get(pod.address(), "/faults").await.json();
        let faulty = pod.options().version == "2";
        assert_eq!(current.as_array().unwrap().is_empty(), !faulty);
        let build = asking.scrape(pod.address()).await;
        let labels = [("pod", pod.options().pod.as_str())];
        assert_eq!(build.sum("shop_build_info", &labels), Some(1.0));
    }
    let process_ids: Vec<u32> = pods.iter().map(|pod| pod.process_id().unwrap()).collect();
    assert!(process_ids.iter().all(|id| runs(*id)));
    pods.stop().await.unwrap();
    assert!(!process_ids.iter().any(|id| runs(*id)));
    assert!(TcpStream::connect(canary).await.is_err());
}

#[tokio::test]
async fn dropped_pods_end() {
    let pods = two_pods().await;
    let process_ids: Vec<u32> = pods.iter().map(|pod| pod.process_id().unwrap()).collect();
    drop(pods);
    for id in process_ids {
        gone(id).await;
    }
}

#[tokio::test]
async fn a_pod_ends_well_when_asked_by_its_leash_or_a_signal() {
    let by_leash = Pod::start(SHOP.as_ref(), &[], shop_options("1", "a"))
        .await
        .unwrap();
    assert!(by_leash.stop().await.unwrap().success());
    for signal in [Signal::TERM, Signal::INT] {
        let pod = Pod::start(SHOP.as_ref(), &[], shop_options("1", "a"))
            .await
            .unwrap();
        let id = pod.process_id().unwrap();
        kill_process(Pid::from_raw(id as i32).unwrap(), signal).unwrap();
        gone(id).await;
        assert!(pod.stop().await.unwrap().success(), "{signal:?}");
    }
}

#[tokio::test]
async fn a_pod_that_cannot_start_says_why() {
    let error = |result: Result<Pod, PodsError>| result.unwrap_err().to_string();
    let missing = Pod::start("/no/such/shop".as_ref(), &[], shop_options("1", "a")).await;
    assert!(error(missing).contains("/no/such/shop"));

    let holder = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = ShopOptions {
        listen: holder.local_addr().unwrap(),
        ..shop_options("1", "a")
    };
    let address = taken.listen.to_string();
    let said = error(Pod::start(SHOP.as_ref(), &[], taken).await);
    assert!(
        said.contains("could not listen") && said.contains(&address),
        "{said}"
    );

    let said = error(Pod::start(SHOP.as_ref(), &["shop"], shop_options("1", "a")).await);
    assert!(said.contains("unknown argument \"shop\""), "{said}");
    let said = error(Pod::start("/bin/echo".as_ref(), &[], shop_options("1", "a")).await);
    assert!(said.contains("instead of its address"), "{said}");
}

/// Not a test of its own: the process that the next test starts and kills.
#[tokio::test]
async fn parent_to_be_killed() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let pods = two_pods().await;
    let known: Vec<Value> = pods
        .iter()
        .map(|pod| json!({ "id": pod.process_id(), "address": pod.address() }))
        .collect();
    let mut output = std::io::stdout();
    writeln!(output, "\n{}", json!({ "pods": known })).unwrap();
    output.flush().unwrap();
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn children_end_when_their_parent_is_killed() {
    for signal in [Signal::KILL, Signal::INT] {
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "pods::parent_to_be_killed", "--nocapture"])
            .env(PARENT, "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
        let told = lines
            .find_map(|line| serde_json::from_str::<Value>(&line.unwrap()).ok())
            .unwrap();
        let pods = told["pods"].as_array().unwrap();
        assert_eq!(pods.len(), 2);
        let asking = Asking::new();
        for pod in pods {
            let address = pod["address"].as_str().unwrap().parse().unwrap();
            assert_eq!(asking.get(address, "/healthz").await.status, StatusCode::OK);
        }
        let parent_id = Pid::from_raw(parent.id() as i32).unwrap();
        kill_process(parent_id, signal).unwrap();
        parent.wait().unwrap();
        for pod in pods {
            gone(pod["id"].as_u64().unwrap() as u32).await;
        }
    }
}
