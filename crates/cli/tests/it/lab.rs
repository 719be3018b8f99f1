//! A real shop behind a real splitter, scraped by a real Prometheus server.

use crate::environment::PROGRAM;
use crate::processes::{Child, until};
use simulation::scenario::Scenario;
use simulation::stage::Stage;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

/// The shop with users; version 2 runs and has no traffic yet.
pub async fn shop(scenario: &str) -> Stage {
    let scenario = Scenario::by_name(scenario).unwrap();
    let mut stage = Stage::set_up(scenario, 7, PROGRAM.into(), &["shop"])
        .await
        .unwrap();
    stage.add_new_version().await.unwrap();
    stage
}

/// A server that scrapes the shop every second; it ends with the value.
pub struct Prometheus {
    _process: Child,
    address: SocketAddr,
}

impl Prometheus {
    /// Starts one in a folder and waits until it has scraped every pod.
    pub fn start(folder: &Path, stage: &Stage) -> Self {
        let targets: String = stage
            .pods()
            .iter()
            .map(|pod| {
                format!(
                    "      - targets: ['{}']\n        labels: {{pod: {}}}\n",
                    pod.address, pod.name
                )
            })
            .collect();
        let config = folder.join("prometheus.yml");
        std::fs::write(
            &config,
            format!(
                "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n  - job_name: shop\n    honor_labels: true\n    static_configs:\n{targets}"
            ),
        )
        .unwrap();
        // Another process may take the free port first.
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap();
            let process = Command::new("prometheus")
                .arg(format!("--config.file={}", config.display()))
                .arg(format!(
                    "--storage.tsdb.path={}",
                    folder.join("data").display()
                ))
                .arg(format!("--web.listen-address={address}"))
                .arg("--log.level=error")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("the Debian package prometheus is installed");
            let mut process = Child(process);
            let mut runs = true;
            until("Prometheus is ready or has ended", || {
                runs = process.0.try_wait().unwrap().is_none();
                !runs || get(address, "/-/ready").starts_with("HTTP/1.0 200")
            });
            if runs {
                let server = Self {
                    _process: process,
                    address,
                };
                let pods = stage.pods().len();
                until("every pod is scraped a few times", || {
                    server
                        .query("count(count_over_time(up[1m])>3)")
                        .contains(&format!("\"{pods}\"]"))
                });
                return server;
            }
        }
        panic!("Prometheus does not start");
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The answer to an instant query.
    pub fn query(&self, query: &str) -> String {
        get(self.address, &format!("/api/v1/query?query={query}"))
    }
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut stream) = TcpStream::connect(address) {
        let _ = write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n");
        let _ = stream.read_to_string(&mut answer);
    }
    answer
}
