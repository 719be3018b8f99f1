//! Dependencies: each is used, declared once for the workspace, and has the same features everywhere.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use super::RoomSource;
use crate::finding::Finding;
use crate::rust_tokens::Token;
use crate::workspace::{Stage, Workspace};

/// Declared for what it switches on elsewhere, not for a name in the source: room, package, reason.
const SILENT: [(&str, &str, &str); 0] = [];

pub fn check(workspace: &Workspace, sources: &[RoomSource<'_>]) -> Result<Vec<Finding>> {
    let mut findings = unused_in_workspace(workspace)?;
    findings.extend(shapes_that_differ(workspace));
    for source in sources {
        findings.extend(unused_in_room(source));
    }
    Ok(findings)
}

/// Returns the names under `[workspace.dependencies]`.
pub fn declared(workspace: &Workspace) -> Result<Vec<String>> {
    let manifest = workspace.root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("reading {}", manifest.display()))?;
    let lines = text
        .lines()
        .skip_while(|line| line.trim() != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.trim_start().starts_with('['));
    Ok(lines
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| {
            name.trim()
                .trim_matches('"')
                .trim_end_matches(".workspace")
                .to_owned()
        })
        .filter(|name| !name.contains(' '))
        .collect())
}

fn unused_in_workspace(workspace: &Workspace) -> Result<Vec<Finding>> {
    let used: BTreeSet<&str> = workspace
        .rooms
        .iter()
        .flat_map(|room| &room.uses)
        .flat_map(|used| [used.package.as_str(), used.source_name.as_str()])
        .collect();
    Ok(declared(workspace)?
        .iter()
        .filter(|name| !used.contains(name.as_str()))
        .map(|name| {
            Finding::new(
                "Cargo.toml",
                format!("no room uses `{name}`"),
                "delete its line from [workspace.dependencies]",
            )
        })
        .collect())
}

/// One feature set for every package: else cargo builds it once for each command.
fn shapes_that_differ(workspace: &Workspace) -> Vec<Finding> {
    let mut shapes: BTreeMap<&str, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for room in &workspace.rooms {
        for used in room.uses.iter().filter(|used| used.room.is_none()) {
            let rooms = shapes
                .entry(&used.package)
                .or_default()
                .entry(&used.shape)
                .or_default();
            rooms.push(&room.name);
        }
    }
    let differing = shapes.into_iter().filter(|(_, shapes)| shapes.len() > 1);
    differing
        .map(|(package, shapes)| {
            let list: Vec<String> = shapes
                .iter()
                .map(|(shape, rooms)| format!("{shape} in {}", rooms.join(", ")))
                .collect();
            Finding::new(
                package,
                format!("declared in different ways: {}", list.join("; ")),
                "write `workspace = true` everywhere and put all features into [workspace.dependencies]",
            )
        })
        .collect()
}

fn unused_in_room(source: &RoomSource<'_>) -> Vec<Finding> {
    let mut production = BTreeSet::new();
    let mut everywhere = BTreeSet::new();
    for module in &source.modules {
        let names = |tokens: &[Token]| -> Vec<String> {
            tokens
                .iter()
                .filter_map(|token| token.name().map(str::to_owned))
                .collect()
        };
        production.extend(names(&module.production_tokens()));
        everywhere.extend(names(&module.tokens));
    }
    let room = source.room;
    let is_silent = |package: &str| {
        SILENT
            .iter()
            .any(|(of, silent, _)| *of == room.name && *silent == package)
    };
    let mut findings = Vec::new();
    for used in room.uses.iter().filter(|used| !is_silent(&used.package)) {
        let (problem, remedy) = if !everywhere.contains(&used.source_name) {
            (
                "is declared and never named in the source",
                "delete its line from the room's Cargo.toml",
            )
        } else if used.stage == Stage::Run && !production.contains(&used.source_name) {
            (
                "is named by tests alone",
                "move its line to [dev-dependencies]",
            )
        } else {
            continue;
        };
        findings.push(Finding::new(
            format!("{} → {}", room.name, used.package),
            problem,
            remedy,
        ));
    }
    findings
}
