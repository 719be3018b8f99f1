//! One line a change, for logs and pipes.

use crate::cells;
use crate::clock::{Clock, exact_span, span};
use crate::frame::Frame;
use crate::glyphs::Glyphs;
use crate::headline;
use crate::how_bad;
use crate::phrase;
use crate::quantity::Quantity;
use crate::row_view::{self, reaction_words};
use crate::seeing;
use crate::sentence::decision_clause;
use crate::situation::Situation;
use crate::what_next::sentence_end;
use verification::event::{Event, HumanAct, HumanActKind, Refusal, State};
use verification::intent::{Outcome, OutcomeKind};
use verification::summary::Summary;
use verification::verdict::{Because, Verdict, VerdictKind};

/// Columns of the word behind the time.
const WORD: usize = 14;

/// One line for an event, without line break; `None` where the event changes nothing that a reader waits for (first verdicts
/// without data, changes of state that a decision has told already).
#[must_use]
pub fn change_line(summary: &Summary<'_>, event: &Event, frame: &Frame) -> Option<String> {
    let clock = Clock::of(summary, frame).to_the_second();
    let (at, word, words) = match event {
        Event::Verdict(verdict) => (
            verdict.since,
            verdict.kind.word().to_uppercase(),
            verdict_words(summary, verdict, frame.glyphs, &clock)?,
        ),
        Event::Decision(decision) => {
            let start = decision.effective_at.filter(|at| *at > decision.at);
            let start = start.map_or_else(String::new, |at| {
                format!(" It starts by itself in {}.", span(at.since(decision.at)))
            });
            (
                decision.at,
                decision.verb.word().replace('-', " ").to_uppercase(),
                format!("{}{start}", decision_clause(summary, decision)),
            )
        }
        Event::Intent(intent) => {
            let by = intent.run.as_ref().map_or_else(
                || "the plan names no receiver; shown here only".to_owned(),
                |run| format!("ordered from {run}"),
            );
            (
                intent.at,
                "ordered".to_owned(),
                format!("{}: {by}", reaction_words(intent.reaction)),
            )
        }
        Event::State(change) => (
            change.at,
            change.state.word().replace('-', " "),
            state_words(summary, change.state, change.ended)?,
        ),
        Event::Recovery(report) => {
            let rows: Vec<String> = report
                .rows
                .iter()
                .filter_map(|row| how_bad::recovery_row(summary, row, frame.glyphs))
                .collect();
            let word = if report.recovered {
                "RECOVERED"
            } else {
                "NOT RECOVERED"
            };
            let words = if rows.is_empty() {
                "no row had to recover".to_owned()
            } else {
                rows.join("; ")
            };
            (report.at, word.to_owned(), words)
        }
        Event::Refused(refusal) => (
            summary.at,
            "refused".to_owned(),
            refusal_words(*refusal).to_owned(),
        ),
    };
    Some(line(&clock.stamp(at), &word, &words, frame))
}

/// One line for what came of an order.
#[must_use]
pub fn outcome_line(summary: &Summary<'_>, outcome: &Outcome, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame).to_the_second();
    let order = summary
        .actions
        .iter()
        .find(|action| action.intent.id == outcome.intent);
    let what = order.map_or("order", |action| reaction_words(action.intent.reaction));
    let word = match outcome.result {
        OutcomeKind::Done => "done",
        OutcomeKind::Failed => "FAILED",
        OutcomeKind::Unknown => "UNKNOWN",
    };
    let words = format!(
        "{what} in {}: {}",
        exact_span(outcome.took),
        sentence_end(&outcome.detail)
    );
    line(&clock.stamp(outcome.at), word, &words, frame)
}

/// One line for what a human did.
#[must_use]
pub fn act_line(summary: &Summary<'_>, act: &HumanAct, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame).to_the_second();
    let what = match act.kind {
        HumanActKind::Hold => "hold",
        HumanActKind::Release => "release",
        HumanActKind::RollBack => "roll back",
        HumanActKind::Confirm => "confirm",
    };
    line(
        &clock.stamp(summary.at),
        "human",
        &format!("{} asks to {what}: \"{}\"", act.name, act.reason),
        frame,
    )
}

/// One line that says that the watch is alive, for every quarter of an hour without a change.
#[must_use]
pub fn heartbeat_line(summary: &Summary<'_>, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame).to_the_second();
    let counts = how_bad::counts(summary);
    let words = format!(
        "{}; {}; {}",
        counts.trim_end_matches('.'),
        seeing::newest(summary, &clock),
        headline::watched(summary, frame)
    );
    line(
        &clock.stamp(frame.now),
        Situation::of(summary).word(),
        &words,
        frame,
    )
}

fn line(time: &str, word: &str, words: &str, frame: &Frame) -> String {
    let text = cells::clean(&format!("{time}  {}  {words}", cells::left(word, WORD)));
    match frame.glyphs {
        Glyphs::Unicode => text,
        Glyphs::Ascii => cells::ascii(&text),
    }
}

/// The row and why; `None` for a row about which nothing is known yet.
fn verdict_words(
    summary: &Summary<'_>,
    verdict: &Verdict,
    glyphs: Glyphs,
    clock: &Clock<'_>,
) -> Option<String> {
    if matches!(verdict.because, Because::NothingYet | Because::WarmingUp)
        && verdict.kind == VerdictKind::Undecided
    {
        return None;
    }
    let name = summary
        .rows
        .iter()
        .find(|row| row.verdict.row == verdict.row)
        .map(|row| row.name.clone())
        .or_else(|| {
            summary
                .plan
                .criteria
                .get(usize::from(verdict.row.criterion))
                .map(|criterion| criterion.name.clone())
        })?;
    let numbers = &verdict.numbers;
    let difference = Quantity::of(summary.plan, verdict.row)
        .filter(|_| {
            !matches!(
                verdict.kind,
                VerdictKind::NoData | VerdictKind::NotComparable
            )
        })
        .and_then(|quantity| {
            phrase::difference(&quantity, numbers, glyphs)
                .or_else(|| phrase::level(&quantity, numbers, glyphs))
        });
    let why = match verdict.because {
        Because::NotEnoughEvidence => row_view::remaining(summary, verdict),
        _ => row_view::because(summary, verdict, glyphs, clock),
    };
    Some(match difference {
        Some(difference) => format!("{name}: {difference}; {why}"),
        None => format!("{name}: {why}"),
    })
}

fn state_words(summary: &Summary<'_>, state: State, ended: bool) -> Option<String> {
    let end = if ended {
        format!("the watch is over; exit {}", summary.exit.code())
    } else {
        String::new()
    };
    match state {
        State::Watching => Some("the watch goes on".to_owned()),
        State::CannotSee => {
            Some("nothing can be seen of a criterion that a confirm needs".to_owned())
        }
        _ if ended => Some(end),
        _ => None,
    }
}

fn refusal_words(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Ended => "the watch is over",
        Refusal::AlreadyRollingBack => "the rollback has been ordered already",
        Refusal::NotHeld => "nothing is held",
        Refusal::NoAction => "the plan names no action that rolls back",
    }
}
