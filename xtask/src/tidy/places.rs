//! No file names a folder of the machine it was written on.

use std::path::PathBuf;

use anyhow::Result;

use crate::files::{shown, walk};
use crate::finding::Finding;
use crate::workspace::Workspace;

/// Where people's folders lie; a name must follow. Split so that this file does not accuse itself.
const HOMES: [[&str; 2]; 3] = [["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"]];

pub fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let mut needles: Vec<String> = HOMES.iter().map(|parts| parts.concat()).collect();
    let here = [
        Some(workspace.root.clone()),
        std::env::var_os("HOME").map(PathBuf::from),
    ];
    // A root such as `/` or `/app` is also an ordinary path in a guide.
    needles.extend(
        here.into_iter()
            .flatten()
            .filter(|path| path.iter().count() > 2)
            .map(|path| path.display().to_string()),
    );

    let mut files = Vec::new();
    walk(&workspace.root, &mut files)?;
    let mut findings = Vec::new();
    for file in files {
        // Pictures and other binary files name no folders.
        let Ok(content) = std::fs::read_to_string(&file) else {
            continue;
        };
        for (number, line) in content.lines().enumerate() {
            if let Some(needle) = needles.iter().find(|needle| names_folder(line, needle)) {
                findings.push(Finding::new(
                    format!("{}:{}", shown(&workspace.root, &file), number + 1),
                    format!("names `{needle}`, a folder of one machine"),
                    "use a path relative to the repository, or one that every machine has",
                ));
            }
        }
    }
    Ok(findings)
}

fn names_folder(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + needle.len()..].chars().next();
        // `crates/root/…` and `…/home/` in a web address are no folders of a machine.
        let starts = !before.is_some_and(|c| c.is_alphanumeric() || "._-/*".contains(c));
        let ends = if needle.ends_with('/') {
            after.is_some_and(|c| c.is_alphanumeric() || c == '.')
        } else {
            !after.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_')
        };
        starts && ends
    })
}
