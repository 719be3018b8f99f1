//! From the connections file to what `telemetry` and `actions` are set up with. Secrets are read here, when they are used, and go nowhere else.

use actions::{
    ActionConfig, Address, CommandConfig, CommandLine, HaproxyConfig, SplitterConfig, Variable,
    WebhookConfig,
};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plan::{
    Action, Connections, Credentials, HaproxyAddress, Header, HeaderValue, Secret, Source,
    WebhookUrl,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use telemetry::{Access, PrometheusConfig, ScrapeConfig, SourceConfig, Target};
use thiserror::Error;
use verification::terms::{Plan, SignalKind};

/// What a plan reads and writes, ready to be used.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Sources by name.
    pub sources: BTreeMap<String, SourceConfig>,
    /// Actions and receivers by name.
    pub actions: BTreeMap<String, ActionConfig>,
}

impl Resolved {
    /// Lets commands mark their attempts in `folder`, so that a keeper that starts again waits for one that outlived the keeper before.
    pub fn mark_commands_in(&mut self, folder: &Path) {
        for action in self.actions.values_mut() {
            if let ActionConfig::Command(command) = action {
                command.marks = Some(folder.to_path_buf());
            }
        }
    }
}

/// Why connections cannot be used.
#[derive(Debug, Error)]
pub enum ConnectionError {
    /// A secret's file cannot be read.
    #[error("{name}: the secret in {} cannot be read: {error}", path.display())]
    SecretFile {
        /// Name of the connection.
        name: String,
        /// File.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A secret's variable is not set.
    #[error("{name}: the environment variable {variable}, which holds a secret, is not set")]
    SecretVariable {
        /// Name of the connection.
        name: String,
        /// Variable.
        variable: String,
    },
    /// An address cannot be used.
    #[error("{name}: {problem}")]
    Address {
        /// Name of the connection.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

/// Makes the connections that a plan uses ready; `folder` is where relative paths are meant from.
///
/// # Errors
/// Where a secret is missing or an address cannot be used.
pub fn resolve(
    plan: &Plan,
    connections: &Connections,
    folder: &Path,
) -> Result<Resolved, ConnectionError> {
    let mut resolved = Resolved::default();
    for name in sources_of(plan) {
        if let Some(source) = connections.sources.get(name) {
            resolved
                .sources
                .insert(name.to_owned(), source_config(name, source, folder)?);
        }
    }
    for terms in &plan.actions {
        if let Some(action) = plan::receiver(connections, &terms.run) {
            resolved.actions.insert(
                terms.run.clone(),
                action_config(&terms.run, action, folder)?,
            );
        }
    }
    Ok(resolved)
}

/// One source, ready to be used.
///
/// # Errors
/// As [`resolve`].
pub fn source_config(
    name: &str,
    source: &Source,
    folder: &Path,
) -> Result<SourceConfig, ConnectionError> {
    Ok(match source {
        Source::Prometheus(source) => {
            let mut config = PrometheusConfig::new(&source.url);
            config.timeout = source.timeout;
            config.access = Access {
                authorization: authorization(name, source.credentials.as_ref(), folder)?,
                headers: headers(name, &source.headers, folder, |value| {
                    telemetry::Secret::new(value)
                })?,
                ca_file: source.ca_file.as_ref().map(|path| folder.join(path)),
            };
            config.matchers.clone_from(&source.extra_matchers);
            SourceConfig::Prometheus(config)
        }
        Source::Scrape(source) => {
            let targets = source
                .targets
                .iter()
                .map(|target| {
                    target
                        .labels
                        .iter()
                        .fold(Target::new(&target.url), |made, (label, value)| {
                            made.label(label, value)
                        })
                })
                .collect();
            let mut config = ScrapeConfig::new(targets);
            config.timeout = source.timeout;
            SourceConfig::Scrape(config)
        }
    })
}

/// One action or receiver, ready to be used.
///
/// # Errors
/// As [`resolve`].
pub fn action_config(
    name: &str,
    action: &Action,
    folder: &Path,
) -> Result<ActionConfig, ConnectionError> {
    let address = |text: &str| {
        Address::open(text).map_err(|problem| ConnectionError::Address {
            name: name.to_owned(),
            problem: problem.to_string(),
        })
    };
    Ok(match action {
        Action::Splitter(action) => ActionConfig::Splitter(SplitterConfig {
            admin: address(&action.url)?,
            group: action.group.clone(),
            weight: action.weight,
            token: action
                .token
                .as_ref()
                .map(|place| read(name, place, folder))
                .transpose()?
                .map(actions::Secret::new),
            time_limit: action.time_limit,
        }),
        Action::Haproxy(action) => ActionConfig::Haproxy(HaproxyConfig {
            address: haproxy_address(name, &action.address)?,
            backend: action.backend.clone(),
            servers: action.servers.clone(),
            weight: action.weight,
            state: action.state.map(|state| match state {
                plan::ServerState::Drain => actions::ServerState::Drain,
                plan::ServerState::Maint => actions::ServerState::Maint,
            }),
            time_limit: action.time_limit,
        }),
        Action::Command(action) => ActionConfig::Command(CommandConfig {
            run: command_line(&action.argv, action.shell),
            check: action
                .check
                .as_ref()
                .map(|check| command_line(check, action.shell)),
            time_limit: action.time_limit,
            idempotent: action.idempotent,
            environment: action
                .environment
                .iter()
                .cloned()
                .map(Variable::PassOn)
                .collect(),
            marks: None,
        }),
        Action::Webhook(action) => {
            let url =
                match &action.url {
                    WebhookUrl::Plain(text) => address(text)?,
                    WebhookUrl::Secret(place) => Address::secret(&read(name, place, folder)?)
                        .map_err(|problem| ConnectionError::Address {
                            name: name.to_owned(),
                            problem: problem.to_string(),
                        })?,
                };
            ActionConfig::Webhook(WebhookConfig {
                url,
                secret: action
                    .secret
                    .as_ref()
                    .map(|place| read(name, place, folder))
                    .transpose()?
                    .map(actions::Secret::new),
                headers: headers(name, &action.headers, folder, |value| {
                    actions::Secret::new(value)
                })?,
                time_limit: action.time_limit,
                idempotent: action.idempotent,
                check_url: action.check_url.as_deref().map(address).transpose()?,
            })
        }
    })
}

/// What of the connections a plan uses, as text for the seal: addresses and names, no secret.
#[must_use]
pub fn described(plan: &Plan, connections: &Connections) -> String {
    let sources: BTreeMap<&str, Value> = sources_of(plan)
        .into_iter()
        .filter_map(|name| {
            connections
                .sources
                .get(name)
                .map(|source| (name, source_described(source)))
        })
        .collect();
    let actions: BTreeMap<&str, Value> = plan
        .actions
        .iter()
        .filter_map(|terms| {
            plan::receiver(connections, &terms.run)
                .map(|action| (terms.run.as_str(), action_described(action)))
        })
        .collect();
    json!({ "sources": sources, "actions": actions }).to_string()
}

fn sources_of(plan: &Plan) -> Vec<&str> {
    let mut names: Vec<&str> = plan
        .signals
        .iter()
        .filter(|signal| !matches!(signal.kind, SignalKind::Probe(_)))
        .map(|signal| signal.source.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn source_described(source: &Source) -> Value {
    match source {
        Source::Prometheus(source) => json!({
            "prometheus": source.url,
            "matchers": source.extra_matchers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }),
        Source::Scrape(source) => {
            json!({ "scrape": source.targets.iter().map(|target| json!({ "url": target.url, "labels": target.labels })).collect::<Vec<_>>() })
        }
    }
}

fn action_described(action: &Action) -> Value {
    match action {
        Action::Splitter(action) => {
            json!({ "splitter": action.url, "group": action.group, "weight": action.weight })
        }
        Action::Haproxy(action) => {
            let address = match &action.address {
                HaproxyAddress::Unix(path) => format!("unix:{path}"),
                HaproxyAddress::Tcp(address) => format!("tcp:{address}"),
            };
            json!({ "haproxy": address, "backend": action.backend, "servers": action.servers, "weight": action.weight })
        }
        Action::Command(action) => {
            json!({ "command": action.argv, "check": action.check, "shell": action.shell })
        }
        Action::Webhook(action) => {
            let url = match &action.url {
                WebhookUrl::Plain(url) => url.clone(),
                WebhookUrl::Secret(_) => "kept secret".to_owned(),
            };
            json!({ "webhook": url })
        }
    }
}

fn haproxy_address(
    name: &str,
    address: &HaproxyAddress,
) -> Result<actions::HaproxyAddress, ConnectionError> {
    match address {
        HaproxyAddress::Unix(path) => Ok(actions::HaproxyAddress::Unix(PathBuf::from(path))),
        HaproxyAddress::Tcp(text) => {
            let parts = text
                .rsplit_once(':')
                .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
            let (host, port) = parts.ok_or_else(|| ConnectionError::Address {
                name: name.to_owned(),
                problem: format!("`{text}` is not HOST:PORT"),
            })?;
            Ok(actions::HaproxyAddress::Tcp(host, port))
        }
    }
}

fn command_line(argv: &[String], shell: bool) -> CommandLine {
    match argv {
        [line] if shell => CommandLine::Shell(line.clone()),
        argv => CommandLine::Argv(argv.to_vec()),
    }
}

fn authorization(
    name: &str,
    credentials: Option<&Credentials>,
    folder: &Path,
) -> Result<Option<telemetry::Secret>, ConnectionError> {
    Ok(match credentials {
        None => None,
        Some(Credentials::Bearer(place)) => Some(telemetry::Secret::new(format!(
            "Bearer {}",
            read(name, place, folder)?
        ))),
        Some(Credentials::Basic { user, password }) => Some(telemetry::Secret::new(format!(
            "Basic {}",
            BASE64_STANDARD.encode(format!("{user}:{}", read(name, password, folder)?))
        ))),
    })
}

fn headers<S>(
    name: &str,
    headers: &[Header],
    folder: &Path,
    secret: impl Fn(String) -> S,
) -> Result<Vec<(String, S)>, ConnectionError> {
    headers
        .iter()
        .map(|header| {
            let value = match &header.value {
                HeaderValue::Plain(value) => value.clone(),
                HeaderValue::Secret(place) => read(name, place, folder)?,
            };
            Ok((header.name.clone(), secret(value)))
        })
        .collect()
}

fn read(name: &str, place: &Secret, folder: &Path) -> Result<String, ConnectionError> {
    match place {
        Secret::File(path) => {
            let path = folder.join(path);
            std::fs::read_to_string(&path)
                .map(|text| text.trim_end().to_owned())
                .map_err(|error| ConnectionError::SecretFile {
                    name: name.to_owned(),
                    path,
                    error,
                })
        }
        Secret::Env(variable) => {
            std::env::var(variable).map_err(|_| ConnectionError::SecretVariable {
                name: name.to_owned(),
                variable: variable.clone(),
            })
        }
    }
}
