//! What a step of a watch costs.

use std::time::Duration;

use verification::Watch;
use verification::event::Input;
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

/// Looks made before they are timed together: reading the clock costs as much as a part of a step.
const TOGETHER: u32 = 60;

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
            TOGETHER,
        );
        let name = format!("{judged} rows");
        eprintln!("  {name}, {looks} looks, {} times …", effort.runs);
        let micros = Spread::of(effort.runs, || {
            whole_watch(&service, looks).map(|took| took.as_secs_f64() * 1e6 / f64::from(looks))
        })?;
        rows.push(Row {
            what: format!("steps of one watch, {name}"),
            value: micros.through(|micros| 1e6 / micros),
            unit: "a second",
            goal: None,
        });
        rows.push(Row {
            what: format!("one step, {name}"),
            value: micros,
            unit: "µs",
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
        limits: "",
    })
}

fn whole_watch(service: &Service, looks: u32) -> Result<Duration, Problem> {
    let mut watch = service.begin();
    let mut took = Duration::ZERO;
    let mut number = 0;
    while number < looks {
        let inputs: Vec<Input> = (number..(number + TOGETHER).min(looks))
            .map(|before| Input::Tick(service.tick(0, before + 1)))
            .collect();
        let begun = processor_time::of_thread();
        for input in &inputs {
            number += 1;
            watch.step(service::at(number), input);
        }
        took += processor_time::of_thread().saturating_sub(begun);
    }
    still_watching(&watch)?;
    Ok(took)
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
