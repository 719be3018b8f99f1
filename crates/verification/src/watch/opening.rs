//! Opening rows: one for every criterion at the beginning, one for every slice of it when the slice has traffic.

use super::Watch;
use super::looking::has_traffic;
use crate::observation::{Reading, Tick};
use crate::row::Row;
use crate::terms::Rule;
use crate::verdict::RowId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Which slices have got their part of the budget, by name: a route is one slice, however many signals are split by it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SliceParts {
    /// Weight of one row of each slice.
    pub(crate) weights: BTreeMap<String, f64>,
    /// Rows that are open, by criterion and slice.
    pub(crate) open: BTreeSet<(u16, u16)>,
}

impl Watch {
    pub(super) fn open_criteria(&mut self) {
        for criterion in 0..self.sealed.plan.criteria.len() {
            // A plan holds at most a thousand criteria.
            let Ok(criterion) = u16::try_from(criterion) else {
                return;
            };
            let id = RowId {
                criterion,
                slice: None,
            };
            self.open_row(id, self.budget.weight(criterion));
        }
    }

    /// A slice is admitted on traffic alone: both sides have some in this look; for a fixed value the canary alone.
    pub(super) fn open_slices(&mut self, tick: &Tick) {
        let sealed = Arc::clone(&self.sealed);
        let mut wanted: Vec<(RowId, String)> = Vec::new();
        for reading in &tick.readings {
            let Some(slice) = reading.slice else { continue };
            if !has_traffic(&reading.sides.canary) {
                continue;
            }
            for (criterion, terms) in sealed.plan.criteria.iter().enumerate() {
                let Ok(criterion) = u16::try_from(criterion) else {
                    return;
                };
                if terms.signal != reading.signal
                    || self.slice_parts.open.contains(&(criterion, slice))
                    || !is_exercised(terms.rule, reading)
                {
                    continue;
                }
                if let Some(name) = self.slices.name(reading.signal, slice) {
                    let id = RowId {
                        criterion,
                        slice: Some(slice),
                    };
                    wanted.push((id, name.to_owned()));
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let earlier = self.slice_parts.weights.len();
        let fresh: BTreeSet<&String> = wanted
            .iter()
            .map(|(_, name)| name)
            .filter(|name| !self.slice_parts.weights.contains_key(*name))
            .collect();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let weight = self.budget.slice_weight(count(earlier), count(fresh.len()));
        for name in fresh {
            self.slice_parts.weights.insert(name.clone(), weight);
        }
        for (id, name) in wanted {
            let weight = self.slice_parts.weights.get(&name).copied().unwrap_or(0.0);
            if let Some(slice) = id.slice {
                self.slice_parts.open.insert((id.criterion, slice));
            }
            self.open_row(id, weight);
        }
    }

    pub(crate) fn open_row(&mut self, id: RowId, weight: f64) {
        let row = self.new_row(id, weight);
        self.rows.push(row);
        self.keep_latencies(id.criterion, id.slice);
    }

    /// A row before its first look.
    fn new_row(&self, id: RowId, weight: f64) -> Row {
        let sealed = &self.sealed;
        let signal = sealed.plan.criteria[usize::from(id.criterion)].signal;
        let name = id.slice.and_then(|slice| self.slices.name(signal, slice));
        let before = sealed
            .levels
            .iter()
            .find(|level| level.signal == signal && level.slice.as_deref() == name)
            .map(|level| &level.measured);
        Row::new(&sealed.plan, id, weight, &self.budget, before, self.started)
    }
}

fn is_exercised(rule: Rule, reading: &Reading) -> bool {
    match rule {
        Rule::AgainstBaseline { .. } => has_traffic(&reading.sides.baseline),
        Rule::NeverAbove(_) | Rule::NeverBelow(_) => true,
    }
}
