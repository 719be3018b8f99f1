//! One version of each package that we name ourselves.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::dependencies::declared;
use crate::command;
use crate::finding::{Finding, plural};
use crate::workspace::Workspace;

/// Packages of ours that another package still wants in an older version, and why that is borne.
const BORNE: [(&str, &str); 3] = [
    ("base64", "sqlx 0.9 still reads keys with base64 0.22"),
    ("sha2", "sqlx 0.9 hashes its migrations with sha2 0.10"),
    (
        "unicode-width",
        "miette 7 measures its frames with unicode-width 0.1",
    ),
];

pub fn check(workspace: &Workspace) -> Result<Vec<Finding>> {
    let ours = declared(workspace)?;
    let mut cargo = command::cargo();
    cargo.current_dir(&workspace.root).args([
        "tree",
        "--workspace",
        "--duplicates",
        "--depth=0",
        "--prefix=none",
        "--edges=normal,build,dev",
    ]);
    let duplicates = versions(&command::capture(&mut cargo)?);
    let others = duplicates
        .keys()
        .filter(|name| !ours.contains(name))
        .count();
    if others > 0 {
        println!(
            "  note: {} of others in more than one version",
            plural(others, "package")
        );
    }
    Ok(judge(&ours, &duplicates))
}

/// Reads lines such as `sha2 v0.10.9 (proc-macro) (*)`.
fn versions(tree: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            versions
                .entry(name.to_owned())
                .or_default()
                .insert(version.to_owned());
        }
    }
    // The same version can appear twice with different features.
    versions.retain(|_, found| found.len() > 1);
    versions
}

fn judge(ours: &[String], duplicates: &BTreeMap<String, BTreeSet<String>>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, versions) in duplicates {
        let is_borne = BORNE.iter().any(|(borne, _)| borne == name);
        if ours.contains(name) && !is_borne {
            let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
            findings.push(Finding::new(
                name,
                format!("is built in {} versions: {}", versions.len(), versions.join(", ")),
                format!("choose the version that the others use (`cargo tree --workspace --invert {name}`)"),
            ));
        }
    }
    for (name, why) in BORNE {
        if ours.iter().any(|own| own == name) && !duplicates.contains_key(name) {
            findings.push(Finding::new(
                name,
                format!("is no longer built twice ({why})"),
                "delete its line from BORNE in xtask/src/tidy/duplicates.rs",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(tree: &str) -> String {
        let findings = judge(&["rand".to_owned()], &versions(tree));
        findings.iter().map(Finding::to_string).collect()
    }

    #[test]
    fn our_packages_come_in_one_version() {
        let two = "rand v0.9.1\n\nrand v0.10.3\nsyn v1.0.0 (proc-macro)\nsyn v2.0.0 (*)";
        assert!(judged(two).starts_with("rand: is built in 2 versions: v0.10.3, v0.9.1"));
    }

    #[test]
    fn others_and_the_same_version_twice_are_borne() {
        assert_eq!(
            judged("syn v1.0.0\nsyn v2.0.0\nrand v0.10.3\nrand v0.10.3 (*)"),
            ""
        );
    }
}
