//! Holds the declared dependencies against the table.

use super::table::{APART, ARROWS, Arrows, HEAVY};
use crate::finding::Finding;
use crate::workspace::{Room, Stage, Use, Workspace};

/// Returns every dependency that the table does not allow.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in &workspace.rooms {
        match ARROWS.iter().find(|arrows| arrows.room == room.name) {
            Some(arrows) => findings.extend(forbidden(room, arrows)),
            None => findings.push(Finding::new(
                &room.name,
                "the room has no arrows",
                "say what it may use in xtask/src/arrows/table.rs, and draw it in ARCHITECTURE.md",
            )),
        }
        findings.extend(heavy(room));
    }
    for (one, other) in APART {
        findings.extend(meeting(workspace, one, other));
        findings.extend(meeting(workspace, other, one));
    }
    findings
}

fn forbidden(room: &Room, arrows: &Arrows) -> Vec<Finding> {
    let allowed = |used: &Use, target: &str| {
        arrows.uses.contains(&target)
            || (used.stage == Stage::Test && arrows.tests_use.contains(&target))
    };
    room.uses
        .iter()
        .filter_map(|used| {
            let target = used.room.as_deref()?;
            (!allowed(used, target)).then(|| {
                let (whose, list) = match used.stage {
                    Stage::Test => ("tests", [arrows.uses, arrows.tests_use].concat()),
                    _ => ("product", arrows.uses.to_vec()),
                };
                let list = if list.is_empty() {
                    "no other room".to_owned()
                } else {
                    list.join(", ")
                };
                Finding::new(
                    format!("{} → {target}", room.name),
                    format!(
                        "this arrow is not drawn: the {whose} of {} may use {list}",
                        room.name
                    ),
                    "move the code to the room that may use both, or pass the value in; \
                     a new arrow needs a decision record and a line in xtask/src/arrows/table.rs",
                )
            })
        })
        .collect()
}

fn heavy(room: &Room) -> Vec<Finding> {
    let is_of = |used: &Use, package: &str| {
        used.package == package
            || used
                .package
                .strip_prefix(package)
                .is_some_and(|rest| rest.starts_with('-'))
    };
    let mut findings = Vec::new();
    for rule in &HEAVY {
        // Tests may use what they like of these, except what takes minutes to build.
        let in_tests = rule.package == "datafusion";
        let used = room
            .uses
            .iter()
            .find(|used| is_of(used, rule.package) && (in_tests || used.stage != Stage::Test));
        if let Some(used) = used
            && room.name != "bench"
            && !rule.rooms.contains(&room.name.as_str())
        {
            findings.push(Finding::new(
                format!("{} → {}", room.name, used.package),
                format!(
                    "{} belongs to {} alone: {}",
                    rule.package,
                    rule.rooms.join(", "),
                    rule.why
                ),
                "ask one of these rooms for the answer instead of the means",
            ));
        }
    }
    findings
}

/// Returns the way from `one` to `other` through products, if there is any.
fn meeting(workspace: &Workspace, one: &str, other: &str) -> Option<Finding> {
    let way = way(workspace, &mut vec![one.to_owned()], other)?;
    Some(Finding::new(
        way.join(" → "),
        format!("{one} reads production or writes it, {other} does the opposite: they never meet"),
        "let the server bring both together",
    ))
}

fn way(workspace: &Workspace, walked: &mut Vec<String>, goal: &str) -> Option<Vec<String>> {
    let last = walked.last()?.clone();
    if last == goal {
        return Some(walked.clone());
    }
    for used in workspace.room(&last)?.run_uses() {
        let Some(next) = used.room.as_ref().filter(|next| !walked.contains(next)) else {
            continue;
        };
        walked.push(next.clone());
        if let Some(found) = way(workspace, walked, goal) {
            return Some(found);
        }
        walked.pop();
    }
    None
}
