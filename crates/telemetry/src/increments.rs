//! What was added to a cumulative count between samples.
//!
//! Each sample gives one increment at most, and which one depends on the samples alone: not on when somebody looked, nor on
//! whether the reader was restarted in between. That is why nothing counts twice and nothing is lost:
//!
//! - A sample whose predecessor is at most [`CONTINUES_WITHIN`] older adds the difference. It adds its whole value if the count
//!   began again in between: the value dropped, or the process is told to have started after the predecessor. The latter
//!   sees what the former cannot: a counter that has passed its old value by the next scrape.
//! - A sample without such a predecessor adds its whole value if its process is known to have begun without it: the target
//!   was scraped before in that time and did not have the series, or it is a process at most [`CONTINUES_WITHIN`] old.
//! - Otherwise it is a start and adds nothing: a lifetime is never counted as one interval.

/// Longest time, in milliseconds, over which a series is taken to continue: Prometheus's own staleness limit.
pub(crate) const CONTINUES_WITHIN: i64 = 5 * 60 * 1000;

/// How far back, in milliseconds, samples must be known to judge those after a moment: a sample may wait for its counterpart
/// for [`CONTINUES_WITHIN`], and its own predecessor may be as much older. A second more, since the left end is open.
pub(crate) const LOOK_BACK: i64 = 2 * CONTINUES_WITHIN + 1000;

/// How far the clock of a pod may differ from that of the samples, in milliseconds.
const CLOCKS_DIFFER: i64 = 60 * 1000;
/// How much a process's start, as it tells it, may wander without a new process, in milliseconds: it is computed from the time
/// since boot, and clocks are set.
const START_WANDERS: i64 = 2 * 1000;

/// What one sample added.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Increment<A> {
    /// Time of the sample.
    pub(crate) at: i64,
    /// Beginning of the time in which it was added.
    pub(crate) since: i64,
    /// `None` for a start, which adds nothing.
    pub(crate) amount: Option<A>,
    /// Whether the count began again before this sample.
    pub(crate) reset: bool,
}

/// How a sample relates to its predecessor.
pub(crate) enum Relation<A> {
    /// The count went on.
    Added(A),
    /// The count began again at zero.
    Restarted,
    /// The two cannot be compared.
    Unrelated,
}

/// What is known about the beginning of a target's series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin<'a> {
    /// Times at which the target was seen at all, ascending.
    pub(crate) sightings: &'a [i64],
    /// Times with the start of the process as known then, ascending, both in milliseconds.
    pub(crate) starts: &'a [(i64, i64)],
}

impl Origin<'_> {
    /// The start of the process as told at `time` or last before it.
    fn started(&self, time: i64) -> Option<i64> {
        let known = self.starts.partition_point(|(told, _)| *told <= time);
        Some(self.starts[known.checked_sub(1)?].1)
    }

    /// Whether another process is there at `at` than at `earlier`.
    fn restarted_between(&self, earlier: i64, at: i64) -> bool {
        match (self.started(earlier), self.started(at)) {
            (Some(before), Some(now)) => {
                now - before > START_WANDERS && now > earlier - CLOCKS_DIFFER
            }
            _ => false,
        }
    }

    /// When the series must have been at zero, if a series first seen at `at` is known to have begun in reach.
    fn zero_at(&self, at: i64) -> Option<i64> {
        let before = self.sightings.partition_point(|seen| *seen < at);
        if let Some(seen) = before.checked_sub(1).map(|last| self.sightings[last])
            && at - seen <= CONTINUES_WITHIN
        {
            return Some(seen);
        }
        let known = self.starts.partition_point(|(time, _)| *time <= at);
        let (time, started) = *self.starts.get(known.checked_sub(1)?)?;
        // A process whose clock runs ahead of the server's may seem to start after its first sample.
        let young = at - started <= CONTINUES_WITHIN && at - time <= CONTINUES_WITHIN;
        young.then_some(started.min(at))
    }
}

/// Increments of one series. `points` ascend by time; `None` is a sample that cannot be counted with.
pub(crate) fn increments<P, A>(
    points: impl IntoIterator<Item = (i64, Option<P>)>,
    origin: Origin<'_>,
    relation: impl Fn(&P, &P) -> Relation<A>,
    whole: impl Fn(&P) -> A,
) -> Vec<Increment<A>> {
    let mut found = Vec::new();
    let mut sound: Option<(i64, P)> = None;
    let mut seen: Option<i64> = None;
    for (at, point) in points {
        let Some(point) = point else {
            seen = Some(at);
            continue;
        };
        let in_reach = |earlier: i64| at - earlier <= CONTINUES_WITHIN;
        let increment = match &sound {
            Some((earlier, before)) if in_reach(*earlier) => {
                let relation = if origin.restarted_between(*earlier, at) {
                    Relation::Restarted
                } else {
                    relation(before, &point)
                };
                let (amount, reset) = match relation {
                    Relation::Added(amount) => (Some(amount), false),
                    Relation::Restarted => (Some(whole(&point)), true),
                    Relation::Unrelated => (None, false),
                };
                Increment {
                    at,
                    since: *earlier,
                    amount,
                    reset,
                }
            }
            // It was there, only not as a number: how much of its value is new is unknown.
            _ if seen.is_some_and(in_reach) => start(at),
            _ => origin.zero_at(at).map_or_else(
                || start(at),
                |since| Increment {
                    at,
                    since,
                    amount: Some(whole(&point)),
                    reset: false,
                },
            ),
        };
        found.push(increment);
        sound = Some((at, point));
        seen = Some(at);
    }
    found
}

const fn start<A>(at: i64) -> Increment<A> {
    Increment {
        at,
        since: at,
        amount: None,
        reset: false,
    }
}

/// Increments of a plain counter. The running value is rounded, not the increment, so fractions are not lost.
pub(crate) fn of_counter(values: &[(i64, f64)], origin: Origin<'_>) -> Vec<Increment<u64>> {
    let points = values.iter().map(|(at, value)| {
        let sound = value.is_finite() && *value >= 0.0;
        (*at, sound.then_some(*value))
    });
    increments(
        points,
        origin,
        |before, now| {
            if now < before {
                Relation::Restarted
            } else {
                Relation::Added(crate::native::rounded(*now) - crate::native::rounded(*before))
            }
        },
        |now| crate::native::rounded(*now),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn amounts(values: &[(i64, f64)], origin: Origin<'_>) -> Vec<Option<u64>> {
        of_counter(values, origin)
            .into_iter()
            .map(|increment| increment.amount)
            .collect()
    }

    #[test]
    fn a_drop_adds_the_new_value() {
        let found = of_counter(&[(0, 10.0), (1, 13.0), (2, 4.0)], Origin::default());
        assert_eq!(found[1].amount, Some(3));
        assert_eq!((found[2].amount, found[2].reset), (Some(4), true));
    }

    #[test]
    fn the_first_sample_of_a_new_target_is_a_start() {
        assert_eq!(amounts(&[(0, 1e6)], Origin::default()), [None]);
    }

    #[test]
    fn a_series_born_on_a_known_target_counts_from_zero() {
        let origin = Origin {
            sightings: &[0, MINUTE],
            starts: &[],
        };
        assert_eq!(amounts(&[(MINUTE, 2.0)], origin), [Some(2)]);
        assert_eq!(amounts(&[(0, 2.0)], origin), [None]);
        assert_eq!(
            amounts(&[(MINUTE + CONTINUES_WITHIN + 1, 2.0)], origin),
            [None]
        );
    }

    #[test]
    fn a_restart_that_no_drop_shows() {
        let values = [(0, 12.0), (MINUTE, 15.0)];
        let with = |starts: &[(i64, i64)]| {
            let origin = Origin {
                sightings: &[],
                starts,
            };
            amounts(&values, origin)
        };
        let old = -90 * MINUTE;
        assert_eq!(with(&[(0, old), (MINUTE, MINUTE / 2)]), [None, Some(15)]);
        // A clock that was set is no restart.
        assert_eq!(with(&[(0, old), (MINUTE, old + MINUTE)]), [None, Some(3)]);
        assert_eq!(with(&[(MINUTE, MINUTE / 2)]), [None, Some(3)]);
    }

    #[test]
    fn a_young_process_counts_from_zero_even_where_clocks_differ() {
        let fifteen = 15_000;
        let starts = |started| [(10 * MINUTE, started)];
        let at = |starts: &[(i64, i64)]| {
            let origin = Origin {
                sightings: &[10 * MINUTE],
                starts,
            };
            amounts(&[(10 * MINUTE, 7.0)], origin)
        };
        assert_eq!(at(&starts(9 * MINUTE)), [Some(7)]);
        assert_eq!(at(&starts(10 * MINUTE + fifteen)), [Some(7)]);
        assert_eq!(at(&starts(MINUTE)), [None]);
    }

    #[test]
    fn what_was_not_a_number_before_is_no_birth() {
        let origin = Origin {
            sightings: &[0, MINUTE],
            starts: &[],
        };
        assert_eq!(amounts(&[(0, f64::NAN), (MINUTE, 900.0)], origin), [None]);
        assert_eq!(
            amounts(&[(0, 5.0), (1, f64::NAN), (2, 8.0)], Origin::default()),
            [None, Some(3)]
        );
    }

    #[test]
    fn a_long_silence_is_a_new_start() {
        assert_eq!(
            amounts(
                &[(0, 5.0), (CONTINUES_WITHIN + 1, 900.0)],
                Origin::default()
            ),
            [None, None]
        );
    }

    #[test]
    fn fractions_add_up() {
        let values: Vec<(i64, f64)> = (0..=10).map(|at| (at, at as f64 * 0.3)).collect();
        let sum: u64 = amounts(&values, Origin::default())
            .into_iter()
            .flatten()
            .sum();
        assert_eq!(sum, 3);
    }
}
