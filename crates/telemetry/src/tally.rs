//! Sums of one signal on one side over an interval.

use std::collections::BTreeMap;

use statistics::{Histogram, Sample};
use verification::observation::{Gap, Measured};

use crate::classic::{EDGE, frames};
use crate::increments::{CONTINUES_WITHIN, Increment, Origin, Relation, increments, of_counter};
use crate::labels::Labels;
use crate::release::{Release, release};
use crate::series_store::Series;
use crate::sightings::{Sightings, pod, target};

/// The interval that is summed: samples with times in `(from, through]`, milliseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) from: i64,
    pub(crate) through: i64,
}

/// Series of one selector on one side.
pub(crate) type Lines<'a> = Vec<(&'a Labels, &'a Series)>;

/// How series are named.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming<'a> {
    /// The plan's pod label.
    pub(crate) pod_label: &'a str,
    /// Labels whose values make slices.
    pub(crate) for_each: &'a [String],
}

/// What an absent counter of events means on a pod that has trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Silence {
    /// The selector is known to match, somewhere or at some time: absent may be zero.
    pub(crate) known: bool,
    /// The program writes this counter from the start (it stands at zero somewhere): absent is missing, not zero.
    pub(crate) eager: bool,
}

/// A sum by slice.
#[derive(Clone, Debug)]
pub(crate) struct Tally<A> {
    /// `None` until something was counted.
    pub(crate) whole: Option<A>,
    pub(crate) slices: BTreeMap<String, A>,
    pub(crate) traces: Traces,
}

/// What was seen besides the sum; says why there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Some series was there within the staleness limit.
    pub(crate) present: bool,
    /// A sample was not a number.
    pub(crate) unsound: bool,
    /// A sample was the first of its series.
    pub(crate) first: bool,
    /// Trials without an events counter that is known to mean zero.
    pub(crate) part_unknown: bool,
    /// Increments made after a reset.
    pub(crate) resets: u32,
}

/// Something that sums up.
pub(crate) trait Sum: Default {
    fn add(&mut self, other: &Self);
    fn measured(self) -> Measured;
    /// Whether nothing was counted.
    fn is_nothing(&self) -> bool;
}

impl Sum for Sample {
    fn add(&mut self, other: &Self) {
        *self += *other;
    }
    fn measured(self) -> Measured {
        Measured::Counts(self)
    }
    fn is_nothing(&self) -> bool {
        self.events == 0 && self.trials == 0
    }
}

impl Sum for Histogram {
    fn add(&mut self, other: &Self) {
        Self::add(self, other);
    }
    fn measured(self) -> Measured {
        Measured::Durations(self)
    }
    fn is_nothing(&self) -> bool {
        self.total() == 0
    }
}

impl<A> Default for Tally<A> {
    fn default() -> Self {
        Self {
            whole: None,
            slices: BTreeMap::new(),
            traces: Traces::default(),
        }
    }
}

impl<A: Sum> Tally<A> {
    /// Adds to the whole and to a slice.
    fn count(&mut self, slice: Option<&str>, amount: &A) {
        self.whole.get_or_insert_default().add(amount);
        if let Some(slice) = slice {
            // Mostly there already: no new name then.
            if let Some(sum) = self.slices.get_mut(slice) {
                sum.add(amount);
            } else {
                self.slices.entry(slice.to_owned()).or_default().add(amount);
            }
        }
    }

    /// Adds the sums of a later interval.
    pub(crate) fn extend(&mut self, later: Self) {
        if let Some(whole) = later.whole {
            self.whole.get_or_insert_default().add(&whole);
        }
        for (slice, amount) in later.slices {
            self.slices.entry(slice).or_default().add(&amount);
        }
        let resets = self.traces.resets.saturating_add(later.traces.resets);
        self.traces = Traces {
            present: later.traces.present,
            unsound: self.traces.unsound | later.traces.unsound,
            first: self.traces.first | later.traces.first,
            part_unknown: later.traces.part_unknown,
            resets,
        };
    }
}

impl Traces {
    /// Why nothing was counted.
    pub(crate) const fn gap(&self) -> Gap {
        if !self.present {
            Gap::NoSeries
        } else if self.part_unknown {
            Gap::PartNeverSeen
        } else if self.unsound {
            Gap::NotANumber
        } else if self.first {
            Gap::FirstSample
        } else {
            Gap::Stale
        }
    }

    fn note<A>(&mut self, increment: &Increment<A>, interval: Interval) {
        if interval.holds(increment.at) {
            self.first |= increment.amount.is_none();
            self.resets += u32::from(increment.reset);
        }
    }
}

impl Interval {
    const fn holds(self, at: i64) -> bool {
        at > self.from && at <= self.through
    }

    /// Earliest sample that may still count in this interval, having waited for its counterpart.
    const fn reach(self) -> i64 {
        self.from - CONTINUES_WITHIN
    }

    fn sees(self, series: &Series) -> bool {
        series
            .times()
            .any(|at| at <= self.through && self.through - at <= CONTINUES_WITHIN)
    }
}

impl Naming<'_> {
    /// The slice of a series: the label values joined by a comma.
    fn slice(&self, labels: &Labels) -> Option<String> {
        let values: Vec<&str> = self
            .for_each
            .iter()
            .map(|label| labels.get(label))
            .collect();
        values
            .iter()
            .any(|value| !value.is_empty())
            .then(|| values.join(","))
    }
}

/// Counters of one pod.
#[derive(Default)]
struct PodLines {
    events: Vec<(Option<usize>, Increment<u64>)>,
    events_at: Vec<i64>,
    trials: Vec<(Option<usize>, Increment<u64>)>,
    trials_at: Vec<i64>,
}

/// What the trials of a count are.
pub(crate) enum Trials<'a> {
    /// Another counter.
    Counter(Lines<'a>),
    /// The pods' time: one trial a pod and millisecond.
    PodTime(verification::observation::Side),
}

/// Sums events and trials of one side.
///
/// Trials of a pod count where its events are known: their counter is there, or its absence means zero. Events count where
/// their trials do.
pub(crate) fn counts(
    events: &Lines<'_>,
    trials: &Trials<'_>,
    sightings: &Sightings,
    naming: Naming<'_>,
    silence: Silence,
    interval: Interval,
) -> Tally<Sample> {
    let mut tally = Tally::default();
    let mut pods: BTreeMap<&str, PodLines> = BTreeMap::new();
    let mut names = SliceNames::default();
    let traces = &mut tally.traces;
    for (labels, series) in events {
        let lines = pods.entry(pod(labels, naming.pod_label)).or_default();
        let slice = names.index(naming.slice(labels));
        // Events alone are no sign of the side being there, unless time is what they are counted against.
        traces.present |= matches!(trials, Trials::PodTime(_)) && interval.sees(series);
        gather(
            labels,
            series,
            slice,
            &mut lines.events,
            &mut lines.events_at,
            sightings,
            naming,
            traces,
            interval,
        );
    }
    match trials {
        Trials::Counter(trials) => {
            for (labels, series) in trials {
                let lines = pods.entry(pod(labels, naming.pod_label)).or_default();
                let slice = names.index(naming.slice(labels));
                traces.present |= interval.sees(series);
                gather(
                    labels,
                    series,
                    slice,
                    &mut lines.trials,
                    &mut lines.trials_at,
                    sightings,
                    naming,
                    traces,
                    interval,
                );
            }
        }
        Trials::PodTime(side) => {
            for (name, origin) in sightings.pods(*side) {
                let lines = pods.entry(name).or_default();
                traces.present |= origin
                    .sightings
                    .iter()
                    .any(|at| *at <= interval.through && interval.through - at <= CONTINUES_WITHIN);
                let time = pod_time(origin).filter(|increment| increment.at > interval.reach());
                lines.trials.extend(time.map(|increment| (None, increment)));
                lines.trials_at.extend(
                    origin
                        .sightings
                        .iter()
                        .filter(|at| **at <= interval.through),
                );
            }
        }
    }
    for lines in pods.values_mut() {
        lines.events_at.sort_unstable();
        lines.trials_at.sort_unstable();
        for (slice, increment) in &lines.trials {
            let Some(amount) = increment.amount else {
                continue;
            };
            let at = match release(increment.at, &lines.events_at, false) {
                Release::At(at) => at,
                Release::IfAbsentIsZero if silence.known && !silence.eager => increment.at,
                Release::IfAbsentIsZero => {
                    tally.traces.part_unknown |= interval.holds(increment.at);
                    continue;
                }
                Release::Never => continue,
            };
            if interval.holds(at) {
                let sample = Sample {
                    events: 0,
                    trials: amount,
                };
                tally.count(names.name(*slice), &sample);
            }
        }
        for (slice, increment) in &lines.events {
            let Some(amount) = increment.amount else {
                continue;
            };
            if let Release::At(at) = release(increment.at, &lines.trials_at, true)
                && interval.holds(at)
            {
                let sample = Sample {
                    events: amount,
                    trials: 0,
                };
                tally.count(names.name(*slice), &sample);
            }
        }
    }
    // Pod time belongs to every slice: each could have had events all the time.
    if matches!(trials, Trials::PodTime(_))
        && let Some(whole) = tally.whole
    {
        for sum in tally.slices.values_mut() {
            sum.trials = whole.trials;
        }
    }
    tally
}

#[allow(
    clippy::too_many_arguments,
    reason = "one loop body shared by events and trials"
)]
fn gather(
    labels: &Labels,
    series: &Series,
    slice: Option<usize>,
    found: &mut Vec<(Option<usize>, Increment<u64>)>,
    times: &mut Vec<i64>,
    sightings: &Sightings,
    naming: Naming<'_>,
    traces: &mut Traces,
    interval: Interval,
) {
    let up_to = series
        .values
        .partition_point(|(at, _)| *at <= interval.through);
    let values = &series.values[..up_to];
    let origin = sightings.origin(&target(labels, naming.pod_label));
    for increment in of_counter(values, origin) {
        // Each sound sample gives one increment, so these are the times at which the counter could be read.
        times.push(increment.at);
        if increment.at > interval.reach() {
            traces.note(&increment, interval);
            found.push((slice, increment));
        }
    }
    traces.unsound |= values
        .iter()
        .any(|(at, value)| interval.holds(*at) && !(value.is_finite() && *value >= 0.0));
}

/// A pod's time as increments in milliseconds, one at each sighting.
fn pod_time(origin: Origin<'_>) -> impl Iterator<Item = Increment<u64>> {
    let points = origin.sightings.iter().map(|at| (*at, Some(*at)));
    let beginning = Origin {
        sightings: &[],
        starts: origin.starts,
    };
    increments(
        points,
        beginning,
        |before, now| Relation::Added(now.abs_diff(*before)),
        |_| 0,
    )
    .into_iter()
    .map(|increment| Increment {
        amount: increment
            .amount
            .map(|_| increment.at.abs_diff(increment.since)),
        ..increment
    })
}

/// Slice names, each held once.
#[derive(Default)]
struct SliceNames {
    names: Vec<String>,
    indices: BTreeMap<String, usize>,
}

impl SliceNames {
    fn index(&mut self, name: Option<String>) -> Option<usize> {
        let name = name?;
        if let Some(index) = self.indices.get(&name) {
            return Some(*index);
        }
        self.names.push(name.clone());
        self.indices.insert(name, self.names.len() - 1);
        Some(self.names.len() - 1)
    }

    fn name(&self, index: Option<usize>) -> Option<&str> {
        self.names.get(index?).map(String::as_str)
    }
}

/// Sums the histograms of one side: native ones where a target has them, classic ones elsewhere.
pub(crate) fn durations(
    lines: &Lines<'_>,
    sightings: &Sightings,
    naming: Naming<'_>,
    interval: Interval,
) -> Tally<Histogram> {
    let mut tally = Tally::default();
    let mut have_native: Vec<String> = Vec::new();
    for (labels, series) in lines
        .iter()
        .filter(|(_, series)| !series.natives.is_empty())
    {
        let target = target(labels, naming.pod_label);
        let points = series
            .natives
            .iter()
            .map(|point| (point.at, point.counts.is_sound().then_some(&point.counts)));
        let found = increments(
            points,
            sightings.origin(&target),
            |before, now| {
                now.since(before)
                    .map_or(Relation::Restarted, Relation::Added)
            },
            |now| now.whole(),
        );
        tally.traces.present |= interval.sees(series);
        tally.traces.unsound |= series
            .natives
            .iter()
            .any(|point| interval.holds(point.at) && !point.counts.is_sound());
        add_all(&mut tally, found, naming.slice(labels), interval);
        have_native.push(target);
    }
    let buckets = lines
        .iter()
        .filter(|(labels, series)| !series.values.is_empty() && !labels.get(EDGE).is_empty())
        .filter(|(labels, _)| !have_native.contains(&target(labels, naming.pod_label)))
        .copied();
    for (labels, points) in frames(buckets) {
        tally.traces.present |= points
            .iter()
            .any(|(at, _)| *at <= interval.through && interval.through - at <= CONTINUES_WITHIN);
        tally.traces.unsound |= points
            .iter()
            .any(|(at, frame)| interval.holds(*at) && frame.is_none());
        let found = increments(
            points,
            sightings.origin(&target(&labels, naming.pod_label)),
            |before, now| now.relation(before),
            |now| now.whole(),
        );
        add_all(&mut tally, found, naming.slice(&labels), interval);
    }
    tally
}

fn add_all(
    tally: &mut Tally<Histogram>,
    found: Vec<Increment<Vec<(f64, u64)>>>,
    slice: Option<String>,
    interval: Interval,
) {
    for increment in found {
        tally.traces.note(&increment, interval);
        if let Some(amount) = increment.amount
            && interval.holds(increment.at)
        {
            tally.count(slice.as_deref(), &Histogram::from_pairs(amount));
        }
    }
}
