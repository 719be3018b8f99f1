//! Readings of one signal: the whole first, then its slices by id.

use std::collections::BTreeMap;

use verification::observation::{Gap, Measured, Reading, Sides, SliceName};
use verification::slices::SliceTable;

use crate::tally::{Sum, Tally};

/// What one side of a signal came to in a look.
#[derive(Clone, Debug)]
pub(crate) struct SideTally<A> {
    pub(crate) tally: Tally<A>,
    /// Whether some of it could not be read.
    pub(crate) failed: bool,
}

impl<A> Default for SideTally<A> {
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            failed: false,
        }
    }
}

impl<A: Sum> SideTally<A> {
    pub(crate) fn gap(&self) -> Gap {
        if self.failed {
            Gap::SourceFailed
        } else {
            self.tally.traces.gap()
        }
    }
}

/// Turns sums into readings and names new slices.
///
/// New slices get ids in the order of their trials, the largest first, ties by name. Once a signal has
/// [`SliceTable::MOST`] of them, the rest is pooled as [`SliceTable::OTHERS`], which takes one more id.
pub(crate) fn readings<A: Sum>(
    signal: u16,
    sides: Sides<SideTally<A>>,
    weight: impl Fn(&A) -> u64,
    table: &SliceTable,
    new_slices: &mut Vec<SliceName>,
    readings: &mut Vec<Reading>,
) {
    let gaps = Sides {
        canary: sides.canary.gap(),
        baseline: sides.baseline.gap(),
    };
    let Sides { canary, baseline } = sides;
    let measured = |amount: Option<A>, gap| amount.map_or(Measured::Nothing(gap), Sum::measured);
    readings.push(Reading {
        signal,
        slice: None,
        sides: Sides {
            canary: measured(canary.tally.whole, gaps.canary),
            baseline: measured(baseline.tally.whole, gaps.baseline),
        },
    });
    let mut by_name: BTreeMap<String, (Option<A>, Option<A>)> = BTreeMap::new();
    for (name, amount) in canary.tally.slices {
        by_name.entry(name).or_default().0 = Some(amount);
    }
    for (name, amount) in baseline.tally.slices {
        by_name.entry(name).or_default().1 = Some(amount);
    }
    by_name.retain(|_, (canary, baseline)| {
        let counted =
            |amount: &Option<A>| amount.as_ref().is_some_and(|amount| !amount.is_nothing());
        counted(canary) || counted(baseline)
    });
    let known = table.names(signal);
    let mut fresh: Vec<(u64, String)> = by_name
        .iter()
        .filter(|(name, _)| !known.contains(name))
        .map(|(name, (canary, baseline))| {
            let weigh = |amount: &Option<A>| amount.as_ref().map_or(0, &weight);
            (weigh(canary).saturating_add(weigh(baseline)), name.clone())
        })
        .collect();
    fresh.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let named = known
        .iter()
        .filter(|name| *name != SliceTable::OTHERS)
        .count();
    let mut ids: BTreeMap<String, u16> = BTreeMap::new();
    let mut next = known.len();
    let mut admit = |name: &str| {
        let id = u16::try_from(next).unwrap_or(u16::MAX);
        next += 1;
        new_slices.push(SliceName {
            signal,
            name: name.to_owned(),
        });
        id
    };
    let room = SliceTable::MOST.saturating_sub(named);
    let mut pool = table.id(signal, SliceTable::OTHERS);
    for (at, (_, name)) in fresh.into_iter().enumerate() {
        let id = if at < room {
            admit(&name)
        } else {
            *pool.get_or_insert_with(|| admit(SliceTable::OTHERS))
        };
        ids.insert(name, id);
    }
    let mut by_id: BTreeMap<u16, (Option<A>, Option<A>)> = BTreeMap::new();
    for (name, amounts) in by_name {
        let Some(id) = table.id(signal, &name).or_else(|| ids.get(&name).copied()) else {
            continue;
        };
        let sum = by_id.entry(id).or_default();
        merge(&mut sum.0, amounts.0);
        merge(&mut sum.1, amounts.1);
    }
    for (id, (canary, baseline)) in by_id {
        readings.push(Reading {
            signal,
            slice: Some(id),
            sides: Sides {
                canary: measured(canary, absent(gaps.canary)),
                baseline: measured(baseline, absent(gaps.baseline)),
            },
        });
    }
}

/// A slice that one side lacks while the side itself may be there.
const fn absent(gap: Gap) -> Gap {
    match gap {
        Gap::SourceFailed => Gap::SourceFailed,
        _ => Gap::NoSeries,
    }
}

fn merge<A: Sum>(sum: &mut Option<A>, more: Option<A>) {
    if let Some(more) = more {
        sum.get_or_insert_default().add(&more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statistics::Sample;
    use verification::observation::Tick;

    fn side(slices: &[(&str, u64)]) -> SideTally<Sample> {
        let sample = |trials| Sample { events: 0, trials };
        SideTally {
            tally: Tally {
                whole: Some(sample(slices.iter().map(|(_, trials)| trials).sum())),
                slices: slices
                    .iter()
                    .map(|(name, trials)| ((*name).to_owned(), sample(*trials)))
                    .collect(),
                traces: crate::tally::Traces::default(),
            },
            failed: false,
        }
    }

    fn look(table: &mut SliceTable, canary: &[(&str, u64)], baseline: &[(&str, u64)]) -> Tick {
        let mut tick = Tick::default();
        readings(
            0,
            Sides {
                canary: side(canary),
                baseline: side(baseline),
            },
            |sample| sample.trials,
            table,
            &mut tick.new_slices,
            &mut tick.readings,
        );
        table.admit(&tick);
        tick
    }

    #[test]
    fn the_busiest_new_slice_comes_first_and_ids_stay() {
        let mut table = SliceTable::new();
        look(&mut table, &[("/a", 1)], &[("/a", 1), ("/b", 9)]);
        assert_eq!(table.names(0), ["/b", "/a"]);
        let tick = look(&mut table, &[("/c", 5), ("/a", 1), ("/silent", 0)], &[]);
        assert_eq!(table.names(0), ["/b", "/a", "/c"]);
        let slices: Vec<_> = tick.readings.iter().map(|reading| reading.slice).collect();
        assert_eq!(slices, [None, Some(1), Some(2)]);
        assert_eq!(
            tick.readings[1].sides.baseline,
            Measured::Nothing(Gap::NoSeries)
        );
    }

    #[test]
    fn what_exceeds_the_most_is_pooled() {
        let mut table = SliceTable::new();
        let names: Vec<String> = (0..SliceTable::MOST + 5)
            .map(|at| format!("/{at:04}"))
            .collect();
        let slices: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 2)).collect();
        let tick = look(&mut table, &slices, &[]);
        assert_eq!(table.names(0).len(), SliceTable::MOST + 1);
        let pooled = tick
            .readings
            .last()
            .map(|reading| reading.sides.canary.clone());
        assert_eq!(
            pooled,
            Some(Measured::Counts(Sample {
                events: 0,
                trials: 10
            }))
        );
        let later = look(&mut table, &[("/new", 3)], &[]);
        assert!(later.new_slices.is_empty());
        assert_eq!(later.readings[1].slice, table.id(0, SliceTable::OTHERS));
    }
}
