//! The connections file: where metrics are read, how production is changed, who hears of it.

mod actions;
pub(crate) mod keys;
mod secrets;
mod sources;

pub use secrets::{Header, HeaderValue, Secret};

use crate::problem::{Problem, Subject};
use crate::reader::Reader;
use crate::tree::Node;
use core::time::Duration;
use std::collections::BTreeMap;
use verification::terms::Matcher;

/// All connections by name. Paths are as written, relative to the file's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Path of the ledger; `None` is the default place.
    pub ledger: Option<String>,
    /// What metrics are read from.
    pub sources: BTreeMap<String, Source>,
    /// What changes production.
    pub actions: BTreeMap<String, Action>,
    /// Who hears of pages, tickets and reviews: commands and webhooks only.
    pub receivers: BTreeMap<String, Action>,
}

/// What metrics are read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A server with the Prometheus HTTP API.
    Prometheus(PrometheusSource),
    /// Pages read directly.
    Scrape(ScrapeSource),
}

/// A server with the Prometheus HTTP API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrometheusSource {
    /// Address up to the part before `/api/v1`.
    pub url: String,
    /// Longest time an answer may take.
    pub timeout: Duration,
    /// How to sign in.
    pub credentials: Option<Credentials>,
    /// Further headers.
    pub headers: Vec<Header>,
    /// Certificates trusted instead of the system's.
    pub ca_file: Option<String>,
    /// Matchers added to every selector.
    pub extra_matchers: Vec<Matcher>,
}

/// How to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// A bearer token.
    Bearer(Secret),
    /// HTTP basic authentication.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: Secret,
    },
}

/// Pages in the Prometheus or OpenMetrics text format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeSource {
    /// The pages; never empty.
    pub targets: Vec<ScrapeTarget>,
    /// Longest time a page may take.
    pub timeout: Duration,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrapeTarget {
    /// Address.
    pub url: String,
    /// Labels added to every series.
    pub labels: BTreeMap<String, String>,
}

/// What changes production, or tells somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The built-in traffic splitter.
    Splitter(SplitterAction),
    /// HAProxy's runtime API.
    Haproxy(HaproxyAction),
    /// A program.
    Command(CommandAction),
    /// An HTTP request.
    Webhook(WebhookAction),
}

impl Action {
    /// The file's word for the kind.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Splitter(_) => "splitter",
            Self::Haproxy(_) => "haproxy",
            Self::Command(_) => "command",
            Self::Webhook(_) => "webhook",
        }
    }
}

/// Sets a group's weight in the built-in splitter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitterAction {
    /// Address of its administration.
    pub url: String,
    /// Group of servers.
    pub group: String,
    /// Weight that is set.
    pub weight: u32,
    /// Token of the administration.
    pub token: Option<Secret>,
    /// Longest time it may take.
    pub time_limit: Duration,
}

/// Sets the weight of servers in HAProxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HaproxyAction {
    /// Where its runtime API listens.
    pub address: HaproxyAddress,
    /// Backend.
    pub backend: String,
    /// Servers that run the new version; never empty.
    pub servers: Vec<String>,
    /// Weight that is set, 0 to 256.
    pub weight: u16,
    /// Administrative state that is set after the weight.
    pub state: Option<ServerState>,
    /// Longest time it may take.
    pub time_limit: Duration,
}

/// Administrative state of an HAProxy server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// No new sessions but those that persistence sends there.
    Drain,
    /// No sessions at all.
    Maint,
}

/// Where HAProxy's runtime API listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HaproxyAddress {
    /// Path of a unix socket.
    Unix(String),
    /// Host and port of a TCP socket.
    Tcp(String),
}

/// Runs a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandAction {
    /// Program and arguments, never empty; with `shell` one text for `/bin/sh -c`.
    pub argv: Vec<String>,
    /// Command that ends with status 0 when the effect is there, in the same form.
    pub check: Option<Vec<String>>,
    /// Whether a shell runs it.
    pub shell: bool,
    /// Longest time it may take.
    pub time_limit: Duration,
    /// Whether it may be repeated after a crash without a check.
    pub idempotent: bool,
    /// Names of environment variables it may see.
    pub environment: Vec<String>,
}

/// Sends an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookAction {
    /// Address.
    pub url: WebhookUrl,
    /// Secret of the signature.
    pub secret: Option<Secret>,
    /// Further headers.
    pub headers: Vec<Header>,
    /// Longest time it may take.
    pub time_limit: Duration,
    /// Whether it may be repeated after a crash without a check.
    pub idempotent: bool,
    /// Address that answers 2xx when the effect is there.
    pub check_url: Option<String>,
}

/// Address of a webhook, which may be a secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookUrl {
    /// As written.
    Plain(String),
    /// Kept elsewhere.
    Secret(Secret),
}

/// What could be made of a connections file's text.
#[derive(Clone, Debug)]
pub struct ParsedConnections {
    /// Name of the file, as given.
    pub file: String,
    /// The connections; only where no problem is an error.
    pub connections: Option<Connections>,
    /// All problems, in the order of the text.
    pub problems: Vec<Problem>,
}

/// Reads a connections file. All problems are found at once; `file` is only kept for showing.
#[must_use]
pub fn connections(text: &str, file: &str) -> ParsedConnections {
    let mut reader = Reader::new(text, Subject::Connections);
    let root = reader.tree();
    let found = root.as_ref().and_then(|root| read(&mut reader, root));
    let usable = !reader.has_errors() && !reader.truncated;
    ParsedConnections {
        file: file.to_owned(),
        connections: found.filter(|_| usable),
        problems: reader.finish(),
    }
}

fn read(reader: &mut Reader<'_>, root: &Node) -> Option<Connections> {
    let mut fields = reader.open(root, &keys::CONNECTIONS)?;
    if let Some(node) = fields.take("connections") {
        crate::decode::version(reader, node, "connections");
    }
    let mut found = Connections {
        ledger: fields.take("ledger").and_then(|node| reader.text(node)),
        ..Connections::default()
    };
    if let Some(node) = fields.take("sources") {
        found.sources = named(reader, node, "sources", sources::source);
    }
    if let Some(node) = fields.take("actions") {
        found.actions = named(reader, node, "actions", |reader, node, name, span| {
            actions::action(reader, node, name, span, &keys::ACTION)
        });
    }
    if let Some(node) = fields.take("receivers") {
        found.receivers = named(reader, node, "receivers", |reader, node, name, span| {
            actions::action(reader, node, name, span, &keys::RECEIVER)
        });
    }
    fields.done();
    Some(found)
}

fn named<T>(
    reader: &mut Reader<'_>,
    node: &Node,
    what: &str,
    read: impl Fn(&mut Reader<'_>, &Node, &str, crate::place::Span) -> Option<T>,
) -> BTreeMap<String, T> {
    let needed = format!("a mapping from names to {what}");
    let Some(entries) = reader.entries(node, &needed) else {
        return BTreeMap::new();
    };
    entries
        .iter()
        .filter_map(|entry| {
            let value = read(reader, &entry.node, &entry.key, entry.key_span)?;
            Some((entry.key.clone(), value))
        })
        .collect()
}
