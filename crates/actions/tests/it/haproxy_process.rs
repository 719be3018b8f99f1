//! A real HAProxy in front of two small servers.

use crate::address_in_use::free_addresses;
use crate::gone_process::eventually;
use axum::Router;
use axum::routing::get;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

pub struct HaproxyProcess {
    child: Child,
    directory: TempDir,
    pub admin_tcp: SocketAddr,
    entrance: SocketAddr,
    servers: Vec<AbortHandle>,
}

impl HaproxyProcess {
    /// Backend `shop` with `v1` (weight 60) and `v2` (weight 40), and backend `fixed` with a static balancing algorithm.
    pub async fn start() -> Self {
        let (first, first_task) = serve("v1").await;
        let (second, second_task) = serve("v2").await;
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("admin.sock");
        for _ in 0..20 {
            let [admin_tcp, entrance] = free_addresses();
            let config = directory.path().join("haproxy.cfg");
            std::fs::write(
                &config,
                configuration(&directory, admin_tcp, entrance, first, second),
            )
            .unwrap();
            let mut child = Command::new("haproxy")
                .arg("-db")
                .arg("-f")
                .arg(&config)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("haproxy is installed (Debian package `haproxy`)");
            let mut ended = false;
            eventually("HAProxy listens or ends", || {
                ended = child.try_wait().unwrap().is_some();
                // By its own socket: behind the port there may be somebody else, who was faster.
                ended || std::os::unix::net::UnixStream::connect(&socket).is_ok()
            })
            .await;
            if ended {
                // Somebody else took one of the ports.
                continue;
            }
            return Self {
                child,
                directory,
                admin_tcp,
                entrance,
                servers: vec![first_task, second_task],
            };
        }
        panic!("HAProxy does not start");
    }

    pub fn admin_socket(&self) -> PathBuf {
        self.directory.path().join("admin.sock")
    }

    pub fn user_socket(&self) -> PathBuf {
        self.directory.path().join("user.sock")
    }

    /// Answers to `requests` requests through HAProxy, counted by server.
    pub async fn traffic(&self, requests: usize) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..requests {
            let mut stream = TcpStream::connect(self.entrance).await.unwrap();
            stream
                .write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            let version = answer.rsplit("\r\n").next().unwrap().to_owned();
            *counts.entry(version).or_insert(0) += 1;
        }
        counts
    }

    /// Ends it the hard way.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for HaproxyProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for server in &self.servers {
            server.abort();
        }
    }
}

async fn serve(version: &'static str) -> (SocketAddr, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(move || async move { version }));
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, task.abort_handle())
}

fn configuration(
    directory: &TempDir,
    admin_tcp: SocketAddr,
    entrance: SocketAddr,
    first: SocketAddr,
    second: SocketAddr,
) -> String {
    let directory = directory.path().display();
    format!(
        "global
  nbthread 1
  stats socket {directory}/admin.sock mode 600 level admin
  stats socket {directory}/user.sock mode 600 level user
  stats socket ipv4@{admin_tcp} level admin
defaults
  mode http
  timeout connect 10s
  timeout client 10s
  timeout server 10s
frontend entrance
  bind {entrance}
  default_backend shop
backend shop
  balance roundrobin
  server v1 {first} weight 60
  server v2 {second} weight 40
backend fixed
  balance source
  server v1 {first} weight 60
  server v2 {second} weight 40
"
    )
}
