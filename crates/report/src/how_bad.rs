//! The second line: how bad it is.

use crate::clock::{Clock, rough_span, span};
use crate::count::{self, capitalised};
use crate::glyphs::Glyphs;
use crate::phrase;
use crate::quantity::Quantity;
use crate::recovery_words::RecoveryWords;
use crate::row_view;
use crate::share;
use crate::situation::{self, Situation};
use core::time::Duration;
use verification::decision::By;
use verification::recovery::{RecoveryReport, RecoveryRow};
use verification::summary::{Row, Summary};
use verification::verdict::{Because, VerdictKind};

/// Most names that a sentence holds.
const NAMES: usize = 2;

/// The second line as sentences.
pub(crate) fn how_bad(
    summary: &Summary<'_>,
    situation: &Situation<'_>,
    glyphs: Glyphs,
    clock: &Clock<'_>,
) -> String {
    match situation {
        Situation::NotSeenYet => {
            "The canary has not been seen yet; there is nothing to judge.".to_owned()
        }
        Situation::WarmingUp => {
            let end = situation::warm_up_end(summary);
            let left = end.map_or_else(String::new, |end| {
                format!(
                    " until {} ({} more)",
                    clock.at(end),
                    span(end.since(summary.at))
                )
            });
            format!(
                "Warming up{left}: only a collapse and absolute limits act; all else is recorded, not judged."
            )
        }
        Situation::CannotSee => unseen(summary, clock),
        Situation::NotRecovered(report) => not_recovered(summary, report, glyphs),
        Situation::Review(_) => undecided(summary),
        Situation::Confirmed(Some(decision)) if situation::human(decision).is_some() => {
            let (name, reason) = situation::human(decision).unwrap_or_default();
            format!(
                "Confirmed by {name} {}: \"{reason}\". {}",
                clock.on(decision.at),
                counts(summary)
            )
        }
        Situation::Confirmed(_) => format!(
            "{} after {}, each on evidence.",
            counts(summary).trim_end_matches('.'),
            span(situation::watched(summary, summary.at))
        ),
        _ => match situation::leading(summary) {
            Some(row) => failing(summary, situation, row, glyphs),
            None => without_failing(summary, situation),
        },
    }
}

/// `Failed payments: about 1.9 more per 100 (range 1.2 to 2.6, limit 0.5), for 5m.`
fn failing(summary: &Summary<'_>, situation: &Situation<'_>, row: &Row, glyphs: Glyphs) -> String {
    let others: Vec<&str> = situation::failing(summary)
        .filter(|other| other.verdict.row != row.verdict.row)
        .map(|other| other.name.as_str())
        .collect();
    let more = match others.len() {
        0 => String::new(),
        number if number <= NAMES => format!(" Also failing: {}.", count::list(&others)),
        number => format!(" {number} more {} are failing.", noun(summary).word(2)),
    };
    let until = if situation.is_rolled_back() {
        " until the rollback"
    } else {
        ""
    };
    // A collapse is acted on in its first looks: there is no length to tell.
    let length = match lasting(summary, row) {
        none if none.is_zero() => String::new(),
        some => format!(", for {}{until}", rough_span(some)),
    };
    format!("{}{length}.{more}", damage(summary, row, glyphs))
}

/// `Failed payments: about 1.9 more per 100 (range 1.2 to 2.6, limit 0.5)`
pub(crate) fn damage(summary: &Summary<'_>, row: &Row, glyphs: Glyphs) -> String {
    let Some(quantity) = Quantity::of(summary.plan, row.verdict.row) else {
        return format!("{} is {}", row.name, row.verdict.kind.word());
    };
    let subject = capitalised(&phrase::subject(
        &quantity,
        phrase::slice_of(&quantity, &row.name),
    ));
    let numbers = &row.verdict.numbers;
    let collapse = (row.verdict.because == Because::Collapse)
        .then_some(())
        .and(numbers.level.canary.zip(numbers.level.baseline))
        .map(|(canary, baseline)| {
            let (canary, baseline) = (
                quantity.level(canary, glyphs),
                quantity.level(baseline, glyphs),
            );
            format!("a collapse, {canary} on the canary against {baseline} on the baseline")
        });
    let words = collapse
        .or_else(|| phrase::difference(&quantity, numbers, glyphs))
        .or_else(|| phrase::level(&quantity, numbers, glyphs));
    match words {
        Some(words) => format!("{subject}: {words}"),
        None => format!("{subject}: {}", row.verdict.kind.word()),
    }
}

/// How long a failing row has been past its limit.
fn lasting(summary: &Summary<'_>, row: &Row) -> Duration {
    let since = situation::harm_until(summary).since(row.verdict.since);
    match row.verdict.because {
        Because::PastLimit | Because::PastLimitThroughout => {
            since.saturating_add(row_view::sustained_for(summary.plan, &row.verdict))
        }
        _ => since,
    }
}

fn without_failing(summary: &Summary<'_>, situation: &Situation<'_>) -> String {
    let decided_by = situation::last_decision(summary, verification::decision::Verb::RollBack)
        .map(|decision| &decision.authority);
    match (situation, decided_by) {
        (Situation::Watching | Situation::Held(_) | Situation::Reacted(_), _) => counts(summary),
        (_, Some(By::Human { name, reason })) => {
            format!("Ordered by {name}: \"{reason}\". No criterion is failing.")
        }
        _ => counts(summary),
    }
}

/// `8 of 9 criteria within their limits; p99 of POST /pay is undecided (about 50m more).`
pub(crate) fn counts(summary: &Summary<'_>) -> String {
    let total = count::number(summary.rows.len());
    let noun = noun(summary);
    let of = |kind: VerdictKind| {
        summary
            .rows
            .iter()
            .filter(move |row| row.verdict.kind == kind)
    };
    let within = count::number(of(VerdictKind::Within).count());
    let mut parts = match (within, total) {
        (_, 0) => vec!["No criterion has a verdict yet".to_owned()],
        (1, 1) => vec!["The criterion is within its limit".to_owned()],
        // What it is instead follows.
        (0, 1) => Vec::new(),
        (0, _) => vec![format!(
            "None of {} is within its limit yet",
            noun.count(total)
        )],
        (1, _) => vec![format!("1 of {} within its limit", noun.count(total))],
        _ => vec![format!(
            "{within} of {} within their limits",
            noun.count(total)
        )],
    };
    for kind in [
        VerdictKind::Undecided,
        VerdictKind::NoData,
        VerdictKind::NotComparable,
    ] {
        let rows: Vec<&Row> = of(kind).collect();
        if rows.is_empty() {
            continue;
        }
        let state = match kind {
            VerdictKind::NoData => "without data",
            other => other.word(),
        };
        let number = count::number(rows.len());
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let who = if rows.len() <= NAMES {
            count::list(&names)
        } else {
            count::grouped(number)
        };
        let longest = rows
            .iter()
            .filter_map(|row| row.verdict.numbers.remaining)
            .max();
        let wait =
            match longest.filter(|_| kind == VerdictKind::Undecided && summary.ended.is_none()) {
                Some(longest) => format!(
                    " (about {} more)",
                    span(longest.max(Duration::from_secs(1)))
                ),
                None => String::new(),
            };
        parts.push(format!("{who} {} {state}{wait}", count::is_are(number)));
    }
    if parts.is_empty() {
        parts.push("The criterion is failing".to_owned());
    }
    format!("{}.", capitalised(&parts.join("; ")))
}

/// Rows are criteria unless some are slices.
fn noun(summary: &Summary<'_>) -> count::Noun {
    if summary
        .rows
        .iter()
        .any(|row| row.verdict.row.slice.is_some())
    {
        count::ROW
    } else {
        count::CRITERION
    }
}

fn unseen(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    let rows: Vec<&Row> = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::NoData && row.required)
        .collect();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let missing = rows.iter().find_map(|row| match row.verdict.because {
        Because::Missing { side, gap, since } => Some((side, gap, since)),
        _ => None,
    });
    let since = missing
        .map(|(.., since)| since)
        .into_iter()
        .chain(summary.silent.iter().map(|silent| silent.since))
        .min();
    let since = since.map_or_else(String::new, |since| {
        format!(" since {} ({})", clock.at(since), span(clock.age(since)))
    });
    let what = if names.is_empty() {
        "the service".to_owned()
    } else {
        count::first_of(&names, NAMES)
    };
    let why = missing.map_or_else(String::new, |(side, gap, _)| {
        format!(": {}, {}", side.word(), gap.words())
    });
    format!("Nothing can be seen of {what}{since}{why}.")
}

fn undecided(summary: &Summary<'_>) -> String {
    let open: Vec<&Row> = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind != VerdictKind::Within && row.required)
        .collect();
    let all_undecided = open
        .iter()
        .all(|row| row.verdict.kind == VerdictKind::Undecided);
    let names: Vec<String> = open
        .iter()
        .map(|row| {
            if all_undecided {
                row.name.clone()
            } else {
                format!("{} ({})", row.name, row.verdict.kind.word())
            }
        })
        .collect();
    let start = if all_undecided {
        "Undecided"
    } else {
        "No proof"
    };
    let watched = span(situation::watched(summary, summary.at));
    if open.is_empty() {
        return format!("Ended after {watched}. {}", counts(summary));
    }
    format!(
        "{start} after {watched} on {} of {}: {}.",
        open.len(),
        summary.rows.len(),
        count::first_of(&names, NAMES)
    )
}

fn not_recovered(summary: &Summary<'_>, report: &RecoveryReport, glyphs: Glyphs) -> String {
    let later = situation::roll_back_action(summary)
        .and_then(|action| action.outcome.as_ref())
        .map_or_else(String::new, |outcome| {
            format!(", {} after the rollback", span(report.at.since(outcome.at)))
        });
    let open = report
        .rows
        .iter()
        .find(|row| row.ln_evidence < row.ln_needed)
        .or(report.rows.first());
    let share = report
        .canary_share
        .filter(|share| *share >= CANARY_IS_OUT)
        .map_or_else(String::new, |share| {
            format!(
                " The canary still gets {} of the traffic.",
                share::percent(share, glyphs)
            )
        });
    match open.and_then(|row| recovery_row(summary, row, glyphs)) {
        Some(words) => format!("Not recovered{later}: {words}.{share}"),
        None => format!("Not recovered{later}: nothing proves that the service is back.{share}"),
    }
}

/// A canary below this share counts as taken out.
const CANARY_IS_OUT: f64 = 0.01;

/// `failed payments still at 4.1% (not shown to be below 1.1%)`
pub(crate) fn recovery_row(
    summary: &Summary<'_>,
    row: &RecoveryRow,
    glyphs: Glyphs,
) -> Option<String> {
    let proof = RecoveryWords::of(summary, row, glyphs)?;
    let (still, shown) = if row.ln_evidence >= row.ln_needed {
        ("back at", "shown")
    } else {
        ("still at", "not shown")
    };
    let after = proof.after.map_or_else(
        || "not seen since".to_owned(),
        |after| format!("{still} {after}"),
    );
    Some(format!(
        "{} {after} ({shown} to be {} {})",
        proof.subject, proof.side, proof.limit
    ))
}
