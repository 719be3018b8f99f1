//! Documents name files that exist.

use std::path::Path;

use anyhow::Result;

use crate::files::{shown, walk};
use crate::finding::Finding;
use crate::workspace::Workspace;

/// Folders whose files are named in documents by their path from the root.
const FOLDERS: [&str; 8] = [
    ".ci/",
    ".config/",
    "crates/",
    "docs/",
    "e2e/",
    "examples/",
    "web/",
    "xtask/",
];

pub fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut files = Vec::new();
    walk(&workspace.root, &mut files)?;
    let mut findings = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "md"))
    {
        // Samples with broken text are none of our documents.
        let Ok(text) = std::fs::read_to_string(file) else {
            continue;
        };
        let beside = file.parent().unwrap_or(&workspace.root);
        for (number, line) in text.lines().enumerate() {
            let missing = linked(line)
                .filter(|target| !beside.join(target).exists())
                .chain(named(line).filter(|path| !workspace.root.join(path).exists()));
            findings.extend(missing.map(|target| {
                Finding::new(
                    format!("{}:{}", shown(&workspace.root, file), number + 1),
                    format!("names `{target}`, which does not exist"),
                    "correct the path, or write the file",
                )
            }));
        }
    }
    Ok(findings)
}

/// Returns the targets of `[text](target)` that are files, without their anchors.
fn linked(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#', ' ']).next())
        .filter(|target| {
            !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:")
        })
}

/// Returns the paths from the root between backticks, patterns left out.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|name| {
        let is_plain = name
            .chars()
            .all(|c| c.is_alphanumeric() || "/._-".contains(c));
        is_plain
            && FOLDERS.iter().any(|folder| name.starts_with(folder))
            && Path::new(name).is_relative()
    })
}
