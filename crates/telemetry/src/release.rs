//! When an increment of one counter may be counted: once its counterpart on the same pod has been seen too.
//!
//! Events without their trials, or trials without their events, would be a false rate. So an increment waits for the
//! counterpart's next sample. Both counters of a pod mostly come from one scrape, and then nothing waits.

use crate::increments::CONTINUES_WITHIN;

/// What becomes of an increment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// It counts at this time.
    At(i64),
    /// It counts at its own time, provided that the absence of the counterpart means zero.
    IfAbsentIsZero,
    /// The counterpart's next sample is still to come, or has not come in time.
    Never,
}

/// Decides for an increment at `at`. `counterpart` holds the times of the counterpart's samples on the same pod, ascending.
///
/// `needed` says that the counterpart can never be absent (trials for events). The answer for a given time does not change
/// with later samples, except from [`Release::Never`] to [`Release::At`] a time that lies after all samples known before.
pub(crate) fn release(at: i64, counterpart: &[i64], needed: bool) -> Release {
    let next = counterpart.partition_point(|time| *time < at);
    let following = counterpart.get(next).copied();
    if !needed {
        let last_before = next.checked_sub(1).map(|last| counterpart[last]);
        let present =
            following == Some(at) || last_before.is_some_and(|time| at - time <= CONTINUES_WITHIN);
        if !present {
            return Release::IfAbsentIsZero;
        }
    }
    match following {
        Some(time) if time - at <= CONTINUES_WITHIN => Release::At(time),
        _ => Release::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_scrape_do_not_wait() {
        assert_eq!(release(5, &[5], true), Release::At(5));
        assert_eq!(release(5, &[5], false), Release::At(5));
    }

    #[test]
    fn trials_wait_for_events_that_were_there_before() {
        assert_eq!(release(10, &[5], false), Release::Never);
        assert_eq!(release(10, &[5, 20], false), Release::At(20));
        assert_eq!(release(10, &[], false), Release::IfAbsentIsZero);
        // Events that begin later do not change what was decided.
        assert_eq!(release(10, &[20], false), Release::IfAbsentIsZero);
    }

    #[test]
    fn events_never_count_without_trials() {
        assert_eq!(release(10, &[], true), Release::Never);
        assert_eq!(release(10, &[5, 12], true), Release::At(12));
        assert_eq!(release(10, &[11 + CONTINUES_WITHIN], true), Release::Never);
    }
}
