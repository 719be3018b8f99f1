//! The verdict screen.

use crate::cells;
use crate::clock::{Clock, exact_span, span};
use crate::count;
use crate::frame::{Chain, Frame};
use crate::headline::Headline;
use crate::keys;
use crate::row_view::{RowView, reaction_words};
use crate::seeing;
use crate::situation::Situation;
use crate::table;
use crate::text::{Line, Text};
use crate::timeline;
use crate::what_next;
use verification::decision::{By, Verb};
use verification::intent::OutcomeKind;
use verification::summary::{ActionSummary, Summary};
use verification::terms::DecidedBy;
use verification::verdict::VerdictKind;

/// Columns of the labels below the table.
const LABEL: usize = 11;
/// Actions shown unless all are asked for.
const ACTIONS: usize = 3;
/// Undecided rows up to which a watch without trouble is told in three lines.
const CALM_UNDECIDED: usize = 2;

/// The one screen: the first three lines say what, how bad and what next; the table and the record follow. A watch without
/// trouble is told in three lines and the age of its newest sample, unless `frame.all` asks for everything.
///
/// No line is wider than the frame. Cost: linear in the rows.
#[must_use]
pub fn verdict_screen(summary: &Summary<'_>, frame: &Frame) -> Text {
    let situation = Situation::of(summary);
    let clock = Clock::of(summary, frame);
    let mut text = Text {
        lines: Vec::new(),
        colour: situation.colour(),
    };
    headlines(&mut text, summary, frame);
    if is_calm(summary, &situation) && !frame.all {
        let newest = capitalise_first(&seeing::newest(summary, &clock));
        text.paragraph(
            &format!(
                "{newest}. All criteria: shakedown verdict {} --all",
                frame.watch_id
            ),
            frame.columns(),
            0,
        );
        return text;
    }
    text.blank();
    let rows: Vec<RowView> = summary
        .rows
        .iter()
        .map(|row| RowView::new(summary, row, frame.glyphs, &clock))
        .collect();
    table::table(&mut text, &rows, frame, |kind| situation.colours(kind));
    text.blank();
    footer(&mut text, summary, frame, &clock);
    text
}

fn capitalise_first(text: &str) -> String {
    count::capitalised(text)
}

/// The first three lines.
pub(crate) fn headlines(text: &mut Text, summary: &Summary<'_>, frame: &Frame) {
    let headline = Headline::of(summary, frame);
    let columns = frame.columns();
    let by = headline
        .by
        .as_ref()
        .map_or_else(String::new, |by| format!(" by {by}"));
    let start = Line::default()
        .then_coloured(headline.word, headline.colour.is_some())
        .then(&by);
    let padding = " ".repeat(11_usize.saturating_sub(start.width()).max(2));
    let subject = &headline.subject;
    let used = start.width() + padding.len() + cells::width(subject);
    if used + 2 + cells::width(&headline.watched) <= columns {
        let gap = " ".repeat(columns - used - cells::width(&headline.watched));
        text.push(
            start
                .then(padding)
                .then(subject)
                .then(gap)
                .then(&headline.watched),
        );
    } else if start.width() <= columns {
        text.push(start);
        text.paragraph(&format!("{subject}; {}", headline.watched), columns, 2);
    } else {
        text.push(Line::default().then_coloured(headline.word, headline.colour.is_some()));
        text.paragraph(
            &format!(
                "by {}: {subject}; {}",
                headline.by.unwrap_or_default(),
                headline.watched
            ),
            columns,
            2,
        );
    }
    text.paragraph(&headline.how_bad, columns, 0);
    let keys = keys::line(summary);
    if !frame.live {
        text.paragraph(&headline.what_next, columns, 0);
    } else if cells::width(&headline.what_next) + 4 + cells::width(&keys) <= columns {
        let gap =
            " ".repeat((columns - cells::width(&headline.what_next) - cells::width(&keys)).min(7));
        text.push(Line::plain(format!("{}{gap}{keys}", headline.what_next)));
    } else {
        text.paragraph(&headline.what_next, columns, 0);
        text.paragraph(&keys, columns, 0);
    }
}

/// Watching without trouble: nothing failing, all seen and comparable, few undecided.
fn is_calm(summary: &Summary<'_>, situation: &Situation<'_>) -> bool {
    let number = |kind: VerdictKind| {
        summary
            .rows
            .iter()
            .filter(|row| row.verdict.kind == kind)
            .count()
    };
    let within = number(VerdictKind::Within);
    matches!(situation, Situation::Watching)
        && summary.silent.is_empty()
        && within > 0
        && summary.rows.len() - within == number(VerdictKind::Undecided)
        && number(VerdictKind::Undecided) <= CALM_UNDECIDED
}

fn footer(text: &mut Text, summary: &Summary<'_>, frame: &Frame, clock: &Clock<'_>) {
    let columns = frame.columns();
    let mut label = |label: &str, value: &str| text.block(label, value, columns, LABEL);
    for silent in &summary.silent {
        label("NOT SEEN", &seeing::silent(summary, silent, clock));
    }
    let pods = format!(
        "pods: {} canary, {} baseline",
        summary.pods.canary, summary.pods.baseline
    );
    let noise = seeing::noise(summary).map_or_else(String::new, |noise| format!("; {noise}"));
    label(
        "SEEN",
        &format!(
            "{}; {pods}; {}{noise}",
            seeing::newest(summary, clock),
            count::LOOK.count(u64::from(summary.looks))
        ),
    );
    let hidden = if frame.all {
        0
    } else {
        summary.actions.len().saturating_sub(ACTIONS)
    };
    for action in summary.actions.iter().skip(hidden) {
        label("ACTION", &action_line(action, clock));
    }
    text.blank();
    for line in timeline::lines(summary, clock, columns) {
        text.push(Line::plain(line));
    }
    let mut label = |label: &str, value: &str| text.block(label, value, columns, LABEL);
    label("AUTHORITY", &authority(summary, clock));
    if let Some(runbook) = &summary.plan.runbook {
        label("RUNBOOK", runbook);
    }
    label("RECORD", &record(summary, frame));
}

/// `14:11 roll back by haproxy/checkout: done in 0.1 s`
pub(crate) fn action_line(action: &ActionSummary, clock: &Clock<'_>) -> String {
    let by = action.intent.run.as_ref().map_or_else(
        || " (no receiver in the plan: shown here only)".to_owned(),
        |run| format!(" by {run}"),
    );
    let outcome = match &action.outcome {
        None => "no outcome yet".to_owned(),
        Some(outcome) => {
            let result = match outcome.result {
                OutcomeKind::Done => "done in",
                OutcomeKind::Failed => "failed after",
                OutcomeKind::Unknown => "outcome unknown after",
            };
            let detail = what_next::sentence_end(&outcome.detail);
            let detail = if detail.is_empty() {
                String::new()
            } else {
                format!(": {detail}")
            };
            format!("{result} {}{detail}", exact_span(outcome.took))
        }
    };
    format!(
        "{} {}{by}, {outcome}",
        capitalise_first(&clock.at(action.intent.at)),
        reaction_words(action.intent.reaction)
    )
}

/// `shakedown decides; on-call may object within 2m: plan line 75`
pub(crate) fn authority(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    let human = summary
        .decisions
        .iter()
        .rev()
        .find(|decision| matches!(decision.verb, Verb::RollBack | Verb::Confirm | Verb::Hold));
    let authority = &summary.plan.authority;
    let line = match authority.plan_line {
        0 => "by default".to_owned(),
        line => format!("plan line {line}"),
    };
    let decides = match &authority.roll_back.decided_by {
        DecidedBy::Shakedown => "shakedown".to_owned(),
        DecidedBy::Role(role) => role.clone(),
    };
    let object = authority
        .roll_back
        .objection
        .as_ref()
        .map_or_else(String::new, |objection| {
            let who = if objection.roles.is_empty() {
                "anyone".to_owned()
            } else {
                what_next::roles(&objection.roles)
            };
            format!("; {who} may object within {}", span(objection.within))
        });
    let rule = format!("{decides} decides{object}: {line}");
    match human.map(|decision| (&decision.authority, decision)) {
        Some((By::Human { name, .. }, decision)) => {
            format!(
                "{name} ({} {}); without a human {decides} decides: {line}",
                verb_words(decision.verb),
                clock.on(decision.at)
            )
        }
        _ => rule,
    }
}

/// The verb in words.
pub(crate) const fn verb_words(verb: Verb) -> &'static str {
    match verb {
        Verb::RollBack => "roll back",
        Verb::Page => "page",
        Verb::Ticket => "open a ticket",
        Verb::Review => "ask for review",
        Verb::Hold => "hold",
        Verb::Release => "release",
        Verb::Confirm => "confirm",
    }
}

/// `ledger 1182, chain intact; exit 20; more: shakedown explain 1182`
fn record(summary: &Summary<'_>, frame: &Frame) -> String {
    let mut parts = Vec::new();
    let chain = match frame.chain {
        Chain::NotChecked => String::new(),
        Chain::Intact => ", chain intact".to_owned(),
        Chain::BrokenAt(record) => format!(", CHAIN BROKEN at record {record}"),
    };
    if let Some(last) = frame.last_record {
        parts.push(format!("ledger {last}{chain}"));
    }
    if summary.sealed_late {
        parts.push("sealed late: the canary already had traffic".to_owned());
    }
    parts.push(format!("exit {}", summary.exit.code()));
    let reference = frame
        .last_record
        .map_or_else(|| frame.watch_id.clone(), |record| record.to_string());
    parts.push(format!("more: shakedown explain {reference}"));
    parts.join("; ")
}
