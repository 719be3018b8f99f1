//! Writes generated files anew: the tests that compare them write them when asked.

use anyhow::Result;

use crate::command::{cargo, run};
use crate::workspace::Workspace;

/// What can be generated, by the tests whose names contain a word.
#[derive(Debug, Clone, Copy)]
pub enum What {
    /// JSON Schema of the plan and of the connections.
    Schema,
    /// The plan reference and the manual.
    Docs,
}

impl What {
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Schema => &["schema"],
            Self::Docs => &["reference", "manual"],
        }
    }
}

/// Runs the comparing tests with `UPDATE_EXPECTED=1`.
///
/// # Errors
/// If a test cannot be built or run.
pub fn generate(workspace: &Workspace, what: What) -> Result<()> {
    let words: Vec<String> = what
        .words()
        .iter()
        .map(|word| format!("test({word})"))
        .collect();
    let rooms: Vec<String> = ["plan", "report", "cli"]
        .iter()
        .filter_map(|name| workspace.room(name))
        .map(|room| format!("package({})", room.package))
        .collect();
    let filter = format!("({}) & ({})", rooms.join(" + "), words.join(" + "));
    let mut nextest = cargo();
    nextest
        .current_dir(&workspace.root)
        .env("UPDATE_EXPECTED", "1")
        // Workspace-wide, so that nothing is built twice with different features.
        .args(["nextest", "run", "--workspace", "--filterset", &filter]);
    run(&mut nextest)?;
    println!("written; look at `git diff docs`");
    Ok(())
}
