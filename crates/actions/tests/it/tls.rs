//! Webhooks over TLS: the system's trust store decides, and a stranger gets nothing.

use crate::orders::{NOW, roll_back};
use crate::webhook_receiver::SECRET;
use actions::{ActionConfig, Address, Runner, Secret, WebhookConfig};
use core::time::Duration;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

/// Tell the process of [`a_sender_with_a_trust_store`] where to send and where to write what came of it.
const URL: &str = "ACTIONS_TEST_TLS_URL";
const OUTCOME: &str = "ACTIONS_TEST_TLS_OUTCOME";

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A receiver for `localhost` that answers 204; returns its address and how many requests it has read.
async fn receiver(issuer: &Issuer) -> (SocketAddr, Arc<AtomicUsize>) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 16 * 1024];
            if stream
                .read(&mut request)
                .await
                .is_ok_and(|length| length > 0)
            {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream
                    .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                    .await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (address, requests)
}

/// Sends an order in a process whose trust store is the file; returns what came of it.
async fn send_trusting(trust_store: &Path, address: SocketAddr) -> String {
    let directory = tempfile::tempdir().unwrap();
    let outcome = directory.path().join("outcome");
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tls::a_sender_with_a_trust_store"])
        .env("SSL_CERT_FILE", trust_store)
        .env_remove("SSL_CERT_DIR")
        .env(URL, format!("https://localhost:{}/hook", address.port()))
        .env(OUTCOME, &outcome)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await
        .unwrap();
    assert!(status.success());
    std::fs::read_to_string(outcome).unwrap()
}

#[tokio::test]
async fn only_a_receiver_that_the_trust_store_vouches_for_gets_the_order() {
    let (known, stranger) = (issuer(), issuer());
    let directory = tempfile::tempdir().unwrap();
    let trust_store = directory.path().join("known.pem");
    std::fs::write(&trust_store, known.pem()).unwrap();

    let (address, requests) = receiver(&known).await;
    let outcome = send_trusting(&trust_store, address).await;
    assert!(outcome.starts_with("Done: "), "{outcome}");
    assert!(outcome.contains("answered 204"), "{outcome}");
    assert_eq!(requests.load(Ordering::SeqCst), 1);

    let (address, requests) = receiver(&stranger).await;
    let outcome = send_trusting(&trust_store, address).await;
    assert!(
        outcome.starts_with("Failed: cannot reach https://localhost"),
        "{outcome}"
    );
    assert!(outcome.contains("certificate"), "{outcome}");
    assert_eq!(requests.load(Ordering::SeqCst), 0, "nothing was sent");

    let outcome = send_trusting(&directory.path().join("none.pem"), address).await;
    assert!(outcome.contains("SSL_CERT_FILE"), "{outcome}");
    assert!(outcome.starts_with("not built: action `page`"), "{outcome}");
}

/// The sender's process of the test above; nothing where it is run like any other test.
#[tokio::test]
async fn a_sender_with_a_trust_store() {
    let (Ok(url), Some(file)) = (std::env::var(URL), std::env::var_os(OUTCOME)) else {
        return;
    };
    let config = WebhookConfig {
        url: Address::open(&url).unwrap(),
        secret: Some(Secret::new(SECRET)),
        headers: Vec::new(),
        time_limit: Duration::from_secs(2),
        idempotent: false,
        check_url: None,
    };
    let outcome = match Runner::new("page", ActionConfig::Webhook(config)) {
        Ok(runner) => {
            let outcome = runner.settle(&roll_back(), false, NOW).await;
            format!("{:?}: {}", outcome.result, outcome.detail)
        }
        Err(problem) => format!("not built: {problem}"),
    };
    std::fs::write(file, outcome).unwrap();
}
