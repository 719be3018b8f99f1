//! What was fixed before the deploy, as text for the deploy ticket.

use crate::clock::{Clock, span};
use crate::count;
use crate::frame::Frame;
use crate::glyphs::Glyphs;
use crate::markdown::{escape, heading, link, row};
use crate::phrase;
use crate::quantity::Quantity;
use crate::row_view::reaction_words;
use crate::sentence::sentence;
use crate::share;
use crate::what_next;
use verification::observation::{BaselineLevel, Measured};
use verification::seal::Sealed;
use verification::terms::{DecidedBy, Measure, Noise, Plan, Reaction};

/// Baseline levels shown; the rest is counted.
const LEVELS: usize = 40;

/// The sealed plan as Markdown: criteria as sentences, baseline levels, authority, hash.
#[must_use]
pub fn seal_markdown(sealed: &Sealed, frame: &Frame) -> String {
    let plan = &sealed.plan;
    let clock = Clock::new(frame, plan.watch_for);
    let mut out = format!("### Criteria fixed for {}\n\n", escape(&plan.service));
    if let Some(change) = &plan.change {
        out.push_str(&format!("{}\n\n", escape(change)));
    }
    let late = if sealed.late {
        "**late: the canary already had traffic**"
    } else {
        "before the deploy"
    };
    out.push_str(&format!(
        "Fixed {} {}, {late}. Watched for {}, a look every {}, warm-up {}.\n\n",
        clock.stamp(sealed.at),
        escape(&clock.zone_name(sealed.at)),
        span(plan.watch_for),
        span(plan.judge_every),
        span(plan.warm_up)
    ));
    for (at, criterion) in plan.criteria.iter().enumerate() {
        let line = if criterion.plan_line > 0 {
            format!(" (plan line {})", criterion.plan_line)
        } else {
            String::new()
        };
        out.push_str(&format!(
            "{}. **{}**: {}{line}\n",
            at + 1,
            escape(&criterion.name),
            escape(&sentence(criterion, plan, Glyphs::Unicode))
        ));
    }
    out.push('\n');
    out.push_str(&levels(sealed));
    out.push_str("#### Who decides\n\n");
    for rule in authority(plan) {
        out.push_str(&format!("- {}\n", escape(&rule)));
    }
    if let Some(runbook) = &plan.runbook {
        out.push_str(&format!("- Runbook: {}\n", link(runbook)));
    }
    out.push_str(&format!(
        "\nHash `{}`; a changed plan is a new watch.\n",
        escape(&sealed.hash)
    ));
    out
}

/// One row for every criterion's number on the baseline side.
fn levels(sealed: &Sealed) -> String {
    let plan = &sealed.plan;
    let mut rows = Vec::new();
    for level in &sealed.levels {
        let measures = plan
            .criteria
            .iter()
            .filter(|criterion| criterion.signal == level.signal);
        let mut seen = Vec::new();
        for criterion in measures {
            let Some(quantity) = Quantity::new(plan, criterion) else {
                continue;
            };
            let subject = phrase::subject(&quantity, level.slice.as_deref());
            if !seen.contains(&subject) {
                rows.push([
                    escape(&subject),
                    escape(&value(&quantity, level)),
                    span(level.over),
                ]);
                seen.push(subject);
            }
        }
    }
    if rows.is_empty() {
        return "No level of the baseline was recorded.\n\n".to_owned();
    }
    let mut out = String::from("#### Baseline before the deploy\n\n");
    out.push_str(&heading(&["What", "Level", "Over"], &[1, 2]));
    for cells in rows.iter().take(LEVELS) {
        out.push_str(&row(cells));
    }
    if rows.len() > LEVELS {
        out.push_str(&format!(
            "\n{} more are in the ledger.\n",
            count::ROW.count(count::number(rows.len() - LEVELS))
        ));
    }
    out.push('\n');
    out
}

fn value(quantity: &Quantity<'_>, level: &BaselineLevel) -> String {
    let number = match (&level.measured, quantity.criterion.measure) {
        (Measured::Counts(sample), _) => sample.rate(),
        (Measured::Durations(histogram), Measure::Quantile(quantile)) => {
            histogram.quantile(quantile)
        }
        (Measured::Durations(_), _) => None,
        (Measured::Level(value), _) => Some(*value),
        (Measured::Nothing(gap), _) => return format!("no data: {}", gap.words()),
    };
    number.map_or_else(
        || "no data".to_owned(),
        |number| quantity.level(number, Glyphs::Unicode),
    )
}

/// The rules of authority as sentences.
fn authority(plan: &Plan) -> Vec<String> {
    let who = |decider: &DecidedBy| match decider {
        DecidedBy::Shakedown => "shakedown, by these criteria alone".to_owned(),
        DecidedBy::Role(role) => role.clone(),
    };
    let authority = &plan.authority;
    let object = authority
        .roll_back
        .objection
        .as_ref()
        .map_or_else(String::new, |objection| {
            let roles = if objection.roles.is_empty() {
                "anyone".to_owned()
            } else {
                what_next::roles(&objection.roles)
            };
            format!("; {roles} may object within {}", span(objection.within))
        });
    let by = plan.action(Reaction::RollBack).map_or_else(
        || "; the plan names no action for it".to_owned(),
        |action| {
            format!(
                "; done by {}, recovery to be shown within {}",
                action.run,
                span(action.within)
            )
        },
    );
    let mut rules = vec![
        format!(
            "Roll back: {}{object}{by}.",
            who(&authority.roll_back.decided_by)
        ),
        format!(
            "Confirm: {}, and only with evidence for every criterion that a confirm needs.",
            who(&authority.confirm)
        ),
        format!(
            "Undecided at the end: {}; never a confirm.",
            reaction_words(authority.undecided_at_the_end)
        ),
    ];
    if let Some(review) = &authority.review {
        rules.push(format!(
            "Review: {} within {}, otherwise {}.",
            review.decided_by,
            span(review.within),
            reaction_words(review.otherwise)
        ));
    }
    for step in &authority.cannot_see {
        rules.push(format!(
            "Nothing seen for {}: {}; never a rollback.",
            span(step.after),
            reaction_words(step.then)
        ));
    }
    let compare = &plan.compare;
    let (noise, from) = match compare.noise {
        Some(noise) => (noise, "declared by the plan"),
        None => (Noise::ASSUMED, "assumed until history says more"),
    };
    rules.push(format!(
        "False alarms: at most {} of watches, all criteria together. Noise: counts vary {} times more than chance, pods differ by {}; {from}.",
        share::percent(compare.false_alarms, Glyphs::Unicode),
        crate::numbers::shortest(noise.dispersion, Glyphs::Unicode),
        share::percent(noise.pod_sd, Glyphs::Unicode),
    ));
    rules
}
