//! The line of milestones.

use crate::cells;
use crate::clock::Clock;
use verification::summary::{Milestone, MilestoneKind, Summary};

/// Milestones shown at most: the first two and the last ones.
const SHOWN: usize = 10;

/// The milestone in a few words.
pub(crate) fn words(summary: &Summary<'_>, what: MilestoneKind) -> &'static str {
    match what {
        MilestoneKind::Sealed if summary.sealed_late => "criteria fixed, late",
        MilestoneKind::Sealed => "criteria fixed",
        MilestoneKind::Started => "watch started",
        MilestoneKind::CanarySeen => "canary seen",
        MilestoneKind::WarmedUp => "warmed up",
        MilestoneKind::Failing => "failing",
        MilestoneKind::CannotSee => "cannot see",
        MilestoneKind::RollBackDecided => "roll back",
        MilestoneKind::RolledBack => "rolled back",
        MilestoneKind::Recovered => "recovered",
        MilestoneKind::NotRecovered => "not recovered",
        MilestoneKind::Held => "held",
        MilestoneKind::Released => "released",
        MilestoneKind::Confirmed => "confirmed",
        MilestoneKind::ReviewAsked => "review asked",
    }
}

/// `13:52 UTC criteria fixed   14:00 canary seen   14:06 failing`, wrapped between milestones. A day is named where it changes.
pub(crate) fn lines(summary: &Summary<'_>, clock: &Clock<'_>, columns: usize) -> Vec<String> {
    let mut entries = Vec::new();
    let mut day = None;
    let seen = summary
        .timeline
        .iter()
        .find(|milestone| milestone.what == MilestoneKind::CanarySeen);
    // A watch that starts with the canary has one mark for both.
    let all: Vec<&Milestone> = summary
        .timeline
        .iter()
        .filter(|milestone| {
            milestone.what != MilestoneKind::Started
                || seen.is_none_or(|seen| clock.at(seen.at) != clock.at(milestone.at))
        })
        .collect();
    let left_out = all.len().saturating_sub(SHOWN);
    for (at, milestone) in all.iter().enumerate() {
        if left_out > 0 && at == 2 {
            entries.push(format!("({left_out} more)"));
        }
        if left_out > 0 && (2..2 + left_out).contains(&at) {
            continue;
        }
        let date = clock.day(milestone.at);
        let first = day.is_none();
        let new_day = day.as_ref().is_some_and(|day| *day != date);
        let zone = if first {
            format!(" {}", clock.zone_name(milestone.at))
        } else {
            String::new()
        };
        let date_text = if new_day || (first && !clock.is_today(milestone.at)) {
            format!("{date} ")
        } else {
            String::new()
        };
        entries.push(format!(
            "{date_text}{}{zone} {}",
            clock.time_of_day(milestone.at),
            words(summary, milestone.what)
        ));
        day = Some(date);
    }
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        let entry = cells::clean(&entry);
        match lines.last_mut() {
            Some(line) if cells::width(line) + 3 + cells::width(&entry) <= columns => {
                line.push_str("   ");
                line.push_str(&entry);
            }
            _ => lines.extend(cells::wrap(&entry, columns)),
        }
    }
    lines
}
