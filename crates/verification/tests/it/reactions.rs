//! From evidence to reaction.

use crate::player::{Look, action, at, plan, play, play_with};
use core::time::Duration;
use verification::decision::{Instead, Verb};
use verification::event::{Event, HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::Gap;
use verification::terms::{Objection, Reaction};
use verification::verdict::VerdictKind;

/// 20 canary and 180 baseline requests a second; about 1.6 and 0.9 failures.
pub fn errors(second: u64, rolled_back: bool) -> (Look, Look) {
    let canary = if rolled_back {
        Look::Counts(0, 0)
    } else {
        Look::Counts(1 + second % 2, 20)
    };
    (
        canary,
        Look::Counts(second % 2, if rolled_back { 200 } else { 180 }),
    )
}

#[test]
fn story_1_errors_are_rolled_back_and_recovery_is_proven() {
    let played = play(plan(), 60, errors);
    assert_eq!(played.state(), State::RolledBack);
    let decided = played.decided(Verb::RollBack).unwrap();
    assert!(decided < 40, "{decided}");
    let summary = played.watch.summary();
    assert!(summary.recovery.as_ref().unwrap().recovered);
    assert_eq!(summary.exit, Exit::RolledBack);
    assert_eq!(played.word(0), VerdictKind::Failing);
    assert_eq!(
        played.word(1),
        VerdictKind::Within,
        "8 % is far from a collapse"
    );
}

#[test]
fn a_collapse_is_caught_in_two_looks_even_while_warming_up() {
    let played = play(plan(), 60, |second, rolled_back| {
        let canary = if rolled_back {
            Look::Counts(0, 0)
        } else {
            Look::Counts(18, 20)
        };
        (canary, Look::Counts(second % 2, 180))
    });
    assert!(played.decided(Verb::RollBack).unwrap() <= 1);
    assert_eq!(played.state(), State::RolledBack);
}

#[test]
fn story_14_an_outage_of_both_sides_is_paged_and_never_rolled_back() {
    let played = play(plan(), 60, |second, _| {
        if second < 10 {
            (Look::Counts(0, 20), Look::Counts(1, 180))
        } else {
            (Look::Counts(18, 20), Look::Counts(162, 180))
        }
    });
    assert_eq!(played.decided(Verb::RollBack), None);
    let paged = played.events.iter().any(|(_, event)| matches!(event, Event::Decision(decision) if decision.verb == Verb::Page && decision.instead == Some(Instead::BaselineToo)));
    assert!(paged);
    assert_ne!(played.state(), State::Confirmed);
}

#[test]
fn story_22_a_silent_canary_is_paged_and_never_confirmed() {
    let played = play(plan(), 90, |second, _| {
        let canary = if second < 10 {
            Look::Counts(0, 20)
        } else {
            Look::Nothing(Gap::SourceFailed)
        };
        (canary, Look::Counts(1, 180))
    });
    assert_eq!(played.decided(Verb::RollBack), None);
    assert!((20..=30).contains(&played.decided(Verb::Page).unwrap()));
    assert_eq!(played.state(), State::CannotSee);
    assert_eq!(played.watch.exit(), Exit::CannotSee);
}

#[test]
fn a_scrape_gap_raises_nothing() {
    let played = play(plan(), 60, |second, _| {
        let canary = if (20..23).contains(&second) {
            Look::Nothing(Gap::SourceFailed)
        } else {
            Look::Counts(0, 60)
        };
        (canary, Look::Counts(1, 180))
    });
    assert_eq!(played.decided(Verb::Page), None);
    assert_eq!(played.state(), State::Confirmed);
}

#[test]
fn an_objection_window_delays_and_a_hold_stops_the_rollback() {
    let mut held = plan();
    held.authority.roll_back.objection = Some(Objection {
        roles: vec!["on-call".into()],
        within: Duration::from_secs(10),
    });
    let free = play(held.clone(), 60, errors);
    let decided = free.decided(Verb::RollBack).unwrap();
    let ordered = free
        .events
        .iter()
        .find_map(|(second, event)| {
            matches!(event, Event::Intent(intent) if intent.reaction == Reaction::RollBack)
                .then_some(*second)
        })
        .unwrap();
    assert_eq!(ordered, decided + 10);
    assert_eq!(
        free.decided(Verb::Page),
        Some(decided),
        "who may object is told"
    );
    let stopped = play_with(
        held.clone(),
        55,
        errors,
        &[(decided + 5, HumanActKind::Hold)],
        OutcomeKind::Done,
    );
    assert_eq!(stopped.state(), State::Held);
    assert!(!stopped.events.iter().any(
        |(_, event)| matches!(event, Event::Intent(intent) if intent.reaction == Reaction::RollBack)
    ));
    assert_eq!(stopped.watch.exit(), Exit::Paged);
    let ended = play_with(
        held,
        60,
        errors,
        &[(decided + 5, HumanActKind::Hold)],
        OutcomeKind::Done,
    );
    assert_eq!(
        ended.state(),
        State::NeedsReview,
        "a held watch ends in a review"
    );
}

#[test]
fn a_failed_rollback_is_paged_and_gravest() {
    let played = play_with(plan(), 60, errors, &[], OutcomeKind::Failed);
    assert!(played.decided(Verb::Page).is_some());
    assert_eq!(played.watch.exit(), Exit::NotRecovered);
}

#[test]
fn a_rollback_that_does_not_help_is_paged() {
    let mut plan = plan();
    plan.actions = vec![action(Reaction::RollBack)];
    let played = play(plan, 90, |second, rolled_back| {
        if rolled_back {
            (Look::Counts(0, 0), Look::Counts(30, 200))
        } else {
            errors(second, false)
        }
    });
    assert_eq!(played.watch.exit(), Exit::NotRecovered);
    assert!(!played.watch.summary().recovery.unwrap().recovered);
    assert!(played.decided(Verb::Page).is_some());
}

#[test]
fn without_an_action_the_rollback_becomes_a_page() {
    let mut plan = plan();
    plan.actions.clear();
    let played = play(plan, 60, errors);
    assert_eq!(played.decided(Verb::RollBack), None);
    assert!(played.decided(Verb::Page).is_some());
}

#[test]
fn time_going_backwards_is_no_time() {
    let mut played = play(plan(), 5, errors);
    let before = played.watch.summary().at;
    let _ = played.watch.step(at(0), &verification::event::Input::Clock);
    assert_eq!(played.watch.summary().at, before);
}
