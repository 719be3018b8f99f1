//! Decisions, objections, human acts, reactions.

use crate::player::{Game, Look, action, criterion, plan, play, play_with, reading, tick, tick_of};
use crate::reactions::errors;
use core::time::Duration;
use verification::decision::{Instead, Verb};
use verification::event::{Event, HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::terms::*;
use verification::time::Timestamp;
use verification::verdict::VerdictKind;

pub fn with_window(seconds: u64) -> Plan {
    let mut plan = plan();
    plan.authority.roll_back.objection = Some(Objection {
        roles: vec!["on-call".into()],
        within: Duration::from_secs(seconds),
    });
    plan
}

#[test]
fn a_release_decides_anew_with_its_own_window() {
    let decided = play(with_window(10), 60, errors)
        .decided(Verb::RollBack)
        .unwrap();
    let acts = [
        (decided + 2, HumanActKind::Hold),
        (decided + 8, HumanActKind::Release),
    ];
    let played = play_with(with_window(10), 60, errors, &acts, OutcomeKind::Done);
    let decisions = played.decisions(Verb::RollBack);
    assert_eq!(decisions.len(), 2, "{decisions:?}");
    assert_eq!(decisions[1].0, decided + 8);
    assert_eq!(played.ordered(Reaction::RollBack), Some(decided + 18));
    assert_eq!(
        played.decisions(Verb::Page).len(),
        1,
        "whoever may object is told once; whoever held it knew"
    );
}

#[test]
fn a_release_after_the_harm_has_gone_rolls_nothing_back() {
    let decided = play(with_window(10), 60, errors)
        .decided(Verb::RollBack)
        .unwrap();
    let acts = [
        (decided + 2, HumanActKind::Hold),
        (decided + 30, HumanActKind::Release),
    ];
    let world = |second: u64, _| {
        if second <= decided + 2 {
            errors(second, false)
        } else {
            (Look::Counts(0, 20), Look::Counts(second % 2, 180))
        }
    };
    let mut plan = with_window(10);
    plan.watch_for = Duration::from_secs(200);
    let played = play_with(plan, 200, world, &acts, OutcomeKind::Done);
    assert_eq!(played.decisions(Verb::RollBack).len(), 1);
    assert_eq!(played.ordered(Reaction::RollBack), None);
}

#[test]
fn a_held_watch_goes_on_judging_and_ends_in_a_review() {
    let decided = play(with_window(10), 60, errors)
        .decided(Verb::RollBack)
        .unwrap();
    let acts = [(decided + 2, HumanActKind::Hold)];
    let played = play_with(with_window(10), 60, errors, &acts, OutcomeKind::Done);
    assert_eq!(played.state(), State::NeedsReview);
    assert_eq!(played.word(0), VerdictKind::Failing);
    let (_, review) = &played.decisions(Verb::Review)[0];
    assert_eq!(review.instead, Some(Instead::Held));
    assert_eq!(played.ordered(Reaction::RollBack), None);
}

#[test]
fn a_window_that_outlasts_the_watch_still_ends_in_a_rollback() {
    let mut plan = with_window(40);
    plan.watch_for = Duration::from_secs(40);
    let played = play(plan, 120, errors);
    assert!(played.ordered(Reaction::RollBack).unwrap() > 40);
    assert_eq!(played.state(), State::RolledBack);
    assert_eq!(played.decided(Verb::Confirm), None);
}

#[test]
fn while_somebody_may_object_the_words_stay_true() {
    let decided = play(with_window(30), 90, errors)
        .decided(Verb::RollBack)
        .unwrap();
    let mut plan = with_window(600);
    plan.watch_for = Duration::from_secs(1000);
    let played = play(plan, decided + 400, |second, _| {
        if second <= decided {
            errors(second, false)
        } else {
            (Look::Counts(0, 20), Look::Counts(second % 2, 180))
        }
    });
    assert_eq!(played.state(), State::RollingBack);
    assert_ne!(
        played.word(0),
        VerdictKind::Failing,
        "the harm has gone: that is what an objector must see"
    );
}

#[test]
fn words_do_not_flicker_with_every_look() {
    // Past the limit on average, with single looks on both sides of it.
    let mut plan = plan();
    plan.criteria[0].then = vec![Reaction::Ticket];
    plan.watch_for = Duration::from_secs(600);
    let played = play(plan, 500, |second, _| {
        (
            Look::Counts([0, 3, 0, 4, 1, 0, 2][second as usize % 7], 20),
            Look::Counts(second % 2, 180),
        )
    });
    let changes = played
        .events
        .iter()
        .filter(|(_, event)| matches!(event, Event::Verdict(verdict) if verdict.row.criterion == 0))
        .count();
    assert!(changes <= 4, "{changes}");
    assert_eq!(played.word(0), VerdictKind::Failing);
}

#[test]
fn one_trouble_pages_once_and_a_second_one_again() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(6 * 3600);
    plan.judge_every = Duration::from_secs(60);
    plan.warm_up = Duration::from_secs(60);
    plan.criteria = vec![criterion(
        "no collapse",
        0,
        Rule::NeverAbove(0.5),
        vec![Reaction::Page],
    )];
    plan.criteria[0].sustained_for = Duration::from_secs(60);
    let trouble = |minute: u64| {
        (30..50).contains(&minute) || (60..70).contains(&minute) || (200..210).contains(&minute)
    };
    let game = Game::new(plan, 300);
    let played = game.play(|minute, _| {
        let failed = if trouble(minute) { 900 } else { 1 };
        Some(tick_of(
            minute_at(minute),
            minute_at(minute + 1),
            vec![reading(
                0,
                None,
                Look::Counts(failed, 1000),
                Look::Counts(1, 9000),
            )],
        ))
    });
    let pages: Vec<u64> = played
        .decisions(Verb::Page)
        .into_iter()
        .map(|(minute, _)| minute)
        .collect();
    assert_eq!(pages.len(), 2, "{pages:?}");
    assert!(
        (30..35).contains(&pages[0]) && (200..205).contains(&pages[1]),
        "{pages:?}"
    );
}

fn minute_at(minute: u64) -> Timestamp {
    crate::player::at(minute * 60)
}

#[test]
fn every_reaction_of_a_list_is_taken_once() {
    let mut plan = plan();
    plan.criteria.truncate(1);
    plan.criteria[0].then = vec![
        Reaction::RollBack,
        Reaction::Page,
        Reaction::Ticket,
        Reaction::Review,
    ];
    let played = play(plan, 60, errors);
    for verb in [Verb::RollBack, Verb::Page, Verb::Ticket, Verb::Review] {
        assert_eq!(played.decisions(verb).len(), 1, "{}", verb.word());
    }
    assert_eq!(played.watch.exit(), Exit::RolledBack, "the gravest of them");
}

#[test]
fn an_order_without_an_outcome_is_told_once() {
    let game = Game {
        answered: false,
        ..Game::new(plan(), 200)
    };
    let played = game.play(|second, _| {
        let (canary, baseline) = errors(second, false);
        Some(tick(second, canary, baseline))
    });
    let ordered = played.ordered(Reaction::RollBack).unwrap();
    let pages = played.decisions(Verb::Page);
    assert_eq!(pages.len(), 1);
    assert!(
        pages[0].0 > ordered + 30,
        "not before its deadline has passed"
    );
    assert_eq!(
        played.watch.next_deadline(),
        None,
        "nothing to wake up for any more"
    );
    assert_eq!(played.state(), State::RollingBack);
    assert!(!played.watch.is_over());
}

#[test]
fn a_criterion_that_no_method_fits_confirms_nothing() {
    let mut plan = plan();
    plan.criteria.push(Criterion {
        measure: Measure::Quantile(0.99),
        ..criterion(
            "nonsense",
            0,
            Rule::AgainstBaseline {
                worse: Worse::Higher,
                limit: Limit::Points(0.1),
            },
            vec![Reaction::Ticket],
        )
    });
    let played = play(plan, 70, |second, _| {
        (Look::Counts(0, 60), Look::Counts(second % 2, 180))
    });
    assert_eq!(played.word(2), VerdictKind::NoData);
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.state(), State::NeedsReview);
}

#[test]
fn a_failing_slice_of_a_required_criterion_confirms_nothing() {
    let mut plan = plan();
    plan.signals[0].for_each = vec!["route".into()];
    plan.criteria.truncate(1);
    plan.criteria[0].then = vec![Reaction::Ticket];
    plan.watch_for = Duration::from_secs(120);
    let game = Game::new(plan, 121);
    // One small route always fails on the canary: the whole moves by less than its limit.
    let played = game.play(|second, _| {
        let mut tick = tick_of(
            crate::player::at(second),
            crate::player::at(second + 1),
            vec![
                reading(
                    0,
                    None,
                    Look::Counts(2, 302),
                    Look::Counts(second % 2, 2720),
                ),
                reading(0, Some(0), Look::Counts(2, 2), Look::Counts(0, 20)),
                reading(
                    0,
                    Some(1),
                    Look::Counts(0, 300),
                    Look::Counts(second % 2, 2700),
                ),
            ],
        );
        if second == 0 {
            tick.new_slices = ["/pay", "/"]
                .map(|name| verification::observation::SliceName {
                    signal: 0,
                    name: name.into(),
                })
                .to_vec();
        }
        Some(tick)
    });
    assert_eq!(
        played.word(0),
        VerdictKind::Within,
        "the whole keeps its limit"
    );
    let (_, ticket) = &played.decisions(Verb::Ticket)[0];
    assert_eq!(ticket.rows[0].slice, Some(0));
    assert_eq!(played.decided(Verb::Confirm), None);
    let (_, review) = &played.decisions(Verb::Review)[0];
    assert_eq!(review.rows[0].slice, Some(0));
}

#[test]
fn rows_fail_together_where_none_fails_alone() {
    let mut plan = plan();
    plan.criteria = (0..6)
        .map(|number| {
            criterion(
                &format!("signal {number}"),
                number,
                Rule::AgainstBaseline {
                    worse: Worse::Higher,
                    limit: Limit::Points(0.02),
                },
                vec![Reaction::RollBack],
            )
        })
        .collect();
    plan.signals = (0..6)
        .map(|number| Signal {
            name: format!("signal {number}"),
            ..plan.signals[0].clone()
        })
        .collect();
    plan.actions = vec![action(Reaction::RollBack)];
    let game = Game::new(plan, 60);
    let played = game.play(|second, rolled_back| {
        let (canary, baseline) = errors(second, rolled_back);
        let readings = (0..6)
            .map(|signal| reading(signal, None, canary, baseline))
            .collect();
        Some(tick_of(
            crate::player::at(second),
            crate::player::at(second + 1),
            readings,
        ))
    });
    let (_, decision) = &played.decisions(Verb::RollBack)[0];
    assert!(
        decision.rows.len() > 1,
        "six equal rows reach the bar together before any of them does: {decision:?}"
    );
    for row in &decision.rows {
        let verdict = played.verdict(row.criterion);
        assert_eq!(verdict.kind, VerdictKind::Failing);
        assert!(verdict.numbers.ln_harm < verdict.numbers.ln_harm_needed);
        assert!(verdict.numbers.range.unwrap().lower.unwrap() >= 0.02);
    }
}
