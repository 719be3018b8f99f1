//! What may end in a confirm, and what may not.

use crate::player::{Look, criterion, plan, play, play_with};
use core::time::Duration;
use verification::decision::{By, Verb};
use verification::event::{Event, HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::Gap;
use verification::terms::{Criterion, Measure, Reaction, Rule, SignalKind};

fn quiet(_: u64, _: bool) -> (Look, Look) {
    (Look::Counts(0, 20), Look::Counts(1, 180))
}

#[test]
fn a_clean_deployment_is_confirmed_on_evidence() {
    let played = play(plan(), 70, quiet);
    assert_eq!(played.state(), State::Confirmed);
    assert_eq!(played.watch.exit(), Exit::Confirmed);
    assert!(
        !played
            .events
            .iter()
            .any(|(_, event)| matches!(event, Event::Intent(_)))
    );
}

#[test]
fn no_evidence_never_confirms() {
    let worlds: [fn(u64) -> (Look, Look); 6] = [
        |_| (Look::Nothing(Gap::NoSeries), Look::Nothing(Gap::NoSeries)),
        |_| (Look::Counts(0, 0), Look::Counts(0, 0)),
        |_| (Look::Counts(0, 0), Look::Counts(1, 180)),
        |_| (Look::Counts(0, 20), Look::Nothing(Gap::NoSeries)),
        |second| {
            if second < 30 {
                (Look::Counts(0, 20), Look::Counts(1, 180))
            } else {
                (Look::Counts(0, 0), Look::Counts(1, 180))
            }
        },
        |_| (Look::Nothing(Gap::PartNeverSeen), Look::Counts(1, 180)),
    ];
    for (number, world) in worlds.into_iter().enumerate() {
        let played = play(plan(), 70, |second, _| world(second));
        assert_ne!(played.state(), State::Confirmed, "world {number}");
        assert_eq!(played.decided(Verb::Confirm), None, "world {number}");
        assert_eq!(played.decided(Verb::RollBack), None, "world {number}");
    }
}

#[test]
fn early_calm_does_not_confirm_a_late_break() {
    // Enough calm to be within for long; then harm too small to be failing in the time that is left.
    let played = play(plan(), 70, |second, _| {
        if second < 45 {
            quiet(second, false)
        } else {
            (Look::Counts(1, 20), Look::Counts(1, 180))
        }
    });
    assert_ne!(played.state(), State::Confirmed);
}

#[test]
fn a_human_may_confirm_and_is_named() {
    let played = play_with(
        plan(),
        70,
        quiet,
        &[(20, HumanActKind::Confirm)],
        OutcomeKind::Done,
    );
    assert_eq!(played.state(), State::Confirmed);
    let named = played.events.iter().any(|(_, event)| matches!(event, Event::Decision(decision) if matches!(&decision.authority, By::Human { name, .. } if name == "ada")));
    assert!(named);
}

#[test]
fn replay_gives_the_same_events() {
    let one = play(plan(), 70, quiet);
    let two = play(plan(), 70, quiet);
    assert_eq!(one.events, two.events);
    assert_eq!(one.watch.summary(), two.watch.summary());
}

#[test]
fn a_canary_that_comes_at_the_end_was_not_watched() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(400);
    let played = play(plan, 401, |second, _| {
        let canary = if second < 350 {
            Look::Counts(0, 0)
        } else {
            Look::Counts(0, 200)
        };
        (canary, Look::Counts(second % 2, 180))
    });
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.state(), State::NeedsReview);
}

#[test]
fn a_level_that_was_read_only_at_the_end_confirms_nothing() {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Level {
        query: "queue".into(),
    };
    plan.criteria = vec![Criterion {
        measure: Measure::Level,
        ..criterion("queue", 0, Rule::NeverAbove(10.0), vec![Reaction::Page])
    }];
    plan.watch_for = Duration::from_secs(400);
    plan.authority.cannot_see.clear();
    let world = |dark: core::ops::Range<u64>| {
        move |second: u64, _: bool| {
            let canary = if dark.contains(&second) {
                Look::Nothing(Gap::SourceFailed)
            } else {
                Look::Level(1.0)
            };
            (canary, Look::Level(1.0))
        }
    };
    assert_eq!(
        play(plan.clone(), 401, world(0..0)).state(),
        State::Confirmed
    );
    assert_eq!(
        play(plan.clone(), 401, world(310..313)).state(),
        State::Confirmed
    );
    assert_ne!(play(plan, 401, world(10..390)).state(), State::Confirmed);
}
