//! Where a watch stands, read off its summary once for all views.

use crate::text::Colour;
use core::time::Duration;
use verification::decision::{By, Decision, Verb};
use verification::event::State;
use verification::intent::{Outcome, OutcomeKind};
use verification::recovery::RecoveryReport;
use verification::summary::{ActionSummary, MilestoneKind, Row, Summary};
use verification::terms::Reaction;
use verification::time::Timestamp;
use verification::verdict::VerdictKind;

/// Where a watch stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Situation<'summary> {
    /// Watching, and the canary has never been seen.
    NotSeenYet,
    /// Watching, still warming up.
    WarmingUp,
    /// Watching; nothing has been decided.
    Watching,
    /// Watching; a page, ticket or review stands.
    Reacted(&'summary Decision),
    /// Nothing can be seen of a required criterion.
    CannotSee,
    /// A human holds it.
    Held(&'summary str),
    /// A rollback starts by itself at this time.
    Countdown(Timestamp),
    /// A rollback is decided and about to be ordered.
    Deciding,
    /// Ordered, no outcome yet.
    Executing(&'summary ActionSummary),
    /// The action failed: production is as it was.
    RollBackFailed(&'summary ActionSummary, &'summary Outcome),
    /// Nobody knows whether the action happened.
    RollBackUnknown(&'summary ActionSummary, &'summary Outcome),
    /// Done; the recovery is being proven until this time.
    Proving(&'summary Outcome, Option<Timestamp>),
    /// Done and proven.
    Recovered(&'summary RecoveryReport),
    /// Done, and it did not help.
    NotRecovered(&'summary RecoveryReport),
    /// Done; no recovery was asked for.
    RolledBack(Option<&'summary Outcome>),
    /// Ended without enough evidence.
    Review(Option<&'summary Decision>),
    /// The new version stays.
    Confirmed(Option<&'summary Decision>),
}

impl<'summary> Situation<'summary> {
    pub(crate) fn of(summary: &'summary Summary<'_>) -> Self {
        match summary.state {
            State::Watching => watching(summary),
            State::CannotSee => Self::CannotSee,
            State::Held => Self::Held(summary.held_by.as_deref().unwrap_or("a human")),
            State::RollingBack | State::RolledBack => rolling_back(summary),
            State::NeedsReview => failed_roll_back(summary)
                .unwrap_or_else(|| Self::Review(last_decision(summary, Verb::Review))),
            State::Confirmed => Self::Confirmed(last_decision(summary, Verb::Confirm)),
        }
    }

    /// The first word of every view: the decision.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::NotSeenYet | Self::WarmingUp | Self::Watching => "WATCHING",
            Self::Reacted(decision) => match decision.verb {
                Verb::Ticket => "TICKET",
                Verb::Review => "REVIEW",
                _ => "PAGE",
            },
            Self::CannotSee => "CANNOT SEE",
            Self::Held(_) => "HELD",
            Self::Countdown(_)
            | Self::Deciding
            | Self::Executing(_)
            | Self::RollBackFailed(..)
            | Self::RollBackUnknown(..) => "ROLL BACK",
            Self::Proving(..)
            | Self::Recovered(_)
            | Self::NotRecovered(_)
            | Self::RolledBack(_) => "ROLLED BACK",
            Self::Review(_) => "REVIEW",
            Self::Confirmed(_) => "CONFIRMED",
        }
    }

    /// Who stands behind the word, where it is a human.
    pub(crate) fn by(&self) -> Option<&'summary str> {
        match self {
            Self::Held(name) => Some(name),
            Self::Confirmed(Some(decision)) => human(decision).map(|(name, _)| name),
            _ => None,
        }
    }

    /// The one colour of the view.
    pub(crate) const fn colour(&self) -> Option<Colour> {
        match self {
            Self::NotSeenYet | Self::WarmingUp | Self::Watching => None,
            Self::Reacted(decision) => match decision.verb {
                Verb::Ticket | Verb::Review => Some(Colour::Yellow),
                _ => Some(Colour::Red),
            },
            Self::CannotSee | Self::Held(_) | Self::Review(_) => Some(Colour::Yellow),
            Self::Recovered(_) | Self::Confirmed(_) => Some(Colour::Green),
            _ => Some(Colour::Red),
        }
    }

    /// Whether a verdict word takes the colour: those that the decision is about.
    pub(crate) const fn colours(&self, verdict: VerdictKind) -> bool {
        match self {
            Self::NotSeenYet | Self::WarmingUp | Self::Watching | Self::Recovered(_) => false,
            Self::CannotSee => matches!(verdict, VerdictKind::NoData),
            Self::Review(_) => !matches!(verdict, VerdictKind::Within),
            Self::Confirmed(_) => matches!(verdict, VerdictKind::Within),
            _ => matches!(verdict, VerdictKind::Failing),
        }
    }

    /// Whether the rollback is done, whatever came of it.
    pub(crate) const fn is_rolled_back(&self) -> bool {
        matches!(
            self,
            Self::Proving(..) | Self::Recovered(_) | Self::NotRecovered(_) | Self::RolledBack(_)
        )
    }
}

fn watching<'summary>(summary: &'summary Summary<'_>) -> Situation<'summary> {
    let standing = summary
        .decisions
        .iter()
        .filter(|decision| {
            matches!(decision.verb, Verb::Page | Verb::Ticket | Verb::Review)
                && decision.authority != By::Silence
        })
        .min_by_key(|decision| decision.verb);
    match standing {
        Some(decision) => Situation::Reacted(decision),
        None if failing(summary).next().is_some() => Situation::Watching,
        None if summary.newest.canary.is_none() && summary.versions.canary.is_none() => {
            Situation::NotSeenYet
        }
        None if summary.warming_up => Situation::WarmingUp,
        None => Situation::Watching,
    }
}

fn rolling_back<'summary>(summary: &'summary Summary<'_>) -> Situation<'summary> {
    // A second attempt counts down while the first one's outcome stands.
    if let Some(at) = summary.roll_back_at {
        return Situation::Countdown(at);
    }
    let Some(action) = roll_back_action(summary) else {
        return match summary.state {
            State::RolledBack => Situation::RolledBack(None),
            _ => Situation::Deciding,
        };
    };
    let Some(outcome) = &action.outcome else {
        return Situation::Executing(action);
    };
    match (outcome.result, &summary.recovery) {
        (OutcomeKind::Failed, _) => Situation::RollBackFailed(action, outcome),
        (_, Some(report)) if report.recovered => Situation::Recovered(report),
        (_, Some(report)) => Situation::NotRecovered(report),
        (OutcomeKind::Unknown, None) => Situation::RollBackUnknown(action, outcome),
        (OutcomeKind::Done, None) => match summary.state {
            State::RollingBack => Situation::Proving(outcome, summary.recovery_deadline),
            _ => Situation::RolledBack(Some(outcome)),
        },
    }
}

/// The order to roll back that failed, where nothing has followed it.
fn failed_roll_back<'summary>(summary: &'summary Summary<'_>) -> Option<Situation<'summary>> {
    let action = roll_back_action(summary)?;
    let outcome = action.outcome.as_ref()?;
    (outcome.result == OutcomeKind::Failed).then_some(Situation::RollBackFailed(action, outcome))
}

/// The last order to roll back.
pub(crate) fn roll_back_action<'summary>(
    summary: &'summary Summary<'_>,
) -> Option<&'summary ActionSummary> {
    summary
        .actions
        .iter()
        .rev()
        .find(|action| action.intent.reaction == Reaction::RollBack)
}

/// The last decision with a verb.
pub(crate) fn last_decision<'summary>(
    summary: &'summary Summary<'_>,
    verb: Verb,
) -> Option<&'summary Decision> {
    summary
        .decisions
        .iter()
        .rev()
        .find(|decision| decision.verb == verb)
}

/// Name and reason of the human who decided.
pub(crate) fn human(decision: &Decision) -> Option<(&str, &str)> {
    match &decision.authority {
        By::Human { name, reason } => Some((name, reason)),
        _ => None,
    }
}

pub(crate) fn failing<'summary>(
    summary: &'summary Summary<'_>,
) -> impl Iterator<Item = &'summary Row> {
    summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::Failing)
}

/// The failing row that leads: the first of the decision's rows that still fails, else the first of the table.
pub(crate) fn leading<'summary>(summary: &'summary Summary<'_>) -> Option<&'summary Row> {
    let decision =
        last_decision(summary, Verb::RollBack).or_else(|| match Situation::of(summary) {
            Situation::Reacted(decision) => Some(decision),
            _ => None,
        });
    let strongest = decision
        .into_iter()
        .flat_map(|decision| &decision.rows)
        .find_map(|id| failing(summary).find(|row| row.verdict.row == *id));
    strongest.or_else(|| failing(summary).next())
}

/// Moment up to which a failing row did harm: the rollback, the end, or the last look.
pub(crate) fn harm_until(summary: &Summary<'_>) -> Timestamp {
    let rolled_back = roll_back_action(summary)
        .and_then(|action| action.outcome.as_ref())
        .filter(|outcome| outcome.result == OutcomeKind::Done)
        .map(|outcome| outcome.at);
    [rolled_back, summary.ended]
        .into_iter()
        .flatten()
        .fold(summary.at, Timestamp::min)
}

/// How long the watch has lasted.
pub(crate) fn watched(summary: &Summary<'_>, now: Timestamp) -> Duration {
    summary.ended.unwrap_or(now).since(summary.started).min(
        summary
            .ends
            .since(summary.started)
            .max(summary.at.since(summary.started)),
    )
}

/// When the warm-up ends, once the canary has been seen.
pub(crate) fn warm_up_end(summary: &Summary<'_>) -> Option<Timestamp> {
    let seen = summary
        .timeline
        .iter()
        .find(|milestone| milestone.what == MilestoneKind::CanarySeen)?;
    Some(seen.at + summary.plan.warm_up)
}
