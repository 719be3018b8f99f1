//! A real HAProxy before the shop.

use crate::free_port::free_port;
use crate::watching::PATIENCE;
use core::time::Duration;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// HAProxy with one backend `shop`; it ends with the value.
pub struct HaproxyProcess {
    child: Child,
    pub entrance: SocketAddr,
    folder: TempDir,
}

impl Drop for HaproxyProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl HaproxyProcess {
    /// Starts it before servers, each with its weight.
    pub async fn start(servers: &[(&str, SocketAddr, u16)]) -> Self {
        // Somebody else may be faster to take the port.
        for _ in 0..20 {
            if let Some(started) = Self::try_start(servers).await {
                return started;
            }
        }
        panic!("HAProxy does not start");
    }

    async fn try_start(servers: &[(&str, SocketAddr, u16)]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let entrance = free_port();
        let mut config = format!(
            "global
  nbthread 1
  stats socket {}/admin.sock mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend entrance
  bind {entrance}
  default_backend shop
backend shop
  balance roundrobin
",
            folder.path().display()
        );
        for (name, address, weight) in servers {
            config.push_str(&format!("  server {name} {address} weight {weight}\n"));
        }
        let file = folder.path().join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        let child = Command::new("haproxy")
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("haproxy is installed (Debian package `haproxy`)");
        let mut started = Self {
            child,
            entrance,
            folder,
        };
        let begun = Instant::now();
        loop {
            if started.child.try_wait().unwrap().is_some() {
                return None;
            }
            if UnixStream::connect(started.socket()).await.is_ok() {
                return Some(started);
            }
            assert!(begun.elapsed() < PATIENCE, "HAProxy does not listen");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its runtime API.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// Asks the runtime API.
    pub async fn ask(&self, command: &str) -> String {
        let mut stream = UnixStream::connect(self.socket()).await.unwrap();
        stream
            .write_all(format!("{command}\n").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer.trim().to_owned()
    }

    /// Weight of a server now.
    pub async fn weight(&self, server: &str) -> u16 {
        let answer = self.ask(&format!("get weight shop/{server}")).await;
        // As `10 (initial 0)`.
        let first = answer.split(' ').next().unwrap();
        first.parse().unwrap_or_else(|_| panic!("{answer}"))
    }
}
