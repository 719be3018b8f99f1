//! How long files are and what they are called: one idea each, named after it.

use std::path::Path;

use anyhow::{Context, Result};

use crate::files::{shown, walk};
use crate::finding::Finding;
use crate::module_tree::roots_in;
use crate::workspace::Workspace;

/// More lines than this are worth a look.
const LONG: usize = 500;
/// More lines than this hold more than one idea.
const TOO_LONG: usize = 700;

/// Names that say nothing of what is inside, so that everything ends up there.
const EMPTY_NAMES: [&str; 9] = [
    "common", "helper", "helpers", "imp", "manager", "misc", "stuff", "util", "utils",
];

pub struct Layout {
    pub findings: Vec<Finding>,
    pub warnings: Vec<String>,
    pub files: usize,
}

pub fn check(workspace: &Workspace) -> Result<Layout> {
    let mut layout = Layout {
        findings: Vec::new(),
        warnings: Vec::new(),
        files: 0,
    };
    let mut files = Vec::new();
    walk(&workspace.root, &mut files)?;
    for file in files.iter().filter(|file| is_source(file)) {
        layout.files += 1;
        let place = shown(&workspace.root, file);
        let source = std::fs::read_to_string(file).with_context(|| format!("reading {place}"))?;
        layout.judge_length(&place, source.lines().count());
        layout.judge_name(&place);
    }
    for room in &workspace.rooms {
        let binaries = roots_in(&room.folder.join("tests"))?;
        if binaries.len() > 1 {
            layout.findings.push(Finding::new(
                shown(&workspace.root, &room.folder.join("tests")),
                format!(
                    "{} test programs, and each is linked by itself",
                    binaries.len()
                ),
                "make them modules of tests/it/main.rs",
            ));
        }
    }
    Ok(layout)
}

fn is_source(file: &Path) -> bool {
    matches!(
        file.extension().and_then(|extension| extension.to_str()),
        Some("rs" | "ts")
    )
}

impl Layout {
    fn judge_length(&mut self, place: &str, lines: usize) {
        if lines > TOO_LONG {
            self.findings.push(Finding::new(
                place,
                format!("{lines} lines, at most {TOO_LONG} are allowed"),
                "find the second idea in it and give it a file with its name",
            ));
        } else if lines > LONG {
            self.warnings.push(format!(
                "{place} has {lines} lines; about {LONG} is the aim"
            ));
        }
    }

    fn judge_name(&mut self, place: &str) {
        let parts = Path::new(place).with_extension("");
        let empty = parts
            .iter()
            .filter_map(|part| part.to_str())
            .find(|part| EMPTY_NAMES.contains(part));
        if let Some(name) = empty {
            self.findings.push(Finding::new(
                place,
                format!("`{name}` does not say what is inside"),
                "name it after the one thing it holds",
            ));
        }
    }
}
