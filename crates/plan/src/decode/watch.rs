//! How long and how often to look.

use super::keys::WATCH;
use crate::problem::Code;
use crate::reader::Reader;
use crate::tree::Node;
use crate::units::duration_text;
use core::time::Duration;

/// Shortest watch outside a demonstration: below, no comparison has the traffic to end in anything but *undecided*.
const SHORTEST: Duration = Duration::from_secs(5 * 60);
/// Longest watch: the promise on false alarms is made and tested up to here.
const LONGEST: Duration = Duration::from_secs(72 * 3600);
/// Shortest demonstration.
const SHORTEST_DEMONSTRATION: Duration = Duration::from_secs(10);
/// Shortest time between looks.
const QUICKEST: Duration = Duration::from_secs(1);
/// Longest time for which looks wait for late samples.
const LATEST: Duration = Duration::from_secs(15 * 60);

const JUDGE_EVERY: Duration = Duration::from_secs(30);
const WARM_UP: Duration = Duration::from_secs(120);
const LATENESS: Duration = Duration::from_secs(15);

#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchTerms {
    pub(crate) watch_for: Duration,
    pub(crate) judge_every: Duration,
    pub(crate) warm_up: Duration,
    pub(crate) lateness: Duration,
}

pub(crate) fn watch(
    reader: &mut Reader<'_>,
    node: &Node,
    demonstration: bool,
) -> Option<WatchTerms> {
    let mut fields = reader.open(node, &WATCH)?;
    let whole = fields.take("for");
    let watch_for = whole.and_then(|node| length(reader, node, demonstration));
    let most = watch_for.unwrap_or(LONGEST);
    let judge_every = fields
        .take("judge-every")
        .map_or(Some(JUDGE_EVERY), |node| {
            reader.duration_between(node, QUICKEST, most)
        });
    let warm_up_node = fields.take("warm-up");
    let warm_up = warm_up_node.map_or(Some(WARM_UP), |node| {
        reader.duration_between(node, Duration::ZERO, most)
    });
    let lateness = fields.take("lateness").map_or(Some(LATENESS), |node| {
        reader.duration_between(node, Duration::ZERO, LATEST)
    });
    fields.done();
    if let (Some(watch_for), Some(warm_up)) = (watch_for, warm_up)
        && warm_up * 2 > watch_for
    {
        let span = warm_up_node.or(whole).map_or(node.span, |node| node.span);
        let problem = reader.error(
            Code::OutOfRange,
            span,
            format!(
                "the warm-up of {} takes more than half of the watch",
                duration_text(warm_up)
            ),
        );
        problem.help(format!(
            "set `warm-up` to {} or less, or watch for longer",
            duration_text(watch_for / 2)
        ));
        if warm_up_node.is_none() {
            problem.label(format!(
                "the warm-up is {} where the plan does not say",
                duration_text(WARM_UP)
            ));
        }
    }
    Some(WatchTerms {
        watch_for: watch_for?,
        judge_every: judge_every?,
        warm_up: warm_up?,
        lateness: lateness?,
    })
}

fn length(reader: &mut Reader<'_>, node: &Node, demonstration: bool) -> Option<Duration> {
    let time = reader.duration(node)?;
    let least = if demonstration {
        SHORTEST_DEMONSTRATION
    } else {
        SHORTEST
    };
    if (least..=LONGEST).contains(&time) {
        return Some(time);
    }
    let problem = reader.error(
        Code::OutOfRange,
        node.span,
        format!(
            "a watch of {} is too {}",
            duration_text(time),
            if time < least { "short" } else { "long" }
        ),
    );
    let range = format!(
        "from {} to {}",
        duration_text(least),
        duration_text(LONGEST)
    );
    if time < least && !demonstration {
        problem.help(format!(
            "{range}; shorter watches need `demonstration: true` at the top of the plan"
        ));
    } else {
        problem.help(range);
    }
    None
}
