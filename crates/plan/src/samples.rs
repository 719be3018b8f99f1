//! Turns the samples of a test into the observations of one look after another.

use core::time::Duration;
use statistics::{Histogram, Sample};
use verification::observation::{BaselineLevel, Gap, Measured, PodSet, Reading, Side, Sides, Tick};
use verification::terms::{Plan, PlanTest, SideSamples, SignalKind, TestSamples};
use verification::time::Timestamp;

/// Deals out a test's samples evenly: whole counts, of which nothing is lost over the looks.
pub(crate) struct Player<'plan> {
    plan: &'plan Plan,
    test: &'plan PlanTest,
    dealt_until: Duration,
    newest: Sides<Option<Timestamp>>,
}

impl<'plan> Player<'plan> {
    /// Pods of each side.
    pub(crate) const PODS: u32 = 4;

    pub(crate) const fn new(plan: &'plan Plan, test: &'plan PlanTest) -> Self {
        Self {
            plan,
            test,
            dealt_until: Duration::ZERO,
            newest: Sides {
                canary: None,
                baseline: None,
            },
        }
    }

    /// The baseline before the deploy: an hour at its first samples.
    pub(crate) fn levels(&self) -> Vec<BaselineLevel> {
        const HOUR: Duration = Duration::from_secs(3600);
        let indices = 0..u16::try_from(self.plan.signals.len()).unwrap_or(u16::MAX);
        indices
            .filter_map(|signal| {
                let first = self
                    .test
                    .samples
                    .iter()
                    .find(|stretch| stretch.signal == signal && stretch.baseline.is_some())?;
                let measured = measured(first.baseline.as_ref()?, Duration::ZERO, HOUR);
                Some(BaselineLevel {
                    signal,
                    slice: None,
                    measured,
                    over: HOUR,
                })
            })
            .collect()
    }

    /// Observations of the look at `elapsed`; looks must be asked for in order.
    pub(crate) fn tick(&mut self, started: Timestamp, elapsed: Duration) -> Tick {
        let from = self.dealt_until;
        self.dealt_until = elapsed;
        let through = started + elapsed;
        let mut seen = Sides {
            canary: false,
            baseline: false,
        };
        let mut readings = Vec::with_capacity(self.plan.signals.len());
        for (at, signal) in self.plan.signals.iter().enumerate() {
            let Ok(index) = u16::try_from(at) else { break };
            let stretch = self
                .test
                .samples
                .iter()
                .find(|stretch| stretch.signal == index && covers(stretch, elapsed));
            let side = |side: Side, seen: &mut bool| match stretch
                .and_then(|stretch| samples_of(stretch, side))
            {
                Some((samples, began)) => {
                    *seen |= !matches!(signal.kind, SignalKind::Probe(_));
                    measured(
                        samples,
                        from.saturating_sub(began),
                        elapsed.saturating_sub(began),
                    )
                }
                None => Measured::Nothing(if self.newest.get(side).is_some() {
                    Gap::Stale
                } else {
                    Gap::NoSeries
                }),
            };
            let sides = Sides {
                canary: side(Side::Canary, &mut seen.canary),
                baseline: side(Side::Baseline, &mut seen.baseline),
            };
            readings.push(Reading {
                signal: index,
                slice: None,
                sides,
            });
        }
        if seen.canary {
            self.newest.canary = Some(through);
        }
        if seen.baseline {
            self.newest.baseline = Some(through);
        }
        Tick {
            from: started + from,
            through,
            readings,
            pods: Sides {
                canary: pods(seen.canary),
                baseline: pods(seen.baseline),
            },
            newest: self.newest,
            ..Tick::default()
        }
    }
}

/// Whether the look at `elapsed` lies in the stretch; the look at its end still does.
fn covers(stretch: &TestSamples, elapsed: Duration) -> bool {
    stretch.from < elapsed && stretch.until.is_none_or(|until| elapsed <= until)
}

fn samples_of(stretch: &TestSamples, side: Side) -> Option<(&SideSamples, Duration)> {
    let samples = match side {
        Side::Canary => stretch.canary.as_ref(),
        Side::Baseline => stretch.baseline.as_ref(),
    };
    samples.map(|samples| (samples, stretch.from))
}

fn pods(seen: bool) -> PodSet {
    let count = if seen { Player::PODS } else { 0 };
    PodSet {
        count,
        young: 0,
        fingerprint: count,
    }
}

/// What is measured between two moments of a stretch.
fn measured(samples: &SideSamples, from: Duration, until: Duration) -> Measured {
    match samples {
        SideSamples::PerMinute { events, trials } => {
            let (before, after) = (dealt(*trials, from), dealt(*trials, until));
            // Events follow from whole trials, so that no look has more events than trials where the stretch has not.
            let part = |trials_dealt: u64, at: Duration| {
                if *trials > 0.0 {
                    (events * trials_dealt as f64 / trials).floor() as u64
                } else {
                    dealt(*events, at)
                }
            };
            Measured::Counts(Sample {
                events: part(after, until) - part(before, from),
                trials: after - before,
            })
        }
        SideSamples::Latencies(buckets) => {
            let last = (f64::INFINITY, 0.0);
            let pairs = buckets.iter().chain(core::iter::once(&last));
            Measured::Durations(Histogram::from_pairs(
                pairs.map(|(edge, rate)| (*edge, dealt(*rate, until) - dealt(*rate, from))),
            ))
        }
        SideSamples::Level(level) => Measured::Level(*level),
    }
}

/// Whole counts dealt out by a moment, at `rate` a minute.
fn dealt(rate: f64, at: Duration) -> u64 {
    (rate * at.as_millis() as f64 / 60_000.0).floor() as u64
}
