//! What cargo knows about the workspace: its rooms, and what each declares to use.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command;

/// The workspace as its manifests declare it.
#[derive(Debug)]
pub struct Workspace {
    pub root: PathBuf,
    pub rooms: Vec<Room>,
}

/// A member crate, called by its folder: the package `shakedown` is the room `cli`.
#[derive(Debug)]
pub struct Room {
    pub name: String,
    pub package: String,
    pub folder: PathBuf,
    pub uses: Vec<Use>,
}

/// One dependency as declared.
#[derive(Debug, Clone)]
pub struct Use {
    /// The package's name in its registry or workspace.
    pub package: String,
    /// The name in source, with `_` for `-`.
    pub source_name: String,
    pub stage: Stage,
    /// The room behind a path dependency on another member.
    pub room: Option<String>,
    /// Version, default features and features, to compare one declaration with another.
    pub shape: String,
}

/// When a dependency is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Run,
    Build,
    Test,
}

impl Workspace {
    /// Reads the manifests below `root`; needs no network.
    ///
    /// # Errors
    /// If cargo finds a manifest that it cannot read.
    pub fn read(root: &Path) -> Result<Self> {
        let mut cargo = command::cargo();
        cargo
            .current_dir(root)
            .args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
        Self::from_metadata(&command::capture(&mut cargo)?)
    }

    fn from_metadata(json: &str) -> Result<Self> {
        let metadata: Value = serde_json::from_str(json).context("reading `cargo metadata`")?;
        let root = PathBuf::from(text(&metadata, "workspace_root"));
        let packages = list(&metadata, "packages");
        let folders: Vec<PathBuf> = packages.iter().map(folder).collect();
        let rooms = packages.iter().zip(&folders).map(|(package, folder)| Room {
            name: room_name(folder),
            package: text(package, "name").to_owned(),
            folder: folder.clone(),
            uses: list(package, "dependencies")
                .iter()
                .map(|dependency| read_use(dependency, &folders))
                .collect(),
        });
        Ok(Self {
            rooms: rooms.collect(),
            root,
        })
    }

    /// Returns the room called `name`, if it exists already.
    pub fn room(&self, name: &str) -> Option<&Room> {
        self.rooms.iter().find(|room| room.name == name)
    }
}

impl Room {
    /// Returns what is compiled into the room's product, build scripts included.
    pub fn run_uses(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().filter(|used| used.stage != Stage::Test)
    }
}

fn read_use(dependency: &Value, folders: &[PathBuf]) -> Use {
    let package = text(dependency, "name");
    let renamed = dependency["rename"].as_str().unwrap_or(package);
    let mut features: Vec<&str> = list(dependency, "features")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    features.sort_unstable();
    let path = Path::new(text(dependency, "path"));
    Use {
        package: package.to_owned(),
        source_name: renamed.replace('-', "_"),
        stage: match dependency["kind"].as_str() {
            Some("dev") => Stage::Test,
            Some("build") => Stage::Build,
            _ => Stage::Run,
        },
        room: folders
            .iter()
            .find(|folder| folder.as_path() == path)
            .map(|folder| room_name(folder)),
        shape: format!(
            "{} {}[{}]",
            text(dependency, "req"),
            if dependency["uses_default_features"] == true {
                "default + "
            } else {
                ""
            },
            features.join(", ")
        ),
    }
}

fn folder(package: &Value) -> PathBuf {
    let manifest = Path::new(text(package, "manifest_path"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn room_name(folder: &Path) -> String {
    folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}
