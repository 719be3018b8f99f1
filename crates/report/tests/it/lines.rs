//! Lines for pipes and lists, and sentences.

use crate::screens::frame;
use crate::{plans, watches};
use report::{
    Frame, Glyphs, ListRow, act_line, change_line, decision_sentence, heartbeat_line, list_screen,
    outcome_line, phases_line, sentence,
};
use verification::event::{Event, Refusal, StateChange};

#[test]
fn changes() {
    let plan = plans::checkout();
    let mut out = String::new();
    for (name, summary) in watches::all(&plan) {
        if name == "many_slices" {
            continue;
        }
        let frame = frame(&summary);
        out.push_str(&format!("═══ {name}\n"));
        let rows = summary
            .rows
            .iter()
            .map(|row| Event::Verdict(row.verdict.clone()));
        let decisions = summary
            .decisions
            .iter()
            .map(|decision| Event::Decision(decision.clone()));
        let intents = summary
            .actions
            .iter()
            .map(|action| Event::Intent(action.intent.clone()));
        let state = Event::State(StateChange {
            state: summary.state,
            at: summary.at,
            ended: summary.ended.is_some(),
        });
        let recovery = summary
            .recovery
            .iter()
            .map(|report| Event::Recovery(report.clone()));
        let refused = Event::Refused(Refusal::NotHeld);
        for event in rows
            .chain(decisions)
            .chain(intents)
            .chain([state])
            .chain(recovery)
            .chain([refused])
        {
            if let Some(line) = change_line(&summary, &event, &frame) {
                out.push_str(&format!("{line}\n"));
            }
        }
        for action in &summary.actions {
            if let Some(outcome) = &action.outcome {
                out.push_str(&format!("{}\n", outcome_line(&summary, outcome, &frame)));
            }
        }
        for (_, act) in &summary.acts {
            out.push_str(&format!("{}\n", act_line(&summary, act, &frame)));
        }
        out.push_str(&format!("{}\n", heartbeat_line(&summary, &frame)));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn list() {
    let plan = plans::checkout();
    let rows: Vec<ListRow> = watches::all(&plan)
        .iter()
        .enumerate()
        .map(|(at, (_, summary))| {
            ListRow::of(
                summary,
                &Frame {
                    watch_id: format!("W{at}"),
                    ..frame(summary)
                },
            )
        })
        .collect();
    let now = watches::watching(&plan);
    let mut frame = frame(&now);
    frame.width = 120;
    let wide = list_screen(&rows, &frame).render(&frame);
    frame.width = 60;
    frame.glyphs = Glyphs::Ascii;
    let narrow = list_screen(&rows, &frame).render(&frame);
    insta::assert_snapshot!(format!(
        "{wide}\n{narrow}\n{}",
        list_screen(&[], &frame).render(&frame)
    ));
}

#[test]
fn criteria_are_sentences() {
    let mut plan = plans::checkout();
    plan.signals[1].for_each = vec!["http_route".to_owned()];
    plan.criteria[4].required = false;
    let sentences: Vec<String> = plan
        .criteria
        .iter()
        .map(|criterion| sentence(criterion, &plan, Glyphs::Unicode))
        .collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn decisions_are_sentences() {
    let plan = plans::checkout();
    let sentences: Vec<String> = watches::all(&plan)
        .iter()
        .flat_map(|(name, summary)| {
            summary
                .decisions
                .iter()
                .map(move |decision| format!("{name}: {}", decision_sentence(summary, decision)))
        })
        .collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn phases_say_what_happened() {
    let plan = plans::checkout();
    assert_eq!(
        phases_line(&watches::recovered(&plan).phases, Glyphs::Unicode),
        "detect 6m · decide 100.0 s · execute 0.1 s · verify 3m"
    );
    assert_eq!(
        phases_line(&watches::watching(&plan).phases, Glyphs::Ascii),
        "nothing to react to"
    );
}
