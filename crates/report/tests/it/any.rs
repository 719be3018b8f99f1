//! Any watch at all: nothing panics, no line is too wide, JSON and JUnit stay whole.

use crate::plans::{self, seconds};
use crate::schema::problems;
use crate::watches::{self, START};
use core::time::Duration;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use report::{
    Chain, Frame, Glyphs, ListRow, Reference, ReportJson, change_line, decision_sentence, explain,
    first_line, heartbeat_line, json_schema, list_screen, message, outcome_line, report_json,
    report_junit, report_markdown, report_text, strip, verdict_screen,
};
use statistics::Range;
use std::sync::OnceLock;
use unicode_width::UnicodeWidthChar;
use verification::decision::{By, Decision, Instead, Verb};
use verification::event::{Event, State};
use verification::intent::OutcomeKind;
use verification::observation::{Gap, Side};
use verification::recovery::{RecoveryReport, RecoveryRow};
use verification::summary::{
    ActionSummary, Milestone, MilestoneKind, Phases, Row, Silent, Summary,
};
use verification::terms::{Limit, Plan, Reaction, Rule, Worse};
use verification::time::Timestamp;
use verification::verdict::{Because, Numbers, RowId, ThresholdProblem, VerdictKind};

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        -2.0..2.0_f64,
        Just(0.0),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::MIN_POSITIVE),
        Just(0.005),
        Just(0.005_000_000_000_000_001),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        ".{0,40}",
        "[a-z /]{0,200}",
        Just("注文が完了しない率 / 🚢👩‍🚀\u{301}".to_owned()),
        Just("\u{1b}[31mred\u{1b}[0m\r\n\u{202e}rtl <script>|`@all`".to_owned()),
    ]
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>().prop_map(Timestamp::from_millis),
        (-10_000_000_i64..400_000_000)
            .prop_map(|offset| Timestamp::from_millis(START.millis() + offset)),
    ]
}

fn length() -> impl Strategy<Value = Duration> {
    prop_oneof![
        any::<u32>().prop_map(|ms| Duration::from_millis(u64::from(ms))),
        Just(Duration::ZERO),
        Just(Duration::MAX)
    ]
}

fn because() -> impl Strategy<Value = Because> {
    prop_oneof![
        Just(Because::PastLimit),
        Just(Because::Collapse),
        Just(Because::PastLimitThroughout),
        Just(Because::KeepsLimit),
        Just(Because::NotEnoughEvidence),
        Just(Because::NotSustained),
        Just(Because::NotSeenLately),
        Just(Because::WarmingUp),
        Just(Because::NothingYet),
        moment().prop_map(|since| Because::Missing {
            side: Side::Baseline,
            gap: Gap::Stale,
            since
        }),
        number()
            .prop_map(|smallest| Because::NoThreshold(ThresholdProblem::BelowABucket(smallest))),
        Just(Because::YoungPods(Side::Canary)),
        number().prop_map(Because::MixDiffers),
        number().prop_map(Because::ShareDiffers),
    ]
}

fn kind() -> impl Strategy<Value = VerdictKind> {
    prop::sample::select(vec![
        VerdictKind::Failing,
        VerdictKind::Undecided,
        VerdictKind::NoData,
        VerdictKind::NotComparable,
        VerdictKind::Within,
    ])
}

fn numbers() -> impl Strategy<Value = Numbers> {
    let levels = (
        prop::option::of(number()),
        prop::option::of(number()),
        prop::option::of(number()),
        prop::option::of(number()),
    );
    let range = prop::option::of((prop::option::of(number()), prop::option::of(number())));
    let counts = (any::<u64>(), any::<u64>(), any::<u32>(), any::<u32>());
    let evidence = (number(), number(), number(), number());
    (levels, range, counts, evidence, prop::option::of(length())).prop_map(
        |(levels, range, counts, evidence, remaining)| Numbers {
            level: watches::sides(levels.0, levels.1),
            difference: levels.2,
            lately: levels.3,
            range: range.map(|(lower, upper)| Range { lower, upper }),
            exposure: watches::sides(counts.0, counts.1),
            events: watches::sides(counts.1, counts.0),
            gaps: counts.2,
            looks: counts.3,
            ln_harm: evidence.0,
            ln_harm_needed: evidence.1,
            ln_safety: evidence.2,
            ln_safety_needed: evidence.3,
            remaining,
        },
    )
}

fn limit() -> impl Strategy<Value = Rule> {
    prop_oneof![
        number().prop_map(|value| plans::higher(Limit::Points(value))),
        number().prop_map(|value| plans::lower(Limit::Relative(value))),
        number().prop_map(|value| Rule::AgainstBaseline {
            worse: Worse::Lower,
            limit: Limit::Amount(value)
        }),
        number().prop_map(Rule::NeverAbove),
        number().prop_map(Rule::NeverBelow),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        text(),
        text(),
        text(),
        prop::collection::vec(limit(), 6),
        length(),
        any::<bool>(),
    )
        .prop_map(|(service, name, runbook, limits, length, extras)| {
            let mut plan = plans::checkout();
            plan.service = service;
            plan.signals[0].name = name.clone();
            plan.signals[1].kind = plan.signals[usize::from(extras) * 2].kind.clone();
            plan.runbook = extras.then(|| runbook.clone());
            plan.change = extras.then_some(runbook);
            for (criterion, rule) in plan.criteria.iter_mut().zip(limits) {
                criterion.rule = rule;
                criterion.sustained_for = length;
            }
            plan.criteria[0].name = name;
            // A signal and a criterion that are not there.
            plan.criteria[5].signal = if extras { 99 } else { 3 };
            plan.watch_for = length;
            plan
        })
}

/// What a row is made of, apart from the plan.
#[derive(Clone, Debug)]
struct RowParts {
    criterion: u16,
    slice: Option<u16>,
    name: String,
    kind: VerdictKind,
    because: Because,
    numbers: Numbers,
    since: Timestamp,
}

fn row() -> impl Strategy<Value = RowParts> {
    (
        0_u16..8,
        prop::option::of(any::<u16>()),
        text(),
        kind(),
        because(),
        numbers(),
        moment(),
    )
        .prop_map(
            |(criterion, slice, name, kind, because, numbers, since)| RowParts {
                criterion,
                slice,
                name,
                kind,
                because,
                numbers,
                since,
            },
        )
}

/// What a watch is made of, apart from the plan and the rows.
#[derive(Clone, Debug)]
struct Parts {
    state: State,
    moments: Vec<Timestamp>,
    ended: bool,
    extras: Vec<bool>,
    name: String,
    share: Option<f64>,
    decision: (Verb, Option<Instead>),
    outcome: OutcomeKind,
    length: Duration,
    milestones: Vec<Timestamp>,
}

fn parts() -> impl Strategy<Value = Parts> {
    let state = prop::sample::select(vec![
        State::Watching,
        State::CannotSee,
        State::Held,
        State::RollingBack,
        State::RolledBack,
        State::NeedsReview,
        State::Confirmed,
    ]);
    let verb = prop::sample::select(vec![
        Verb::RollBack,
        Verb::Page,
        Verb::Ticket,
        Verb::Review,
        Verb::Hold,
        Verb::Release,
        Verb::Confirm,
    ]);
    let instead = prop::option::of(prop::sample::select(vec![
        Instead::BaselineToo,
        Instead::HumanDecides,
        Instead::Held,
        Instead::NoAction,
    ]));
    let outcome = prop::sample::select(vec![
        OutcomeKind::Done,
        OutcomeKind::Failed,
        OutcomeKind::Unknown,
    ]);
    let first = (
        state,
        prop::collection::vec(moment(), 8),
        any::<bool>(),
        prop::collection::vec(any::<bool>(), 8),
        text(),
    );
    let second = (
        prop::option::of(number()),
        (verb, instead),
        outcome,
        length(),
        prop::collection::vec(moment(), 0..16),
    );
    (first, second).prop_map(
        |(
            (state, moments, ended, extras, name),
            (share, decision, outcome, length, milestones),
        )| Parts {
            state,
            moments,
            ended,
            extras,
            name,
            share,
            decision,
            outcome,
            length,
            milestones,
        },
    )
}

fn summary<'plan>(plan: &'plan Plan, rows: &[RowParts], parts: &Parts) -> Summary<'plan> {
    let at = |index: usize| parts.moments[index];
    let has = |index: usize| parts.extras[index];
    let rows: Vec<Row> = rows
        .iter()
        .map(|row| {
            let template = watches::row(
                plan,
                row.criterion.min(5),
                row.kind,
                row.because,
                row.numbers.clone(),
                row.since,
            );
            Row {
                name: if has(7) {
                    row.name.clone()
                } else {
                    format!("{} / {}", template.name, row.name)
                },
                required: row.criterion % 2 == 0,
                verdict: verification::verdict::Verdict {
                    row: RowId {
                        criterion: row.criterion,
                        slice: row.slice,
                    },
                    ..template.verdict
                },
            }
        })
        .collect();
    let ids: Vec<RowId> = rows.iter().map(|row| row.verdict.row).collect();
    let authority = if has(0) {
        By::Human {
            name: parts.name.clone(),
            reason: parts.name.clone(),
        }
    } else {
        By::Criteria
    };
    let outcome = watches::outcome(parts.outcome, at(4), &parts.name);
    Summary {
        sealed_at: at(0),
        sealed_late: has(1),
        started: at(1),
        at: at(2),
        ends: at(3),
        ended: parts.ended.then(|| at(4)),
        state: parts.state,
        versions: watches::sides(
            has(2).then(|| parts.name.clone()),
            has(3).then(|| parts.name.clone()),
        ),
        canary_share: parts.share,
        newest: watches::sides(has(4).then(|| at(5)), has(5).then(|| at(6))),
        warming_up: has(6),
        decisions: vec![Decision {
            verb: parts.decision.0,
            at: at(5),
            rows: ids.clone(),
            authority,
            effective_at: has(1).then(|| at(6)),
            instead: parts.decision.1,
        }],
        roll_back_at: has(2).then(|| at(7)),
        held_by: has(3).then(|| parts.name.clone()),
        actions: vec![ActionSummary {
            intent: watches::intent(
                Reaction::RollBack,
                at(6),
                has(4).then_some(parts.name.as_str()),
            ),
            outcome: has(5).then_some(outcome),
        }],
        recovery: has(6).then(|| RecoveryReport {
            recovered: has(7),
            at: at(7),
            rows: ids
                .iter()
                .map(|row| RecoveryRow {
                    row: *row,
                    before: parts.share.unwrap_or(0.1),
                    limit: 0.005,
                    after: parts.share,
                    ln_evidence: 0.0,
                    ln_needed: 1.0,
                })
                .collect(),
            canary_share: parts.share,
        }),
        recovery_deadline: has(0).then(|| at(0)),
        silent: vec![Silent {
            since: at(1),
            problem: verification::observation::SourceProblem {
                source: parts.name.clone(),
                message: parts.name.clone(),
                refused: has(1),
            },
        }],
        timeline: parts
            .milestones
            .iter()
            .map(|at| Milestone {
                at: *at,
                what: MilestoneKind::Failing,
            })
            .collect(),
        phases: Phases {
            detect: Some(parts.length),
            decide: has(2).then_some(parts.length),
            execute: None,
            verify: Some(seconds(1)),
        },
        rows,
        ..watches::watching(plan)
    }
}

fn widest(text: &str) -> usize {
    text.lines()
        .map(|line| line.chars().filter_map(UnicodeWidthChar::width).sum())
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn views_hold_their_shape(
        plan in plan(),
        rows in prop::collection::vec(row(), 0..14),
        parts in parts(),
        now in moment(),
        width in 0_u16..200,
        flags in prop::collection::vec(any::<bool>(), 4),
    ) {
        let summary = summary(&plan, &rows, &parts);
        let frame = Frame {
            width,
            glyphs: if flags[0] { Glyphs::Ascii } else { Glyphs::Unicode },
            all: flags[1],
            live: flags[2],
            last_record: flags[3].then_some(u64::MAX),
            chain: Chain::BrokenAt(7),
            ..Frame::new(now, TimeZone::fixed(jiff::tz::offset(5)), parts.name.clone())
        };
        let room = usize::from(width.max(Frame::NARROWEST));
        let screen = verdict_screen(&summary, &frame).render(&frame);
        prop_assert!(widest(&screen) <= room, "{} > {room}:\n{screen}", widest(&screen));
        prop_assert!(!screen.contains('\u{1b}') && !screen.contains("NaN"), "{screen}");
        if flags[0] {
            prop_assert!(screen.is_ascii(), "{screen}");
        }
        let text = report_text(&summary, &frame).render(&frame);
        prop_assert!(widest(&text) <= room, "{text}");
        for row in &summary.rows {
            let explained = explain(&summary, &Reference::Row(row.verdict.row), &frame).unwrap();
            prop_assert!(widest(&explained) <= room, "{explained}");
            if let Some(strip) = strip(&summary, row) {
                prop_assert!(!strip.svg.contains("NaN") && !strip.svg.contains("inf\""), "{}", strip.svg);
            }
            if let Some(line) = change_line(&summary, &Event::Verdict(row.verdict.clone()), &frame) {
                prop_assert_eq!(line.lines().count(), 1);
            }
        }
        prop_assert!(widest(&explain(&summary, &Reference::Watch, &frame).unwrap()) <= room);
        prop_assert!(heartbeat_line(&summary, &frame).lines().count() == 1);
        prop_assert!(first_line(&summary, &frame).lines().count() == 1);
        for decision in &summary.decisions {
            let _ = decision_sentence(&summary, decision);
        }
        for action in &summary.actions {
            let _ = message(&summary, &action.intent, &frame);
            if let Some(outcome) = &action.outcome {
                prop_assert!(outcome_line(&summary, outcome, &frame).lines().count() == 1);
            }
        }
        let list = list_screen(&[ListRow::of(&summary, &frame), ListRow::of(&summary, &frame)], &frame).render(&frame);
        prop_assert!(widest(&list) <= room && list.lines().count() == 3, "{list}");
        let markdown = report_markdown(&summary, &frame);
        prop_assert!(!markdown.contains("<script>") && !markdown.contains('\u{1b}'), "{markdown}");
    }

    #[test]
    fn json_and_junit_stay_whole(
        plan in plan(),
        rows in prop::collection::vec(row(), 0..6),
        parts in parts(),
        now in moment(),
    ) {
        let summary = summary(&plan, &rows, &parts);
        let frame = Frame::new(now, TimeZone::UTC, "W7");
        let report = report_json(&summary, &frame);
        let value = serde_json::to_value(&report).unwrap();
        static SCHEMA: OnceLock<serde_json::Value> = OnceLock::new();
        let schema = SCHEMA.get_or_init(json_schema);
        prop_assert_eq!(problems(schema, schema, &value, ""), Vec::<String>::new());
        let back: ReportJson = serde_json::from_value(value).unwrap();
        prop_assert_eq!(&back, &report);
        let _: ReportJson = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        let junit = quick_junit::Report::deserialize_from_str(&report_junit(&summary, &frame).unwrap()).unwrap();
        let within = summary.rows.iter().filter(|row| row.verdict.kind == VerdictKind::Within).count();
        prop_assert_eq!(junit.tests - junit.failures - junit.errors, within);
    }

    /// A difference past its limit never reads as one inside it, whatever the rounding.
    #[test]
    fn rounding_keeps_the_side_of_the_limit(limit in 0.000_1..0.5_f64, offset in -0.3..0.3_f64, tiny in any::<bool>()) {
        let mut plan = plans::checkout();
        let limit = (limit * 1e5).round() / 1e5;
        plan.criteria[0].rule = plans::higher(Limit::Points(limit));
        let value = limit + if tiny { offset * 1e-9 } else { offset };
        let row = watches::row(&plan, 0, VerdictKind::Failing, Because::PastLimit, watches::numbers(0.1, 0.1 + value, value, (value, value + 0.1)), START);
        let summary = Summary { rows: vec![row], ..watches::watching(&plan) };
        let frame = Frame { glyphs: Glyphs::Ascii, width: 120, ..Frame::new(START, TimeZone::UTC, "W7") };
        let screen = verdict_screen(&summary, &frame).render(&frame);
        let line = screen.lines().find(|line| line.starts_with(" x  FAILING")).unwrap();
        let cells: Vec<&str> = line.split_whitespace().collect();
        let limit_at = cells.iter().position(|cell| cell.ends_with("pp")).unwrap();
        let shown_limit: f64 = cells[limit_at].trim_end_matches("pp").parse().unwrap();
        let shown: f64 = cells[limit_at - 2].parse().unwrap();
        prop_assert_eq!(shown > shown_limit, value * 100.0 > limit * 100.0, "{}", line);
    }
}
