//! What changes production, and who hears of it.

use super::secrets::{headers, secret, variable};
use super::{
    Action, CommandAction, HaproxyAction, HaproxyAddress, Secret, ServerState, SplitterAction,
    WebhookAction, WebhookUrl,
};
use crate::fields::Fields;
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::table::Kinds;
use crate::tree::{Node, Value};
use core::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);
/// Weights are set in memory: a longer wait means that the proxy is not there.
const WEIGHT_LIMIT: Duration = Duration::from_secs(5);
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
const WEBHOOK_LIMIT: Duration = Duration::from_secs(10);
/// Largest weight of the built-in splitter, and of HAProxy.
const MOST_SPLITTER_WEIGHT: u32 = 1000;
const MOST_HAPROXY_WEIGHT: u32 = 256;
/// Longest argument that is taken, in bytes; systems refuse single arguments above 128 KiB.
const LONGEST_ARGUMENT: usize = 65_536;

pub(super) fn action(
    reader: &mut Reader<'_>,
    node: &Node,
    name: &str,
    name_span: Span,
    kinds: &'static Kinds,
) -> Option<Action> {
    let (kind, mut fields) = reader.open_kind(node, kinds, name, name_span)?;
    let action = match kind.word {
        "splitter" => splitter(reader, &mut fields).map(Action::Splitter),
        "haproxy" => haproxy(reader, &mut fields).map(Action::Haproxy),
        "command" => command(reader, &mut fields).map(Action::Command),
        _ => webhook(reader, &mut fields, name_span).map(Action::Webhook),
    };
    fields.done();
    action
}

fn time_limit(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    default: Duration,
) -> Option<Duration> {
    fields.take("time-limit").map_or(Some(default), |node| {
        reader.duration_between(node, SHORTEST, LONGEST)
    })
}

fn splitter(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<SplitterAction> {
    let url = fields.take("url").and_then(|node| reader.url(node));
    let group = fields.take("group").and_then(|node| reader.text(node));
    let weight = fields.take("weight").map_or(Some(0), |node| {
        reader.whole_between(node, 0, MOST_SPLITTER_WEIGHT)
    });
    let token = secret(reader, fields, "token-file", "token-env");
    let time_limit = time_limit(reader, fields, WEIGHT_LIMIT);
    Some(SplitterAction {
        token,
        url: url?,
        group: group?,
        weight: weight?,
        time_limit: time_limit?,
    })
}

fn haproxy(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<HaproxyAction> {
    let address = fields
        .take("address")
        .and_then(|node| address(reader, node));
    let backend = fields
        .take("backend")
        .and_then(|node| proxy_name(reader, node));
    let servers = fields.take("servers").and_then(|node| {
        let items = reader.one_or_more(node);
        if items.is_empty() {
            reader
                .error(Code::NoValue, node.span, "no server is named")
                .help("name the servers that run the new version");
            return None;
        }
        items
            .into_iter()
            .map(|item| proxy_name(reader, item))
            .collect::<Option<Vec<_>>>()
    });
    let weight = fields.take("weight").map_or(Some(0), |node| {
        reader.whole_between(node, 0, MOST_HAPROXY_WEIGHT)
    });
    let state = fields.take("state").map_or(Some(None), |node| {
        let word = reader.word(node, &["drain", "maint"])?;
        Some(Some(if word == "drain" {
            ServerState::Drain
        } else {
            ServerState::Maint
        }))
    });
    let time_limit = time_limit(reader, fields, WEIGHT_LIMIT);
    Some(HaproxyAction {
        address: address?,
        backend: backend?,
        servers: servers?,
        weight: u16::try_from(weight?).ok()?,
        state: state?,
        time_limit: time_limit?,
    })
}

fn address(reader: &mut Reader<'_>, node: &Node) -> Option<HaproxyAddress> {
    let text = reader.text(node)?;
    if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
        return Some(HaproxyAddress::Unix(path.to_owned()));
    }
    if let Some(address) = text.strip_prefix("tcp:")
        && let Some((host, port)) = address.rsplit_once(':')
        && !host.is_empty()
        && port.parse::<u16>().is_ok_and(|port| port > 0)
    {
        return Some(HaproxyAddress::Tcp(address.to_owned()));
    }
    reader
        .error(
            Code::BadAddress,
            node.span,
            format!("`{text}` is neither a unix socket nor a TCP address"),
        )
        .help("write unix:/run/haproxy/admin.sock or tcp:127.0.0.1:9999");
    None
}

/// Names go into the runtime API's commands as they are: a blank or `;` would end the command and begin another.
fn proxy_name(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    if text
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "-_.:".contains(character))
    {
        return Some(text);
    }
    reader
        .error(
            Code::BadAddress,
            node.span,
            format!("`{text}` is not a name that HAProxy can have"),
        )
        .help("letters, digits, `-`, `_`, `.` and `:`");
    None
}

fn command(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Option<CommandAction> {
    let shell = fields
        .take("shell")
        .map_or(Some(false), |node| reader.flag(node));
    let argv = fields
        .take("argv")
        .and_then(|node| arguments(reader, node, shell?));
    let check = fields
        .take("check")
        .map_or(Some(None), |node| arguments(reader, node, shell?).map(Some));
    let time_limit = time_limit(reader, fields, COMMAND_LIMIT);
    let idempotent = fields
        .take("idempotent")
        .map_or(Some(false), |node| reader.flag(node));
    let environment = fields.take("environment").map_or(Some(Vec::new()), |node| {
        reader
            .one_or_more(node)
            .into_iter()
            .map(|item| variable(reader, item))
            .collect::<Option<Vec<_>>>()
    });
    Some(CommandAction {
        argv: argv?,
        check: check?,
        shell: shell?,
        time_limit: time_limit?,
        idempotent: idempotent?,
        environment: environment?,
    })
}

fn arguments(reader: &mut Reader<'_>, node: &Node, shell: bool) -> Option<Vec<String>> {
    match &node.value {
        Value::List(_) if shell => {
            reader
                .error(
                    Code::WrongType,
                    node.span,
                    "a shell takes one text, not a list",
                )
                .help("write one text, or remove `shell: true`, which is safer");
            None
        }
        Value::List(items) => {
            if items.is_empty() {
                reader.error(Code::NoValue, node.span, "the command is empty");
                return None;
            }
            items.iter().map(|item| argument(reader, item)).collect()
        }
        Value::Scalar { text, .. } if !shell => {
            let words: Vec<&str> = text.split_whitespace().collect();
            reader
                .error(
                    Code::WrongType,
                    node.span,
                    "a list of program and arguments is needed here, not one text",
                )
                .help(format!(
                    "write [{}], or set `shell: true` to run it through /bin/sh",
                    words.join(", ")
                ));
            None
        }
        Value::Scalar { .. } => argument(reader, node)
            .filter(|text| !text.trim().is_empty())
            .map(|text| vec![text]),
        Value::Map(_) => {
            reader.wrong_type(node, "a list of program and arguments");
            None
        }
    }
}

fn argument(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.scalar(node, "a text")?;
    if text.contains('\0') || text.len() > LONGEST_ARGUMENT {
        reader.error(
            Code::WrongType,
            node.span,
            "this cannot be an argument of a program",
        );
        return None;
    }
    Some(text.to_owned())
}

fn webhook(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    name_span: Span,
) -> Option<WebhookAction> {
    let url = webhook_url(reader, fields, name_span);
    let signed = secret(reader, fields, "secret-file", "secret-env");
    let headers = headers(reader, fields);
    let time_limit = time_limit(reader, fields, WEBHOOK_LIMIT);
    let idempotent = fields
        .take("idempotent")
        .map_or(Some(false), |node| reader.flag(node));
    let check_url = fields
        .take("check-url")
        .map_or(Some(None), |node| reader.url(node).map(Some));
    Some(WebhookAction {
        url: url?,
        secret: signed,
        headers,
        time_limit: time_limit?,
        idempotent: idempotent?,
        check_url: check_url?,
    })
}

fn webhook_url(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    name_span: Span,
) -> Option<WebhookUrl> {
    let plain = fields.take_entry("url");
    let kept: Option<Secret> = secret(reader, fields, "url-file", "url-env");
    match (plain, kept) {
        (Some(entry), Some(_)) => {
            reader
                .error(
                    Code::KeysConflict,
                    entry.key_span,
                    "the address is given twice",
                )
                .help("keep one of `url`, `url-file` and `url-env`");
            None
        }
        (Some(entry), None) => reader.url(&entry.node).map(WebhookUrl::Plain),
        (None, Some(secret)) => Some(WebhookUrl::Secret(secret)),
        (None, None) => {
            let stands = ["url", "url-file", "url-env"]
                .iter()
                .any(|key| fields.stands(key));
            if !stands && !reader.truncated {
                reader
                    .error(Code::MissingKey, name_span, "the webhook has no address")
                    .help("add `url`, or `url-file` or `url-env` where the address is a secret");
            }
            None
        }
    }
}
