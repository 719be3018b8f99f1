//! The third line: what happens next, and what the reader can do.

use crate::clock::{Clock, exact_span, span};
use crate::count::{self, capitalised};
use crate::frame::Frame;
use crate::how_bad;
use crate::reached;
use crate::row_view::reaction_words;
use crate::situation::{self, Situation};
use verification::decision::{By, Decision, Instead, Verb};
use verification::intent::{Outcome, OutcomeKind};
use verification::recovery::RecoveryReport;
use verification::summary::{ActionSummary, Row, Summary};
use verification::terms::{DecidedBy, Otherwise, Reaction};
use verification::verdict::VerdictKind;

/// The third line as sentences.
pub(crate) fn what_next(
    summary: &Summary<'_>,
    situation: &Situation<'_>,
    frame: &Frame,
    clock: &Clock<'_>,
) -> String {
    let id = &frame.watch_id;
    match situation {
        Situation::NotSeenYet => format!(
            "Waiting for traffic on the canary; the watch ends {} at the latest.",
            clock.on(summary.ends)
        ),
        Situation::WarmingUp | Situation::Watching => {
            format!("Nothing to do. {}", at_the_end(summary, clock))
        }
        Situation::Reacted(decision) => reacted(summary, decision, frame, clock),
        Situation::CannotSee if summary.ended.is_some() => {
            let asked = situation::last_decision(summary, Verb::Review);
            review(summary, asked, frame, clock)
        }
        Situation::CannotSee => cannot_see(summary, frame, clock),
        Situation::Held(name) => held(summary, name, frame, clock),
        Situation::Countdown(at) => {
            let left = at.since(frame.now);
            let when = if left.is_zero() {
                "now".to_owned()
            } else {
                format!("in {}", span(left))
            };
            let object = if frame.live {
                String::new()
            } else {
                format!(" To object: shakedown hold {id} --reason TEXT")
            };
            format!("Rollback starts by itself {when}.{object}")
        }
        Situation::Deciding => "Rollback is about to be ordered.".to_owned(),
        Situation::Executing(action) => {
            let waited = clock.age(action.intent.at);
            let waited = if waited.as_secs() < 2 {
                String::new()
            } else {
                format!(", {} later", span(waited))
            };
            let at = clock.on(action.intent.at);
            format!(
                "Rollback ordered {at}{}; no outcome yet{waited}.",
                by_action(action)
            )
        }
        Situation::RollBackFailed(action, outcome) => format!(
            "The rollback{} failed: {}. The new version is still live: roll back by hand.{}",
            by_action(action),
            sentence_end(&outcome.detail),
            runbook(summary)
        ),
        Situation::RollBackUnknown(action, outcome) => format!(
            "Nobody knows whether the rollback{} happened: {}. Look, and finish it by hand{}.{}",
            by_action(action),
            sentence_end(&outcome.detail),
            summary
                .recovery_deadline
                .map_or_else(String::new, |at| format!(
                    "; the recovery is looked for until {}",
                    clock.at(at)
                )),
            runbook(summary)
        ),
        Situation::Proving(outcome, deadline) => {
            let deadline = deadline.map_or_else(String::new, |at| {
                format!(
                    " {} {} if it is not shown.",
                    otherwise(summary),
                    clock.on(at)
                )
            });
            format!(
                "{}; the recovery is being proven.{deadline}",
                rolled_back(outcome, clock)
            )
        }
        Situation::Recovered(report) => recovered(summary, report, frame, clock),
        Situation::NotRecovered(report) => {
            let rolled_back = clock.on(rollback_time(summary).unwrap_or(report.at));
            let paged = situation::last_decision(summary, Verb::Page).map_or_else(
                String::new,
                |decision| {
                    format!(
                        " {}",
                        reached::sentence(summary, Reaction::Page, decision.at, clock)
                    )
                },
            );
            format!(
                "Act now: the rollback {rolled_back} did not help.{paged}{}",
                runbook(summary)
            )
        }
        Situation::RolledBack(outcome) => match outcome {
            Some(outcome) => format!(
                "{}; the plan asks for no proof of recovery.",
                rolled_back(outcome, clock)
            ),
            None => "Rolled back; the plan asks for no proof of recovery.".to_owned(),
        },
        Situation::Review(decision) => review(summary, *decision, frame, clock),
        Situation::Confirmed(_) => "Nothing to do.".to_owned(),
    }
}

/// `Tomorrow 14:00: confirmed, or a review if p99 of POST /pay stays undecided.`
fn at_the_end(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    let open: Vec<&Row> = summary
        .rows
        .iter()
        .filter(|row| row.required && row.verdict.kind != VerdictKind::Within)
        .collect();
    let reaction = match summary.plan.authority.undecided_at_the_end {
        Reaction::Page => "a page",
        Reaction::Ticket => "a ticket",
        Reaction::Review | Reaction::RollBack => "a review",
    };
    let stays = match open.as_slice() {
        [] => " if it stays so".to_owned(),
        [one] => format!(
            ", or {reaction} if {} stays {}",
            one.name,
            staying(one.verdict.kind)
        ),
        many => {
            let undecided = many
                .iter()
                .all(|row| row.verdict.kind == VerdictKind::Undecided);
            let rest = if many.len() == summary.rows.len() {
                "its criteria stay"
            } else {
                "the others stay"
            };
            format!(
                ", or {reaction} if {rest} {}",
                if undecided {
                    "undecided"
                } else {
                    "as they are"
                }
            )
        }
    };
    let confirm = match &summary.plan.authority.confirm {
        DecidedBy::Shakedown => "confirmed".to_owned(),
        DecidedBy::Role(role) => format!("{role} is asked to confirm"),
    };
    format!(
        "{}: {confirm}{stays}.",
        capitalised(&clock.at(summary.ends))
    )
}

fn staying(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::NoData => "without data",
        other => other.word(),
    }
}

fn reacted(summary: &Summary<'_>, decision: &Decision, frame: &Frame, clock: &Clock<'_>) -> String {
    let (reaction, urgency) = match decision.verb {
        Verb::Ticket => (Reaction::Ticket, " Not urgent."),
        Verb::Review => (Reaction::Review, ""),
        _ => (Reaction::Page, ""),
    };
    let done = reached::sentence(summary, reaction, decision.at, clock);
    let id = &frame.watch_id;
    let why = match decision.instead {
        Some(Instead::BaselineToo) => {
            " No rollback: the baseline is past the limit too, so it would not help.".to_owned()
        }
        Some(Instead::HumanDecides) => format!(
            " {} decides on a rollback: shakedown roll-back {id} --reason TEXT",
            deciders(summary)
        ),
        Some(Instead::Held) => " No rollback: the watch was held.".to_owned(),
        Some(Instead::NoAction) => format!(
            " No rollback: the plan names no action for it.{}",
            runbook(summary)
        ),
        None => " The watch goes on.".to_owned(),
    };
    format!("{done}{urgency}{why}")
}

fn deciders(summary: &Summary<'_>) -> String {
    match &summary.plan.authority.roll_back.decided_by {
        DecidedBy::Shakedown => "A human".to_owned(),
        DecidedBy::Role(role) => capitalised(role),
    }
}

fn cannot_see(summary: &Summary<'_>, frame: &Frame, clock: &Clock<'_>) -> String {
    let paged = situation::last_decision(summary, Verb::Page);
    let page = match paged {
        Some(decision) => reached::sentence(summary, Reaction::Page, decision.at, clock),
        None => next_silence_step(summary, clock)
            .map_or_else(String::new, |step| format!("{}.", capitalised(&step))),
    };
    let share = summary
        .canary_share
        .filter(|share| *share > 0.0)
        .map_or_else(String::new, |share| {
            format!(
                " The canary last had {} of the traffic.",
                crate::share::percent(share, frame.glyphs)
            )
        });
    format!("{page}{share} Silence neither confirms nor rolls back. Look into the sources: shakedown doctor").trim_start().to_owned()
}

/// `page at 14:12`: what follows if the silence lasts.
pub(crate) fn next_silence_step(summary: &Summary<'_>, clock: &Clock<'_>) -> Option<String> {
    let since = crate::seeing::dark_since(summary)?;
    let step = summary
        .plan
        .authority
        .cannot_see
        .iter()
        .find(|step| since + step.after > summary.at)?;
    Some(format!(
        "{} {} if it stays so",
        reaction_words(step.then),
        clock.on(since + step.after)
    ))
}

fn held(summary: &Summary<'_>, name: &str, frame: &Frame, clock: &Clock<'_>) -> String {
    let act = summary
        .acts
        .iter()
        .rev()
        .find(|(_, act)| act.kind == verification::event::HumanActKind::Hold);
    let since = act.map_or_else(String::new, |(at, act)| {
        format!(" since {} (\"{}\")", clock.at(*at), act.reason)
    });
    let free = if frame.live {
        "until it is released".to_owned()
    } else {
        format!("until: shakedown release {} --reason TEXT", frame.watch_id)
    };
    format!("Held by {name}{since}: no automatic rollback {free}")
}

fn rolled_back(outcome: &Outcome, clock: &Clock<'_>) -> String {
    format!(
        "Rolled back {} in {}",
        clock.on(outcome.at),
        exact_span(outcome.took)
    )
}

fn rollback_time(summary: &Summary<'_>) -> Option<verification::time::Timestamp> {
    situation::roll_back_action(summary)?
        .outcome
        .as_ref()
        .filter(|outcome| outcome.result == OutcomeKind::Done)
        .map(|outcome| outcome.at)
}

fn otherwise(summary: &Summary<'_>) -> &'static str {
    match summary
        .plan
        .action(Reaction::RollBack)
        .map(|action| action.otherwise)
    {
        Some(Otherwise::Ticket) => "A ticket is opened",
        Some(Otherwise::Page) | None => "A human is paged",
    }
}

fn recovered(
    summary: &Summary<'_>,
    report: &RecoveryReport,
    frame: &Frame,
    clock: &Clock<'_>,
) -> String {
    let after = rollback_time(summary).map_or_else(String::new, |done| {
        format!(", {} after the rollback", span(report.at.since(done)))
    });
    let proof = report
        .rows
        .first()
        .and_then(|row| how_bad::recovery_row(summary, row, frame.glyphs));
    let proof = proof.map_or_else(String::new, |words| format!(": {words}"));
    format!(
        "Recovered {}{after}{proof}. Nothing to do now; the cause is still in the new version.",
        clock.on(report.at)
    )
}

fn review(
    summary: &Summary<'_>,
    decision: Option<&Decision>,
    frame: &Frame,
    clock: &Clock<'_>,
) -> String {
    let id = &frame.watch_id;
    let commands = if frame.live {
        String::new()
    } else {
        format!(
            " By: shakedown confirm {id} --reason TEXT, or shakedown roll-back {id} --reason TEXT"
        )
    };
    match (&summary.plan.authority.review, decision) {
        (Some(terms), Some(decision)) => {
            let by = decision.at + terms.within;
            let otherwise = match terms.otherwise {
                Reaction::Page => "a human is paged",
                Reaction::Ticket => "a ticket is opened",
                Reaction::Review | Reaction::RollBack => "it stays open",
            };
            let who = capitalised(&terms.decided_by);
            let due = clock.at(by);
            if by > frame.now {
                return format!(
                    "{who}: confirm or roll back by {due}, otherwise {otherwise}.{commands}"
                );
            }
            let followed = followed_the_review(summary, clock);
            format!("{who} was asked to confirm or roll back by {due}.{followed}{commands}")
        }
        _ => {
            let followed = followed_the_review(summary, clock);
            format!(
                "A human confirms or rolls back; nothing happens by itself.{followed}{commands}"
            )
        }
    }
}

/// What followed the end of the watch, where it was a page or a ticket.
fn followed_the_review(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    let last = summary.decisions.iter().rev().find(|decision| {
        decision.authority == By::End && matches!(decision.verb, Verb::Page | Verb::Ticket)
    });
    last.map_or_else(String::new, |decision| {
        let reaction = if decision.verb == Verb::Page {
            Reaction::Page
        } else {
            Reaction::Ticket
        };
        format!(
            " {}",
            reached::sentence(summary, reaction, decision.at, clock)
        )
    })
}

fn by_action(action: &ActionSummary) -> String {
    action
        .intent
        .run
        .as_ref()
        .map_or_else(String::new, |run| format!(" by {run}"))
}

fn runbook(summary: &Summary<'_>) -> String {
    summary
        .plan
        .runbook
        .as_ref()
        .map_or_else(String::new, |runbook| format!(" Runbook: {runbook}"))
}

/// A detail without the full stop that the sentence adds.
pub(crate) fn sentence_end(detail: &str) -> &str {
    detail.trim_end_matches(['.', ' ', '\n'])
}

/// `release-captain or on-call`
pub(crate) fn roles(roles: &[String]) -> String {
    count::alternatives(roles)
}
