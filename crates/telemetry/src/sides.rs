//! Which side a series belongs to.

use std::collections::{BTreeMap, BTreeSet};

use verification::observation::Side;
use verification::terms::{CanaryChoice, Join, MatchOp, Matcher, SideRule};

use crate::labels::Labels;

/// Longest break in a value's presence that is not a new appearance, in milliseconds.
pub(crate) const BREAK: i64 = 60 * 60 * 1000;

/// Stands between several values of one side.
pub(crate) const SEPARATOR: &str = ", ";

/// Finds sides by the value of a label.
///
/// The newest value is chosen once: when a second value appears, or at the beginning, if one appeared in the stretch of
/// history that was read. It stays the canary for the whole watch. Values that appear after that belong to a later
/// deployment and are left out of both sides.
#[derive(Clone, Debug)]
pub(crate) struct ByLabel {
    pub(crate) label: String,
    pub(crate) join: Option<Join>,
    /// The canary's value, once it is known.
    canary: Option<String>,
    /// Whether it has to be found.
    newest: bool,
    /// When each value appeared, milliseconds since the epoch; `i64::MIN` for before all history.
    appeared: BTreeMap<String, i64>,
    left_out: BTreeSet<String>,
    /// When it was found out what was there before, milliseconds since the epoch; until then no series has a side.
    known_since: Option<i64>,
    /// Values among which the newest cannot be told; as long as there are any, no series has a side.
    tied: Vec<String>,
    /// Values of the label by the values of the join's labels.
    info: BTreeMap<Vec<String>, String>,
    /// Keys whose value changed between the last two looks: which samples belong to which value is unknown.
    changed: BTreeSet<Vec<String>>,
}

/// A value that appeared during the watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// It is the canary from now on.
    Canary(String),
    /// It is left out.
    LeftOut(String),
}

impl ByLabel {
    /// The finder for a plan's rule; `None` where sides are told apart by matchers.
    pub(crate) fn new(rule: &SideRule) -> Option<Self> {
        let SideRule::ByLabel {
            label,
            canary,
            join,
        } = rule
        else {
            return None;
        };
        let (canary, newest) = match canary {
            CanaryChoice::Newest => (None, true),
            CanaryChoice::Value(value) => (Some(value.clone()), false),
        };
        Some(Self {
            label: label.clone(),
            join: join.clone(),
            canary,
            known_since: (!newest).then_some(i64::MIN),
            newest,
            appeared: BTreeMap::new(),
            left_out: BTreeSet::new(),
            tied: Vec::new(),
            info: BTreeMap::new(),
            changed: BTreeSet::new(),
        })
    }

    /// Whether the history of values is still to be read.
    pub(crate) const fn wants_history(&self) -> bool {
        self.newest && self.canary.is_none()
    }

    /// Takes the values of both sides from what was recorded before a restart; all others appeared later.
    pub(crate) fn resume(&mut self, canary: &str, baseline: Option<&str>) {
        if !self.newest {
            return;
        }
        self.canary = Some(canary.to_owned());
        self.known_since = Some(i64::MIN);
        let known = baseline.iter().flat_map(|values| values.split(SEPARATOR));
        for value in known.chain([canary]) {
            self.appeared.insert(value.to_owned(), i64::MIN);
        }
    }

    /// Values that are there at `now` with the time of their appearance.
    pub(crate) fn history(&mut self, appeared: BTreeMap<String, i64>, now: i64) {
        self.known_since = Some(now);
        for (value, at) in appeared {
            self.appeared.entry(value).or_insert(at);
        }
        if !self.wants_history() || self.appeared.len() < 2 {
            return;
        }
        let latest = self.appeared.values().copied().max().unwrap_or(i64::MIN);
        let newest: Vec<String> = self
            .appeared
            .iter()
            .filter(|(_, at)| **at == latest)
            .map(|(value, _)| value.clone())
            .collect();
        match newest.as_slice() {
            // All of them are older than the history: none of them is being deployed.
            _ if latest == i64::MIN => {}
            [only] => self.canary = Some(only.clone()),
            _ => self.tied = newest,
        }
    }

    /// Why no series has a side, if the newest value cannot be told.
    pub(crate) fn undecided(&self) -> Option<String> {
        (!self.tied.is_empty()).then(|| {
            format!(
                "which of {} is the newest {} cannot be told: name the canary in the plan",
                self.tied.join(", "),
                self.label
            )
        })
    }

    /// Values seen now with the time of their first sample, in the order of appearance.
    pub(crate) fn seen(&mut self, values: &BTreeMap<String, i64>) -> Vec<Appearance> {
        let mut fresh: Vec<(i64, &String)> = values
            .iter()
            .filter(|(value, _)| !self.appeared.contains_key(*value))
            .map(|(value, at)| (*at, value))
            .collect();
        fresh.sort();
        let mut appearances = Vec::new();
        for (at, value) in fresh {
            let others = !self.appeared.is_empty();
            self.appeared.insert(value.clone(), at);
            // What was seen before the history was read and is not in it is gone, or as old as the rest.
            let old = self.known_since.is_none_or(|since| at <= since);
            if !self.newest || old || self.canary.as_ref() == Some(value) {
                continue;
            }
            if self.canary.is_some() {
                self.left_out.insert(value.clone());
                appearances.push(Appearance::LeftOut(value.clone()));
            } else if others {
                self.canary = Some(value.clone());
                self.tied.clear();
                appearances.push(Appearance::Canary(value.clone()));
            }
        }
        appearances
    }

    /// What the info series say now: values of the join's labels with the value of the label.
    pub(crate) fn joined(&mut self, rows: impl IntoIterator<Item = (Vec<String>, String)>) {
        self.changed.clear();
        for (key, value) in rows {
            match self.info.get_mut(&key) {
                Some(known) if *known == value => {}
                Some(known) => {
                    *known = value;
                    self.changed.insert(key);
                }
                None => {
                    self.info.insert(key, value);
                }
            }
        }
    }

    /// Values of the join's labels on a series.
    pub(crate) fn key(join: &Join, labels: &Labels) -> Vec<String> {
        join.on
            .iter()
            .map(|label| labels.get(label).to_owned())
            .collect()
    }

    /// The value of the label for a series; `None` if the info series do not know it, or not for certain.
    pub(crate) fn value<'a>(&'a self, labels: &'a Labels) -> Option<&'a str> {
        let Some(join) = &self.join else {
            return Some(labels.get(&self.label));
        };
        let key = Self::key(join, labels);
        if self.changed.contains(&key) {
            return None;
        }
        self.info.get(&key).map(String::as_str)
    }

    /// The side of a series; `None` if it belongs to neither.
    pub(crate) fn side(&self, labels: &Labels) -> Option<Side> {
        if self.known_since.is_none() || !self.tied.is_empty() {
            return None;
        }
        let value = self.value(labels)?;
        if self.canary.as_deref() == Some(value) {
            Some(Side::Canary)
        } else if self.left_out.contains(value) {
            None
        } else {
            Some(Side::Baseline)
        }
    }

    /// The canary's value and the baseline's, as far as they are known.
    pub(crate) fn versions(&self) -> (Option<String>, Option<String>) {
        let baseline: Vec<&str> = self
            .appeared
            .keys()
            .filter(|value| Some(*value) != self.canary.as_ref() && !self.left_out.contains(*value))
            .filter(|value| !value.is_empty())
            .map(String::as_str)
            .collect();
        (
            self.canary.clone(),
            (!baseline.is_empty()).then(|| baseline.join(SEPARATOR)),
        )
    }

    /// Matchers of one side for a free query; `None` if that side cannot be named by matchers.
    pub(crate) fn matchers(&self, side: Side) -> Option<Vec<Matcher>> {
        if let Some(join) = &self.join {
            return self.joined_matchers(join, side);
        }
        let matcher = |op, value: String| {
            Some(vec![Matcher {
                label: self.label.clone(),
                op,
                value,
            }])
        };
        match (side, &self.canary) {
            (Side::Canary, None) => None,
            (Side::Canary, Some(canary)) => matcher(MatchOp::Equal, canary.clone()),
            (Side::Baseline, None) => matcher(MatchOp::Matches, ".*".to_owned()),
            (Side::Baseline, Some(canary)) if self.left_out.is_empty() => {
                matcher(MatchOp::NotEqual, canary.clone())
            }
            (Side::Baseline, Some(canary)) => {
                let others = self.left_out.iter().chain([canary]);
                matcher(MatchOp::NotMatches, alternatives(others))
            }
        }
    }

    /// The join's labels take the place of the label; together they must not reach into the other side.
    fn joined_matchers(&self, join: &Join, side: Side) -> Option<Vec<Matcher>> {
        let of_side = |wanted: Side| {
            self.info.iter().filter_map(move |(key, value)| {
                let is_canary = self.canary.as_ref() == Some(value);
                let left_out = self.left_out.contains(value);
                let found = match (is_canary, left_out) {
                    (true, _) => Side::Canary,
                    (false, true) => return None,
                    (false, false) => Side::Baseline,
                };
                (found == wanted).then_some(key)
            })
        };
        let other = match side {
            Side::Canary => Side::Baseline,
            Side::Baseline => Side::Canary,
        };
        let values = |wanted: Side, at: usize| -> BTreeSet<&String> {
            of_side(wanted).filter_map(|key| key.get(at)).collect()
        };
        // One label that tells the sides apart is enough.
        (0..join.on.len()).find_map(|at| {
            let mine = values(side, at);
            (!mine.is_empty() && mine.is_disjoint(&values(other, at))).then(|| {
                vec![Matcher {
                    label: join.on[at].clone(),
                    op: MatchOp::Matches,
                    value: alternatives(mine),
                }]
            })
        })
    }
}

/// A regular expression that matches exactly these texts.
pub(crate) fn alternatives<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let escaped: Vec<String> = texts.into_iter().map(|text| regex::escape(text)).collect();
    escaped.join("|")
}

/// When a value that was present at these times (ascending) appeared: the beginning of its last unbroken presence.
/// `i64::MIN` if that reaches back to the beginning of what was read.
pub(crate) fn appearance(times: &[i64], read_from: i64) -> Option<i64> {
    let mut began = *times.first()?;
    for pair in times.windows(2) {
        if pair[1] - pair[0] > BREAK {
            began = pair[1];
        }
    }
    Some(if began - read_from <= BREAK {
        i64::MIN
    } else {
        began
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn newest() -> ByLabel {
        ByLabel::new(&SideRule::ByLabel {
            label: "version".into(),
            canary: CanaryChoice::Newest,
            join: None,
        })
        .unwrap()
    }

    fn values(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
        pairs
            .iter()
            .map(|(value, at)| ((*value).to_owned(), *at))
            .collect()
    }

    fn side(finder: &ByLabel, version: &str) -> Option<Side> {
        finder.side(&Labels::of(&[("version", version)]))
    }

    #[test]
    fn one_value_alone_is_the_baseline() {
        let mut finder = newest();
        assert_eq!(side(&finder, "v1"), None);
        finder.history(values(&[("v1", i64::MIN)]), 0);
        assert_eq!(side(&finder, "v1"), Some(Side::Baseline));
        assert_eq!(
            finder.seen(&values(&[("v1", 5), ("v2", 9)])),
            [Appearance::Canary("v2".into())]
        );
        assert_eq!(side(&finder, "v2"), Some(Side::Canary));
    }

    #[test]
    fn the_choice_does_not_flap() {
        let mut finder = newest();
        finder.history(values(&[("v1", i64::MIN), ("v2", 100)]), 200);
        assert_eq!(finder.versions(), (Some("v2".into()), Some("v1".into())));
        // v2 is scaled to nothing and comes back; v3 is the next deployment.
        finder.seen(&values(&[("v1", 1)]));
        assert_eq!(
            finder.seen(&values(&[("v2", 500), ("v3", 600)])),
            [Appearance::LeftOut("v3".into())]
        );
        assert_eq!(side(&finder, "v2"), Some(Side::Canary));
        assert_eq!(side(&finder, "v3"), None);
        assert_eq!(
            finder.matchers(Side::Baseline).unwrap()[0].to_string(),
            "version!~\"v3|v2\""
        );
    }

    #[test]
    fn old_values_are_not_taken_for_a_deployment() {
        let mut finder = newest();
        finder.history(values(&[("v1", i64::MIN), ("v2", i64::MIN)]), 0);
        assert_eq!(side(&finder, "v2"), Some(Side::Baseline));
        finder.seen(&values(&[("v3", 7)]));
        assert_eq!(side(&finder, "v3"), Some(Side::Canary));
    }

    #[test]
    fn a_version_that_is_gone_is_not_the_newest() {
        let mut finder = newest();
        finder.history(values(&[("v2", 100)]), 200);
        assert!(finder.seen(&values(&[("v1", 50), ("v2", 100)])).is_empty());
        assert_eq!(side(&finder, "v2"), Some(Side::Baseline));
        finder.seen(&values(&[("v3", 300)]));
        assert_eq!(side(&finder, "v3"), Some(Side::Canary));
    }

    #[test]
    fn a_restart_keeps_the_sides() {
        let mut finder = newest();
        finder.resume("v2", Some("v0, v1"));
        assert_eq!(
            finder.seen(&values(&[("v0", 1), ("v1", 2), ("v2", 3), ("v3", 4)])),
            [Appearance::LeftOut("v3".into())]
        );
        assert_eq!(side(&finder, "v1"), Some(Side::Baseline));
        assert_eq!(side(&finder, "v2"), Some(Side::Canary));
    }

    #[test]
    fn a_tie_is_said() {
        let mut finder = newest();
        finder.history(values(&[("v1", 7), ("v2", 7)]), 8);
        assert!(
            finder
                .undecided()
                .is_some_and(|message| message.contains("v1, v2"))
        );
        assert_eq!(side(&finder, "v1"), None);
        finder.seen(&values(&[("v3", 9)]));
        assert_eq!(side(&finder, "v1"), Some(Side::Baseline));
    }

    #[test]
    fn a_returning_value_appears_anew() {
        let hour = BREAK;
        let early: Vec<i64> = (0..5).map(|step| step * 1000).collect();
        assert_eq!(appearance(&early, 0), Some(i64::MIN));
        let mut late = early;
        late.push(10 * hour);
        assert_eq!(appearance(&late, 0), Some(10 * hour));
        assert_eq!(appearance(&[], 0), None);
    }

    #[test]
    fn joined_sides_and_a_key_that_changes_hands() {
        let mut finder = ByLabel::new(&SideRule::ByLabel {
            label: "version".into(),
            canary: CanaryChoice::Value("v2".into()),
            join: Some(Join {
                metric: "target_info".into(),
                on: vec!["job".into(), "instance".into()],
            }),
        })
        .unwrap();
        let key = |instance: &str| vec!["shop".to_owned(), instance.to_owned()];
        let series = Labels::of(&[("job", "shop"), ("instance", "a")]);
        finder.joined([(key("a"), "v1".to_owned()), (key("b"), "v2".to_owned())]);
        assert_eq!(finder.side(&series), Some(Side::Baseline));
        assert_eq!(
            finder.matchers(Side::Canary).unwrap()[0].to_string(),
            "instance=~\"b\""
        );
        finder.joined([(key("a"), "v2".to_owned())]);
        assert_eq!(finder.side(&series), None);
        finder.joined([(key("a"), "v2".to_owned())]);
        assert_eq!(finder.side(&series), Some(Side::Canary));
    }
}
