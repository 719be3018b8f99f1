//! One thing that is not as it should be, told so that the reader knows what to do.

use std::fmt;

/// A broken rule: where, what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A path with an optional line, or the name of a crate.
    pub place: String,
    pub problem: String,
    pub remedy: String,
}

impl Finding {
    pub fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n    {}", self.place, self.problem, self.remedy)
    }
}

/// Fails with all findings, sorted by place, so that nobody repairs them one run at a time.
///
/// # Errors
/// If there is at least one finding.
pub fn fail_on(mut findings: Vec<Finding>) -> anyhow::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    findings.sort();
    findings.dedup();
    let list: Vec<String> = findings.iter().map(Finding::to_string).collect();
    anyhow::bail!("{}\n{}", plural(list.len(), "finding"), list.join("\n"))
}

/// Returns "1 finding", "2 findings".
pub fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
