//! What can be seen and since when it cannot: ages of samples, silent sources.

use crate::clock::{Clock, span};
use crate::count;
use crate::situation;
use crate::what_next;
use core::time::Duration;
use verification::event::State;
use verification::observation::Side;
use verification::summary::{Silent, Summary};
use verification::terms::Plan;
use verification::time::Timestamp;
use verification::verdict::{Because, NoiseFrom, VerdictKind};

/// Looks without a new sample after which a side counts as out of sight.
const LOOKS_WITHOUT_SAMPLE: u32 = 3;

/// Age from which the newest sample says that nothing is seen any more: the lateness that is allowed and three looks.
pub(crate) fn out_of_sight_after(plan: &Plan) -> Duration {
    plan.lateness
        .saturating_add(plan.judge_every.saturating_mul(LOOKS_WITHOUT_SAMPLE))
}

/// `newest sample 8s old`, turning into `cannot see since 14:02 (9m)`.
pub(crate) fn newest(summary: &Summary<'_>, clock: &Clock<'_>) -> String {
    let exact = clock.to_the_second();
    if summary.ended.is_some() {
        let last = summary.newest.canary.max(summary.newest.baseline);
        return last.map_or_else(
            || "no sample was ever seen".to_owned(),
            |last| format!("newest sample {}", exact.at(last)),
        );
    }
    let limit = out_of_sight_after(summary.plan);
    let seen = |side: Side| -> Seen {
        match *summary.newest.get(side) {
            None => Seen::Never,
            Some(at) if clock.age(at) > limit => Seen::Dark(at),
            Some(at) => Seen::Fresh(clock.age(at)),
        }
    };
    let one = |seen: &Seen| match seen {
        Seen::Never => "not seen yet".to_owned(),
        Seen::Dark(at) => format!(
            "cannot see since {} ({})",
            exact.at(*at),
            span(clock.age(*at))
        ),
        Seen::Fresh(age) => format!("newest sample {} old", span(*age)),
    };
    match (seen(Side::Canary), seen(Side::Baseline)) {
        (Seen::Never, Seen::Never) => "no sample seen yet".to_owned(),
        (Seen::Fresh(canary), Seen::Fresh(baseline))
            if canary.abs_diff(baseline) < Duration::from_secs(2) =>
        {
            one(&Seen::Fresh(canary.max(baseline)))
        }
        (Seen::Fresh(canary), Seen::Fresh(baseline)) => format!(
            "newest sample: canary {} old, baseline {} old",
            span(canary),
            span(baseline)
        ),
        (Seen::Dark(canary), Seen::Dark(baseline)) => one(&Seen::Dark(canary.max(baseline))),
        (canary, baseline) => format!("canary: {}; baseline: {}", one(&canary), one(&baseline)),
    }
}

enum Seen {
    Never,
    Dark(Timestamp),
    Fresh(Duration),
}

/// Since when something that a confirm needs cannot be seen.
pub(crate) fn dark_since(summary: &Summary<'_>) -> Option<Timestamp> {
    let rows = summary
        .rows
        .iter()
        .filter(|row| row.required && row.verdict.kind == VerdictKind::NoData);
    let missing = rows.filter_map(|row| match row.verdict.because {
        Because::Missing { since, .. } => Some(since),
        _ => None,
    });
    missing
        .chain(summary.silent.iter().map(|silent| silent.since))
        .min()
}

/// `prometheus since 14:02 (9m): connection refused; no failing verdict depends on it; page at 14:12 if it stays so`
pub(crate) fn silent(summary: &Summary<'_>, silent: &Silent, clock: &Clock<'_>) -> String {
    let plan = summary.plan;
    let failing = summary
        .rows
        .iter()
        .filter(|row| row.verdict.kind == VerdictKind::Failing);
    let depend: Vec<&str> = failing
        .filter(|row| {
            let criterion = plan.criteria.get(usize::from(row.verdict.row.criterion));
            let signal =
                criterion.and_then(|criterion| plan.signals.get(usize::from(criterion.signal)));
            signal.is_some_and(|signal| signal.source == silent.problem.source)
        })
        .map(|row| row.name.as_str())
        .collect();
    let depends = match depend.as_slice() {
        [] if situation::failing(summary).next().is_none() => String::new(),
        [] => "; no failing verdict depends on it".to_owned(),
        names => format!(
            "; {} {} on it",
            count::first_of(names, 2),
            if names.len() == 1 {
                "depends"
            } else {
                "depend"
            }
        ),
    };
    let refused = if silent.problem.refused {
        "; access is refused, which does not mend by itself"
    } else {
        ""
    };
    // Where that is what the whole watch is about, the third line has said it.
    let step = if summary.ended.is_some() || summary.state == State::CannotSee {
        None
    } else {
        what_next::next_silence_step(summary, clock)
    };
    let step = step.map_or_else(String::new, |step| format!("; {step}"));
    format!(
        "{} since {} ({}): {}{refused}{depends}{step}",
        silent.problem.source,
        clock.at(silent.since),
        span(clock.age(silent.since)),
        what_next::sentence_end(&silent.problem.message),
    )
}

/// Where the allowance for noise comes from, in a few words; `None` where no row has a method yet.
pub(crate) fn noise(summary: &Summary<'_>) -> Option<&'static str> {
    let mut rows = summary.rows.iter().map(|row| row.verdict.method.noise_from);
    let first = rows.next()?;
    Some(if rows.any(|other| other != first) {
        "noise partly assumed"
    } else {
        noise_from(first)
    })
}

/// Where noise comes from, in a few words.
pub(crate) const fn noise_from(from: NoiseFrom) -> &'static str {
    match from {
        NoiseFrom::Assumed => "noise assumed, not yet measured",
        NoiseFrom::Declared => "noise as declared by the plan",
    }
}
