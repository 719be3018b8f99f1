//! Secrets stand elsewhere: the file only says where.

use crate::fields::Fields;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;

/// Where a secret stands. Its value is read when it is used, never stored and never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// Path of a file that holds nothing else.
    File(String),
    /// Name of an environment variable.
    Env(String),
}

/// One header of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Name.
    pub name: String,
    /// Value.
    pub value: HeaderValue,
}

/// Value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderValue {
    /// As written.
    Plain(String),
    /// Kept elsewhere.
    Secret(Secret),
}

/// A secret that one of two keys names.
pub(super) fn secret(
    reader: &mut Reader<'_>,
    fields: &mut Fields<'_>,
    file: &'static str,
    env: &'static str,
) -> Option<Secret> {
    let in_file = fields.take_entry(file);
    let in_env = fields.take_entry(env);
    if let (Some(_), Some(second)) = (in_file, in_env) {
        reader
            .error(
                Code::KeysConflict,
                second.key_span,
                format!("`{file}` and `{env}` exclude each other"),
            )
            .help("keep one of them");
        return None;
    }
    match (in_file, in_env) {
        (Some(entry), _) => reader.text(&entry.node).map(Secret::File),
        (None, Some(entry)) => variable(reader, &entry.node).map(Secret::Env),
        (None, None) => None,
    }
}

/// The name of an environment variable. A value that is none is likely the secret itself, so it is not repeated.
pub(super) fn variable(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = reader.text(node)?;
    let name = text.strip_prefix('$').unwrap_or(&text).to_owned();
    if !crate::selector::is_label(&name) {
        reader
            .error(
                Code::InlineSecret,
                node.span,
                "this is not the name of an environment variable",
            )
            .help("write the variable's name, as PROMETHEUS_TOKEN, not its value");
        return None;
    }
    Some(name)
}

pub(super) fn headers(reader: &mut Reader<'_>, fields: &mut Fields<'_>) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for key in ["headers", "headers-file", "headers-env"] {
        let Some(node) = fields.take(key) else {
            continue;
        };
        let Some(entries) = reader.entries(node, "a mapping from names to values") else {
            continue;
        };
        for entry in entries {
            let legal = !entry.key.is_empty()
                && entry.key.chars().all(|character| {
                    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
                });
            if !legal {
                reader.error(
                    Code::BadAddress,
                    entry.key_span,
                    format!("`{}` is not the name of a header", entry.key),
                );
                continue;
            }
            if headers
                .iter()
                .any(|earlier| earlier.name.eq_ignore_ascii_case(&entry.key))
            {
                reader.error(
                    Code::DuplicateKey,
                    entry.key_span,
                    format!("the header `{}` stands here twice", entry.key),
                );
            }
            if key == "headers" && looks_secret(&entry.key) {
                reader
                    .error(
                        Code::InlineSecret,
                        entry.node.span,
                        format!(
                            "the header `{}` would put a secret into the file",
                            entry.key
                        ),
                    )
                    .help("move it to `headers-file` or `headers-env`");
                continue;
            }
            let value = match key {
                "headers" => reader.text(&entry.node).map(HeaderValue::Plain),
                "headers-file" => reader
                    .text(&entry.node)
                    .map(|path| HeaderValue::Secret(Secret::File(path))),
                _ => {
                    variable(reader, &entry.node).map(|name| HeaderValue::Secret(Secret::Env(name)))
                }
            };
            headers.extend(value.map(|value| Header {
                name: entry.key.clone(),
                value,
            }));
        }
    }
    headers
}

fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "authorization",
        "cookie",
        "token",
        "secret",
        "password",
        "api-key",
        "apikey",
        "signature",
    ]
    .iter()
    .any(|part| name.contains(part))
}
