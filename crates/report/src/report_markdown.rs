//! The report as Markdown: the one comment of a pull request, a job summary, a ticket's body.

use crate::clock::{Clock, exact_span};
use crate::count;
use crate::explain::{self, Terms};
use crate::frame::Frame;
use crate::glyphs::Glyphs;
use crate::headline::Headline;
use crate::markdown::{escape, heading, html, link, row};
use crate::phases;
use crate::recovery_words::RecoveryWords;
use crate::row_view::RowView;
use crate::screen::{action_line, authority};
use crate::seeing;
use crate::sentence::decision_sentence;
use crate::text::Text;
use crate::timeline;
use verification::summary::{Row, Summary};
use verification::verdict::VerdictKind;

/// Begins the hidden comment by which the one comment of a watch is found again; the watch's id follows.
pub const MARKER: &str = "<!-- shakedown-report watch=";

/// Rows of the table; a comment has a largest size.
const ROWS: usize = 60;
/// Rows explained in full.
const EXPLAINED: usize = 12;

/// The hidden marker of a watch. Characters that would end the comment are left out of the id.
#[must_use]
pub fn marker(watch_id: &str) -> String {
    let id: String = watch_id
        .chars()
        .filter(|character| {
            character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | ':')
        })
        .collect();
    format!("{MARKER}{id} -->")
}

/// The report as Markdown: marker, the three lines, the criteria, before and after, the time line, and how it was decided.
#[must_use]
pub fn report_markdown(summary: &Summary<'_>, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame);
    let headline = Headline::of(summary, frame);
    let mut out = format!("{}\n", marker(&frame.watch_id));
    out.push_str(&format!(
        "### {}: {}\n\n",
        escape(&headline.decision()),
        escape(&headline.subject)
    ));
    if let Some(change) = &summary.plan.change {
        out.push_str(&format!("{}\n\n", escape(change)));
    }
    out.push_str(&format!(
        "**{}**\n\n{}\n\n",
        escape(&headline.how_bad),
        escape(&headline.what_next)
    ));
    let noise = seeing::noise(summary).map_or_else(String::new, |noise| format!(" · {noise}"));
    out.push_str(&format!(
        "{} · {} · {} looks · times in {}{noise}\n\n",
        escape(&headline.watched),
        escape(&seeing::newest(summary, &clock)),
        count::grouped(u64::from(summary.looks)),
        escape(&clock.zone_name(summary.at))
    ));
    out.push_str(&criteria(summary, frame));
    out.push_str(&before_and_after(summary));
    out.push_str(&time_line(summary, &clock));
    out.push_str(&reaction(summary));
    out.push_str(&decided(summary, frame, &clock));
    out.push_str(&footer(summary, frame));
    out
}

/// The table of criteria.
pub(crate) fn criteria(summary: &Summary<'_>, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame);
    let mut out = heading(
        &[
            "",
            "Verdict",
            "Criterion",
            "Baseline",
            "Canary",
            "Worse by (range)",
            "Limit",
            "Then",
        ],
        &[3, 4, 6],
    );
    for view in summary
        .rows
        .iter()
        .take(ROWS)
        .map(|row| RowView::new(summary, row, Glyphs::Unicode, &clock))
    {
        let note = view
            .note
            .as_ref()
            .map_or_else(String::new, |note| format!("<br>{}", escape(note)));
        let name = format!("{}{note}", escape(&view.name));
        let word = if view.kind == VerdictKind::Within {
            view.word.to_lowercase()
        } else {
            format!("**{}**", view.word.to_lowercase())
        };
        out.push_str(&row(&[
            view.glyph,
            &word,
            &name,
            &escape(&view.baseline),
            &escape(&view.canary),
            &escape(&view.difference),
            &escape(&view.limit),
            &escape(&view.then),
        ]));
    }
    if summary.rows.len() > ROWS {
        out.push_str(&format!(
            "\n{} more are not shown here.\n",
            count::ROW.count(count::number(summary.rows.len() - ROWS))
        ));
    }
    out.push('\n');
    out
}

/// What had to recover, before the deploy and after the action.
fn before_and_after(summary: &Summary<'_>) -> String {
    let Some(report) = &summary.recovery else {
        return String::new();
    };
    let mut out = String::from("#### Before and after\n\n");
    out.push_str(&heading(
        &[
            "What",
            "Baseline before",
            "Service after",
            "Must be",
            "Shown",
        ],
        &[1, 2, 3],
    ));
    for proof in &report.rows {
        let Some(words) = RecoveryWords::of(summary, proof, Glyphs::Unicode) else {
            continue;
        };
        let shown = if proof.ln_evidence >= proof.ln_needed {
            "yes"
        } else {
            "no"
        };
        let must = format!("{} {}", words.side, words.limit);
        out.push_str(&row(&[
            &escape(&words.subject),
            &words.before,
            words.after.as_deref().unwrap_or("not seen"),
            &must,
            shown,
        ]));
    }
    out.push('\n');
    out
}

fn time_line(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    if summary.timeline.is_empty() {
        return String::new();
    }
    let mut out = String::from("#### Time line\n\n");
    for milestone in &summary.timeline {
        out.push_str(&format!(
            "- {} {}\n",
            clock.stamp(milestone.at),
            timeline::words(summary, milestone.what)
        ));
    }
    out.push('\n');
    out
}

/// The actions and how long each step took.
fn reaction(summary: &Summary<'_>) -> String {
    let steps = phases::named(&summary.phases);
    if steps.iter().all(|(_, length)| length.is_none()) {
        return String::new();
    }
    let mut out = String::from("#### Reaction\n\n");
    out.push_str(&heading(&steps.map(|(name, _)| name), &[0, 1, 2, 3]));
    out.push_str(&row(&steps.map(|(_, length)| {
        length.map_or_else(|| "-".to_owned(), exact_span)
    })));
    out.push('\n');
    out
}

/// Decisions, actions, authority, and every row that is not within in full, folded.
fn decided(summary: &Summary<'_>, frame: &Frame, clock: &Clock<'_>) -> String {
    let mut out = String::from("<details><summary>How this was decided</summary>\n\n");
    for decision in &summary.decisions {
        out.push_str(&format!(
            "- {} {}\n",
            clock.stamp(decision.at),
            escape(&decision_sentence(summary, decision))
        ));
    }
    if summary.decisions.is_empty() {
        out.push_str("- Nothing has been decided; the watch goes on.\n");
    }
    for action in &summary.actions {
        out.push_str(&format!("- {}\n", escape(&action_line(action, clock))));
    }
    out.push_str(&format!(
        "- Authority: {}\n",
        escape(&authority(summary, clock))
    ));
    let sealed = if summary.sealed_late {
        "late, when the canary already had traffic"
    } else {
        "before the deploy"
    };
    out.push_str(&format!(
        "- The criteria were fixed {} ({sealed}).\n\n",
        clock.on(summary.sealed_at)
    ));
    let open: Vec<&Row> = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind != VerdictKind::Within)
        .collect();
    for (at, row) in open.iter().take(EXPLAINED).enumerate() {
        let mut text = Text::default();
        let terms = if at == 0 {
            Terms::Defined
        } else {
            Terms::KnownAlready
        };
        explain::explain_row(
            &mut text,
            summary,
            row,
            &Frame {
                width: 100,
                colour: false,
                glyphs: Glyphs::Unicode,
                ..frame.clone()
            },
            terms,
        );
        out.push_str(&format!("<pre>\n{}</pre>\n\n", html(&text.plain())));
    }
    if open.len() > EXPLAINED {
        out.push_str(&format!(
            "{} more: `shakedown explain NAME`\n\n",
            count::ROW.count(count::number(open.len() - EXPLAINED))
        ));
    }
    out.push_str("</details>\n\n");
    out
}

fn footer(summary: &Summary<'_>, frame: &Frame) -> String {
    let mut parts = vec![format!("watch {}", escape(&frame.watch_id))];
    parts.extend(
        frame
            .last_record
            .map(|record| format!("ledger record {record}")),
    );
    parts.push(format!("exit code {}", summary.exit.code()));
    parts.extend(
        summary
            .plan
            .owner
            .as_ref()
            .map(|owner| format!("owner {}", escape(owner))),
    );
    parts.extend(
        summary
            .plan
            .runbook
            .as_ref()
            .map(|runbook| format!("runbook {}", link(runbook))),
    );
    format!("{}\n", parts.join(" · "))
}
