//! Pods as child processes that never outlive their parent.
//!
//! Each child holds the read end of a pipe as its standard input and ends when that ends. The kernel closes the pipe
//! with the parent, however the parent dies, so nothing is left behind even by `kill -9`. Children run in process
//! groups of their own: Ctrl-C reaches the parent alone, which can then end them in order.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, header};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::task::JoinHandle;

use crate::faults::Faults;
use crate::http_client::{self, HttpClient};
use crate::shop::{Ready, ShopOptions};

/// From the start of a child to its ready line; a cold start of a large binary on a busy machine takes a second or two.
const READY_LIMIT: Duration = Duration::from_secs(30);
/// For a child to end by itself: its own time for requests under way is 2 s.
const END_LIMIT: Duration = Duration::from_secs(4);
/// For a pod to switch its faults.
const SWITCH_LIMIT: Duration = Duration::from_secs(5);
/// How much of what a child complains is kept.
const LONGEST_COMPLAINT_BYTES: u64 = 16 * 1024;

/// Why a pod could not be started or changed.
#[derive(Debug, thiserror::Error)]
pub enum PodsError {
    #[error("pod {pod}: could not start {}: {source}", program.display())]
    Start {
        pod: String,
        program: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("pod {pod}: {} ended before it was ready ({status}): {complaint}", program.display())]
    EndedEarly {
        pod: String,
        program: PathBuf,
        status: ExitStatus,
        complaint: String,
    },
    #[error("pod {pod}: {} printed {line:?} instead of its address", program.display())]
    NotReady {
        pod: String,
        program: PathBuf,
        line: String,
    },
    #[error("pod {pod}: {} was not ready after {READY_LIMIT:?}", program.display())]
    Late { pod: String, program: PathBuf },
    #[error("pod {pod}: could not wait for its process: {source}")]
    Wait {
        pod: String,
        #[source]
        source: io::Error,
    },
    #[error("pod {pod} at {address}: could not switch faults: {reason}")]
    Switch {
        pod: String,
        address: SocketAddr,
        reason: String,
    },
}

/// One running pod. Dropped, it is killed.
#[derive(Debug)]
pub struct Pod {
    options: ShopOptions,
    address: SocketAddr,
    process: Child,
    /// Closing it asks the process to end.
    leash: Option<ChildStdin>,
    complaints: JoinHandle<String>,
}

impl Pod {
    /// Starts `program leading… --listen=… …` and waits for its ready line.
    ///
    /// `leading` is what comes before the flags of a shop, such as the name of a subcommand. Dropping the future
    /// kills the process.
    pub async fn start(
        program: &Path,
        leading: &[&str],
        options: ShopOptions,
    ) -> Result<Pod, PodsError> {
        let options = ShopOptions {
            ends_with_stdin: true,
            ..options
        };
        let start_error = |source| PodsError::Start {
            pod: options.pod.clone(),
            program: program.to_owned(),
            source,
        };
        let mut process = Command::new(program)
            .args(leading)
            .args(options.to_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(start_error)?;
        let (Some(leash), Some(output), Some(errors)) = (
            process.stdin.take(),
            process.stdout.take(),
            process.stderr.take(),
        ) else {
            return Err(start_error(io::Error::other("its pipes are missing")));
        };
        let complaints = tokio::spawn(read_complaints(errors));

        let mut line = String::new();
        let mut output = BufReader::new(output);
        match tokio::time::timeout(READY_LIMIT, output.read_line(&mut line)).await {
            Ok(read) => read.map_err(start_error)?,
            Err(_) => {
                return Err(PodsError::Late {
                    pod: options.pod,
                    program: program.to_owned(),
                });
            }
        };
        if line.is_empty() {
            drop(leash);
            let status = end(&mut process, &options.pod).await?;
            return Err(PodsError::EndedEarly {
                pod: options.pod,
                program: program.to_owned(),
                status,
                complaint: complaints.await.unwrap_or_default().trim().to_owned(),
            });
        }
        let Ok(Ready { listening }) = serde_json::from_str(&line) else {
            return Err(PodsError::NotReady {
                pod: options.pod,
                program: program.to_owned(),
                line,
            });
        };
        Ok(Pod {
            options,
            address: listening,
            process,
            leash: Some(leash),
            complaints,
        })
    }

    /// Where the pod serves shop, metrics and faults.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process; `None` once it has been seen to end.
    pub fn process_id(&self) -> Option<u32> {
        self.process.id()
    }

    /// As the pod was started; its faults may have been switched since.
    pub fn options(&self) -> &ShopOptions {
        &self.options
    }

    /// Asks the process to end, waits for requests under way, kills it if it does not end in time.
    pub async fn stop(mut self) -> Result<ExitStatus, PodsError> {
        self.leash = None;
        let status = end(&mut self.process, &self.options.pod).await?;
        if let Ok(complaints) = self.complaints.await
            && !complaints.is_empty()
        {
            tracing::warn!(pod = self.options.pod, complaints, "a pod complained");
        }
        Ok(status)
    }

    /// Kills the process as `kill -9` does, in the middle of whatever it does.
    pub async fn kill(mut self) -> Result<(), PodsError> {
        self.process.kill().await.map_err(|source| PodsError::Wait {
            pod: self.options.pod.clone(),
            source,
        })
    }
}

/// Waits for the end of a process that has been asked to end.
async fn end(process: &mut Child, pod: &str) -> Result<ExitStatus, PodsError> {
    let wait_error = |source| PodsError::Wait {
        pod: pod.to_owned(),
        source,
    };
    match tokio::time::timeout(END_LIMIT, process.wait()).await {
        Ok(status) => status.map_err(wait_error),
        Err(_) => {
            process.kill().await.map_err(wait_error)?;
            process.wait().await.map_err(wait_error)
        }
    }
}

/// Reads standard error to its end, so that the child never blocks on it; keeps the beginning.
async fn read_complaints(mut errors: ChildStderr) -> String {
    let mut kept = Vec::new();
    let mut beginning = (&mut errors).take(LONGEST_COMPLAINT_BYTES);
    if beginning.read_to_end(&mut kept).await.is_ok() {
        // What cannot be read cannot be kept either.
        let _ = tokio::io::copy(&mut errors, &mut tokio::io::sink()).await;
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// All pods of a play.
#[derive(Debug)]
pub struct Pods {
    program: PathBuf,
    leading: Vec<String>,
    running: Vec<Pod>,
    client: HttpClient,
}

impl Pods {
    /// Starts nothing yet. `program` is run with `leading` before the flags of a shop.
    pub fn new(program: impl Into<PathBuf>, leading: &[&str]) -> Pods {
        Pods {
            program: program.into(),
            leading: leading.iter().map(ToString::to_string).collect(),
            running: Vec::new(),
            client: http_client::client(SWITCH_LIMIT, SWITCH_LIMIT),
        }
    }

    /// Starts a pod and returns its address.
    pub async fn start(&mut self, options: ShopOptions) -> Result<SocketAddr, PodsError> {
        let leading: Vec<&str> = self.leading.iter().map(String::as_str).collect();
        let pod = Pod::start(&self.program, &leading, options).await?;
        let address = pod.address();
        self.running.push(pod);
        Ok(address)
    }

    /// The running pods, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Pod> {
        self.running.iter()
    }

    /// Switches the faults of every pod of a version at run time.
    pub async fn switch_faults(&self, version: &str, faults: &Faults) -> Result<(), PodsError> {
        for pod in &self.running {
            if pod.options.version == version {
                switch(&self.client, pod, faults).await?;
            }
        }
        Ok(())
    }

    /// Stops every pod, all at once; the first failure is returned, after all were tried.
    pub async fn stop(self) -> Result<(), PodsError> {
        let mut stopping = tokio::task::JoinSet::new();
        for pod in self.running {
            stopping.spawn(pod.stop());
        }
        let mut stopped = Ok(());
        while let Some(joined) = stopping.join_next().await {
            if let Ok(Err(error)) = joined {
                stopped = stopped.and(Err(error));
            }
        }
        stopped
    }
}

async fn switch(client: &HttpClient, pod: &Pod, faults: &Faults) -> Result<(), PodsError> {
    let switch_error = |reason: String| PodsError::Switch {
        pod: pod.options.pod.clone(),
        address: pod.address,
        reason,
    };
    let json = serde_json::to_string(faults).map_err(|error| switch_error(error.to_string()))?;
    let request = Request::post(format!("http://{}/faults", pod.address))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json))
        .map_err(|error| switch_error(error.to_string()))?;
    let answered = tokio::time::timeout(SWITCH_LIMIT, client.request(request))
        .await
        .map_err(|_| switch_error(format!("no answer within {SWITCH_LIMIT:?}")))?
        .map_err(|error| switch_error(error.to_string()))?;
    if answered.status().is_success() {
        Ok(())
    } else {
        Err(switch_error(format!("it answered {}", answered.status())))
    }
}
