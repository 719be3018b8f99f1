//! Rules about files and manifests that no compiler knows.

mod dependencies;
mod duplicates;
mod layout;
mod links;
mod places;
mod skipped_tests;
#[cfg(test)]
mod tests;
mod wording;

use anyhow::Result;

use crate::finding::{Finding, fail_on, plural};
use crate::module_tree::{Module, modules, orphans};
use crate::workspace::{Room, Workspace};

/// A room with its source, read once for all rules.
struct RoomSource<'a> {
    room: &'a Room,
    modules: Vec<Module>,
}

/// Checks all rules; returns what was looked at.
///
/// # Errors
/// If a rule is broken, or a file cannot be read.
pub fn check(workspace: &Workspace) -> Result<String> {
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for room in &workspace.rooms {
        let modules = modules(&room.folder)?;
        findings.extend(orphaned(workspace, room, &modules)?);
        sources.push(RoomSource { room, modules });
    }
    let layout = layout::check(workspace)?;
    findings.extend(layout.findings);
    findings.extend(places::check(workspace)?);
    findings.extend(links::check(workspace)?);
    findings.extend(dependencies::check(workspace, &sources)?);
    findings.extend(duplicates::check(workspace)?);
    for source in &sources {
        findings.extend(skipped_tests::check(workspace, source)?);
        findings.extend(wording::check(workspace, source));
    }
    for warning in &layout.warnings {
        println!("  note: {warning}");
    }
    fail_on(findings)?;
    Ok(format!("{} in order", plural(layout.files, "source file")))
}

fn orphaned(workspace: &Workspace, room: &Room, modules: &[Module]) -> Result<Vec<Finding>> {
    let orphans = orphans(&room.folder, modules)?;
    Ok(orphans
        .iter()
        .map(|path| {
            Finding::new(
                crate::files::shown(&workspace.root, path),
                "no module declares this file, so that it is never compiled",
                "declare it with `mod`, or delete it",
            )
        })
        .collect())
}
