//! The ways in which other tools pass without evidence, each numbered as in the study of them: here none of them may end in *within* or a confirm, nor roll back.
//!
//! Paths that are about files, pipelines or scripts (a missing plan file, a gate's exit code) belong to the rooms that read those; here is what a watch makes of them.

use crate::player::{
    Game, Look, Played, at, criterion, plan, play, play_with, reading, tick, tick_of,
};
use core::time::Duration;
use verification::Watch;
use verification::decision::{By, Verb};
use verification::event::{HumanActKind, State};
use verification::exit::Exit;
use verification::intent::OutcomeKind;
use verification::observation::{Gap, SourceProblem};
use verification::terms::*;
use verification::verdict::VerdictKind;

const GAPS: [Gap; 6] = [
    Gap::SourceFailed,
    Gap::NoSeries,
    Gap::PartNeverSeen,
    Gap::Stale,
    Gap::NotANumber,
    Gap::FirstSample,
];

fn quiet(second: u64) -> (Look, Look) {
    (Look::Counts(0, 60), Look::Counts(second % 2, 180))
}

fn two_signals() -> Plan {
    let mut plan = plan();
    plan.signals.push(Signal {
        name: "second".into(),
        ..plan.signals[0].clone()
    });
    plan.criteria.push(criterion(
        "second signal",
        1,
        Rule::AgainstBaseline {
            worse: Worse::Higher,
            limit: Limit::Points(0.02),
        },
        vec![Reaction::RollBack],
    ));
    plan
}

/// Never *within* on this criterion, never a confirm, never a rollback.
fn passes_nothing(played: &Played, criterion: u16) {
    assert_ne!(played.word(criterion), VerdictKind::Within);
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.decided(Verb::RollBack), None);
    assert_ne!(played.state(), State::Confirmed);
    assert_ne!(played.watch.exit(), Exit::Confirmed);
}

#[test]
fn no_evidence_path_01_a_silent_canary_is_not_made_of_zeros() {
    for gap in GAPS {
        // Also with limits that a zero would keep: an increase, and a fixed value.
        let played = play(plan(), 70, |second, _| {
            (Look::Nothing(gap), quiet(second).1)
        });
        passes_nothing(&played, 0);
        passes_nothing(&played, 1);
        assert_eq!(played.word(0), VerdictKind::NoData, "{gap:?}");
        assert_eq!(played.state(), State::CannotSee, "{gap:?}");
    }
}

#[test]
fn no_evidence_path_02_one_silent_signal_among_good_ones_is_not_outvoted() {
    for gap in GAPS {
        let played = Game::new(two_signals(), 70).play(|second, _| {
            let (canary, baseline) = quiet(second);
            let readings = vec![
                reading(0, None, canary, baseline),
                reading(1, None, Look::Nothing(gap), Look::Nothing(gap)),
            ];
            Some(tick_of(at(second), at(second + 1), readings))
        });
        assert_eq!(played.word(0), VerdictKind::Within, "{gap:?}");
        passes_nothing(&played, 2);
    }
}

#[test]
fn no_evidence_path_03_what_cannot_be_computed_is_not_left_out() {
    // No method fits the criterion, its numbers are none, its signal is of another kind: all are in the way of a confirm.
    let mut unfit = two_signals();
    unfit.criteria[2].measure = Measure::Quantile(0.99);
    let played = Game::new(unfit, 70).play(|second, _| {
        let (canary, baseline) = quiet(second);
        let readings = vec![
            reading(0, None, canary, baseline),
            reading(1, None, canary, baseline),
        ];
        Some(tick_of(at(second), at(second + 1), readings))
    });
    passes_nothing(&played, 2);
    let played = Game::new(two_signals(), 70).play(|second, _| {
        let (canary, baseline) = quiet(second);
        let readings = vec![
            reading(0, None, canary, baseline),
            reading(1, None, Look::Level(0.0), Look::Level(0.0)),
        ];
        Some(tick_of(at(second), at(second + 1), readings))
    });
    passes_nothing(&played, 2);
}

#[test]
fn no_evidence_path_04_every_required_criterion_weighs() {
    // A hundred good criteria do not make up for one without evidence.
    let mut plan = two_signals();
    let good = plan.criteria[1].clone();
    for number in 0..100 {
        plan.criteria.push(Criterion {
            name: format!("good {number}"),
            ..good.clone()
        });
    }
    let played = Game::new(plan, 70).play(|second, _| {
        let (canary, baseline) = quiet(second);
        let readings = vec![
            reading(0, None, canary, baseline),
            reading(1, None, Look::Counts(0, 0), Look::Counts(0, 0)),
        ];
        Some(tick_of(at(second), at(second + 1), readings))
    });
    passes_nothing(&played, 2);
}

#[test]
fn no_evidence_path_05_a_plan_without_criteria_confirms_nothing() {
    let mut plan = plan();
    plan.criteria.clear();
    let played = play(plan, 70, |second, _| quiet(second));
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.state(), State::NeedsReview);
}

#[test]
fn no_evidence_path_06_a_watch_that_ends_before_its_first_look_confirms_nothing() {
    let played = Game::new(plan(), 70).play(|_, _| None);
    passes_nothing(&played, 0);
    // Nor one that has just begun when it is asked.
    let watch = Watch::begin(Game::new(plan(), 1).sealed(), at(0));
    assert_eq!(watch.exit(), Exit::Watching);
}

#[test]
fn no_evidence_path_07_the_end_of_the_rollout_is_no_verdict() {
    // The baseline goes when the rollout is complete; what was seen until then is too little.
    let played = play(plan(), 70, |second, _| {
        if second < 12 {
            quiet(second)
        } else {
            (Look::Counts(0, 240), Look::Nothing(Gap::NoSeries))
        }
    });
    passes_nothing(&played, 0);
}

#[test]
fn no_evidence_path_08_looks_that_measure_nothing_are_no_looks() {
    let played = play(plan(), 70, |_, _| (Look::Counts(0, 0), Look::Counts(0, 0)));
    passes_nothing(&played, 0);
    assert_eq!(played.verdict(0).numbers.looks, 0);
}

#[test]
fn no_evidence_path_09_a_canary_without_metrics_is_told() {
    let played =
        Game::new(plan(), 70).play(|second, _| Some(tick_of(at(second), at(second + 1), vec![])));
    passes_nothing(&played, 0);
    let page = &played.decisions(Verb::Page)[0].1;
    assert_eq!(page.authority, By::Silence);
}

#[test]
fn no_evidence_path_11_a_relative_limit_without_a_baseline_is_not_kept() {
    for limit in [Limit::Relative(0.5), Limit::Points(0.02)] {
        let mut plan = plan();
        plan.criteria[0].rule = Rule::AgainstBaseline {
            worse: Worse::Higher,
            limit,
        };
        for baseline in [Look::Nothing(Gap::NoSeries), Look::Counts(0, 0)] {
            let played = play(plan.clone(), 70, |_, _| (Look::Counts(0, 60), baseline));
            passes_nothing(&played, 0);
        }
    }
}

#[test]
fn no_evidence_path_12_informational_criteria_confirm_nothing() {
    let mut plan = plan();
    for criterion in &mut plan.criteria {
        criterion.required = false;
    }
    let played = play(plan, 70, |second, _| quiet(second));
    assert_eq!(played.word(0), VerdictKind::Within, "shown all the same");
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.state(), State::NeedsReview);
}

#[test]
fn no_evidence_path_13_a_first_deploy_has_nothing_to_be_compared_with() {
    let played = play(plan(), 70, |_, _| {
        (Look::Counts(0, 200), Look::Nothing(Gap::NoSeries))
    });
    passes_nothing(&played, 0);
    assert_eq!(
        played.word(1),
        VerdictKind::Within,
        "a fixed value can be judged without"
    );
}

#[test]
fn no_evidence_path_14_a_watch_shorter_than_a_look_confirms_nothing() {
    let mut plan = plan();
    plan.watch_for = Duration::from_secs(10);
    plan.judge_every = Duration::from_secs(60);
    let played = Game::new(plan.clone(), 3).play(|minute, _| {
        let readings = vec![reading(
            0,
            None,
            Look::Counts(0, 100_000),
            Look::Counts(9, 900_000),
        )];
        Some(tick_of(at(minute * 60), at(minute * 60 + 60), readings))
    });
    passes_nothing(&played, 0);
    // Nor one that is shorter than its warm-up.
    plan.watch_for = Duration::from_secs(100);
    plan.judge_every = Duration::from_secs(1);
    plan.warm_up = Duration::from_secs(1000);
    let played = play(plan, 120, |_, _| {
        (Look::Counts(0, 1000), Look::Counts(9, 9000))
    });
    passes_nothing(&played, 0);
}

#[test]
fn no_evidence_path_15_a_source_that_keeps_failing_is_no_pass() {
    let played = Game::new(plan(), 70).play(|second, _| {
        let mut look = tick(
            second,
            Look::Nothing(Gap::SourceFailed),
            Look::Nothing(Gap::SourceFailed),
        );
        look.problems.push(SourceProblem {
            source: "shop".into(),
            message: "answered 503".into(),
            refused: false,
        });
        Some(look)
    });
    passes_nothing(&played, 0);
    assert_eq!(played.watch.exit(), Exit::CannotSee);
    let summary = played.watch.summary();
    assert_eq!(summary.silent[0].since, at(0));
}

#[test]
fn a_human_who_lets_go_leaves_no_evidence_behind() {
    // Held through the end, released too late: no confirm comes of it.
    let acts = [(5, HumanActKind::Hold), (62, HumanActKind::Release)];
    let played = play_with(
        plan(),
        70,
        |second, _| quiet(second),
        &acts,
        OutcomeKind::Done,
    );
    assert_eq!(played.decided(Verb::Confirm), None);
    assert_eq!(played.state(), State::NeedsReview);
}
