//! Reading a plan file and its connections.

use crate::connections::{self, Loaded};
use crate::context::Context;
use crate::exit_reason::{Code, Failure};
use plan::{Parsed, Problem};
use std::path::Path;
use verification::terms::Plan;

/// A plan that is valid in itself and against its connections.
#[derive(Clone, Debug)]
pub struct PlanFile {
    /// The plan.
    pub plan: Plan,
    /// Its text.
    pub text: String,
    /// Its file's name.
    pub file: String,
    /// Warnings.
    pub warnings: Vec<Problem>,
    /// The connections.
    pub loaded: Loaded,
}

/// Reads a plan; every problem is in the failure.
pub fn read(context: &Context, path: &Path) -> Result<PlanFile, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::file("read the plan in", path, &error)
            .hint("`shakedown init` writes a first plan from what your metrics offer")
    })?;
    let loaded = connections::of_context(context)?;
    check(context, text, path.display().to_string(), loaded)
}

/// Checks a plan's text against its connections.
pub fn check(
    context: &Context,
    text: String,
    file: String,
    loaded: Loaded,
) -> Result<PlanFile, Failure> {
    let parsed = plan::parse(&text, &file);
    let problems = problems(&parsed, &loaded);
    if problems.iter().any(|problem| problem.is_error()) {
        let failure = Failure::listed(&rendered(context, &problems, &text, &file));
        return Err(match no_connections(&loaded) {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    let Parsed {
        plan: Some(plan), ..
    } = parsed
    else {
        return Err(Failure::new(
            Code::Bug,
            format!("{file} gives no plan and no problem"),
        ));
    };
    Ok(PlanFile {
        plan,
        text,
        file,
        warnings: problems,
        loaded,
    })
}

/// All problems of a plan, those of its references included.
pub fn problems(parsed: &Parsed, loaded: &Loaded) -> Vec<Problem> {
    let mut problems = parsed.problems.clone();
    problems.extend(plan::resolve(parsed, &loaded.connections));
    problems
}

/// What to do where names are looked up and there is no connections file at all.
pub fn no_connections(loaded: &Loaded) -> Option<&'static str> {
    (loaded.path.is_none() && loaded.text.is_none()).then_some(
        "there is no shakedown.yaml here or beside the plan: name one with --config; `shakedown init` writes one",
    )
}

/// Problems as people read them.
pub fn rendered(context: &Context, problems: &[Problem], text: &str, file: &str) -> String {
    plan::render(problems, text, file, context.terminal.style())
}
