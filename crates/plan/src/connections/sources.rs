//! What metrics are read from.

use super::keys::{SOURCE, TARGET};
use super::secrets::{headers, secret};
use super::{Credentials, PrometheusSource, ScrapeSource, ScrapeTarget, Source};
use crate::fields::Fields;
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::{Node, Value};
use core::time::Duration;
use std::collections::BTreeMap;

const TIMEOUT: Duration = Duration::from_secs(10);
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(120);

pub(super) fn source(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    name_span: Span,
) -> Option<Source> {
    let (kind, mut fields) = reader.open_kind(node, &SOURCE, name, name_span)?;
    let timeout = fields.take("timeout").map_or(Some(TIMEOUT), |node| {
        reader.duration_between(node, SHORTEST, LONGEST)
    });
    let source = match kind.word {
        "prometheus" => prometheus(reader, &mut fields, timeout).map(Source::Prometheus),
        _ => scrape(reader, &mut fields, timeout).map(Source::Scrape),
    };
    fields.done();
    source
}

fn prometheus(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    timeout: Option<Duration>,
) -> Option<PrometheusSource> {
    let url_node = fields.take("url");
    let url = url_node.and_then(|node| reader.url(node));
    let credentials = credentials(reader, fields);
    let headers = headers(reader, fields);
    let ca_file = fields
        .take("ca-file")
        .map_or(Some(None), |node| reader.text(node).map(Some));
    let extra_matchers = fields
        .take("match")
        .map_or(Some(Vec::new()), |node| reader.matchers(node));
    let url = url?;
    if let Some((base, _)) = url.split_once("/api/v1") {
        let problem = reader.error(Code::BadAddress, url_node?.span, "the address goes too far");
        problem.help(format!("write {base}: shakedown adds /api/v1 itself"));
        return None;
    }
    Some(PrometheusSource {
        url: url.trim_end_matches('/').to_owned(),
        timeout: timeout?,
        credentials,
        headers,
        ca_file: ca_file?,
        extra_matchers: extra_matchers?,
    })
}

fn credentials(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<Credentials> {
    let token = secret(reader, fields, "bearer-token-file", "bearer-token-env");
    let user_entry = fields.take_entry("user");
    let password = secret(reader, fields, "password-file", "password-env");
    let has_password = ["password-file", "password-env", "password"]
        .iter()
        .any(|key| fields.stands(key));
    match user_entry {
        Some(entry) if token.is_some() => {
            reader
                .error(
                    Code::KeysConflict,
                    entry.key_span,
                    "a bearer token and a user name exclude each other",
                )
                .help("keep one way to sign in");
            None
        }
        Some(entry) => {
            let user = reader.text(&entry.node);
            if !has_password {
                reader
                    .error(
                        Code::MissingKey,
                        entry.key_span,
                        "a user name needs a password",
                    )
                    .help("add `password-file` or `password-env`");
            }
            Some(Credentials::Basic {
                user: user?,
                password: password?,
            })
        }
        None => {
            if has_password {
                reader
                    .error(
                        Code::MissingKey,
                        fields.span_of_key(&["password-file", "password-env", "password"]),
                        "a password needs a `user`",
                    )
                    .help("add `user`, or use `bearer-token-file` for a token");
            }
            token.map(Credentials::Bearer)
        }
    }
}

fn scrape(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    timeout: Option<Duration>,
) -> Option<ScrapeSource> {
    let node = fields.take("targets")?;
    let Value::List(items) = &node.value else {
        reader.wrong_type(node, "a list of targets");
        return None;
    };
    if items.is_empty() {
        reader
            .error(Code::NoValue, node.span, "the source has no target")
            .help("name at least one page: targets: [{url: 'http://10.0.0.7:8080/metrics'}]");
        return None;
    }
    let mut targets: Vec<ScrapeTarget> = Vec::new();
    for item in items {
        let Some(target) = target(reader, item) else {
            continue;
        };
        if targets.iter().any(|earlier| earlier.url == target.url) {
            reader
                .error(
                    Code::DuplicateName,
                    item.span,
                    format!("{} stands here twice", target.url),
                )
                .help("its requests would be counted twice; keep one of them");
        }
        targets.push(target);
    }
    (targets.len() == items.len()).then_some(ScrapeSource {
        targets,
        timeout: timeout?,
    })
}

fn target(reader: &mut Reader<'_>, node: &Node) -> Option<ScrapeTarget> {
    let mut fields = reader.open(node, &TARGET)?;
    let url = fields.take("url").and_then(|node| reader.url(node));
    let labels = fields
        .take("labels")
        .map_or(Some(BTreeMap::new()), |node| labels(reader, node));
    fields.done();
    Some(ScrapeTarget {
        url: url?,
        labels: labels?,
    })
}

fn labels(reader: &mut Reader<'_>, node: &Node) -> Option<BTreeMap<String, String>> {
    let entries = reader.entries(node, "a mapping from labels to values")?;
    let mut labels = BTreeMap::new();
    for entry in entries {
        if !crate::selector::is_label(&entry.key) {
            reader
                .error(
                    Code::BadSelector,
                    entry.key_span,
                    format!("`{}` is not a label name", entry.key),
                )
                .help("letters, digits and `_`, as in track");
            continue;
        }
        if let Some(value) = reader.text(&entry.node) {
            labels.insert(entry.key.clone(), value);
        }
    }
    (labels.len() == entries.len()).then_some(labels)
}
