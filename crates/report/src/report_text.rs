//! The report as plain text: the screen unfolded, then how it came about.

use crate::clock::Clock;
use crate::frame::Frame;
use crate::phases;
use crate::recovery_words::RecoveryWords;
use crate::screen;
use crate::sentence::decision_sentence;
use crate::text::{Line, Text};
use crate::timeline;
use verification::summary::Summary;

/// Columns of the labels.
const LABEL: usize = 11;

/// The report as text for a terminal or a file.
#[must_use]
pub fn report_text(summary: &Summary<'_>, frame: &Frame) -> Text {
    let frame = &Frame {
        all: true,
        live: false,
        ..frame.clone()
    };
    let clock = Clock::of(summary, frame);
    let columns = frame.columns();
    let mut text = screen::verdict_screen(summary, frame);
    title(&mut text, "DECISIONS");
    if summary.decisions.is_empty() {
        text.paragraph("Nothing has been decided; the watch goes on.", columns, 0);
    }
    for decision in &summary.decisions {
        text.block(
            &clock.stamp(decision.at),
            &decision_sentence(summary, decision),
            columns,
            LABEL,
        );
    }
    for (at, act) in &summary.acts {
        text.block(
            &clock.stamp(*at),
            &format!("{} asked for it: \"{}\"", act.name, act.reason),
            columns,
            LABEL,
        );
    }
    before_and_after(&mut text, summary, frame);
    title(&mut text, "TIME LINE");
    for milestone in &summary.timeline {
        text.block(
            &clock.stamp(milestone.at),
            timeline::words(summary, milestone.what),
            columns,
            LABEL,
        );
    }
    title(&mut text, "REACTION");
    text.paragraph(
        &phases::phases_line(&summary.phases, frame.glyphs),
        columns,
        0,
    );
    text
}

fn title(text: &mut Text, title: &str) {
    text.blank();
    text.push(Line::plain(title));
}

fn before_and_after(text: &mut Text, summary: &Summary<'_>, frame: &Frame) {
    let Some(report) = &summary.recovery else {
        return;
    };
    title(text, "BEFORE AND AFTER");
    for proof in &report.rows {
        let Some(words) = RecoveryWords::of(summary, proof, frame.glyphs) else {
            continue;
        };
        let shown = if proof.ln_evidence >= proof.ln_needed {
            "shown"
        } else {
            "not shown"
        };
        text.paragraph(
            &format!(
                "{}: {} on the baseline in the hour before, {} over the whole service since the rollback; {shown} to be {} {}.",
                words.subject,
                words.before,
                words.after.as_deref().unwrap_or("not seen"),
                words.side,
                words.limit
            ),
            frame.columns(),
            2,
        );
    }
}
