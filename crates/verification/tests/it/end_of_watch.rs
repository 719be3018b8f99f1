//! What may end in a confirm, and what may not.

use crate::player::{Look, plan, play, play_with};
use verification::decision::{By, Verb};
use verification::event::{Event, HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::Gap;

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
