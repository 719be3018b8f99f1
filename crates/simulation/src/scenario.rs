//! What the demo plays, and how each play must end.
//!
//! Version 1 runs alone for [`Scenario::quiet`], then one pod of version 2 joins with its share of the traffic. The
//! words of an [`Ending`] are those of the verdict in JSON.

use std::time::Duration;

use crate::faults::{Fault, Faults};
use crate::route::Route;

/// The version that runs before the deployment, and the one that is deployed.
pub const OLD_VERSION: &str = "1";
pub const NEW_VERSION: &str = "2";
/// How many pods each has.
pub const OLD_PODS: usize = 3;
pub const NEW_PODS: usize = 1;

/// Names of the criteria in the demo's plan that a play may break.
pub const REQUESTS_SUCCEED: &str = "requests keep working";
pub const REQUESTS_STAY_FAST: &str = "p99 has not doubled";

/// A play: who breaks what, when, and how the watch must end.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// As in `demo --scenario NAME`.
    pub name: &'static str,
    /// One line for `demo --list`.
    pub description: &'static str,
    pub faults: Vec<TimedFaults>,
    pub traffic: Traffic,
    /// How long version 1 runs alone.
    pub quiet: Duration,
    /// How long version 2 is watched at most, from its first request.
    pub watched: Duration,
    pub expected: Expected,
}

/// Faults of some pods from a moment on.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedFaults {
    /// After the first request to version 2; zero is with its start.
    pub after: Duration,
    pub hit: Hit,
    pub faults: Faults,
}

/// Which pods a fault is played on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    NewVersion,
    BothVersions,
}

/// Traffic to the whole shop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traffic {
    pub requests_per_second: f64,
    /// Percent of the requests to version 2.
    pub canary_percent: u32,
}

/// The ends that a play may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub states: &'static [&'static str],
    pub decisions: &'static [&'static str],
    pub exit_codes: &'static [u8],
    /// `None` where nothing was rolled back.
    pub recovered: Option<bool>,
    pub failing: Failing,
}

/// Which criteria must be failing at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    None,
    /// At least one, this among them or one of its slices (a name that begins with it).
    Including(&'static str),
    /// Whatever is failing says nothing against the new version.
    Any,
}

/// How a watch ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    pub state: String,
    pub decision: String,
    pub exit_code: u8,
    pub recovered: Option<bool>,
    pub failing: Vec<String>,
}

/// The ordinary share: small, as a careful team starts.
const USUAL: Traffic = Traffic {
    requests_per_second: 200.0,
    canary_percent: 10,
};
/// To confirm takes more evidence than to catch a bad break: the last quarter of the watch must show by itself that errors
/// grew by less than 2 points. With a tenth of the traffic that quarter holds 300 requests, and the two or three errors that
/// chance puts among them leave it open in every third play or so. With half of it, it holds 1500.
const EVEN: Traffic = Traffic {
    canary_percent: 50,
    ..USUAL
};
const QUIET: Duration = Duration::from_secs(15);
/// With the quiet time, start and recovery, a play stays under 90 seconds.
const WATCHED: Duration = Duration::from_secs(60);

const ROLLED_BACK: Expected = Expected {
    states: &["rolled-back"],
    decisions: &["roll-back"],
    exit_codes: &[21],
    recovered: Some(true),
    failing: Failing::Including(REQUESTS_SUCCEED),
};

impl Scenario {
    /// Returns every play, the one that the demo shows by default first.
    pub fn all() -> Vec<Scenario> {
        vec![errors(), slow(), collapse(), blind(), healthy(), outage()]
    }

    /// Returns the play of a name.
    pub fn by_name(name: &str) -> Option<Scenario> {
        Scenario::all()
            .into_iter()
            .find(|scenario| scenario.name == name)
    }

    /// The faults that pods of a version start with.
    pub fn faults_at_start(&self, version: &str) -> Faults {
        let faults = self
            .faults
            .iter()
            .filter(|timed| timed.after.is_zero() && timed.hit.includes(version))
            .flat_map(|timed| timed.faults.iter().cloned())
            .collect();
        // Every one of them was checked when the play was made.
        Faults::new(faults).unwrap_or_default()
    }
}

impl Hit {
    pub fn includes(self, version: &str) -> bool {
        match self {
            Hit::NewVersion => version == NEW_VERSION,
            Hit::BothVersions => true,
        }
    }
}

impl Expected {
    /// Says in words where an ending differs; nothing where the play ended as described.
    pub fn differences(&self, ending: &Ending) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differs = |what: &str, found: String, expected: String| {
            differences.push(format!("{what} is {found}, expected {expected}"));
        };
        if !self.states.contains(&ending.state.as_str()) {
            differs("state", ending.state.clone(), self.states.join(" or "));
        }
        if !self.decisions.contains(&ending.decision.as_str()) {
            differs(
                "decision",
                ending.decision.clone(),
                self.decisions.join(" or "),
            );
        }
        if !self.exit_codes.contains(&ending.exit_code) {
            let expected: Vec<String> = self.exit_codes.iter().map(u8::to_string).collect();
            differs(
                "exit code",
                ending.exit_code.to_string(),
                expected.join(" or "),
            );
        }
        if self.recovered != ending.recovered {
            let words = |recovered| match recovered {
                Some(true) => "true",
                Some(false) => "false",
                None => "null",
            };
            differs(
                "recovered",
                words(ending.recovered).to_owned(),
                words(self.recovered).to_owned(),
            );
        }
        let as_expected = match self.failing {
            Failing::None => ending.failing.is_empty(),
            Failing::Including(name) => ending.failing.iter().any(|found| found.starts_with(name)),
            Failing::Any => true,
        };
        if !as_expected {
            let found = match ending.failing.as_slice() {
                [] => "nothing".to_owned(),
                failing => failing.join(", "),
            };
            let expected = match self.failing {
                Failing::None => "nothing".to_owned(),
                Failing::Including(name) => name.to_owned(),
                Failing::Any => "anything".to_owned(),
            };
            differs("failing", found, expected);
        }
        differences
    }
}

fn errors() -> Scenario {
    let fault = Fault::Errors {
        route: Route::Checkout,
        share: 1.0,
        probability: 0.5,
    };
    Scenario {
        name: "errors",
        description: "half of all checkouts fail on the new version: rolled back, recovery proved",
        faults: vec![from_the_start(fault)],
        traffic: USUAL,
        quiet: QUIET,
        watched: WATCHED,
        expected: ROLLED_BACK,
    }
}

fn slow() -> Scenario {
    // Twenty times the median of the route, for two visitors in five: its p99 grows to more than eight times.
    let fault = Fault::Slow {
        route: Route::Item,
        share: 0.4,
        added_ms: 160.0,
    };
    Scenario {
        name: "slow",
        description: "items load slowly for two visitors in five on the new version: rolled back",
        faults: vec![from_the_start(fault)],
        traffic: USUAL,
        quiet: QUIET,
        watched: WATCHED,
        expected: Expected {
            failing: Failing::Including(REQUESTS_STAY_FAST),
            ..ROLLED_BACK
        },
    }
}

fn collapse() -> Scenario {
    Scenario {
        name: "collapse",
        description: "nine of ten requests fail on the new version: caught in one or two scrapes",
        faults: vec![from_the_start(Fault::Collapse { probability: 0.9 })],
        traffic: USUAL,
        quiet: QUIET,
        watched: WATCHED,
        expected: ROLLED_BACK,
    }
}

fn blind() -> Scenario {
    Scenario {
        name: "blind",
        description: "the new version stops exporting metrics: cannot see, someone is paged, never confirmed",
        faults: vec![TimedFaults {
            // After the first samples: a source that goes silent, not one that never spoke.
            after: Duration::from_secs(8),
            hit: Hit::NewVersion,
            faults: one(Fault::Blind {}),
        }],
        traffic: USUAL,
        quiet: QUIET,
        watched: WATCHED,
        expected: Expected {
            states: &["cannot-see"],
            decisions: &["page"],
            exit_codes: &[12, 31],
            recovered: None,
            failing: Failing::None,
        },
    }
}

fn healthy() -> Scenario {
    Scenario {
        name: "healthy",
        description: "nothing is wrong with the new version: confirmed on evidence",
        faults: vec![],
        traffic: EVEN,
        quiet: QUIET,
        watched: WATCHED,
        expected: Expected {
            states: &["confirmed"],
            decisions: &["confirm"],
            exit_codes: &[0],
            recovered: None,
            failing: Failing::None,
        },
    }
}

fn outage() -> Scenario {
    Scenario {
        name: "outage",
        description: "the payment provider fails for both versions: no rollback, it is not the new version",
        faults: vec![TimedFaults {
            after: Duration::from_secs(10),
            hit: Hit::BothVersions,
            faults: one(Fault::Outage { probability: 0.7 }),
        }],
        traffic: EVEN,
        quiet: QUIET,
        watched: WATCHED,
        expected: Expected {
            states: &["confirmed", "needs-review"],
            decisions: &["confirm", "page", "review"],
            exit_codes: &[0, 11, 31],
            recovered: None,
            failing: Failing::Any,
        },
    }
}

fn from_the_start(fault: Fault) -> TimedFaults {
    TimedFaults {
        after: Duration::ZERO,
        hit: Hit::NewVersion,
        faults: one(fault),
    }
}

/// The figures of the plays are within their ranges, which a test checks.
fn one(fault: Fault) -> Faults {
    Faults::new(vec![fault]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rolled_back() -> Ending {
        Ending {
            state: "rolled-back".to_owned(),
            decision: "roll-back".to_owned(),
            exit_code: 21,
            recovered: Some(true),
            failing: vec!["requests keep working, /checkout".to_owned()],
        }
    }

    #[test]
    fn plays_have_names_of_their_own_and_the_faults_they_speak_of() {
        for scenario in Scenario::all() {
            assert_eq!(Scenario::by_name(scenario.name).unwrap(), scenario);
            assert!(scenario.faults.iter().all(|timed| !timed.faults.is_empty()));
            assert!(scenario.faults_at_start(OLD_VERSION).is_empty());
        }
        assert_eq!(
            Scenario::by_name("errors").unwrap().name,
            Scenario::all()[0].name
        );
        assert!(Scenario::by_name("eclipse").is_none());
        let collapse = Scenario::by_name("collapse").unwrap();
        assert_eq!(
            collapse.faults_at_start(NEW_VERSION).to_string(),
            "collapse:probability=0.9"
        );
        let outage = Scenario::by_name("outage").unwrap();
        assert!(outage.faults_at_start(NEW_VERSION).is_empty());
        assert!(outage.faults[0].hit.includes(OLD_VERSION));
    }

    #[test]
    fn an_ending_is_compared_in_every_part() {
        let expected = Scenario::by_name("errors").unwrap().expected;
        assert_eq!(expected.differences(&rolled_back()), Vec::<String>::new());
        let other = Ending {
            state: "confirmed".to_owned(),
            decision: "confirm".to_owned(),
            exit_code: 0,
            recovered: None,
            failing: vec![],
        };
        assert_eq!(
            expected.differences(&other),
            [
                "state is confirmed, expected rolled-back",
                "decision is confirm, expected roll-back",
                "exit code is 0, expected 21",
                "recovered is null, expected true",
                "failing is nothing, expected requests keep working",
            ]
        );
        let healthy = Scenario::by_name("healthy").unwrap().expected;
        assert_eq!(healthy.differences(&other), Vec::<String>::new());
        assert_eq!(healthy.differences(&rolled_back()).len(), 5);
    }
}
