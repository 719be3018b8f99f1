//! One-way arrows between the rooms, and the purity of the inner ones.

mod edges;
mod purity;
mod table;
#[cfg(test)]
mod tests;

use anyhow::Result;

use crate::finding::{fail_on, plural};
use crate::workspace::Workspace;

/// Fails on every arrow that is not drawn and every impure name; returns what was looked at.
///
/// # Errors
/// If there is a finding, or a source file cannot be read.
pub fn check(workspace: &Workspace) -> Result<String> {
    let mut findings = edges::check(workspace);
    findings.extend(purity::check(workspace)?);
    fail_on(findings)?;
    let arrows = workspace
        .rooms
        .iter()
        .flat_map(|room| &room.uses)
        .filter(|used| used.room.is_some())
        .count();
    Ok(format!(
        "{} and {} keep to the drawing",
        plural(workspace.rooms.len(), "room"),
        plural(arrows, "arrow")
    ))
}
