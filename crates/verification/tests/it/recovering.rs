//! The proof that a rollback helped.

use crate::player::{Game, Look, Played, at, criterion, plan, play, play_with, reading, tick_of};
use crate::reactions::errors;
use core::time::Duration;
use verification::decision::Verb;
use verification::event::{HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::Gap;
use verification::terms::*;

fn recovered(played: &Played) -> bool {
    let summary = played.watch.summary();
    assert_eq!(played.state(), State::RolledBack);
    summary.recovery.unwrap().recovered
}

#[test]
fn fewer_orders_recover_when_orders_are_back() {
    for limit in [Limit::Relative(0.25), Limit::Points(0.05)] {
        let mut plan = plan();
        plan.criteria = vec![criterion(
            "orders",
            0,
            Rule::AgainstBaseline {
                worse: Worse::Lower,
                limit,
            },
            vec![Reaction::RollBack],
        )];
        plan.watch_for = Duration::from_secs(120);
        let world = |back: bool| {
            move |second: u64, rolled_back: bool| match (rolled_back, back) {
                (false, _) => (Look::Counts(second % 2, 40), Look::Counts(36, 360)),
                (true, true) => (Look::Counts(0, 0), Look::Counts(40, 400)),
                (true, false) => (Look::Counts(0, 0), Look::Counts(4, 400)),
            }
        };
        let played = play(plan.clone(), 120, world(true));
        assert!(recovered(&played), "{limit:?}");
        let row = played.watch.summary().recovery.unwrap().rows[0];
        assert!(row.limit < row.before, "{row:?}: fewer is worse");
        assert!(!recovered(&play(plan, 120, world(false))), "{limit:?}");
    }
}

fn level_plan(rule: Rule) -> Plan {
    let mut plan = plan();
    plan.signals[0].kind = SignalKind::Level {
        query: "queue".into(),
    };
    plan.criteria = vec![Criterion {
        measure: Measure::Level,
        ..criterion("queue", 0, rule, vec![Reaction::RollBack])
    }];
    plan
}

#[test]
fn a_level_recovers_when_it_keeps_its_limit_again() {
    let against = Rule::AgainstBaseline {
        worse: Worse::Higher,
        limit: Limit::Amount(50.0),
    };
    for rule in [against, Rule::NeverAbove(80.0)] {
        let world = |after: f64| {
            move |_: u64, rolled_back: bool| {
                if rolled_back {
                    (Look::Nothing(Gap::NoSeries), Look::Level(after))
                } else {
                    (Look::Level(100.0), Look::Level(10.0))
                }
            }
        };
        assert!(
            recovered(&play(level_plan(rule), 60, world(12.0))),
            "{rule:?}"
        );
        assert!(
            !recovered(&play(level_plan(rule), 90, world(90.0))),
            "{rule:?}"
        );
    }
}

#[test]
fn a_canary_that_was_not_seen_is_not_out_because_it_is_not_seen() {
    let world = |second: u64, _| {
        let canary = if second < 20 {
            Look::Counts(0, 20)
        } else {
            Look::Nothing(Gap::Stale)
        };
        (canary, Look::Counts(0, 180))
    };
    let acts = [(40, HumanActKind::RollBack)];
    let blind = play_with(plan(), 120, world, &acts, OutcomeKind::Done);
    assert!(
        !recovered(&blind),
        "nothing shows that the rollback reached it"
    );
    assert_eq!(blind.watch.exit(), Exit::NotRecovered);
    // Seen until the action, gone with it.
    let world = |_: u64, rolled_back: bool| {
        let canary = if rolled_back {
            Look::Nothing(Gap::Stale)
        } else {
            Look::Counts(0, 20)
        };
        (canary, Look::Counts(0, 180))
    };
    assert!(recovered(&play_with(
        plan(),
        120,
        world,
        &acts,
        OutcomeKind::Done
    )));
}

#[test]
fn requests_under_way_do_not_count_against_it_for_long() {
    let decided = play(plan(), 60, errors).decided(Verb::RollBack).unwrap();
    let played = play(plan(), 90, |second, rolled_back| {
        // Three seconds of open connections.
        let (canary, baseline) = errors(second, rolled_back);
        if rolled_back && second <= decided + 3 {
            (Look::Counts(0, 20), baseline)
        } else {
            (canary, baseline)
        }
    });
    let report = played.watch.summary().recovery.unwrap();
    assert!(report.recovered);
    let took = report.at.since(at(decided + 1));
    assert!(took <= Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_canary_that_still_serves_is_not_recovered() {
    let played = play(plan(), 120, |second, rolled_back| {
        if rolled_back {
            (Look::Counts(0, 5), Look::Counts(0, 195))
        } else {
            errors(second, false)
        }
    });
    assert!(!recovered(&played));
    let report = played.watch.summary().recovery.unwrap();
    assert!(
        (report.canary_share.unwrap() - 0.025).abs() < 1e-9,
        "{report:?}"
    );
    assert!(
        report.rows[0].ln_evidence >= report.rows[0].ln_needed,
        "the rate itself is fine"
    );
    assert!(played.decided(Verb::Page).is_some());
}

#[test]
fn a_dark_service_is_not_recovered() {
    let played = play(plan(), 120, |second, rolled_back| {
        if rolled_back {
            (
                Look::Nothing(Gap::SourceFailed),
                Look::Nothing(Gap::SourceFailed),
            )
        } else {
            errors(second, false)
        }
    });
    assert!(!recovered(&played));
    assert_eq!(played.watch.summary().recovery.unwrap().canary_share, None);
}

#[test]
fn an_action_of_unknown_outcome_is_paged_and_its_effect_looked_for() {
    let mut unknown = false;
    let game = Game {
        result: OutcomeKind::Unknown,
        ..Game::new(plan(), 120)
    };
    let played = game.play(|second, _| {
        let ordered = unknown;
        let (canary, baseline) = errors(second, ordered);
        unknown |= second > 20;
        Some(tick_of(
            at(second),
            at(second + 1),
            vec![reading(0, None, canary, baseline)],
        ))
    });
    assert_eq!(played.decisions(Verb::Page).len(), 1);
    assert!(recovered(&played), "it had worked after all");
}
