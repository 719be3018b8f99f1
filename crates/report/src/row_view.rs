//! One row of the verdict table in words.

use crate::clock::{Clock, span};
use crate::count;
use crate::glyphs::Glyphs;
use crate::phrase;
use crate::quantity::Quantity;
use core::time::Duration;
use verification::observation::Side;
use verification::summary::{Row, Summary};
use verification::terms::{Plan, Reaction};
use verification::verdict::{Because, ThresholdProblem, Verdict, VerdictKind};

/// The cells of a row.
#[derive(Clone, Debug)]
pub(crate) struct RowView {
    pub(crate) kind: VerdictKind,
    pub(crate) glyph: &'static str,
    /// The verdict in capitals.
    pub(crate) word: String,
    /// The name by which commands take the row.
    pub(crate) name: String,
    pub(crate) baseline: String,
    pub(crate) canary: String,
    pub(crate) difference: String,
    pub(crate) limit: String,
    /// What else must be said: how much longer, since when nothing is seen, how the sides differ.
    pub(crate) note: Option<String>,
    /// What follows when the row fails.
    pub(crate) then: String,
}

impl RowView {
    /// Whether anything was measured.
    pub(crate) fn has_numbers(&self) -> bool {
        [&self.baseline, &self.canary, &self.difference]
            .into_iter()
            .any(|cell| cell != "-")
    }

    pub(crate) fn new(summary: &Summary<'_>, row: &Row, glyphs: Glyphs, clock: &Clock<'_>) -> Self {
        let quantity = Quantity::of(summary.plan, row.verdict.row);
        let numbers = &row.verdict.numbers;
        let level = |value: Option<f64>| match (&quantity, value) {
            (Some(quantity), Some(value)) if value.is_finite() => quantity.level(value, glyphs),
            _ => "-".to_owned(),
        };
        Self {
            kind: row.verdict.kind,
            glyph: glyphs.verdict(row.verdict.kind),
            word: row.verdict.kind.word().to_uppercase(),
            name: row.name.clone(),
            baseline: level(numbers.level.baseline),
            canary: level(numbers.level.canary),
            difference: quantity
                // Sides that cannot be compared have no difference to show.
                .filter(|_| row.verdict.kind != VerdictKind::NotComparable)
                .and_then(|quantity| phrase::cell(&quantity, numbers, glyphs))
                .unwrap_or_else(|| "-".to_owned()),
            limit: quantity.map_or_else(String::new, |quantity| quantity.limit_text(glyphs)),
            note: note(summary, &row.verdict, glyphs, clock),
            then: quantity.map_or_else(String::new, |quantity| reactions(&quantity.criterion.then)),
        }
    }
}

/// `roll back and page`.
pub(crate) fn reactions(reactions: &[Reaction]) -> String {
    let words: Vec<&str> = reactions
        .iter()
        .map(|reaction| reaction_words(*reaction))
        .collect();
    count::list(&words)
}

/// The reaction as a verb.
pub(crate) const fn reaction_words(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::RollBack => "roll back",
        Reaction::Page => "page",
        Reaction::Ticket => "open a ticket",
        Reaction::Review => "ask for review",
    }
}

/// What is said below a row; within and plainly failing rows need nothing.
fn note(
    summary: &Summary<'_>,
    verdict: &Verdict,
    glyphs: Glyphs,
    clock: &Clock<'_>,
) -> Option<String> {
    match verdict.because {
        Because::PastLimit | Because::KeepsLimit => None,
        // The second line has said it for all rows.
        Because::WarmingUp if summary.warming_up => None,
        Because::NotEnoughEvidence => Some(remaining(summary, verdict)),
        _ => Some(because(summary, verdict, glyphs, clock)),
    }
}

/// `about 35m more at this traffic`.
pub(crate) fn remaining(summary: &Summary<'_>, verdict: &Verdict) -> String {
    let left = summary.ends.since(summary.at);
    match verdict.numbers.remaining {
        _ if summary.ended.is_some() => "not enough evidence either way".to_owned(),
        Some(more) if more > left => format!(
            "about {} more at this traffic, longer than the watch",
            span(at_least_a_second(more))
        ),
        Some(more) => format!(
            "about {} more at this traffic",
            span(at_least_a_second(more))
        ),
        None => "not enough evidence yet to say how much longer".to_owned(),
    }
}

fn at_least_a_second(length: Duration) -> Duration {
    length.max(Duration::from_secs(1))
}

/// The reason of a verdict in one phrase.
pub(crate) fn because(
    summary: &Summary<'_>,
    verdict: &Verdict,
    glyphs: Glyphs,
    clock: &Clock<'_>,
) -> String {
    let plan = summary.plan;
    let sustained = span(sustained_for(plan, verdict));
    match verdict.because {
        Because::PastLimit => {
            format!("past the limit, and the last {sustained} alone is past it too")
        }
        Because::Collapse => "collapse: far past any limit, so nothing is waited for".to_owned(),
        Because::PastLimitThroughout => {
            format!("every reading of the last {sustained} is past the limit")
        }
        Because::KeepsLimit => "the limit is kept".to_owned(),
        Because::NotEnoughEvidence => {
            "the range straddles the limit: not enough evidence either way".to_owned()
        }
        Because::NotSustained => format!("past the limit, but not sustained for {sustained}"),
        Because::NotSeenLately => {
            "within so far, but the last part of the watch alone does not show it again".to_owned()
        }
        Because::WarmingUp => "warming up, recorded and not judged".to_owned(),
        Because::Missing { side, gap, since } => {
            format!(
                "{}: {} since {} ({})",
                side.word(),
                gap.words(),
                clock.at(since),
                span(clock.age(since))
            )
        }
        Because::NothingYet => "nothing has arrived yet".to_owned(),
        Because::NoThreshold(problem) => threshold_problem(plan, verdict, problem, glyphs),
        Because::YoungPods(side) => {
            let pods = match side {
                Side::Canary => summary.pods.canary,
                Side::Baseline => summary.pods.baseline,
            };
            format!(
                "{} of the {} {} younger than the warm-up of {}",
                count::POD.word(u64::from(pods)),
                side.word(),
                count::is_are(u64::from(pods)),
                span(plan.warm_up)
            )
        }
        Because::MixDiffers(distance) => {
            format!(
                "the sides differ in their mix of routes by {}",
                crate::share::percent(distance, glyphs)
            )
        }
        Because::ShareDiffers(share) => {
            let seen = crate::share::percent(share, glyphs);
            match plan.compare.canary_share {
                Some(planned) => format!(
                    "the canary gets {seen} of the traffic where the plan says {}",
                    crate::share::percent(planned, glyphs)
                ),
                None => {
                    format!("the canary gets {seen} of the traffic, which the plan does not expect")
                }
            }
        }
    }
}

fn threshold_problem(
    plan: &Plan,
    verdict: &Verdict,
    problem: ThresholdProblem,
    glyphs: Glyphs,
) -> String {
    match problem {
        ThresholdProblem::NoHistory => {
            "the baseline's latencies are still being learned".to_owned()
        }
        ThresholdProblem::BelowABucket(smallest) => {
            let smallest = Quantity::of(plan, verdict.row).map_or_else(
                || crate::numbers::shortest(smallest, glyphs),
                |quantity| quantity.absolute_text(smallest, glyphs),
            );
            format!(
                "the limit is smaller than a bucket of the histogram; the smallest that works is {smallest}"
            )
        }
        ThresholdProblem::BeyondLastBucket => {
            "the threshold lies past the last bucket of the histogram".to_owned()
        }
    }
}

/// How long the row's criterion must be past its limit.
pub(crate) fn sustained_for(plan: &Plan, verdict: &Verdict) -> Duration {
    Quantity::of(plan, verdict.row)
        .map_or(Duration::ZERO, |quantity| quantity.criterion.sustained_for)
}
