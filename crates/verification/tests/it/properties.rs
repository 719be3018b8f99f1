//! What holds for every watch.

use crate::player::{Look, plan, play};
use proptest::prelude::*;
use verification::decision::Verb;
use verification::observation::Gap;

fn evidence(looks: &[(u64, u64, u64, u64)]) -> (f64, f64) {
    let mut plan = plan();
    // Evidence alone is compared here; nothing is to be decided.
    plan.compare.false_alarms = 1e-300;
    plan.criteria.truncate(1);
    let played = play(plan, looks.len() as u64, |second, _| {
        let (k1, n1, k0, n0) = looks[second as usize];
        (Look::Counts(k1.min(n1), n1), Look::Counts(k0.min(n0), n0))
    });
    let summary = played.watch.summary();
    let numbers = &summary.rows[0].verdict.numbers;
    (numbers.ln_harm, numbers.ln_safety)
}

fn looks() -> impl Strategy<Value = Vec<(u64, u64, u64, u64)>> {
    prop::collection::vec((0u64..5, 5u64..60, 0u64..10, 20u64..400), 8..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_further_canary_error_never_lowers_harm_nor_raises_safety(looks in looks(), at in any::<prop::sample::Index>()) {
        let before = evidence(&looks);
        let mut worse = looks.clone();
        let at = at.index(worse.len());
        worse[at].0 = (worse[at].0 + 1).min(worse[at].1);
        let after = evidence(&worse);
        prop_assert!(after.0 >= before.0 - 1e-9, "{before:?} {after:?}");
        prop_assert!(after.1 <= before.1 + 1e-9, "{before:?} {after:?}");
    }

    #[test]
    fn missing_data_alone_never_confirms_nor_rolls_back(gaps in prop::collection::vec(0u8..4, 60..61)) {
        let played = play(plan(), 60, |second, _| {
            let gap = [Gap::NoSeries, Gap::SourceFailed, Gap::Stale, Gap::NotANumber][usize::from(gaps[second as usize])];
            (Look::Nothing(gap), Look::Counts(second % 2, 180))
        });
        prop_assert_eq!(played.decided(Verb::Confirm), None);
        prop_assert_eq!(played.decided(Verb::RollBack), None);
    }

    #[test]
    fn a_rollback_always_has_a_failing_row(looks in looks()) {
        let played = play(plan(), looks.len() as u64, |second, _| {
            let (k1, n1, k0, n0) = looks[second as usize];
            (Look::Counts((k1 * 4).min(n1), n1), Look::Counts(k0.min(n0), n0))
        });
        for (_, event) in &played.events {
            if let verification::event::Event::Decision(decision) = event
                && decision.verb == Verb::RollBack {
                prop_assert!(!decision.rows.is_empty());
            }
        }
    }
}
