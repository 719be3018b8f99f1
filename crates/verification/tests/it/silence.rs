//! When nothing can be seen.

use crate::player::{Game, Look, at, criterion, plan, play, reading, tick, tick_of};
use core::time::Duration;
use verification::decision::{By, Verb};
use verification::event::State;
use verification::exit::Exit;
use verification::observation::Gap;
use verification::terms::*;
use verification::verdict::{Because, VerdictKind};

#[test]
fn looks_that_stop_coming_are_darkness() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(120);
    let played = Game::new(plan, 121).play(|second, _| {
        (second < 60).then(|| tick(second, Look::Counts(0, 60), Look::Counts(second % 2, 180)))
    });
    let page = &played.decisions(Verb::Page)[0];
    assert_eq!(page.0, 74, "fifteen seconds after the last samples");
    assert_eq!(page.1.authority, By::Silence);
    assert_eq!(played.state(), State::CannotSee);
    assert_eq!(played.decided(Verb::Confirm), None);
}

#[test]
fn a_canary_that_never_appears_is_told_and_not_confirmed() {
    let played = play(plan(), 70, |second, _| {
        (Look::Nothing(Gap::NoSeries), Look::Counts(second % 2, 180))
    });
    assert_eq!(played.decided(Verb::Page), Some(14));
    assert_eq!(played.state(), State::CannotSee);
    assert_eq!(played.watch.exit(), Exit::CannotSee);
    assert_eq!(played.word(0), VerdictKind::NoData);
    assert!(played.watch.summary().warming_up);
}

#[test]
fn a_signal_that_is_missing_from_the_look_has_no_series() {
    let played =
        Game::new(plan(), 40).play(|second, _| Some(tick_of(at(second), at(second + 1), vec![])));
    assert_eq!(played.word(0), VerdictKind::NoData);
    assert!(matches!(
        played.verdict(0).because,
        Because::Missing {
            gap: Gap::NoSeries,
            ..
        }
    ));
    assert_eq!(played.state(), State::CannotSee);
}

#[test]
fn samples_that_are_late_as_expected_are_no_darkness() {
    let mut plan = plan();
    plan.lateness = Duration::from_secs(30);
    plan.watch_for = Duration::from_secs(200);
    let gap = |second: u64| (100..103).contains(&second);
    let played = Game::new(plan, 190).play(|second, _| {
        let behind = second.checked_sub(30)?;
        let canary = if gap(second) {
            Look::Nothing(Gap::SourceFailed)
        } else {
            Look::Counts(0, 20)
        };
        Some(tick(behind, canary, Look::Counts(1, 180)))
    });
    assert_eq!(played.decided(Verb::Page), None);
    assert_eq!(played.state(), State::Watching);
}

#[test]
fn a_source_that_comes_and_goes_pages_once() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(1000);
    let played = play(plan, 1000, |second, _| {
        // Twenty seconds away, five seconds there; quiet from 500 on, away once more at 800.
        let away = if second < 500 {
            second % 25 < 20
        } else {
            (800..830).contains(&second)
        };
        let canary = if away {
            Look::Nothing(Gap::SourceFailed)
        } else {
            Look::Counts(0, 20)
        };
        (canary, Look::Counts(1, 180))
    });
    let pages: Vec<u64> = played
        .decisions(Verb::Page)
        .into_iter()
        .map(|(second, _)| second)
        .collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(pages[1] >= 800);
}

#[test]
fn what_nobody_requires_may_be_dark() {
    let mut plan = plan();
    plan.signals.push(Signal {
        name: "orders".into(),
        ..plan.signals[0].clone()
    });
    plan.criteria.push(Criterion {
        required: false,
        ..criterion("orders", 1, Rule::NeverAbove(0.5), vec![Reaction::Ticket])
    });
    let played = Game::new(plan, 61).play(|second, _| {
        let readings = vec![
            reading(0, None, Look::Counts(0, 60), Look::Counts(second % 2, 180)),
            reading(
                1,
                None,
                Look::Nothing(Gap::NoSeries),
                Look::Nothing(Gap::NoSeries),
            ),
        ];
        Some(tick_of(at(second), at(second + 1), readings))
    });
    assert_eq!(played.word(2), VerdictKind::NoData);
    assert_eq!(played.decided(Verb::Page), None);
    assert_eq!(played.state(), State::Confirmed);
}

#[test]
fn silence_never_rolls_back_even_where_the_plan_says_so() {
    let mut plan = plan();
    plan.authority.cannot_see = vec![CannotSee {
        after: Duration::from_secs(10),
        then: Reaction::RollBack,
    }];
    plan.authority.undecided_at_the_end = Reaction::RollBack;
    let played = play(plan, 70, |_, _| {
        (Look::Nothing(Gap::NoSeries), Look::Nothing(Gap::NoSeries))
    });
    assert_eq!(played.decided(Verb::RollBack), None);
    assert!(played.decided(Verb::Page).is_some());
    assert!(played.decided(Verb::Review).is_some());
}

#[test]
fn steps_of_silence_follow_one_another() {
    let mut plan = plan();
    plan.authority.cannot_see = vec![
        CannotSee {
            after: Duration::from_secs(10),
            then: Reaction::Ticket,
        },
        CannotSee {
            after: Duration::from_secs(30),
            then: Reaction::Page,
        },
    ];
    let played = play(plan, 55, |second, _| {
        let canary = if second < 10 {
            Look::Counts(0, 20)
        } else {
            Look::Nothing(Gap::Stale)
        };
        (canary, Look::Counts(1, 180))
    });
    assert_eq!(played.decided(Verb::Ticket), Some(19));
    assert_eq!(played.decided(Verb::Page), Some(39));
}
