//! A relay that passes requests on and loses answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// Passes connections on to a server. Of the requests that begin with a given text it counts all, and loses the answers to the first few after the
/// server has given them.
pub struct Relay {
    pub address: SocketAddr,
    passed: Arc<AtomicUsize>,
    task: AbortHandle,
}

impl Relay {
    pub async fn losing(answers: usize, to: &'static str, server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let passed = Arc::new(AtomicUsize::new(0));
        let counter = passed.clone();
        let task = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(pass(client, server, to, answers, counter.clone()));
            }
        })
        .abort_handle();
        Self {
            address,
            passed,
            task,
        }
    }

    /// Requests passed on that began with the text.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    to: &str,
    answers: usize,
    passed: Arc<AtomicUsize>,
) {
    let mut server = TcpStream::connect(server).await.unwrap();
    let mut buffer = vec![0; 64 * 1024];
    let length = client.read(&mut buffer).await.unwrap();
    let begins = buffer[..length].starts_with(to.as_bytes());
    let lose = begins && passed.fetch_add(1, Ordering::SeqCst) < answers;
    server.write_all(&buffer[..length]).await.unwrap();
    if lose {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let rest = tokio::io::copy(&mut from_client, &mut to_server);
        tokio::select! {
            _ = from_server.read(&mut buffer) => {}
            _ = async { let _ = rest.await; core::future::pending::<()>().await } => {}
        }
        let _ = to_client.shutdown().await;
    } else {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
