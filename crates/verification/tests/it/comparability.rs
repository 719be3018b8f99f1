//! When the sides are not comparable, and when they are in spite of their size.

use crate::player::{Look, at, plan, play, tick};
use std::sync::Arc;
use verification::Watch;
use verification::decision::Verb;
use verification::event::{Event, Input, State};
use verification::observation::PodSet;
use verification::seal::Sealed;
use verification::verdict::{Because, VerdictKind};

#[test]
fn a_traffic_share_that_contradicts_the_plan_is_not_comparable() {
    let mut plan = plan();
    plan.compare.canary_share = Some(0.1);
    let played = play(plan, 61, |second, _| {
        (Look::Counts(0, 100), Look::Counts(second % 2, 100))
    });
    let summary = played.watch.summary();
    let row = summary
        .rows
        .iter()
        .find(|row| row.verdict.row.criterion == 0)
        .unwrap();
    assert_eq!(row.verdict.kind, VerdictKind::NotComparable);
    assert!(
        matches!(row.verdict.because, Because::ShareDiffers(share) if (share - 0.5).abs() < 0.01)
    );
    assert_ne!(played.state(), State::Confirmed);
}

#[test]
fn the_stated_share_is_comparable() {
    let mut plan = plan();
    plan.compare.canary_share = Some(0.1);
    let played = play(plan, 61, |second, _| {
        (Look::Counts(0, 20), Look::Counts(second % 2, 180))
    });
    assert_eq!(played.word(0), VerdictKind::Within);
}

#[test]
fn a_small_canary_is_comparable() {
    let played = play(plan(), 30, |second, _| {
        (Look::Counts(0, 1), Look::Counts(second % 2, 1000))
    });
    assert_ne!(played.word(0), VerdictKind::NotComparable);
}

#[test]
fn young_pods_on_one_side_only_are_not_comparable() {
    let sealed = Arc::new(Sealed {
        plan: plan(),
        hash: "00".into(),
        at: at(0),
        late: false,
        levels: vec![],
    });
    let mut watch = Watch::begin(sealed, at(0));
    let mut decided = false;
    for second in 0..40 {
        // All canary pods restart after 20 s, with start-up errors below a collapse.
        let restarted = second >= 20;
        let mut look = tick(
            second,
            Look::Counts(if restarted { 2 } else { 0 }, 20),
            Look::Counts(1, 180),
        );
        look.pods.canary = PodSet {
            count: 1,
            young: u32::from(restarted),
            fingerprint: if restarted { 2 } else { 1 },
        };
        decided |= watch.step(at(second + 1), &Input::Tick(look)).iter().any(
            |event| matches!(event, Event::Decision(decision) if decision.verb == Verb::RollBack),
        );
    }
    let summary = watch.summary();
    let row = summary
        .rows
        .iter()
        .find(|row| row.verdict.row.criterion == 0)
        .unwrap();
    assert_eq!(
        row.verdict.kind,
        VerdictKind::NotComparable,
        "{:?}",
        row.verdict.because
    );
    assert!(!decided);
}
