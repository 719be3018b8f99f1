//! A first connections file for `shakedown init`.

use super::yaml_text::{quoted, scalar};
use core::fmt::Write;

/// What a first connections file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstConnections {
    /// Name of the source, as the plan uses it.
    pub name: String,
    /// The source.
    pub source: FirstSource,
    /// A roll-back command: its name and its program with arguments.
    pub roll_back: Option<(String, Vec<String>)>,
}

/// The source of a first connections file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstSource {
    /// Address of a Prometheus-compatible server.
    Prometheus(String),
    /// Addresses of metrics pages, each with labels (as `track`, `canary`).
    Scrape(Vec<(String, Vec<(String, String)>)>),
}

/// A commented connections file. It parses without problems if the addresses are good.
#[must_use]
pub fn first_connections(first: &FirstConnections) -> String {
    let mut out = String::new();
    // Writing to a text cannot fail.
    let _ = write_file(&mut out, first);
    out
}

fn write_file(out: &mut String, first: &FirstConnections) -> core::fmt::Result {
    write!(
        out,
        "# yaml-language-server: $schema=./connections.schema.json      (written by: shakedown schema connections)
# Where shakedown reads and acts. Secrets never stand here: keys that end in -file or -env say where they are.
connections: 1
# ledger: ./shakedown.db

sources:
  {}:
",
        scalar(&first.name)
    )?;
    match &first.source {
        FirstSource::Prometheus(url) => write!(
            out,
            "    kind: prometheus
    url: {}
    # bearer-token-file: /run/secrets/prometheus-token
    # match: 'cluster=\"…\"'    added to every selector
",
            quoted(url)
        )?,
        FirstSource::Scrape(targets) => {
            writeln!(
                out,
                "    kind: scrape\n    targets: # one for each pod; the labels tell the sides apart"
            )?;
            for (url, labels) in targets {
                let labels: Vec<String> = labels
                    .iter()
                    .map(|(label, value)| format!("{}: {}", scalar(label), quoted(value)))
                    .collect();
                writeln!(
                    out,
                    "      - {{url: {}, labels: {{{}}}}}",
                    quoted(url),
                    labels.join(", ")
                )?;
            }
        }
    }
    writeln!(out)?;
    match &first.roll_back {
        Some((name, argv)) => {
            let argv: Vec<String> = argv.iter().map(quoted).collect();
            write!(
                out,
                "actions:
  {}:
    kind: command
    argv: [{}]
    # check: [program, arguments]    ends with status 0 when the rollback is done: without it nobody can tell after a crash
    time-limit: 5m
",
                scalar(name),
                argv.join(", ")
            )?;
        }
        None => write!(
            out,
            "# actions:    what changes production; a plan names it as run: haproxy/checkout
#   haproxy/checkout: {{kind: haproxy, address: 'unix:/run/haproxy/admin.sock', backend: checkout, servers: [canary-1]}}
"
        )?,
    }
    write!(
        out,
        "
# receivers:    who hears of pages, tickets and reviews; a plan names them as send: pager
#   pager: {{kind: webhook, url-env: PAGER_URL, secret-env: PAGER_SECRET}}
"
    )
}
