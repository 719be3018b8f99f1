//! Messages to people: the same first line everywhere, and what happens if they do nothing.

use crate::cells;
use crate::clock::{Clock, exact_span, span};
use crate::frame::Frame;
use crate::glyphs::Glyphs;
use crate::headline;
use crate::how_bad;
use crate::markdown::{escape, link};
use crate::report_markdown;
use crate::seeing;
use crate::situation::{self, Situation};
use crate::what_next;
use verification::decision::Instead;
use verification::intent::Intent;
use verification::summary::{Row, Summary};
use verification::terms::Reaction;
use verification::verdict::VerdictKind;

/// A message for a pager, tracker or chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The line that every channel shows first. Plain text.
    pub first_line: String,
    /// The rest: plain text for pages and rollbacks, Markdown for tickets and reviews.
    pub body: String,
}

/// The message that an order sends. All messages of one moment have the same first line, whatever their channel.
#[must_use]
pub fn message(summary: &Summary<'_>, intent: &Intent, frame: &Frame) -> Message {
    let body = match intent.reaction {
        Reaction::Page | Reaction::RollBack => plain_body(summary, frame),
        Reaction::Ticket | Reaction::Review => markdown_body(summary, intent.reaction, frame),
    };
    Message {
        first_line: first_line(summary, frame),
        body,
    }
}

/// `checkout 4.18.0: rolling back in 2m. Failed payments: about 1.9 more per 100 (range 1.2 to 2.6, limit 0.5).`
#[must_use]
pub fn first_line(summary: &Summary<'_>, frame: &Frame) -> String {
    let situation = Situation::of(summary);
    let clock = Clock::of(summary, frame);
    let glyphs = frame.glyphs;
    let leading = situation::leading(summary);
    let damage = leading.map(|row| format!("{}.", how_bad::damage(summary, row, glyphs)));
    let since = leading.map_or_else(String::new, |row| {
        format!(" since {}", clock.at(row.verdict.since))
    });
    let (what, how_bad) = match &situation {
        Situation::Countdown(at) => {
            let left = at.since(frame.now);
            (
                if left.is_zero() {
                    "rolling back now".to_owned()
                } else {
                    format!("rolling back in {}", span(left))
                },
                damage,
            )
        }
        Situation::Deciding | Situation::Executing(_) => ("rolling back now".to_owned(), damage),
        Situation::RollBackFailed(..) => (
            "THE ROLLBACK FAILED, the new version is still live".to_owned(),
            damage,
        ),
        Situation::RollBackUnknown(..) => (
            "nobody knows whether the rollback happened".to_owned(),
            damage,
        ),
        Situation::Proving(outcome, _) => (
            format!(
                "rolled back {} in {}, recovery not shown yet",
                clock.on(outcome.at),
                exact_span(outcome.took)
            ),
            damage,
        ),
        Situation::Recovered(report) => (
            format!("rolled back and recovered {}", clock.on(report.at)),
            damage,
        ),
        Situation::NotRecovered(_) => (
            "rolled back and NOT RECOVERED".to_owned(),
            Some(how_bad::how_bad(summary, &situation, glyphs, &clock)),
        ),
        Situation::RolledBack(_) => ("rolled back".to_owned(), damage),
        Situation::CannotSee => (
            "cannot see".to_owned(),
            Some(how_bad::how_bad(summary, &situation, glyphs, &clock)),
        ),
        Situation::Held(name) => (
            format!("held by {name}"),
            damage.or_else(|| Some(how_bad::counts(summary))),
        ),
        Situation::Review(_) => (
            "review".to_owned(),
            Some(how_bad::how_bad(summary, &situation, glyphs, &clock)),
        ),
        Situation::Confirmed(_) => {
            let by = situation
                .by()
                .map_or_else(String::new, |by| format!(" by {by}"));
            let watched = span(situation::watched(summary, frame.now));
            (
                format!("confirmed{by} after {watched}"),
                Some(how_bad::counts(summary)),
            )
        }
        Situation::NotSeenYet
        | Situation::WarmingUp
        | Situation::Watching
        | Situation::Reacted(_) => match leading {
            Some(_) => (format!("failing{since}"), damage),
            None => ("watching".to_owned(), Some(how_bad::counts(summary))),
        },
    };
    let how_bad = how_bad.map_or_else(String::new, |words| format!(" {words}"));
    let line = cells::clean(&format!(
        "{}: {what}.{how_bad}",
        headline::deployment(summary)
    ));
    if glyphs == Glyphs::Ascii {
        cells::ascii(&line)
    } else {
        line
    }
}

/// `If you do nothing: rollback at 14:13.`
#[must_use]
pub fn if_you_do_nothing(summary: &Summary<'_>, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame);
    let what = match Situation::of(summary) {
        Situation::Countdown(at) => format!("rollback {}", clock.on(at)),
        Situation::Deciding | Situation::Executing(_) => "the rollback runs its course".to_owned(),
        Situation::RollBackFailed(..) => "the new version stays live, and nothing tries again".to_owned(),
        Situation::RollBackUnknown(..) => "nothing tries again, and nobody learns what is live".to_owned(),
        Situation::Proving(_, deadline) => match deadline {
            Some(at) => format!("the recovery is shown by itself, or {} {}", otherwise_words(summary), clock.on(at)),
            None => "the watch ends".to_owned(),
        },
        Situation::NotRecovered(_) => "the service stays as it is; the rollback was all that the plan knows".to_owned(),
        Situation::Recovered(_) | Situation::RolledBack(_) => "nothing more happens; the old version serves".to_owned(),
        Situation::CannotSee => match what_next::next_silence_step(summary, &clock) {
            Some(step) => format!("{step}; nothing is confirmed and nothing rolled back while nothing is seen"),
            None => "nothing is confirmed and nothing rolled back while nothing is seen; the new version keeps its traffic".to_owned(),
        },
        Situation::Held(_) => "nothing happens until the hold is released".to_owned(),
        Situation::Review(decision) => match (&summary.plan.authority.review, decision) {
            (Some(terms), Some(decision)) => format!("{} {}", review_otherwise(terms.otherwise), clock.on(decision.at + terms.within)),
            _ => "the new version stays, unconfirmed".to_owned(),
        },
        Situation::Confirmed(_) => "the new version stays".to_owned(),
        Situation::Reacted(decision) if decision.instead == Some(Instead::HumanDecides) => "the new version stays live and the watch goes on".to_owned(),
        Situation::Reacted(_) | Situation::NotSeenYet | Situation::WarmingUp | Situation::Watching => {
            format!("the watch goes on until {}", clock.at(summary.ends))
        }
    };
    format!("If you do nothing: {what}.")
}

fn otherwise_words(summary: &Summary<'_>) -> &'static str {
    match summary
        .plan
        .action(Reaction::RollBack)
        .map(|action| action.otherwise)
    {
        Some(verification::terms::Otherwise::Ticket) => "a ticket is opened",
        Some(verification::terms::Otherwise::Page) | None => "a human is paged",
    }
}

fn review_otherwise(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Page => "a human is paged",
        Reaction::Ticket => "a ticket is opened",
        Reaction::Review | Reaction::RollBack => "the review stays open",
    }
}

/// What a reader can do, as a command; `None` where nothing is asked of anybody.
fn command(summary: &Summary<'_>, frame: &Frame) -> Option<String> {
    let id = &frame.watch_id;
    let roll_back = summary
        .plan
        .action(Reaction::RollBack)
        .map(|_| format!("shakedown roll-back {id} --reason TEXT"));
    match Situation::of(summary) {
        Situation::Countdown(_) => Some(format!("To object: shakedown hold {id} --reason TEXT")),
        Situation::Held(_) => Some(format!("To go on: shakedown release {id} --reason TEXT")),
        Situation::CannotSee => Some(match roll_back {
            Some(command) => format!("To look: shakedown doctor. To roll back unseen: {command}"),
            None => "To look: shakedown doctor".to_owned(),
        }),
        Situation::Reacted(_) => roll_back.map(|command| format!("To roll back: {command}")),
        Situation::Review(_) => Some(match roll_back {
            Some(command) => {
                format!("To decide: shakedown confirm {id} --reason TEXT, or {command}")
            }
            None => format!("To decide: shakedown confirm {id} --reason TEXT"),
        }),
        _ => None,
    }
}

fn plain_body(summary: &Summary<'_>, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame);
    let situation = Situation::of(summary);
    let mut lines = vec![how_bad::how_bad(summary, &situation, frame.glyphs, &clock)];
    if let Situation::RollBackFailed(_, outcome) | Situation::RollBackUnknown(_, outcome) =
        situation
    {
        lines.push(format!(
            "What went wrong: {}.",
            what_next::sentence_end(&outcome.detail)
        ));
    }
    if let Situation::Reacted(decision) = situation
        && decision.instead == Some(Instead::BaselineToo)
    {
        lines.push("The baseline is past the limit too, so a rollback would not help.".to_owned());
    }
    lines.push(if_you_do_nothing(summary, frame));
    lines.extend(command(summary, frame));
    lines.push(format!("{}.", how_seen(summary, &clock)));
    lines.extend(
        summary
            .plan
            .runbook
            .as_ref()
            .map(|runbook| format!("Runbook: {runbook}")),
    );
    lines.push(reference(frame));
    let body: String = lines
        .iter()
        .flat_map(|line| [cells::clean(line), "\n".to_owned()])
        .collect();
    if frame.glyphs == Glyphs::Ascii {
        cells::ascii(&body)
    } else {
        body
    }
}

fn how_seen(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    crate::count::capitalised(&seeing::newest(summary, clock))
}

fn reference(frame: &Frame) -> String {
    let record = frame
        .last_record
        .map_or_else(String::new, |record| format!(", ledger record {record}"));
    format!(
        "Watch {}{record}: shakedown verdict {}",
        frame.watch_id, frame.watch_id
    )
}

fn markdown_body(summary: &Summary<'_>, reaction: Reaction, frame: &Frame) -> String {
    let clock = Clock::of(summary, frame);
    let situation = Situation::of(summary);
    let mut out = format!(
        "{}\n\n",
        escape(&how_bad::how_bad(summary, &situation, frame.glyphs, &clock))
    );
    if reaction == Reaction::Ticket {
        let errors = summary
            .rows
            .iter()
            .filter(|row| is_urgent(summary, row))
            .count();
        if errors == 0 {
            out.push_str("Not urgent: no criterion that rolls back or pages is failing.\n\n");
        }
    }
    out.push_str(&format!(
        "{}\n\n",
        escape(&if_you_do_nothing(summary, frame))
    ));
    if let Some(command) = command(summary, frame) {
        out.push_str(&format!("{}\n\n", escape(&command)));
    }
    out.push_str(&report_markdown::criteria(summary, frame));
    let mut parts = Vec::new();
    parts.extend(
        summary
            .plan
            .owner
            .as_ref()
            .map(|owner| format!("Owner: {}", escape(owner))),
    );
    parts.extend(
        summary
            .plan
            .change
            .as_ref()
            .map(|change| format!("Change: {}", escape(change))),
    );
    parts.extend(
        summary
            .plan
            .runbook
            .as_ref()
            .map(|runbook| format!("Runbook: {}", link(runbook))),
    );
    if reaction == Reaction::Ticket {
        parts.push("Due with the next release".to_owned());
    }
    parts.push(escape(&reference(frame)));
    for part in parts {
        out.push_str(&format!("- {part}\n"));
    }
    out
}

/// A failing row whose criterion rolls back or pages.
fn is_urgent(summary: &Summary<'_>, row: &Row) -> bool {
    let criterion = summary
        .plan
        .criteria
        .get(usize::from(row.verdict.row.criterion));
    row.verdict.kind == VerdictKind::Failing
        && criterion.is_some_and(|criterion| {
            criterion
                .then
                .iter()
                .any(|reaction| matches!(reaction, Reaction::RollBack | Reaction::Page))
        })
}
