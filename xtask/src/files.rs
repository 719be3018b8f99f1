//! Lists the files of the repository, without what is built or kept by tools.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold no source of ours.
const SKIPPED: [&str; 4] = [".git", "target", "node_modules", "__pycache__"];

/// Adds all files below `folder`, sorted by path; a missing folder has none.
///
/// # Errors
/// If a folder cannot be read.
pub fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut entries = Vec::new();
    for entry in
        std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?
    {
        entries.push(entry?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_file() {
            files.push(entry.path());
        } else if kind.is_dir() && !SKIPPED.iter().any(|name| entry.file_name() == *name) {
            walk(&entry.path(), files)?;
        }
    }
    Ok(())
}

/// Returns the path below `root`, as it is shown to people.
pub fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .display()
        .to_string()
}
