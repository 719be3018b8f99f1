//! One pod of one version of the shop: an HTTP server with state in memory.
//!
//! | route | answer |
//! | --- | --- |
//! | `GET /` | name and version |
//! | `GET /catalogue`, `GET /catalogue/{item}` | items with prices |
//! | `GET /cart`, `POST /cart` | the visitor's cart on this pod |
//! | `POST /checkout` | pays: 201 with a receipt, 409 for an empty cart, 500 when it fails |
//! | `GET /orders` | the visitor's orders on this pod |
//! | `GET /orders/{id}` | any receipt of any pod: a receipt carries what it stands for |
//! | `GET /healthz` | 200 while the process serves; never delayed, never counted |
//! | `GET /metrics` | see below; never delayed, never counted |
//! | `GET /faults`, `POST /faults` | [`Faults`] as JSON, switched at once |
//!
//! Visitors name themselves in `x-visitor`. Every shop route takes a log-normal time and fails with
//! [`BASE_ERROR_RATE`] even when nothing is wrong.
//!
//! Metrics (each with `version` and `pod`): the histogram `http_server_request_duration_seconds` by
//! `http_request_method`, `http_route` and `http_response_status_code`; `http_requests_total` by `http_route` and
//! `code`; `orders_completed_total`; `payments_total` by `result` (`ok`, `error`); `cart_items`;
//! `process_start_time_seconds`; `shop_build_info`. A series with labels of its own appears with its first event.
//! A payment is counted for every checkout that was asked with something to buy; orders fall short of good payments
//! only where orders are swallowed.

mod arguments;
mod catalogue;
mod counts;
mod observe;
mod pages;
mod process;
mod receipt;
mod store;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

pub use arguments::ArgumentsError;
pub use counts::LATENCY_BOUNDS_SECONDS;
pub use process::{Ready, serve_as_process};

use crate::faults::Faults;
use crate::route::Route;
pub(crate) use catalogue::ITEM_COUNT;
use counts::Counts;
use store::Store;

/// Share of requests that fail on every route of a version without faults.
pub const BASE_ERROR_RATE: f64 = 0.005;

/// What one pod is.
#[derive(Debug, Clone, PartialEq)]
pub struct ShopOptions {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The `version` label of every series.
    pub version: String,
    /// The `pod` label of every series.
    pub pod: String,
    /// Latencies, base errors and faults are drawn from seed, pod and the number of the request.
    pub seed: u64,
    /// Where the pod starts; `POST /faults` switches them later.
    pub faults: Faults,
    /// Whether [`serve_as_process`] ends when standard input ends. [`run`] does not look at it.
    pub ends_with_stdin: bool,
}

/// Why a pod could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error("shop could not listen on {address}: {source}; choose another address or port 0")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("shop on {address} stopped serving: {source}")]
    Serve {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("shop could not watch for signals: {0}")]
    Signals(#[source] io::Error),
    #[error("shop could not print its address on standard output: {0}")]
    Announce(#[source] io::Error),
}

/// Serves until `shutdown`, then lets requests under way end. `on_ready` gets the bound address.
pub async fn run(
    options: ShopOptions,
    on_ready: impl FnOnce(SocketAddr),
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ShopError> {
    let listen = options.listen;
    let listen_error = |source| ShopError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(listen_error)?;
    let address = listener.local_addr().map_err(listen_error)?;
    on_ready(address);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "answers may be delayed by Nagle's algorithm");
        }
    });
    axum::serve(listener, router(Arc::new(Shop::new(options))))
        .with_graceful_shutdown(shutdown)
        .await
        .map_err(|source| ShopError::Serve { address, source })
}

/// What all requests of a pod share.
struct Shop {
    version: String,
    pod: String,
    seed: u64,
    faults: RwLock<Arc<Faults>>,
    /// How many requests have begun; the number of a request picks its random draws.
    begun: AtomicU64,
    counts: Mutex<Counts>,
    store: Mutex<Store>,
    started_seconds: f64,
}

impl Shop {
    fn new(options: ShopOptions) -> Shop {
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Shop {
            store: Mutex::new(Store::new(&options.pod)),
            version: options.version,
            pod: options.pod,
            seed: options.seed,
            faults: RwLock::new(Arc::new(options.faults)),
            begun: AtomicU64::new(0),
            counts: Mutex::default(),
            started_seconds: started.as_secs_f64(),
        }
    }

    fn faults(&self) -> Arc<Faults> {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&faults)
    }

    fn count<T>(&self, change: impl FnOnce(&mut Counts) -> T) -> T {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn store<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        change(&mut self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn router(shop: Arc<Shop>) -> Router {
    let observed = Router::new()
        .route(Route::Home.template(), get(pages::home))
        .route(Route::Catalogue.template(), get(pages::catalogue))
        .route(Route::Item.template(), get(pages::item))
        .route(
            Route::Cart.template(),
            get(pages::cart).post(pages::add_to_cart),
        )
        .route(Route::Checkout.template(), post(pages::checkout))
        .route(Route::Orders.template(), get(pages::orders))
        .route(Route::Order.template(), get(pages::order))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shop),
            observe::observe,
        ));
    Router::new()
        .route("/healthz", get(pages::healthz))
        .route("/metrics", get(pages::metrics))
        .route("/faults", get(pages::faults).post(pages::switch_faults))
        .merge(observed)
        .with_state(shop)
}
