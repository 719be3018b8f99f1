//! Which backend the next request goes to.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::Backend;

/// The largest weight: enough for hundredths of a percent, and far from where a sum could overflow.
const LARGEST_WEIGHT: u32 = 1_000_000;

/// Why a weight or a backend was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    #[error("no group {name:?}; the groups are {known}")]
    UnknownGroup { name: String, known: String },
    #[error("no backend {name:?}; the backends are {known}")]
    UnknownBackend { name: String, known: String },
    #[error(
        "the name {0:?} cannot be used; names have 1 to 100 letters, digits, `-`, `_` or `.`, and `generation` and `none` are taken"
    )]
    WrongName(String),
    #[error("the backend {0:?} is given twice; each needs a name of its own")]
    SameName(String),
    #[error("weight {0} is too large; the largest is {LARGEST_WEIGHT}")]
    WrongWeight(u32),
    #[error("generation {asked} is not the current one, {current}; read the state again")]
    StaleGeneration { asked: u64, current: u64 },
}

/// Groups with their weights and backends. The generation starts at 1 and grows with every change.
pub(super) struct Routing {
    groups: BTreeMap<String, Group>,
    generation: u64,
    random: ChaCha8Rng,
}

#[derive(Default)]
struct Group {
    weight: u32,
    backends: Vec<Backend>,
    next: usize,
}

/// Where one request goes; without a backend it can't go anywhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// `None` where no group has weight.
    pub group: Option<String>,
    pub backend: Option<Backend>,
}

impl Routing {
    pub(super) fn new(
        weights: BTreeMap<String, u32>,
        backends: Vec<Backend>,
        seed: u64,
    ) -> Result<Routing, RoutingError> {
        let mut routing = Routing {
            groups: BTreeMap::new(),
            generation: 1,
            random: ChaCha8Rng::seed_from_u64(seed),
        };
        for (name, weight) in weights {
            check_name(&name)?;
            check_weight(weight)?;
            let group = Group {
                weight,
                ..Group::default()
            };
            routing.groups.insert(name, group);
        }
        for backend in backends {
            if routing.backend(&backend.name).is_some() {
                return Err(RoutingError::SameName(backend.name));
            }
            routing.check_backend(&backend)?;
            routing.insert(backend);
        }
        Ok(routing)
    }

    /// Draws a group by weight and takes its next backend.
    pub(super) fn choose(&mut self) -> Choice {
        let nowhere = Choice {
            group: None,
            backend: None,
        };
        let total: u64 = self
            .groups
            .values()
            .map(|group| u64::from(group.weight))
            .sum();
        if total == 0 {
            return nowhere;
        }
        let mut draw = self.random.random_range(0..total);
        for (name, group) in &mut self.groups {
            let weight = u64::from(group.weight);
            if draw < weight {
                return Choice {
                    group: Some(name.clone()),
                    backend: group.next_backend(),
                };
            }
            draw -= weight;
        }
        nowhere
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn weights(&self) -> impl Iterator<Item = (&str, u32)> {
        self.groups
            .iter()
            .map(|(name, group)| (name.as_str(), group.weight))
    }

    pub(super) fn backends(&self) -> impl Iterator<Item = &Backend> {
        self.groups.values().flat_map(|group| &group.backends)
    }

    /// Sets a group's weight, provided that the generation is still the `expected` one where one is given.
    pub(super) fn set_weight(
        &mut self,
        name: &str,
        weight: u32,
        expected: Option<u64>,
    ) -> Result<(), RoutingError> {
        self.check_generation(expected)?;
        check_weight(weight)?;
        let known = self.group_names();
        let group = self
            .groups
            .get_mut(name)
            .ok_or_else(|| unknown_group(name, known))?;
        if group.weight != weight {
            group.weight = weight;
            self.generation += 1;
        }
        Ok(())
    }

    /// Adds a backend, or replaces the one of that name.
    pub(super) fn put_backend(
        &mut self,
        backend: Backend,
        expected: Option<u64>,
    ) -> Result<(), RoutingError> {
        self.check_generation(expected)?;
        self.check_backend(&backend)?;
        if self.backend(&backend.name) != Some(&backend) {
            self.remove(&backend.name);
            self.insert(backend);
            self.generation += 1;
        }
        Ok(())
    }

    /// Takes a backend out.
    pub(super) fn remove_backend(&mut self, name: &str) -> Result<(), RoutingError> {
        if self.backend(name).is_none() {
            let known = self.backends().map(|backend| backend.name.as_str());
            return Err(RoutingError::UnknownBackend {
                name: name.to_owned(),
                known: known.collect::<Vec<_>>().join(", "),
            });
        }
        self.remove(name);
        self.generation += 1;
        Ok(())
    }

    fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends().find(|backend| backend.name == name)
    }

    fn insert(&mut self, backend: Backend) {
        if let Some(group) = self.groups.get_mut(&backend.group) {
            group.backends.push(backend);
        }
    }

    fn remove(&mut self, name: &str) {
        for group in self.groups.values_mut() {
            group.backends.retain(|backend| backend.name != name);
        }
    }

    fn check_generation(&self, expected: Option<u64>) -> Result<(), RoutingError> {
        match expected {
            Some(asked) if asked != self.generation => Err(RoutingError::StaleGeneration {
                asked,
                current: self.generation,
            }),
            _ => Ok(()),
        }
    }

    fn check_backend(&self, backend: &Backend) -> Result<(), RoutingError> {
        check_name(&backend.name)?;
        if self.groups.contains_key(&backend.group) {
            Ok(())
        } else {
            Err(unknown_group(&backend.group, self.group_names()))
        }
    }

    fn group_names(&self) -> String {
        self.groups.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}

impl Group {
    fn next_backend(&mut self) -> Option<Backend> {
        let place = self.next.checked_rem(self.backends.len())?;
        self.next = place + 1;
        self.backends.get(place).cloned()
    }
}

fn unknown_group(name: &str, known: String) -> RoutingError {
    RoutingError::UnknownGroup {
        name: name.to_owned(),
        known,
    }
}

/// Names appear in addresses, labels and, beside `generation`, as JSON keys.
fn check_name(name: &str) -> Result<(), RoutingError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let taken = name == "generation" || name == "none";
    if (1..=100).contains(&name.len()) && name.chars().all(plain) && !taken {
        Ok(())
    } else {
        Err(RoutingError::WrongName(name.to_owned()))
    }
}

fn check_weight(weight: u32) -> Result<(), RoutingError> {
    if weight <= LARGEST_WEIGHT {
        Ok(())
    } else {
        Err(RoutingError::WrongWeight(weight))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn backend(name: &str, group: &str) -> Backend {
        Backend {
            name: name.to_owned(),
            group: group.to_owned(),
            address: "127.0.0.1:9".parse().unwrap(),
        }
    }

    fn routing(baseline: u32, canary: u32) -> Routing {
        let weights = [
            ("baseline".to_owned(), baseline),
            ("canary".to_owned(), canary),
        ];
        let backends = ["a", "b", "c"].map(|name| backend(name, "baseline"));
        Routing::new(
            weights.into(),
            [&backends[..], &[backend("d", "canary")]].concat(),
            5,
        )
        .unwrap()
    }

    fn drawn(routing: &mut Routing, draws: usize) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for _ in 0..draws {
            let choice = routing.choose();
            let name = choice
                .backend
                .map_or("nowhere".to_owned(), |backend| backend.name);
            *counts.entry(name).or_default() += 1;
        }
        counts
    }

    #[test]
    fn weights_hold_within_binomial_bounds_and_a_group_shares_evenly() {
        let counts = drawn(&mut routing(90, 10), 30_000);
        // Binomial with 30,000 trials at 0.1: a standard deviation of 52, five of them allowed.
        assert!((2740..=3260).contains(&counts["d"]), "{counts:?}");
        assert!(counts["a"].abs_diff(counts["b"]) <= 1, "{counts:?}");
        assert!(counts["b"].abs_diff(counts["c"]) <= 1, "{counts:?}");
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let draw =
            |mut routing: Routing| -> Vec<Choice> { (0..100).map(|_| routing.choose()).collect() };
        assert_eq!(draw(routing(50, 50)), draw(routing(50, 50)));
    }

    #[test]
    fn a_group_without_weight_gets_nothing_and_one_without_backends_keeps_its_share() {
        let mut routing = routing(90, 10);
        routing.set_weight("canary", 0, None).unwrap();
        assert!(!drawn(&mut routing, 1_000).contains_key("d"));
        routing.set_weight("canary", 90, None).unwrap();
        routing.remove_backend("d").unwrap();
        let counts = drawn(&mut routing, 1_000);
        // Binomial with 1,000 trials at 0.5: a standard deviation of 16, five of them allowed.
        assert!((420..=580).contains(&counts["nowhere"]), "{counts:?}");
        routing.set_weight("canary", 0, None).unwrap();
        routing.set_weight("baseline", 0, None).unwrap();
        assert_eq!(routing.choose().group, None);
    }

    #[test]
    fn the_generation_grows_with_changes_only() {
        let mut routing = routing(90, 10);
        assert_eq!(routing.generation(), 1);
        routing.set_weight("canary", 10, Some(1)).unwrap();
        assert_eq!(routing.generation(), 1);
        routing.set_weight("canary", 0, Some(1)).unwrap();
        assert_eq!(routing.generation(), 2);
        assert_eq!(
            routing.set_weight("canary", 50, Some(1)),
            Err(RoutingError::StaleGeneration {
                asked: 1,
                current: 2
            })
        );
        routing
            .put_backend(backend("d", "baseline"), Some(2))
            .unwrap();
        routing
            .put_backend(backend("d", "baseline"), Some(3))
            .unwrap();
        assert_eq!(routing.generation(), 3);
        assert_eq!(routing.backends().count(), 4);
    }

    #[test]
    fn wrong_routes_are_refused() {
        let mut routing = routing(90, 10);
        for refused in [
            routing.set_weight("blue", 1, None),
            routing.set_weight("canary", LARGEST_WEIGHT + 1, None),
            routing.put_backend(backend("e", "blue"), None),
            routing.put_backend(backend("e/f", "canary"), None),
            routing.put_backend(backend("generation", "canary"), None),
            routing.remove_backend("e"),
        ] {
            assert!(refused.is_err(), "{refused:?}");
        }
        assert_eq!(routing.generation(), 1);
        let twice = vec![backend("a", "canary"), backend("a", "canary")];
        let weights = BTreeMap::from([("canary".to_owned(), 1)]);
        assert_eq!(
            Routing::new(weights, twice, 1).err(),
            Some(RoutingError::SameName("a".to_owned()))
        );
    }
}
