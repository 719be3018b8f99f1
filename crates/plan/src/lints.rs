//! What a plan says that was probably not meant: looked for once everything has been read.

use crate::decode::{CriterionDraft, Draft, labels_of_sides, picked_side};
use crate::place::Span;
use crate::problem::Code;
use crate::reader::Reader;
use crate::units::duration_text;
use verification::terms::{Criterion, Limit, Reaction, Rule, SignalKind};

pub(crate) fn look(reader: &mut Reader<'_>, draft: &Draft) {
    nothing_to_judge(reader, draft);
    unused_signals(reader, draft);
    counts_without_exposure(reader, draft);
    selectors_that_pick_a_side(reader, draft);
    criteria_that_add_nothing(reader, draft);
    roll_back(reader, draft);
    page(reader, draft);
    silence(reader, draft);
}

fn nothing_to_judge(reader: &mut Reader<'_>, draft: &Draft) {
    let Some(key) = draft.criteria_key else {
        return;
    };
    if draft.criteria.is_empty() {
        if !reader.has_errors() {
            reader
                .error(Code::NothingJudged, key, "the plan has no criterion")
                .label("nothing would be judged, and nothing could be confirmed")
                .help("state at least one, as {name: requests keep working, signal: failed-requests, worse-when: higher, limit: +0.5pp, sustained-for: 5m, then: roll-back}");
        }
    } else if draft.criteria.iter().all(|criterion| !criterion.required) {
        reader
            .error(Code::NothingConfirms, key, "every criterion is optional")
            .label("a confirm would need no evidence")
            .help("remove `required: false` from the criteria that must be shown to be within their limit");
    }
}

fn unused_signals(reader: &mut Reader<'_>, draft: &Draft) {
    for signal in &draft.signals {
        let used = draft
            .criteria
            .iter()
            .any(|criterion| criterion.signal.as_ref() == Some(&signal.name));
        if !used && draft.criteria_key.is_some() && signal.kind.is_some() {
            reader
                .warning(
                    Code::UnusedSignal,
                    signal.name_span,
                    format!("no criterion judges the signal `{}`", signal.name),
                )
                .help("add a criterion or remove the signal");
        }
    }
}

fn counts_without_exposure(reader: &mut Reader<'_>, draft: &Draft) {
    for (criterion, draft_criterion) in whole(draft) {
        let Some(signal) = draft.signals.get(usize::from(criterion.signal)) else {
            continue;
        };
        let bare = matches!(
            signal.signal.as_ref().map(|signal| &signal.kind),
            Some(SignalKind::Count { per: None, .. })
        );
        if bare && matches!(criterion.rule, Rule::AgainstBaseline { .. }) {
            reader
                .warning(Code::CountWithoutExposure, signal.name_span, format!("`{}` is compared with the baseline without `per`", signal.name))
                .label("counted per pod and second")
                .help(format!(
                    "name what the count depends on, as per: http_requests_total; without it `{}` fails whenever a canary pod gets less traffic than a baseline pod",
                    draft_criterion.name.as_deref().unwrap_or("the criterion")
                ));
        }
    }
}

fn selectors_that_pick_a_side(reader: &mut Reader<'_>, draft: &Draft) {
    let Some(compare) = &draft.compare else {
        return;
    };
    let labels = labels_of_sides(&compare.sides);
    for signal in &draft.signals {
        if let Some(label) = signal
            .signal
            .as_ref()
            .and_then(|terms| picked_side(terms, &labels))
        {
            reader
                .warning(
                    Code::SelectorPicksSide,
                    signal.name_span,
                    format!(
                        "a selector of `{}` fixes the label `{label}`, which tells the sides apart",
                        signal.name
                    ),
                )
                .label("one side will have no data")
                .help(format!(
                    "leave `{label}` out of the selectors: `compare` adds it for each side"
                ));
        }
    }
}

/// Criteria that could be read whole.
fn whole(draft: &Draft) -> impl Iterator<Item = (&Criterion, &CriterionDraft)> {
    draft
        .criteria
        .iter()
        .filter_map(|found| found.criterion.as_ref().map(|criterion| (criterion, found)))
}

fn criteria_that_add_nothing(reader: &mut Reader<'_>, draft: &Draft) {
    for (at, (late, place)) in whole(draft).enumerate() {
        for (other_at, (early, _)) in whole(draft).enumerate() {
            if at == other_at
                || late.signal != early.signal
                || late.measure != early.measure
                || !covers(early.rule, late.rule)
            {
                continue;
            }
            if early.sustained_for > late.sustained_for
                || !reacts_as_hard(&early.then, &late.then) && early.rule != late.rule
            {
                continue;
            }
            let same = early.rule == late.rule && early.sustained_for == late.sustained_for;
            if same {
                if other_at < at {
                    reader
                        .warning(Code::FireTogether, place.name_span, format!("`{}` always fires together with `{}`", late.name, early.name))
                        .help("merge them: one criterion may have a list of reactions, as then: [roll-back, page]");
                }
            } else if reacts_as_hard(&early.then, &late.then) {
                reader
                    .warning(Code::WeakerThanAlarm, place.limit_span, format!("`{}` can never fire before `{}`", late.name, early.name))
                    .label("weaker than a criterion that reacts at least as hard")
                    .help(format!(
                        "make this limit stricter, or remove the criterion: by then `{}` (sustained for {}, then {}) has already fired",
                        early.name,
                        duration_text(early.sustained_for),
                        early.then.iter().map(|reaction| reaction.word()).collect::<Vec<_>>().join(" and ")
                    ));
            }
        }
    }
}

/// Whether `early` does all that `late` asks for; after a rollback nothing is left to do.
fn reacts_as_hard(early: &[Reaction], late: &[Reaction]) -> bool {
    early.first() == Some(&Reaction::RollBack)
        || late.iter().all(|reaction| early.contains(reaction))
}

/// Whether everything past the limit of `late` is past the limit of `early` too.
fn covers(early: Rule, late: Rule) -> bool {
    match (early, late) {
        (
            Rule::AgainstBaseline { worse, limit },
            Rule::AgainstBaseline {
                worse: other_worse,
                limit: other,
            },
        ) => {
            worse == other_worse
                && match (limit, other) {
                    (Limit::Points(early), Limit::Points(late))
                    | (Limit::Relative(early), Limit::Relative(late))
                    | (Limit::Amount(early), Limit::Amount(late)) => early <= late,
                    _ => false,
                }
        }
        (Rule::NeverAbove(early), Rule::NeverAbove(late)) => early <= late,
        (Rule::NeverBelow(early), Rule::NeverBelow(late)) => early >= late,
        // More than L above the baseline is above L, whatever the baseline.
        (
            Rule::NeverAbove(early),
            Rule::AgainstBaseline {
                worse: verification::terms::Worse::Higher,
                limit: Limit::Points(late) | Limit::Amount(late),
            },
        ) => early <= late,
        _ => false,
    }
}

fn roll_back(reader: &mut Reader<'_>, draft: &Draft) {
    let asks = draft
        .criteria
        .iter()
        .find(|criterion| criterion.then.contains(&Reaction::RollBack));
    let action = draft
        .actions
        .iter()
        .find(|action| action.terms.reaction == Reaction::RollBack);
    if let (Some(criterion), None) = (asks, action) {
        reader
            .warning(Code::RollBackWithoutAction, criterion.then_span, "a rollback is asked for, but the plan names no action for it")
            .label("ends in a page instead")
            .help("name an action of the connections file under `actions`, as roll-back: {run: haproxy/checkout}");
    }
    let Some(action) = action else { return };
    if !action.recovery_named {
        reader
            .warning(Code::RecoveryNotNamed, action.key_span, "the rollback does not say what proves that it helped")
            .help("name a criterion, as recovered-when: payments keep working; or write `recovered-when: the criteria that failed`, which is what holds now");
    }
    if draft.authority_places.roll_back.is_none() && draft.authority.is_some() {
        reader
            .warning(Code::ActionWithoutAuthority, action.key_span, "the plan does not say who decides on a rollback")
            .label("shakedown decides by itself, and nobody may object")
            .help("say so under `authority`, as roll-back: {decided-by: shakedown, may-object: [on-call], within: 2m}");
    }
}

/// Where the plan asks for a page first.
fn first_page(draft: &Draft) -> Option<Span> {
    if let Some(criterion) = draft
        .criteria
        .iter()
        .find(|criterion| criterion.then.contains(&Reaction::Page))
    {
        return Some(criterion.then_span);
    }
    let authority = draft.authority.as_ref()?;
    // The page that follows from silence where the plan does not say has a lint of its own.
    if let Some(span) = draft.authority_places.cannot_see
        && authority
            .cannot_see
            .iter()
            .any(|step| step.then == Reaction::Page)
    {
        return Some(span);
    }
    if authority.undecided_at_the_end == Reaction::Page {
        return Some(draft.head);
    }
    if authority
        .review
        .as_ref()
        .is_some_and(|review| review.otherwise == Reaction::Page)
    {
        return Some(draft.authority_places.review.unwrap_or(draft.head));
    }
    None
}

fn page(reader: &mut Reader<'_>, draft: &Draft) {
    // In a demonstration nobody is there to be woken.
    if draft.demonstration {
        return;
    }
    let Some(span) = first_page(draft) else {
        return;
    };
    if draft.action(Reaction::Page).is_none() {
        reader
            .warning(Code::NobodyWoken, span, "a page is asked for, but the plan names no receiver for it")
            .label("shows on screens and in the ledger only")
            .help("name a receiver of the connections file under `actions`, as page: {send: pagerduty/payments}");
    }
    if draft.runbook.is_none() {
        reader
            .warning(
                Code::PageWithoutRunbook,
                span,
                "somebody may be woken, but the plan has no runbook",
            )
            .help("say where to start reading: runbook: https://…, at the top of the plan");
    }
}

fn silence(reader: &mut Reader<'_>, draft: &Draft) {
    if draft.authority.is_some() && draft.authority_places.cannot_see.is_none() {
        reader
            .warning(
                Code::SilenceNotAnswered,
                draft.head,
                "the plan does not say what follows when nothing can be seen",
            )
            .label("after 10m somebody is paged")
            .help("say so under `authority`: cannot-see-for: {10m: page}");
    }
}
