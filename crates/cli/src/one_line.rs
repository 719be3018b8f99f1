//! A watch without a plan file: the HTTP preset, from a few options.

use crate::arguments::Watch;
use crate::connections::Loaded;
use crate::context::Context;
use crate::exit_reason::{Code, Failure};
use crate::keeping::beside;
use crate::offering::{self, Named, TRACK};
use crate::plan_file::{self, PlanFile};
use core::time::Duration;
use ledger::WatchId;
use plan::{FirstConnections, HttpPreset, RollBack};
use std::fmt::Write;
use std::path::Path;
use verification::terms::{CanaryChoice, MatchOp, Matcher, SideRule};

/// How long a sample may be late where a server scrapes for us.
const LATENESS: Duration = Duration::from_secs(15);

/// The plan that the options imply, with its connections.
pub async fn plan_of(
    context: &Context,
    service: &str,
    arguments: &Watch,
) -> Result<PlanFile, Failure> {
    let named = offering::named(&arguments.from)?;
    let offer = offering::ask(context, &named, service).await?;
    let metrics = plan::recognise(&offer, service).ok_or_else(|| {
        Failure::new(
            Code::PlanInvalid,
            format!("no counter of requests with a status was recognised for {service}"),
        )
        .hint("`shakedown init` lists what there is and writes a plan to complete")
    })?;
    let mut preset = HttpPreset::new(service, named.name, metrics, sides(&named, arguments)?);
    preset.watch_for = arguments.length;
    preset.lateness = if named.scraped {
        Duration::ZERO
    } else {
        LATENESS
    };
    preset.roll_back = arguments.roll_back.as_ref().map(|_| RollBack {
        run: "command/roll-back".to_owned(),
        target: None,
    });
    preset.page = arguments.page.as_ref().map(|_| "command/page".to_owned());
    let text = plan::preset_http(&preset);
    let connections = connections_text(&named, arguments)?;
    let parsed = plan::connections(&connections, "the options' connections");
    let Some(found) = parsed.connections else {
        return Err(Failure::new(
            Code::Usage,
            plan::render(
                &parsed.problems,
                &connections,
                "the options' connections",
                context.terminal.style(),
            ),
        ));
    };
    let loaded = Loaded {
        connections: found,
        folder: std::env::current_dir().unwrap_or_default(),
        path: None,
        text: Some(connections),
    };
    plan_file::check(context, text, format!("preset for {service}"), loaded)
}

/// Keeps the connections beside the ledger, so that a keeper can be started again without the options.
pub fn keep_connections(file: &PlanFile, ledger: &Path, watch: WatchId) -> Result<(), Failure> {
    let Some(text) = &file.loaded.text else {
        return Ok(());
    };
    let path = beside(ledger, watch, "shakedown.yaml");
    std::fs::write(&path, text).map_err(|error| Failure::file("write", &path, &error))
}

fn sides(named: &Named, arguments: &Watch) -> Result<SideRule, Failure> {
    if let Some(label) = &arguments.by {
        return Ok(SideRule::ByLabel {
            label: label.clone(),
            canary: CanaryChoice::Newest,
            join: None,
        });
    }
    if !named.scraped {
        return Err(
            Failure::new(Code::Usage, "how are the versions told apart?")
                .hint("add --by LABEL, as `--by version`: its newest value is the canary"),
        );
    }
    let track = |side: &str| {
        vec![Matcher {
            label: TRACK.to_owned(),
            op: MatchOp::Equal,
            value: side.to_owned(),
        }]
    };
    Ok(SideRule::Matchers {
        canary: track("canary"),
        baseline: track("baseline"),
    })
}

fn connections_text(named: &Named, arguments: &Watch) -> Result<String, Failure> {
    let roll_back = arguments.roll_back.as_deref().map(words).transpose()?;
    let mut text = plan::first_connections(&FirstConnections {
        name: named.name.to_owned(),
        source: named.first.clone(),
        roll_back: roll_back.map(|argv| ("command/roll-back".to_owned(), argv)),
    });
    if let Some(command) = arguments.page.as_deref() {
        let argv = serde_json::to_string(&words(command)?).unwrap_or_default();
        // JSON lists are YAML lists; writing to a text cannot fail.
        let _ = writeln!(
            text,
            "receivers:\n  command/page: {{kind: command, argv: {argv}}}"
        );
    }
    Ok(text)
}

/// A command's words, as a shell would split them; no shell runs it.
fn words(command: &str) -> Result<Vec<String>, Failure> {
    match shell_words::split(command) {
        Ok(words) if !words.is_empty() => Ok(words),
        Ok(_) => Err(Failure::new(Code::Usage, "the command is empty")),
        Err(error) => Err(Failure::new(Code::Usage, format!("`{command}`: {error}"))
            .hint("close every quotation mark")),
    }
}
