//! Settings of actions and receivers, as the connections file gives them.

use crate::address::Address;
use crate::secret::Secret;
use core::fmt;
use core::time::Duration;
use std::path::PathBuf;

/// How a named action works.
///
/// In groups, names, arguments and check addresses `{target}`, `{service}`, `{watch}` and `{idempotency_key}` stand for the order's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionConfig {
    /// The embedded traffic splitter, by its admin API.
    Splitter(SplitterConfig),
    /// HAProxy, by its runtime API.
    Haproxy(HaproxyConfig),
    /// A command of this machine.
    Command(CommandConfig),
    /// A signed HTTP request.
    Webhook(WebhookConfig),
}

/// Weight of one group at the traffic splitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitterConfig {
    /// Admin API, as `http://127.0.0.1:9000`.
    pub admin: Address,
    /// Bearer token of the admin API, where it asks for one.
    pub token: Option<Secret>,
    /// Group whose weight is set, as `canary`.
    pub group: String,
    /// Weight to set; 0 takes the group out.
    pub weight: u32,
    /// Time for a whole attempt, tries included; at most [`crate::LONGEST_TIME_LIMIT`].
    pub time_limit: Duration,
}

/// Weight or state of servers at an HAProxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaproxyConfig {
    /// The runtime API.
    pub address: HaproxyAddress,
    /// Backend.
    pub backend: String,
    /// Servers of that backend.
    pub servers: Vec<String>,
    /// Weight to set, 0 to 256. 0 takes no new sessions and keeps the running ones.
    pub weight: u16,
    /// Administrative state to set after the weight.
    pub state: Option<ServerState>,
    /// Time for a whole attempt, tries included; at most [`crate::LONGEST_TIME_LIMIT`].
    pub time_limit: Duration,
}

/// Where the runtime API listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HaproxyAddress {
    /// A Unix socket.
    Unix(PathBuf),
    /// Host and port.
    Tcp(String, u16),
}

impl fmt::Display for HaproxyAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(out, "{}", path.display()),
            Self::Tcp(host, port) => write!(out, "{host}:{port}"),
        }
    }
}

/// Administrative state of an HAProxy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// No new sessions but those that persistence sends there.
    Drain,
    /// No sessions, no health checks.
    Maint,
}

impl ServerState {
    /// HAProxy's word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Drain => "drain",
            Self::Maint => "maint",
        }
    }
}

/// A command, with what proves its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandConfig {
    /// What is run. Exit code 0 is done, any other failed.
    pub run: CommandLine,
    /// What reads the effect back: exit code 0 in effect, 1 not in effect, any other cannot tell.
    pub check: Option<CommandLine>,
    /// Time for each of the two; then its process group is ended. At most [`crate::LONGEST_TIME_LIMIT`].
    pub time_limit: Duration,
    /// Whether running it twice is the same as running it once.
    pub idempotent: bool,
    /// Variables beyond [`CommandConfig::PASSED_ON`] and the `SHAKEDOWN_` ones.
    pub environment: Vec<Variable>,
    /// A directory, writable by the keeper alone, that marks running attempts: a keeper that starts again waits for an attempt which
    /// outlived the one before, instead of starting a second beside it. Without one, such an attempt goes unseen.
    pub marks: Option<PathBuf>,
}

impl CommandConfig {
    /// Variables that every command gets from the keeper's own environment: where programs and settings are found, and in which words they answer.
    pub const PASSED_ON: [&'static str; 10] = [
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LC_ALL",
        "TMPDIR",
        "KUBECONFIG",
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
    ];
}

/// A command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// Program and arguments, passed on as they are.
    Argv(Vec<String>),
    /// A line for `/bin/sh`. It gets the order in variables (`"$SHAKEDOWN_TARGET"`), never by placeholder: text put into a shell line would be read as shell.
    Shell(String),
}

/// A variable of a command's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Passed on from the keeper's environment, where it is set.
    PassOn(String),
    /// Set. The value never appears in an outcome.
    Set(String, Secret),
}

/// An HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where it is sent.
    pub url: Address,
    /// Key of its signature; unsigned without one.
    pub secret: Option<Secret>,
    /// Further headers; their values are never shown.
    pub headers: Vec<(String, Secret)>,
    /// Time for a whole attempt, tries included; at most [`crate::LONGEST_TIME_LIMIT`].
    pub time_limit: Duration,
    /// Whether the receiver takes two requests with one `Idempotency-Key` as one.
    pub idempotent: bool,
    /// Read back with `GET`: 2xx in effect, 404 not in effect, any other cannot tell.
    pub check_url: Option<Address>,
}
