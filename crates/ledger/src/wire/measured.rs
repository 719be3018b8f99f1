//! What a side measured. Bucket edges are written once a record: most histograms of a tick share them.

use super::Wire;
use crate::bits::{BitReader, BitWriter, DecodeError, Run};
use crate::number;
use core::time::Duration;
use statistics::{Histogram, Sample};
use verification::observation::{BaselineLevel, Gap, Measured, Sides};

/// Bucket layouts that a record has named so far.
#[derive(Debug, Default)]
struct Layouts {
    known: Vec<Vec<f64>>,
}

impl Layouts {
    /// Writes edges: how many layouts back they were last written, from 1; 0 where they follow.
    fn put(&mut self, out: &mut BitWriter, edges: Vec<f64>) {
        // Edges are compared by their bits: equal numbers with different bits are different edges.
        let same = |known: &&Vec<f64>| {
            known.len() == edges.len()
                && known
                    .iter()
                    .zip(&edges)
                    .all(|(a, b)| a.to_bits() == b.to_bits())
        };
        match self
            .known
            .iter()
            .rev()
            .zip(1..)
            .find(|(known, _)| same(known))
        {
            Some((_, back)) => out.number(back),
            None => {
                out.number(0);
                number::put_edges(out, &edges);
                self.known.push(edges);
            }
        }
    }

    fn take(&mut self, from: &mut BitReader<'_>) -> Result<&[f64], DecodeError> {
        let back = usize::try_from(from.number()?).unwrap_or(usize::MAX);
        let at = if back == 0 {
            self.known.push(number::take_edges(from)?);
            self.known.len() - 1
        } else {
            self.known
                .len()
                .checked_sub(back)
                .ok_or(DecodeError::Invalid("a bucket layout"))?
        };
        Ok(&self.known[at])
    }
}

/// What the numbers and layouts of a record written so far say about the next.
#[derive(Debug, Default)]
pub(crate) struct Context {
    layouts: Layouts,
    canary: Runs,
    baseline: Runs,
}

/// Numbers of one side by what they count: those of one kind are about as long as the one before.
#[derive(Debug, Default)]
struct Runs {
    events: Run,
    trials: Run,
    buckets: Run,
    /// Trials of the reading before: most proportions of a service share their whole.
    shared: u64,
}

const COUNTS: u64 = 0;
const DURATIONS: u64 = 1;
const LEVEL: u64 = 2;
const NOTHING: u64 = 3;

const fn form(measured: &Measured) -> u64 {
    match measured {
        Measured::Counts(_) => COUNTS,
        Measured::Durations(_) => DURATIONS,
        Measured::Level(_) => LEVEL,
        Measured::Nothing(_) => NOTHING,
    }
}

fn put_value(out: &mut BitWriter, layouts: &mut Layouts, runs: &mut Runs, measured: &Measured) {
    match measured {
        Measured::Counts(Sample { events, trials }) => {
            runs.events.put(out, *events);
            let shared = *trials == runs.shared;
            out.flag(shared);
            if !shared {
                runs.trials.put(out, *trials);
                runs.shared = *trials;
            }
        }
        Measured::Durations(histogram) => {
            layouts.put(out, histogram.iter().map(|(edge, _)| edge).collect());
            for (_, count) in histogram.iter() {
                runs.buckets.put(out, count);
            }
        }
        Measured::Level(value) => value.put(out),
        Measured::Nothing(gap) => gap.put(out),
    }
}

fn take_value(
    from: &mut BitReader<'_>,
    layouts: &mut Layouts,
    runs: &mut Runs,
    form: u64,
) -> Result<Measured, DecodeError> {
    Ok(match form {
        COUNTS => {
            let events = runs.events.take(from)?;
            if !from.flag()? {
                runs.shared = runs.trials.take(from)?;
            }
            Measured::Counts(Sample {
                events,
                trials: runs.shared,
            })
        }
        DURATIONS => {
            let edges = layouts.take(from)?;
            let pairs: Result<Vec<_>, DecodeError> = edges
                .iter()
                .map(|edge| Ok((*edge, runs.buckets.take(from)?)))
                .collect();
            Measured::Durations(Histogram::from_pairs(pairs?))
        }
        LEVEL => Measured::Level(f64::take(from)?),
        _ => Measured::Nothing(Gap::take(from)?),
    })
}

/// Writes both sides; the second side's form only where it differs.
pub(crate) fn put_sides(out: &mut BitWriter, context: &mut Context, sides: &Sides<Measured>) {
    let Sides { canary, baseline } = sides;
    let Context {
        layouts,
        canary: of_canary,
        baseline: of_baseline,
    } = context;
    out.bits(form(canary), 2);
    put_value(out, layouts, of_canary, canary);
    let same = form(canary) == form(baseline);
    out.flag(same);
    if !same {
        out.bits(form(baseline), 2);
    }
    put_value(out, layouts, of_baseline, baseline);
}

pub(crate) fn take_sides(
    from: &mut BitReader<'_>,
    context: &mut Context,
) -> Result<Sides<Measured>, DecodeError> {
    let Context {
        layouts,
        canary: of_canary,
        baseline: of_baseline,
    } = context;
    let first = from.bits(2)?;
    let canary = take_value(from, layouts, of_canary, first)?;
    let second = if from.flag()? { first } else { from.bits(2)? };
    let baseline = take_value(from, layouts, of_baseline, second)?;
    Ok(Sides { canary, baseline })
}

/// Writes levels of the baseline: they share layouts too.
pub(crate) fn put_levels(out: &mut BitWriter, levels: &[BaselineLevel]) {
    let mut context = Context::default();
    out.number(levels.len() as u64);
    for level in levels {
        let BaselineLevel {
            signal,
            slice,
            measured,
            over,
        } = level;
        signal.put(out);
        slice.put(out);
        out.bits(form(measured), 2);
        put_value(out, &mut context.layouts, &mut context.baseline, measured);
        over.put(out);
    }
}

pub(crate) fn take_levels(from: &mut BitReader<'_>) -> Result<Vec<BaselineLevel>, DecodeError> {
    let mut context = Context::default();
    let count = usize::try_from(from.number()?).map_err(|_| DecodeError::Short)?;
    if count > from.bits_left() {
        return Err(DecodeError::Short);
    }
    let mut levels = Vec::with_capacity(count);
    for _ in 0..count {
        let (signal, slice) = (u16::take(from)?, Wire::take(from)?);
        let form = from.bits(2)?;
        levels.push(BaselineLevel {
            signal,
            slice,
            measured: take_value(from, &mut context.layouts, &mut context.baseline, form)?,
            over: Duration::take(from)?,
        });
    }
    Ok(levels)
}
