//! Files that are made from the code: the tests compare them, and no step may change them by the way.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::files::{shown, walk};
use crate::workspace::Workspace;

/// Generated files and folders, by path from the root; some come with later rooms.
const GENERATED: [&str; 4] = [
    "Cargo.lock",
    "docs/schema",
    "docs/plan-reference.md",
    "docs/man",
];

/// The generated files as they are now.
#[derive(Debug, PartialEq, Eq)]
pub struct Generated(BTreeMap<String, Vec<u8>>);

impl Generated {
    /// Reads all generated files that exist.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn read(workspace: &Workspace) -> Result<Self> {
        let mut files: Vec<PathBuf> = Vec::new();
        for name in GENERATED {
            let path = workspace.root.join(name);
            if path.is_file() {
                files.push(path);
            } else {
                walk(&path, &mut files)?;
            }
        }
        let mut contents = BTreeMap::new();
        for file in files {
            let name = shown(&workspace.root, &file);
            let content = std::fs::read(&file).with_context(|| format!("reading {name}"))?;
            contents.insert(name, content);
        }
        Ok(Self(contents))
    }

    /// Compares with the files after the run.
    ///
    /// # Errors
    /// If a file came, went or changed.
    pub fn compare(&self, after: &Self) -> Result<String> {
        let names = self.0.keys().chain(after.0.keys());
        let mut changed: Vec<&String> = names
            .filter(|name| self.0.get(*name) != after.0.get(*name))
            .collect();
        changed.sort();
        changed.dedup();
        if changed.is_empty() {
            return Ok(format!("{} as they were", self.0.len()));
        }
        let list: Vec<&str> = changed.iter().map(|name| name.as_str()).collect();
        bail!("changed while the tests ran: {}", list.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Fixture;

    #[test]
    fn changed_new_and_lost_files_are_named() {
        let tree = Fixture::new(&[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"a\"]\nresolver = \"3\"\n",
            ),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nedition = \"2024\"\n",
            ),
            ("a/src/lib.rs", ""),
            ("docs/schema/plan.json", "{}"),
            ("docs/schema/old.json", "{}"),
            ("docs/plan-reference.md", "same"),
        ]);
        let workspace = Workspace::read(tree.path()).unwrap();
        let before = Generated::read(&workspace).unwrap();
        assert!(
            before
                .compare(&Generated::read(&workspace).unwrap())
                .is_ok()
        );

        std::fs::write(tree.path().join("docs/schema/plan.json"), "{1}").unwrap();
        std::fs::write(tree.path().join("docs/schema/new.json"), "{}").unwrap();
        std::fs::remove_file(tree.path().join("docs/schema/old.json")).unwrap();
        let error = before
            .compare(&Generated::read(&workspace).unwrap())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("docs/schema/new.json, docs/schema/old.json, docs/schema/plan.json"),
            "{error}"
        );
    }
}
