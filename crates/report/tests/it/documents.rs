//! Reports, messages, strips and seals.

use crate::plans::{self, minutes};
use crate::screens::frame;
use crate::watches::{self, START};
use report::{
    Frame, MARKER, first_line, if_you_do_nothing, marker, message, progress, report_junit,
    report_markdown, report_text, seal_markdown, strip, title,
};
use statistics::{Histogram, Sample};
use verification::observation::{BaselineLevel, Gap, Measured};
use verification::seal::Sealed;
use verification::summary::Summary;
use verification::terms::Reaction;
use verification::verdict::VerdictKind;

/// The watches of which a report tells something of its own.
fn reported<'plan>(plan: &'plan verification::terms::Plan) -> Vec<(&'static str, Summary<'plan>)> {
    let wanted = [
        "countdown",
        "recovered",
        "not_recovered",
        "confirmed_by_human",
        "baseline_too",
    ];
    watches::all(plan)
        .into_iter()
        .filter(|(name, _)| wanted.contains(name))
        .collect()
}

fn join(render: impl Fn(&Summary<'_>, &Frame) -> String) -> String {
    let plan = plans::checkout();
    reported(&plan)
        .iter()
        .map(|(name, summary)| format!("═══ {name}\n{}\n", render(summary, &frame(summary))))
        .collect()
}

#[test]
fn markdown() {
    insta::assert_snapshot!(join(report_markdown));
}

#[test]
fn text() {
    insta::assert_snapshot!(join(
        |summary, frame| report_text(summary, frame).render(frame)
    ));
}

#[test]
fn junit() {
    insta::assert_snapshot!(join(|summary, frame| report_junit(summary, frame).unwrap()));
}

#[test]
fn junit_calls_nothing_a_success_but_within() {
    let plan = plans::checkout();
    for (name, summary) in watches::all(&plan) {
        let xml = report_junit(&summary, &frame(&summary)).unwrap();
        let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
        let count = |kind: VerdictKind| {
            summary
                .rows
                .iter()
                .filter(|row| row.verdict.kind == kind)
                .count()
        };
        assert_eq!(report.tests, summary.rows.len(), "{name}");
        assert_eq!(report.failures, count(VerdictKind::Failing), "{name}");
        assert_eq!(
            report.tests - report.failures - report.errors,
            count(VerdictKind::Within),
            "{name}"
        );
    }
}

#[test]
fn the_comment_is_found_again() {
    let plan = plans::checkout();
    let summary = watches::countdown(&plan);
    let text = report_markdown(&summary, &frame(&summary));
    assert!(text.starts_with(&marker("W7")));
    assert!(marker("W7").starts_with(MARKER));
    assert_eq!(marker("a --> b"), "<!-- shakedown-report watch=ab -->");
}

#[test]
fn messages() {
    let plan = plans::checkout();
    let mut out = String::new();
    for (name, summary) in watches::all(&plan) {
        let frame = frame(&summary);
        let reaction = match name {
            "ticket" | "fewer_orders" => Reaction::Ticket,
            "review" => Reaction::Review,
            _ => Reaction::Page,
        };
        let sent = message(
            &summary,
            &watches::intent(reaction, summary.at, Some("receiver")),
            &frame,
        );
        out.push_str(&format!(
            "═══ {name}\n{}\n---\n{}\n",
            sent.first_line, sent.body
        ));
        assert!(sent.body.contains("If you do nothing: "), "{name}");
    }
    insta::assert_snapshot!(out);
}

#[test]
fn the_first_line_is_the_same_in_every_channel() {
    let plan = plans::checkout();
    for (name, summary) in watches::all(&plan) {
        let frame = frame(&summary);
        let lines: Vec<String> = [
            Reaction::RollBack,
            Reaction::Page,
            Reaction::Ticket,
            Reaction::Review,
        ]
        .into_iter()
        .map(|reaction| {
            message(
                &summary,
                &watches::intent(reaction, summary.at, None),
                &frame,
            )
            .first_line
        })
        .collect();
        assert!(
            lines
                .iter()
                .all(|line| *line == first_line(&summary, &frame) && !line.contains('\n')),
            "{name}: {lines:?}"
        );
        assert!(if_you_do_nothing(&summary, &frame).ends_with('.'));
    }
}

#[test]
fn strips() {
    let plan = plans::checkout();
    let mut out = String::new();
    for (name, summary) in watches::all(&plan) {
        if !["countdown", "collapse", "fewer_orders"].contains(&name) {
            continue;
        }
        for row in &summary.rows {
            if let Some(strip) = strip(&summary, row) {
                out.push_str(&format!("{name}: {}\n{}\n", strip.text, strip.svg));
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn worse_is_to_the_right_whatever_the_direction() {
    let plan = plans::checkout();
    let dot = |svg: &str| -> f64 {
        svg.split("cx=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    };
    let fewer = watches::fewer_orders(&plan);
    let orders = strip(&fewer, &fewer.rows[0]).unwrap();
    let payments = watches::countdown(&plan);
    let limit = 150.0;
    assert!(dot(&orders.svg) > limit, "{}", orders.svg);
    assert!(dot(&strip(&payments, &payments.rows[0]).unwrap().svg) > limit);
    // Undecided: between zero and limit.
    let latency = dot(&strip(&payments, &payments.rows[1]).unwrap().svg);
    assert!((90.0..limit).contains(&latency), "{latency}");
}

#[test]
fn seal() {
    let plan = plans::checkout();
    let level = |signal, slice: Option<&str>, measured| BaselineLevel {
        signal,
        slice: slice.map(ToOwned::to_owned),
        measured,
        over: minutes(60),
    };
    let levels = vec![
        level(
            0,
            None,
            Measured::Counts(Sample {
                events: 336,
                trials: 55_102,
            }),
        ),
        level(
            0,
            Some("POST /pay"),
            Measured::Counts(Sample {
                events: 12,
                trials: 8_140,
            }),
        ),
        level(
            1,
            None,
            Measured::Durations(Histogram::from_pairs([(0.1, 900), (0.25, 80), (0.5, 20)])),
        ),
        level(2, None, Measured::Nothing(Gap::NoSeries)),
        level(3, None, Measured::Level(3.0)),
    ];
    let hash = "9f2c5a0de1".to_owned();
    let mut sealed = Sealed {
        plan,
        hash,
        at: START - minutes(8),
        late: false,
        levels,
    };
    let frame = Frame::new(START, jiff::tz::TimeZone::UTC, "W7");
    let early = seal_markdown(&sealed, &frame);
    sealed.late = true;
    sealed.levels.clear();
    insta::assert_snapshot!(format!(
        "{early}\n═══ late\n{}",
        seal_markdown(&sealed, &frame)
    ));
}

#[test]
fn titles_and_progress() {
    let plan = plans::checkout();
    let lines: Vec<String> = watches::all(&plan)
        .iter()
        .map(|(_, summary)| {
            format!(
                "{} {:?}",
                title(summary),
                progress(summary, &frame(summary))
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}
