//! `shakedown init`: a first plan and its connections, from what a source offers.

use crate::answer::answer_line;
use crate::arguments::Init;
use crate::context::Context;
use crate::exit_reason::{Code, Done, Failure};
use crate::offering;
use core::time::Duration;
use plan::{FirstConnections, FirstPlan, HttpPreset, Offer};
use std::path::Path;
use std::process::ExitCode;
use verification::terms::{CanaryChoice, SideRule};

/// How long a sample may be late where a server scrapes for us.
const LATENESS: Duration = Duration::from_secs(15);

/// Writes both files; none of them where one cannot be written.
pub async fn run(context: &Context, arguments: &Init) -> Done {
    let named = offering::named(&arguments.from)?;
    let plan_path = arguments
        .into
        .join(format!("{}.watch.yaml", file_name(&arguments.service)));
    let connections_path = arguments.into.join("shakedown.yaml");
    if !arguments.force {
        for path in [&plan_path, &connections_path] {
            if path.exists() {
                return Err(Failure::new(
                    Code::Usage,
                    format!("{} is there already; nothing was written", path.display()),
                )
                .hint("--force writes over it, --into FOLDER writes elsewhere"));
            }
        }
    }
    let offer = offering::ask(context, &named, &arguments.service).await?;
    let about = FirstPlan {
        service: arguments.service.clone(),
        source: named.name.to_owned(),
        roll_back: None,
        page: None,
        lateness: if named.scraped {
            Duration::ZERO
        } else {
            LATENESS
        },
    };
    let text = match &arguments.by {
        None => plan::first_plan(&offer, &about),
        Some(label) => preset(&offer, &about, label)?,
    };
    let connections = plan::first_connections(&FirstConnections {
        name: named.name.to_owned(),
        source: named.first,
        roll_back: None,
    });
    std::fs::create_dir_all(&arguments.into)
        .map_err(|error| Failure::file("make the folder", &arguments.into, &error))?;
    write(&plan_path, &text)?;
    if let Err(failure) = write(&connections_path, &connections) {
        let _ = std::fs::remove_file(&plan_path);
        return Err(failure);
    }
    answer_line!(
        "Wrote {} and {}.",
        plan_path.display(),
        connections_path.display()
    )?;
    let parsed = plan::parse(&text, &plan_path.display().to_string());
    answer_line!(
        "{}",
        plan::counted(&parsed.problems, &plan_path.display().to_string())
    )?;
    answer_line!(
        "Read the plan, then: shakedown validate {}",
        plan_path.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The preset by the label that was named.
fn preset(offer: &Offer, about: &FirstPlan, label: &str) -> Result<String, Failure> {
    let metrics = plan::recognise(offer, &about.service).ok_or_else(|| {
        Failure::new(
            Code::PlanInvalid,
            format!(
                "no counter of requests with a status was recognised for {}",
                about.service
            ),
        )
        .hint("without --by, `init` writes a plan that lists what there is")
    })?;
    let sides = SideRule::ByLabel {
        label: label.to_owned(),
        canary: CanaryChoice::Newest,
        join: None,
    };
    let mut preset = HttpPreset::new(&about.service, &about.source, metrics, sides);
    preset.lateness = about.lateness;
    Ok(plan::preset_http(&preset))
}

fn file_name(service: &str) -> String {
    service
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.') {
                letter
            } else {
                '-'
            }
        })
        .collect()
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::file("write", path, &error))
}
