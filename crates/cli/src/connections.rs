//! Reading the connections file.

use crate::context::Context;
use crate::exit_reason::Failure;
use plan::Connections;
use std::path::{Path, PathBuf};

/// A connections file that was read.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What it holds.
    pub connections: Connections,
    /// Folder from which its paths are meant.
    pub folder: PathBuf,
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// The text, where it came from options instead of a file.
    pub text: Option<String>,
}

impl Loaded {
    /// Where it is, for messages.
    pub fn place(&self) -> String {
        self.path.as_ref().map_or_else(
            || "shakedown.yaml (there is none here)".to_owned(),
            |path| path.display().to_string(),
        )
    }
}

/// The connections of a command; none is no trouble until a name is looked for.
pub fn of_context(context: &Context) -> Result<Loaded, Failure> {
    context
        .config
        .as_ref()
        .map_or_else(|| Ok(Loaded::default()), |path| load(context, path))
}

/// Reads a connections file and keeps where it is.
pub fn load(context: &Context, path: &Path) -> Result<Loaded, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::file("read the connections in", path, &error))?;
    let name = path.display().to_string();
    let parsed = plan::connections(&text, &name);
    match parsed.connections {
        Some(connections) => {
            let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
            Ok(Loaded {
                connections,
                folder,
                path: Some(path.to_path_buf()),
                text: None,
            })
        }
        None => Err(Failure::listed(&plan::render(
            &parsed.problems,
            &text,
            &name,
            context.terminal.style(),
        ))),
    }
}
