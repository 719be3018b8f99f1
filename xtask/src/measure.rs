//! `cargo xtask bench`: runs the measurements in release and writes docs/benchmarks.md.

use anyhow::Result;

use crate::command::{cargo, run};
use crate::workspace::Workspace;

/// Where the tables go, from the root.
const TABLES: &str = "docs/benchmarks.md";

/// Runs the measurements called `names`, or all; their sections replace the old ones, other sections stay.
///
/// # Errors
/// If they cannot be built, or one fails.
pub fn measure(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut bench = cargo();
    bench
        .current_dir(&workspace.root)
        .args([
            "run",
            "--release",
            "--package",
            "bench",
            "--",
            "--write",
            TABLES,
        ])
        .args(arguments);
    run(&mut bench)
}
