//! What humans may do to a watch, and what they are asked.

use crate::deciding::with_window;
use crate::player::{Look, Played, plan, play, play_with};
use crate::reactions::errors;
use core::time::Duration;
use verification::decision::{By, Instead, Verb};
use verification::event::{Event, HumanActKind, Input, Refusal, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::terms::*;

#[test]
fn a_role_that_decides_is_paged_and_its_rollback_needs_no_window() {
    let mut plan = with_window(20);
    plan.authority.roll_back.decided_by = DecidedBy::Role("release-captain".into());
    let unanswered = play(plan.clone(), 55, errors);
    assert_eq!(unanswered.decided(Verb::RollBack), None);
    let pages = unanswered.decisions(Verb::Page);
    assert_eq!(pages.len(), 1);
    assert_eq!(pages[0].1.instead, Some(Instead::HumanDecides));
    let asked = pages[0].0;
    let played = play_with(
        plan,
        60,
        errors,
        &[(asked + 4, HumanActKind::RollBack)],
        OutcomeKind::Done,
    );
    assert_eq!(played.ordered(Reaction::RollBack), Some(asked + 4));
    assert_eq!(
        played.watch.summary().phases.decide,
        Some(Duration::from_secs(4)),
        "from the failing verdict to the order"
    );
    assert!(
        matches!(&played.decisions(Verb::RollBack)[0].1.authority, By::Human { name, .. } if name == "ada")
    );
}

#[test]
fn a_human_may_roll_back_after_the_end() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(30);
    plan.authority.review = Some(ReviewTerms {
        decided_by: "release-captain".into(),
        within: Duration::from_secs(100),
        otherwise: Reaction::Page,
    });
    // Too little traffic to decide anything.
    let quiet = |second: u64, rolled_back: bool| {
        let canary = if rolled_back {
            Look::Counts(0, 0)
        } else {
            Look::Counts(u64::from(second == 9), 2)
        };
        (canary, Look::Counts(second % 2, 180))
    };
    let played = play_with(
        plan,
        120,
        quiet,
        &[(50, HumanActKind::RollBack)],
        OutcomeKind::Done,
    );
    assert_eq!(played.decided(Verb::Review), Some(29));
    assert_eq!(played.ordered(Reaction::RollBack), Some(50));
    assert_eq!(played.state(), State::RolledBack);
    assert!(played.watch.summary().recovery.unwrap().recovered);
    assert_eq!(played.watch.exit(), Exit::RolledBack);
}

#[test]
fn nobody_answers_the_review() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(30);
    plan.authority.review = Some(ReviewTerms {
        decided_by: "release-captain".into(),
        within: Duration::from_secs(20),
        otherwise: Reaction::Page,
    });
    let played = play(plan, 120, |second, _| {
        (Look::Counts(0, 1), Look::Counts(second % 2, 180))
    });
    assert_eq!(played.decided(Verb::Review), Some(29));
    assert_eq!(played.decided(Verb::Page), Some(49));
    assert_eq!(played.state(), State::NeedsReview);
    assert!(played.watch.is_over());
}

#[test]
fn a_human_may_confirm_what_cannot_be_seen() {
    let blind = |second: u64, _| {
        let canary = if second < 10 {
            Look::Counts(0, 20)
        } else {
            Look::Nothing(verification::observation::Gap::SourceFailed)
        };
        (canary, Look::Counts(1, 180))
    };
    let played = play_with(
        plan(),
        60,
        blind,
        &[(40, HumanActKind::Confirm)],
        OutcomeKind::Done,
    );
    assert_eq!(played.state(), State::Confirmed);
    assert!(
        matches!(&played.decisions(Verb::Confirm)[0].1.authority, By::Human { name, .. } if name == "ada")
    );
    assert!(played.watch.has_ended());
}

#[test]
fn what_is_over_is_refused() {
    let mut played = play(plan(), 70, |second, _| {
        (Look::Counts(0, 60), Look::Counts(second % 2, 180))
    });
    assert_eq!(played.state(), State::Confirmed);
    for kind in [
        HumanActKind::Hold,
        HumanActKind::Release,
        HumanActKind::RollBack,
        HumanActKind::Confirm,
    ] {
        let events = act(&mut played, kind);
        assert_eq!(events, [Event::Refused(Refusal::Ended)], "{kind:?}");
    }
}

#[test]
fn once_ordered_a_rollback_is_not_argued_with() {
    let mut played = play(plan(), 20, |second, _| errors(second, false));
    assert!(played.ordered(Reaction::RollBack).is_some());
    for kind in [
        HumanActKind::Hold,
        HumanActKind::Confirm,
        HumanActKind::RollBack,
    ] {
        assert_eq!(
            act(&mut played, kind),
            [Event::Refused(Refusal::AlreadyRollingBack)],
            "{kind:?}"
        );
    }
}

#[test]
fn after_a_failed_rollback_a_human_may_try_again() {
    let mut plan = plan();
    plan.authority.review = Some(ReviewTerms {
        decided_by: "release-captain".into(),
        within: Duration::from_secs(600),
        otherwise: Reaction::Page,
    });
    let mut played = play_with(plan, 60, errors, &[], OutcomeKind::Failed);
    assert_eq!(played.watch.exit(), Exit::NotRecovered);
    assert!(!played.watch.is_over(), "somebody has to answer");
    let events = act(&mut played, HumanActKind::RollBack);
    assert!(events.iter().any(
        |event| matches!(event, Event::Intent(intent) if intent.reaction == Reaction::RollBack)
    ));
    assert_eq!(played.watch.exit(), Exit::RollBackDecided);
}

fn act(played: &mut Played, kind: HumanActKind) -> Vec<Event> {
    let now = played.watch.summary().at;
    let act = verification::event::HumanAct {
        kind,
        name: "ada".into(),
        reason: "test".into(),
    };
    played.watch.step(now, &Input::Human(act))
}
