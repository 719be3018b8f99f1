//! Which targets and pods of one source were seen when.

use std::collections::BTreeMap;

use verification::observation::{PodSet, Side, Sides};
use verification::time::Timestamp;

use crate::increments::{CONTINUES_WITHIN, Origin};
use crate::labels::Labels;
use crate::series_store::Series;

/// Times at which each target and each pod was seen, as far as the kept samples reach.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sightings {
    targets: BTreeMap<String, Seen>,
    pods: Sides<BTreeMap<String, Seen>>,
    /// Times that hold for every target, in place of its own.
    for_all: Vec<i64>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    times: Vec<i64>,
    starts: Vec<(i64, i64)>,
}

/// The name of the pod that a series comes from: the plan's label, else `pod`, else `instance`.
pub(crate) fn pod<'a>(labels: &'a Labels, pod_label: &str) -> &'a str {
    [pod_label, "pod", "instance"]
        .into_iter()
        .map(|label| labels.get(label))
        .find(|value| !value.is_empty())
        .unwrap_or("")
}

/// What is scraped at once: one job on one instance of one pod.
pub(crate) fn target(labels: &Labels, pod_label: &str) -> String {
    [
        pod(labels, pod_label),
        labels.get("job"),
        labels.get("instance"),
    ]
    .join("\u{1f}")
}

impl Seen {
    fn add_times(&mut self, series: &Series) {
        let count = series.values.len() + series.natives.len();
        let first = series.times().next();
        // Series of one target mostly share their times.
        if count == self.times.len()
            && first == self.times.first().copied()
            && series.newest() == self.times.last().copied()
        {
            return;
        }
        self.times.extend(series.times());
    }

    fn sort(&mut self) {
        self.times.sort_unstable();
        self.times.dedup();
        self.starts.sort_unstable();
    }

    /// Whether it is still there at `now`: silent for at most two and a half of its usual pauses, and never longer than a
    /// series lives.
    fn is_live(&self, now: i64) -> bool {
        let Some(last) = self.times.iter().rev().find(|time| **time <= now) else {
            return false;
        };
        let mut pauses: Vec<i64> = self
            .times
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        pauses.sort_unstable();
        let patience = pauses
            .get(pauses.len() / 2)
            .map_or(CONTINUES_WITHIN, |usual| usual * 5 / 2);
        now - last <= patience.min(CONTINUES_WITHIN)
    }
}

impl Sightings {
    /// Takes every series that is first seen at `at` to have been zero just before: sums are then those of whole lifetimes.
    pub(crate) fn all_begun_before(at: i64) -> Self {
        Self {
            for_all: vec![at - 1],
            ..Self::default()
        }
    }

    /// Notes the samples of a series.
    pub(crate) fn note(
        &mut self,
        labels: &Labels,
        side: Option<Side>,
        series: &Series,
        pod_label: &str,
    ) {
        let name = target(labels, pod_label);
        self.targets.entry(name).or_default().add_times(series);
        let pods = match side {
            Some(Side::Canary) => &mut self.pods.canary,
            Some(Side::Baseline) => &mut self.pods.baseline,
            None => return,
        };
        let pod = pod(labels, pod_label);
        if !pod.is_empty() {
            pods.entry(pod.to_owned()).or_default().add_times(series);
        }
    }

    /// Notes the start of a process, given in seconds since the epoch.
    pub(crate) fn note_start(
        &mut self,
        labels: &Labels,
        side: Option<Side>,
        series: &Series,
        pod_label: &str,
    ) {
        self.note(labels, side, series, pod_label);
        let starts = series
            .values
            .iter()
            .filter(|(_, seconds)| seconds.is_finite() && *seconds > 0.0)
            .map(|(at, seconds)| (*at, (seconds * 1000.0) as i64));
        let name = target(labels, pod_label);
        self.targets
            .entry(name)
            .or_default()
            .starts
            .extend(starts.clone());
        let pods = match side {
            Some(Side::Canary) => &mut self.pods.canary,
            Some(Side::Baseline) => &mut self.pods.baseline,
            None => return,
        };
        if let Some(seen) = pods.get_mut(pod(labels, pod_label)) {
            seen.starts.extend(starts);
        }
    }

    /// Brings all times into order; to be called once after all notes.
    pub(crate) fn sort(&mut self) {
        let pods = self
            .pods
            .canary
            .values_mut()
            .chain(self.pods.baseline.values_mut());
        for seen in self.targets.values_mut().chain(pods) {
            seen.sort();
        }
    }

    /// What is known about the beginning of a target's series.
    pub(crate) fn origin(&self, target: &str) -> Origin<'_> {
        if !self.for_all.is_empty() {
            return Origin {
                sightings: &self.for_all,
                starts: &[],
            };
        }
        self.targets
            .get(target)
            .map_or_else(Origin::default, |seen| Origin {
                sightings: &seen.times,
                starts: &seen.starts,
            })
    }

    /// Pods of a side with the beginning of their story, each with the times at which it was seen.
    pub(crate) fn pods(&self, side: Side) -> impl Iterator<Item = (&str, Origin<'_>)> {
        self.pods.get(side).iter().map(|(name, seen)| {
            let origin = Origin {
                sightings: &seen.times,
                starts: &seen.starts,
            };
            (name.as_str(), origin)
        })
    }

    /// Pods of a side that are there at `now`.
    fn live(&self, side: Side, now: i64) -> impl Iterator<Item = (&str, &Seen)> {
        self.pods
            .get(side)
            .iter()
            .filter(move |(_, seen)| seen.is_live(now))
            .map(|(name, seen)| (name.as_str(), seen))
    }
}

/// Ages of pods over a whole watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodAges {
    /// When each pod was first seen; `i64::MIN` for those that were there when the reading began.
    first_seen: BTreeMap<String, (i64, i64)>,
}

/// How long a pod that is gone is remembered, in milliseconds.
const REMEMBERED: i64 = 60 * 60 * 1000;

impl PodAges {
    /// Notes who is there. Whoever was there up to `known_from` may be of any age: samples were not kept before.
    pub(crate) fn note(&mut self, sightings: &Sightings, known_from: i64, now: i64) {
        for side in [Side::Canary, Side::Baseline] {
            for (name, origin) in sightings.pods(side) {
                let (Some(first), Some(last)) = (origin.sightings.first(), origin.sightings.last())
                else {
                    continue;
                };
                let first = if *first <= known_from {
                    i64::MIN
                } else {
                    *first
                };
                let (_, latest) = self
                    .first_seen
                    .entry(name.to_owned())
                    .or_insert((first, *last));
                *latest = *last.max(latest);
            }
        }
        self.first_seen
            .retain(|_, (_, last)| now - *last <= REMEMBERED);
    }

    /// The pods of one side over several sources.
    pub(crate) fn pod_set<'a>(
        &self,
        sources: impl IntoIterator<Item = (&'a Sightings, i64)>,
        side: Side,
        warm_up_millis: i64,
    ) -> PodSet {
        let mut pods: BTreeMap<&str, bool> = BTreeMap::new();
        for (sightings, now) in sources {
            for (name, seen) in sightings.live(side, now) {
                let began = seen
                    .starts
                    .iter()
                    .rev()
                    .find(|(at, _)| *at <= now)
                    .map(|(_, started)| *started)
                    .or_else(|| self.first_seen.get(name).map(|(first, _)| *first))
                    .unwrap_or(i64::MIN);
                let young = now.saturating_sub(began) < warm_up_millis;
                *pods.entry(name).or_default() |= young;
            }
        }
        PodSet {
            count: u32::try_from(pods.len()).unwrap_or(u32::MAX),
            young: u32::try_from(pods.values().filter(|young| **young).count()).unwrap_or(u32::MAX),
            fingerprint: fingerprint(pods.keys().copied()),
        }
    }
}

/// FNV-1a over the names, each followed by a byte that UTF-8 never holds; 0 for no pods.
fn fingerprint<'a>(names: impl IntoIterator<Item = &'a str>) -> u32 {
    const OFFSET: u32 = 0x811c_9dc5;
    const PRIME: u32 = 0x0100_0193;
    let mut any = false;
    let mut hash = OFFSET;
    for name in names {
        any = true;
        for byte in name.bytes().chain([0xff]) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(PRIME);
        }
    }
    if any { hash } else { 0 }
}

/// The newest of several times.
pub(crate) fn newest(times: impl IntoIterator<Item = i64>) -> Option<Timestamp> {
    times.into_iter().max().map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[(i64, f64)]) -> Series {
        Series {
            values: values.to_vec(),
            natives: Vec::new(),
        }
    }

    fn labels(pod: &str) -> Labels {
        Labels::of(&[("job", "shop"), ("pod", pod), ("instance", "10.0.0.1:80")])
    }

    const SECOND: i64 = 1000;

    #[test]
    fn a_pod_is_named_by_label_then_pod_then_instance() {
        let all = labels("a");
        assert_eq!(pod(&all, "job"), "shop");
        assert_eq!(pod(&all, ""), "a");
        assert_eq!(pod(&Labels::of(&[("instance", "x")]), ""), "x");
    }

    #[test]
    fn a_silent_pod_leaves_after_its_usual_pause() {
        let mut sightings = Sightings::default();
        let times: Vec<(i64, f64)> = (0..10).map(|at| (at * 15 * SECOND, 1.0)).collect();
        sightings.note(&labels("a"), Some(Side::Canary), &series(&times), "");
        sightings.sort();
        let ages = PodAges::default();
        let count = |now| ages.pod_set([(&sightings, now)], Side::Canary, 0).count;
        assert_eq!(count(9 * 15 * SECOND + 30 * SECOND), 1);
        assert_eq!(count(9 * 15 * SECOND + 40 * SECOND), 0);
    }

    #[test]
    fn young_by_process_start_else_by_first_sight() {
        let mut sightings = Sightings::default();
        let now = 3600 * SECOND;
        let recent: Vec<(i64, f64)> = (0..3)
            .map(|at| (now - (2 - at) * 15 * SECOND, 1.0))
            .collect();
        sightings.note(
            &labels("seen-lately"),
            Some(Side::Canary),
            &series(&recent),
            "",
        );
        let started = (now - 60 * SECOND) as f64 / 1000.0;
        let starts: Vec<(i64, f64)> = recent.iter().map(|(at, _)| (*at, started)).collect();
        sightings.note_start(&labels("started"), Some(Side::Canary), &series(&starts), "");
        let old: Vec<(i64, f64)> = recent.iter().map(|(at, _)| (*at, 1.0)).collect();
        sightings.note_start(&labels("old"), Some(Side::Canary), &series(&old), "");
        sightings.sort();
        let mut ages = PodAges::default();
        ages.note(&sightings, now - 3000 * SECOND, now);
        let set = ages.pod_set([(&sightings, now)], Side::Canary, 120 * SECOND);
        assert_eq!((set.count, set.young), (3, 2));
        let later = ages.pod_set([(&sightings, now)], Side::Canary, 20 * SECOND);
        assert_eq!(later.young, 0);
    }

    #[test]
    fn the_fingerprint_follows_the_set() {
        assert_eq!(fingerprint([]), 0);
        assert_ne!(fingerprint(["a", "b"]), fingerprint(["ab"]));
        assert_eq!(fingerprint(["a", "b"]), fingerprint(["a", "b"]));
    }
}
