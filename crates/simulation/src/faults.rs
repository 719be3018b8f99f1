//! Faults that a pod can play, alone or together.
//!
//! As JSON they are a list: `[{"kind": "errors", "route": "/checkout", "probability": 0.5}, {"kind": "blind"}]`.
//! On a command line: `errors:route=/checkout,probability=0.5;blind`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::route::Route;
use crate::seeded;

/// The longest delay that a fault may add; more would only test the patience of clients.
const LONGEST_ADDED_MS: f64 = 60_000.0;

/// One fault. Probabilities and shares are in `0..=1`.
///
/// A `share` is a share of visitors: whoever is hit stays hit, as with a fault in one cohort. Requests without a
/// visitor are drawn one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    deny_unknown_fields
)]
pub enum Fault {
    /// Requests of one route fail with status 500.
    Errors {
        route: Route,
        #[serde(default = "all")]
        share: f64,
        probability: f64,
    },
    /// Requests of one route take longer.
    Slow {
        route: Route,
        #[serde(default = "all")]
        share: f64,
        added_ms: f64,
    },
    /// Requests of every route fail with status 500; the metrics page stays.
    Collapse { probability: f64 },
    /// The metrics page answers 503; the shop goes on serving.
    Blind {},
    /// A checkout takes the money and answers 201, but the order is never written.
    Swallow {
        #[serde(default = "all")]
        probability: f64,
    },
    /// The payment provider is down: checkouts fail. Meant for every version at once.
    Outage { probability: f64 },
}

fn all() -> f64 {
    1.0
}

/// A checked list of faults; empty by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Fault>", into = "Vec<Fault>")]
pub struct Faults(Vec<Fault>);

/// Why a list of faults was refused.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    #[error("fault `{fault}`: {name} is {value}, but must be between 0 and {most}")]
    OutOfRange {
        fault: &'static str,
        name: &'static str,
        value: f64,
        most: f64,
    },
    #[error(
        "fault `{text}`: {name_and_value:?} is not `name=value`; write kind:name=value,name=value"
    )]
    NotAPair {
        text: String,
        name_and_value: String,
    },
    #[error("fault `{text}`: {source}")]
    Unreadable {
        text: String,
        #[source]
        source: serde_json::Error,
    },
}

/// What the faults do to one request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Fate {
    pub added: Duration,
    pub fails: bool,
    pub swallowed: bool,
}

impl Faults {
    /// No faults.
    pub fn none() -> Faults {
        Faults::default()
    }

    /// Checks a list of faults.
    pub fn new(faults: Vec<Fault>) -> Result<Faults, FaultsError> {
        for fault in &faults {
            fault.check()?;
        }
        Ok(Faults(faults))
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True where the metrics page must not be served.
    pub(crate) fn blind(&self) -> bool {
        self.0.iter().any(|fault| matches!(fault, Fault::Blind {}))
    }

    /// Draws what happens to one request of `route` by `visitor`.
    pub(crate) fn fate(&self, route: Route, visitor: Option<&str>, random: &mut impl Rng) -> Fate {
        let mut fate = Fate::default();
        for fault in &self.0 {
            // Every fault takes the same number of draws whether it hits or not: switching one does not shift another.
            let share_draw = random.random::<f64>();
            let draw = random.random::<f64>();
            let hit = |share: f64| visitor.map_or(share_draw, seeded::fraction) < share;
            match *fault {
                Fault::Errors {
                    route: faulty,
                    share,
                    probability,
                } => fate.fails |= route == faulty && hit(share) && draw < probability,
                Fault::Slow {
                    route: slow,
                    share,
                    added_ms,
                } => {
                    if route == slow && hit(share) {
                        fate.added += Duration::from_secs_f64(added_ms / 1000.0);
                    }
                }
                Fault::Collapse { probability } => fate.fails |= draw < probability,
                Fault::Blind {} => {}
                Fault::Swallow { probability } => {
                    fate.swallowed |= route == Route::Checkout && draw < probability;
                }
                Fault::Outage { probability } => {
                    fate.fails |= route == Route::Checkout && draw < probability;
                }
            }
        }
        fate
    }
}

impl Fault {
    fn check(&self) -> Result<(), FaultsError> {
        let (fault, figures): (_, Vec<(&'static str, f64, f64)>) = match *self {
            Fault::Errors {
                share, probability, ..
            } => (
                "errors",
                vec![("share", share, 1.0), ("probability", probability, 1.0)],
            ),
            Fault::Slow {
                share, added_ms, ..
            } => (
                "slow",
                vec![
                    ("share", share, 1.0),
                    ("added-ms", added_ms, LONGEST_ADDED_MS),
                ],
            ),
            Fault::Collapse { probability } => {
                ("collapse", vec![("probability", probability, 1.0)])
            }
            Fault::Blind {} => ("blind", vec![]),
            Fault::Swallow { probability } => ("swallow", vec![("probability", probability, 1.0)]),
            Fault::Outage { probability } => ("outage", vec![("probability", probability, 1.0)]),
        };
        for (name, value, most) in figures {
            if !(0.0..=most).contains(&value) {
                return Err(FaultsError::OutOfRange {
                    fault,
                    name,
                    value,
                    most,
                });
            }
        }
        Ok(())
    }
}

impl TryFrom<Vec<Fault>> for Faults {
    type Error = FaultsError;

    fn try_from(faults: Vec<Fault>) -> Result<Faults, FaultsError> {
        Faults::new(faults)
    }
}

impl From<Faults> for Vec<Fault> {
    fn from(faults: Faults) -> Vec<Fault> {
        faults.0
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    /// Reads the form of the command line; an empty text is no fault.
    fn from_str(text: &str) -> Result<Faults, FaultsError> {
        text.split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(read_one)
            .collect::<Result<Vec<_>, _>>()
            .and_then(Faults::new)
    }
}

fn read_one(text: &str) -> Result<Fault, FaultsError> {
    let (kind, figures) = text.split_once(':').unwrap_or((text, ""));
    let mut fields = serde_json::Map::new();
    fields.insert("kind".to_owned(), kind.trim().into());
    for pair in figures.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| FaultsError::NotAPair {
            text: text.to_owned(),
            name_and_value: pair.to_owned(),
        })?;
        let value = value.trim();
        let value = value
            .parse::<f64>()
            .map_or_else(|_| value.into(), serde_json::Value::from);
        fields.insert(name.trim().to_owned(), value);
    }
    serde_json::from_value(fields.into()).map_err(|source| FaultsError::Unreadable {
        text: text.to_owned(),
        source,
    })
}

impl fmt::Display for Faults {
    /// Writes the form of the command line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            if place > 0 {
                formatter.write_str(";")?;
            }
            match fault {
                Fault::Errors {
                    route,
                    share,
                    probability,
                } => write!(
                    formatter,
                    "errors:route={route},share={share},probability={probability}"
                ),
                Fault::Slow {
                    route,
                    share,
                    added_ms,
                } => write!(
                    formatter,
                    "slow:route={route},share={share},added-ms={added_ms}"
                ),
                Fault::Collapse { probability } => {
                    write!(formatter, "collapse:probability={probability}")
                }
                Fault::Blind {} => formatter.write_str("blind"),
                Fault::Swallow { probability } => {
                    write!(formatter, "swallow:probability={probability}")
                }
                Fault::Outage { probability } => {
                    write!(formatter, "outage:probability={probability}")
                }
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const EVERY_KIND: &str = "errors:route=/checkout,share=0.25,probability=0.5;\
         slow:route=/catalogue/{item},share=1,added-ms=120.5;collapse:probability=0.9;blind;\
         swallow:probability=1;outage:probability=0.7";

    #[test]
    fn both_forms_hold_every_fault() {
        let faults: Faults = EVERY_KIND.parse().unwrap();
        assert_eq!(faults.iter().count(), 6);
        assert_eq!(faults.to_string(), EVERY_KIND);
        let json = serde_json::to_string(&faults).unwrap();
        assert_eq!(serde_json::from_str::<Faults>(&json).unwrap(), faults);
        assert!("".parse::<Faults>().unwrap().is_empty());
    }

    #[test]
    fn wrong_faults_are_refused_by_name() {
        let refusal = |text: &str| text.parse::<Faults>().unwrap_err().to_string();
        assert!(refusal("errors:route=/nowhere,probability=1").contains("/nowhere"));
        assert!(refusal("errors:route=/cart").contains("probability"));
        assert!(refusal("collapse:probability=1.5").contains("between 0 and 1"));
        assert!(refusal("collapse:probability=nan").contains("nan"));
        assert!(refusal("collapse:probability").contains("name=value"));
        assert!(refusal("colapse:probability=1").contains("colapse"));
        assert!(refusal("blind:soft=1").contains("soft"));
        assert!(
            serde_json::from_str::<Faults>(r#"[{"kind": "collapse", "probability": -1}]"#).is_err()
        );
    }

    #[test]
    fn a_fault_stays_on_its_route_and_its_visitors() {
        let faults: Faults = "errors:route=/checkout,share=0.5,probability=1"
            .parse()
            .unwrap();
        let mut random = seeded::generator(3, "fate", 0);
        let mut hit = 0;
        for number in 0..1000 {
            let visitor = format!("visitor-{number}");
            let first = faults.fate(Route::Checkout, Some(&visitor), &mut random);
            let second = faults.fate(Route::Checkout, Some(&visitor), &mut random);
            assert_eq!(first, second);
            hit += usize::from(first.fails);
            let elsewhere = faults.fate(Route::Cart, Some(&visitor), &mut random);
            assert_eq!(elsewhere, Fate::default());
        }
        // Binomial with 1,000 trials at 0.5: a standard deviation of 16, five of them allowed.
        assert!((420..=580).contains(&hit), "{hit}");
    }
}
