//! A real Prometheus server.

use crate::free_port::{free_port, get};
use crate::watching::PATIENCE;
use core::time::Duration;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// A server that scrapes every second; it ends with the value.
pub struct PrometheusProcess {
    child: Child,
    pub address: SocketAddr,
    _folder: TempDir,
}

impl Drop for PrometheusProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl PrometheusProcess {
    /// Starts it and waits until it has scraped each of `targets` (address and further labels) several times.
    pub async fn start(targets: &[(SocketAddr, Vec<(&str, &str)>)]) -> Self {
        let mut config =
            "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n  - job_name: shop\n    static_configs:\n"
                .to_owned();
        for (address, labels) in targets {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            config.push_str(&format!(
                "      - targets: ['{address}']\n        labels: {{{}}}\n",
                labels.join(", ")
            ));
        }
        // Somebody else may be faster to take the port.
        for _ in 0..20 {
            if let Some(started) = Self::try_start(&config).await {
                started.has_scraped(targets.len()).await;
                return started;
            }
        }
        panic!("Prometheus does not start");
    }

    async fn try_start(config: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        let address = free_port();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={address}"))
            .arg("--log.level=error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus is installed (Debian package `prometheus`)");
        let mut started = Self {
            child,
            address,
            _folder: folder,
        };
        let begun = Instant::now();
        loop {
            if started.child.try_wait().unwrap().is_some() {
                return None;
            }
            if get(address, "/-/ready")
                .await
                .is_some_and(|answer| answer.contains(" 200 "))
            {
                return Some(started);
            }
            assert!(begun.elapsed() < PATIENCE, "Prometheus is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn has_scraped(&self, targets: usize) {
        let begun = Instant::now();
        // Every target has three samples within the last minute.
        let query = "/api/v1/query?query=count(count_over_time(up%5B1m%5D)%3E2)";
        let wanted = format!("\"{targets}\"]");
        loop {
            let answer = get(self.address, query).await;
            if answer
                .as_ref()
                .is_some_and(|answer| answer.contains(&wanted))
            {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "Prometheus does not scrape: {answer:?}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
