//! Any value of every type that a ledger holds.

mod verdict;

use self::verdict::{row, verdict};
use ledger::{Record, SealRecord};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use statistics::{Histogram, Sample};
use std::time::Duration;
use verification::decision::{By, Decision, Instead, Verb};
use verification::event::{Event, HumanAct, HumanActKind, Input, Refusal, State, StateChange};
use verification::intent::{Intent, IntentId, Outcome, OutcomeKind};
use verification::observation::{
    BaselineLevel, Gap, Measured, PodSet, Reading, Sides, SliceName, SourceProblem, Tick,
};
use verification::recovery::{RecoveryReport, RecoveryRow};
use verification::terms::Reaction;
use verification::time::Timestamp;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z/ ]{0,12}", "\\PC{0,6}"]
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        4 => (1_700_000_000_000..1_900_000_000_000_i64).prop_map(Timestamp::from_millis),
        1 => any::<i64>().prop_map(Timestamp::from_millis),
    ]
}

fn span() -> impl Strategy<Value = Duration> {
    prop_oneof![
        (0..400_000_000_u64).prop_map(Duration::from_millis),
        (any::<u64>(), 0..1_000_000_000_u32).prop_map(|(s, n)| Duration::new(s, n)),
    ]
}

/// Numbers that equal themselves; what is not a number is tested by its bits elsewhere.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("equal to itself", |value| !value.is_nan()),
        (any::<i32>(), -6..6_i32).prop_map(|(m, e)| f64::from(m) * 10_f64.powi(e)),
        select(vec![
            0.0,
            -0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.005,
            1.0
        ]),
    ]
}

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..100_000_u64, any::<u64>()]
}

fn sides<T: std::fmt::Debug, S: Strategy<Value = T> + Clone>(
    side: S,
) -> impl Strategy<Value = Sides<T>> {
    (side.clone(), side).prop_map(|(canary, baseline)| Sides { canary, baseline })
}

fn gap() -> impl Strategy<Value = Gap> {
    select(vec![
        Gap::SourceFailed,
        Gap::NoSeries,
        Gap::PartNeverSeen,
        Gap::Stale,
        Gap::NotANumber,
        Gap::FirstSample,
    ])
}

fn measured() -> BoxedStrategy<Measured> {
    let classic = vec(count(), 1..16).prop_map(|counts| {
        let edges = [
            0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ];
        let edges = edges.into_iter().chain([f64::INFINITY]);
        Measured::Durations(Histogram::from_pairs(edges.zip(counts)))
    });
    let native =
        (vec(count(), 0..16), -300..100_i32, 0..9_i32).prop_map(|(counts, from, scale)| {
            let edges = (from..).map(|index| (f64::from(index) * 2_f64.powi(-scale)).exp2());
            Measured::Durations(Histogram::from_pairs(edges.zip(counts)))
        });
    let odd = vec((any::<f64>(), count()), 0..8)
        .prop_map(|pairs| Measured::Durations(Histogram::from_pairs(pairs)));
    prop_oneof![
        4 => (count(), count()).prop_map(|(events, trials)| Measured::Counts(Sample { events, trials })),
        1 => classic,
        1 => native,
        1 => odd,
        1 => number().prop_map(Measured::Level),
        1 => gap().prop_map(Measured::Nothing),
    ]
    .boxed()
}

fn reading() -> impl Strategy<Value = Reading> {
    (
        prop_oneof![0..4_u16, any::<u16>()],
        of(prop_oneof![0..4_u16, any::<u16>()]),
        sides(measured()),
    )
        .prop_map(|(signal, slice, sides)| Reading {
            signal,
            slice,
            sides,
        })
}

fn pods() -> impl Strategy<Value = PodSet> + Clone {
    (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(count, young, fingerprint)| PodSet {
        count,
        young,
        fingerprint,
    })
}

pub fn tick() -> BoxedStrategy<Tick> {
    (
        (time(), time(), any::<u32>()),
        vec((any::<u16>(), text()), 0..3),
        vec(reading(), 0..8),
        sides(pods()),
        sides(of(time()).boxed()),
        of(sides(of(text()).boxed())),
        vec((text(), text(), any::<bool>()), 0..3),
    )
        .prop_map(
            |((from, through, resets), slices, readings, pods, newest, versions, problems)| Tick {
                from,
                through,
                new_slices: slices
                    .into_iter()
                    .map(|(signal, name)| SliceName { signal, name })
                    .collect(),
                readings,
                pods,
                newest,
                versions,
                problems: problems
                    .into_iter()
                    .map(|(source, message, refused)| SourceProblem {
                        source,
                        message,
                        refused,
                    })
                    .collect(),
                resets,
            },
        )
        .boxed()
}

fn act() -> impl Strategy<Value = HumanAct> {
    let kind = select(vec![
        HumanActKind::Hold,
        HumanActKind::Release,
        HumanActKind::RollBack,
        HumanActKind::Confirm,
    ]);
    (kind, text(), text()).prop_map(|(kind, name, reason)| HumanAct { kind, name, reason })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let result = select(vec![
        OutcomeKind::Done,
        OutcomeKind::Failed,
        OutcomeKind::Unknown,
    ]);
    (any::<u32>(), result, time(), span(), text()).prop_map(|(id, result, at, took, detail)| {
        Outcome {
            intent: IntentId(id),
            result,
            at,
            took,
            detail,
        }
    })
}

pub fn input() -> BoxedStrategy<Input> {
    prop_oneof![
        4 => tick().prop_map(Input::Tick),
        1 => act().prop_map(Input::Human),
        1 => outcome().prop_map(Input::Outcome),
        1 => Just(Input::Clock),
    ]
    .boxed()
}

fn decision() -> BoxedStrategy<Decision> {
    let verb = select(vec![
        Verb::RollBack,
        Verb::Page,
        Verb::Ticket,
        Verb::Review,
        Verb::Hold,
        Verb::Release,
        Verb::Confirm,
    ]);
    let authority = prop_oneof![
        select(vec![By::Criteria, By::Silence, By::End, By::Recovery]),
        (text(), text()).prop_map(|(name, reason)| By::Human { name, reason }),
    ];
    let instead = select(vec![
        Instead::BaselineToo,
        Instead::HumanDecides,
        Instead::Held,
        Instead::NoAction,
    ]);
    (
        verb,
        time(),
        vec(row(), 0..4),
        authority,
        of(time()),
        of(instead),
    )
        .prop_map(
            |(verb, at, rows, authority, effective_at, instead)| Decision {
                verb,
                at,
                rows,
                authority,
                effective_at,
                instead,
            },
        )
        .boxed()
}

fn intent() -> BoxedStrategy<Intent> {
    let reaction = select(vec![
        Reaction::RollBack,
        Reaction::Page,
        Reaction::Ticket,
        Reaction::Review,
    ]);
    (
        (any::<u32>(), any::<u32>(), reaction),
        (of(text()), of(text()), vec((text(), text()), 0..3)),
        (time(), time()),
    )
        .prop_map(
            |((id, generation, reaction), (run, target, settings), (at, deadline))| Intent {
                id: IntentId(id),
                generation,
                reaction,
                run,
                target,
                settings,
                at,
                deadline,
            },
        )
        .boxed()
}

fn recovery() -> BoxedStrategy<RecoveryReport> {
    let row = (row(), number(), number(), of(number()), number(), number()).prop_map(
        |(row, before, limit, after, ln_evidence, ln_needed)| RecoveryRow {
            row,
            before,
            limit,
            after,
            ln_evidence,
            ln_needed,
        },
    );
    (any::<bool>(), time(), vec(row, 0..3), of(number()))
        .prop_map(|(recovered, at, rows, canary_share)| RecoveryReport {
            recovered,
            at,
            rows,
            canary_share,
        })
        .boxed()
}

fn state() -> impl Strategy<Value = StateChange> {
    let state = select(vec![
        State::Watching,
        State::CannotSee,
        State::Held,
        State::RollingBack,
        State::RolledBack,
        State::NeedsReview,
        State::Confirmed,
    ]);
    (state, time(), any::<bool>()).prop_map(|(state, at, ended)| StateChange { state, at, ended })
}

pub fn event() -> BoxedStrategy<Event> {
    prop_oneof![
        verdict().prop_map(Event::Verdict),
        decision().prop_map(Event::Decision),
        intent().prop_map(Event::Intent),
        state().prop_map(Event::State),
        recovery().prop_map(Event::Recovery),
        select(vec![
            Event::Refused(Refusal::Ended),
            Event::Refused(Refusal::AlreadyRollingBack),
            Event::Refused(Refusal::NotHeld),
            Event::Refused(Refusal::NoAction),
        ]),
    ]
    .boxed()
}

fn seal() -> BoxedStrategy<SealRecord> {
    let level = (any::<u16>(), of(text()), measured(), span()).prop_map(
        |(signal, slice, measured, over)| BaselineLevel {
            signal,
            slice,
            measured,
            over,
        },
    );
    (
        (text(), text(), text(), text(), text(), text()),
        time(),
        any::<bool>(),
        vec(level, 0..4),
    )
        .prop_map(|(texts, at, late, levels)| SealRecord {
            service: texts.0,
            plan_text: texts.1,
            plan_file: texts.2,
            connections: texts.3,
            hash: texts.4,
            at,
            late,
            levels,
            engine: texts.5,
        })
        .boxed()
}

pub fn record() -> BoxedStrategy<Record> {
    prop_oneof![
        seal().prop_map(Record::Sealed),
        time().prop_map(|at| Record::Started { at }),
        (time(), input()).prop_map(|(now, input)| Record::Input { now, input }),
        event().prop_map(Record::Event),
        (any::<u32>(), time()).prop_map(|(id, at)| Record::Attempt {
            intent: IntentId(id),
            at
        }),
        (text(), text()).prop_map(|(version, keeper)| Record::Engine { version, keeper }),
        vec(any::<u8>(), 0..64).prop_map(|state| Record::Checkpoint { state }),
        (any::<bool>(), text(), text()).prop_map(|(good, name, reason)| Record::Label {
            good,
            name,
            reason
        }),
        text().prop_map(|text| Record::Note { text }),
    ]
    .boxed()
}
