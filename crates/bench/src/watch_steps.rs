//! What a step of a watch costs.

use std::time::Duration;

use verification::Watch;
use verification::event::{Event, Input};
use verification::observation::Tick;

use crate::Problem;
use crate::effort::Effort;
use crate::processor_time;
use crate::service::{self, CRITERIA, SLICES, Service};
use crate::spread::Spread;
use crate::table::{Goal, Row, Section};

/// Watches that one core must keep up with, and how often each looks.
pub const WATCHES: f64 = 10_000.0;
pub const LOOK_SECONDS: f64 = 60.0;

/// Looks of a run that only tries the code.
const FEW: u32 = 60;

/// Measures whole watches with and without slices.
pub fn measure(effort: Effort) -> Result<Section, Problem> {
    let mut rows = Vec::new();
    for split in [false, true] {
        let service = Service::new(split)?;
        let judged = u32::from(CRITERIA) * if split { u32::from(SLICES) + 1 } else { 1 };
        let looks = effort.size(
            if split {
                service::LOOKS / 6
            } else {
                service::LOOKS
            },
            FEW,
        );
        let name = format!("{judged} rows");
        // Half a minute each.
        let runs = if split {
            effort.runs.min(2)
        } else {
            effort.runs
        };
        eprintln!("  {name}, {looks} looks, {runs} times …");
        let costs = (0..runs)
            .map(|_| whole_watch(&service, looks))
            .collect::<Result<Vec<_>, _>>()?;
        let part = |part: fn(&Cost) -> f64| Spread::among(costs.iter().map(part).collect());
        let micros = part(|cost| cost.mean);
        rows.push(Row {
            what: format!("steps of one watch, {name}"),
            value: micros.through(|micros| 1e6 / micros),
            unit: "a second",
            goal: None,
        });
        rows.push(Row {
            what: format!("one step, {name}, mean of the watch"),
            value: micros,
            unit: "µs",
            goal: None,
        });
        rows.push(Row {
            what: format!("costliest step of the watch, {name}"),
            value: part(|cost| cost.costliest),
            unit: "µs",
            goal: None,
        });
        rows.push(Row {
            what: format!("verdicts told in a look, {name}, mean of the watch"),
            value: part(|cost| cost.verdicts),
            unit: "a look",
            goal: None,
        });
        rows.push(Row {
            what: format!("one row of a step, {name}"),
            value: micros.through(|micros| micros / f64::from(judged)),
            unit: "µs",
            goal: None,
        });
        rows.push(Row {
            what: format!("watches at a look a minute on one core, stepping alone, {name}"),
            value: micros.through(|micros| LOOK_SECONDS * 1e6 / micros),
            unit: "watches",
            goal: (!split).then_some(Goal::AtLeast(WATCHES)),
        });
    }
    Ok(Section {
        about: format!(
            "`Watch::step` with {}; {}. 20 rows: all {} looks of a 72 h watch, one after the other. 220 rows: every signal split into {SLICES} slices beside \
             the whole, the first 12 h. Processor time of one thread; looks are made beforehand and not counted.",
            service::MIX,
            service::TRAFFIC,
            service::LOOKS
        ),
        rows,
        limits: "the projection of the null on an absolute limit (`Line::nearest` in statistics), two thirds of all samples in a profile. It is taken in every look for \
                 each criterion with such a limit, and again at every change of a word: the range that the verdict then tells replays up to 64 blocks for each \
                 limit it tries. Slices with few events change their words more often, and each change costs milliseconds.",
    })
}

/// What the looks of one watch cost, in microseconds of processor time.
struct Cost {
    mean: f64,
    costliest: f64,
    /// Verdicts told in a look, as a mean.
    verdicts: f64,
}

fn whole_watch(service: &Service, looks: u32) -> Result<Cost, Problem> {
    let mut watch = service.begin();
    let (mut all, mut costliest, mut verdicts) = (Duration::ZERO, Duration::ZERO, 0_u32);
    for number in 1..=looks {
        let input = Input::Tick(service.tick(0, number));
        let begun = processor_time::of_thread();
        let events = watch.step(service::at(number), &input);
        let took = processor_time::of_thread().saturating_sub(begun);
        all += took;
        costliest = costliest.max(took);
        for event in &events {
            verdicts += u32::from(matches!(event, Event::Verdict(_)));
        }
    }
    still_watching(&watch)?;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    Ok(Cost {
        mean: micros(all) / f64::from(looks),
        costliest: micros(costliest),
        verdicts: f64::from(verdicts) / f64::from(looks),
    })
}

/// A watch that ended early would make cheap steps.
///
/// # Errors
/// If it has.
pub fn still_watching(watch: &Watch) -> Result<(), Problem> {
    if watch.needs_looks() {
        Ok(())
    } else {
        Err(format!(
            "the watch without a fault ended by itself: {}",
            watch.state().word()
        )
        .into())
    }
}

/// Lets a watch take one look.
pub fn look(watch: &mut Watch, tick: Tick) {
    let now = tick.through;
    watch.step(now, &Input::Tick(tick));
}
