//! The stage of a play: pods in processes of their own, the splitter before them, the users. It is set up, given the new
//! version, and cleared; whoever plays on it watches from outside.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::http_client::{self, HttpClient};
use crate::pods::{Pods, PodsError};
use crate::scenario::{NEW_PODS, NEW_VERSION, OLD_PODS, OLD_VERSION, Scenario};
use crate::shop::ShopOptions;
use crate::splitter::{self, SplitterAddresses, SplitterError, SplitterOptions};
use crate::users::{self, Counters, Tally, UsersError, UsersOptions};

/// Group of the old version at the splitter, and the value of the label `track` of its pods.
pub const BASELINE: &str = "baseline";
/// Group of the new version.
pub const CANARY: &str = "canary";
/// Any free port of this machine.
const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
/// For one order to the splitter's admin API.
const ORDER_LIMIT: Duration = Duration::from_secs(5);

/// Why a play could not be set up or go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Pods(#[from] PodsError),
    #[error(transparent)]
    Splitter(#[from] SplitterError),
    #[error(transparent)]
    Users(#[from] UsersError),
    #[error("the splitter ended before it was ready")]
    SplitterEnded,
    #[error("the splitter at {admin} did not take `{order}`: {reason}")]
    Order {
        admin: SocketAddr,
        order: String,
        reason: String,
    },
}

/// A pod on the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodOnStage {
    pub name: String,
    /// [`BASELINE`] or [`CANARY`].
    pub group: &'static str,
    pub address: SocketAddr,
}

/// A running play.
#[derive(Debug)]
pub struct Stage {
    scenario: Scenario,
    seed: u64,
    pods: Pods,
    on_stage: Vec<PodOnStage>,
    splitter: SplitterAddresses,
    counters: Arc<Counters>,
    end: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    client: HttpClient,
}

impl Stage {
    /// Starts the pods of the old version, the splitter, and the users. `program` run with `leading` is a shop.
    pub async fn set_up(
        scenario: Scenario,
        seed: u64,
        program: PathBuf,
        leading: &[&str],
    ) -> Result<Stage, StageError> {
        let mut pods = Pods::new(program, leading);
        let mut on_stage = Vec::new();
        for number in 1..=OLD_PODS {
            on_stage.push(start(&mut pods, &scenario, seed, OLD_VERSION, number).await?);
        }
        let (end, ended) = watch::channel(false);
        let mut tasks = Vec::new();
        let splitter = open_splitter(seed, &on_stage, ended.clone(), &mut tasks).await?;

        let counters = Arc::new(Counters::default());
        let mut options = UsersOptions::new(splitter.listen, seed);
        options.requests_per_second = scenario.traffic.requests_per_second;
        let counted = Arc::clone(&counters);
        tasks.push(tokio::spawn(async move {
            if let Err(error) = users::run(options, counted, until(ended)).await {
                tracing::error!(%error, "no users came");
            }
        }));
        Ok(Stage {
            scenario,
            seed,
            pods,
            on_stage,
            splitter,
            counters,
            end,
            tasks,
            client: http_client::client(ORDER_LIMIT, ORDER_LIMIT),
        })
    }

    /// Starts the pods of the new version and puts them behind the splitter, without traffic.
    pub async fn add_new_version(&mut self) -> Result<(), StageError> {
        for number in 1..=NEW_PODS {
            let pod = start(
                &mut self.pods,
                &self.scenario,
                self.seed,
                NEW_VERSION,
                OLD_PODS + number,
            )
            .await?;
            let backend = json!({ "group": CANARY, "address": pod.address });
            self.order(&format!("/backends/{}", pod.name), backend)
                .await?;
            self.on_stage.push(pod);
        }
        Ok(())
    }

    /// Gives the new version its share of the traffic.
    pub async fn deploy(&self) -> Result<(), StageError> {
        let percent = self.scenario.traffic.canary_percent;
        self.order(
            "/weights/baseline",
            json!({ "weight": 100_u32.saturating_sub(percent) }),
        )
        .await?;
        self.order("/weights/canary", json!({ "weight": percent }))
            .await
    }

    /// Plays the faults that come later, each at its time after now. Ends when all were played.
    pub async fn play_faults(&self) -> Result<(), StageError> {
        let begun = Instant::now();
        for timed in &self.scenario.faults {
            if timed.after.is_zero() {
                continue;
            }
            tokio::time::sleep_until(begun + timed.after).await;
            for version in [OLD_VERSION, NEW_VERSION] {
                if timed.hit.includes(version) {
                    self.pods.switch_faults(version, &timed.faults).await?;
                }
            }
        }
        Ok(())
    }

    /// The pods, the old version first.
    pub fn pods(&self) -> &[PodOnStage] {
        &self.on_stage
    }

    /// Where the users go, and where the weights are set.
    pub fn splitter(&self) -> SplitterAddresses {
        self.splitter
    }

    /// What the users saw so far.
    pub fn tally(&self) -> Tally {
        self.counters.tally()
    }

    /// Ends users, splitter and pods, in this order.
    pub async fn clear(self) -> Result<(), StageError> {
        let _ = self.end.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        Ok(self.pods.stop().await?)
    }

    async fn order(&self, path: &str, json: Value) -> Result<(), StageError> {
        let admin = self.splitter.admin;
        let failed = |reason: String| StageError::Order {
            admin,
            order: format!("PUT {path} {json}"),
            reason,
        };
        let request = Request::put(format!("http://{admin}{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json.to_string()))
            .map_err(|error| failed(error.to_string()))?;
        let answer = tokio::time::timeout(ORDER_LIMIT, self.client.request(request))
            .await
            .map_err(|_| failed(format!("no answer within {ORDER_LIMIT:?}")))?
            .map_err(|error| failed(error.to_string()))?;
        if answer.status().is_success() {
            Ok(())
        } else {
            Err(failed(format!("it answers {}", answer.status())))
        }
    }
}

async fn start(
    pods: &mut Pods,
    scenario: &Scenario,
    seed: u64,
    version: &str,
    number: usize,
) -> Result<PodOnStage, StageError> {
    let name = format!("shop-{number}");
    let options = ShopOptions {
        version: version.to_owned(),
        pod: name.clone(),
        seed,
        faults: scenario.faults_at_start(version),
        ..ShopOptions::default()
    };
    let address = pods.start(options).await?;
    let group = if version == NEW_VERSION {
        CANARY
    } else {
        BASELINE
    };
    Ok(PodOnStage {
        name,
        group,
        address,
    })
}

async fn open_splitter(
    seed: u64,
    pods: &[PodOnStage],
    ended: watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<SplitterAddresses, StageError> {
    let options = SplitterOptions {
        listen: ANYWHERE,
        admin_listen: ANYWHERE,
        admin_token: None,
        backends: pods
            .iter()
            .map(|pod| splitter::Backend {
                name: pod.name.clone(),
                group: pod.group.to_owned(),
                address: pod.address,
            })
            .collect(),
        weights: BTreeMap::from([(BASELINE.to_owned(), 100), (CANARY.to_owned(), 0)]),
        seed,
        limits: splitter::Limits::default(),
    };
    let (tell, ready) = oneshot::channel();
    let serving = tokio::spawn(splitter::run(
        options,
        move |addresses| {
            let _ = tell.send(addresses);
        },
        until(ended),
    ));
    match ready.await {
        Ok(addresses) => {
            tasks.push(tokio::spawn(async move {
                if let Ok(Err(error)) = serving.await {
                    tracing::error!(%error, "the splitter ended");
                }
            }));
            Ok(addresses)
        }
        Err(_) => match serving.await {
            Ok(Err(error)) => Err(error.into()),
            _ => Err(StageError::SplitterEnded),
        },
    }
}

async fn until(mut ended: watch::Receiver<bool>) {
    // A sender that is gone means the stage is gone: that is an end too.
    let _ = ended.wait_for(|ended| *ended).await;
}
