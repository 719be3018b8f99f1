//! Measures what the design promises in numbers, on the machine at hand. Run it by `cargo xtask bench`.
//!
//! A measurement is one module with a function that returns a [`Section`], and one line in [`MEASUREMENTS`].

mod arguments;
mod document;
mod effort;
mod evidence;
mod machine;
mod pages;
mod processor_time;
mod resume;
mod rollback;
mod service;
mod spread;
mod table;
mod ticks;
mod watch_memory;
mod watch_steps;

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Output};
use effort::Effort;
use machine::Machine;
use table::Section;

/// Whatever stops a measurement; its text is for people.
type Problem = Box<dyn Error + Send + Sync>;

/// A measurement by name.
struct Measurement {
    /// Heading of its section, and what the command line calls it.
    name: &'static str,
    /// Measures with this effort and returns the table.
    run: fn(Effort) -> Result<Section, Problem>,
}

/// All measurements, in the order of the document. Memory comes first: what others leave behind would hide its growth.
const MEASUREMENTS: [Measurement; 6] = [
    Measurement {
        name: "watch-memory",
        run: watch_memory::measure,
    },
    Measurement {
        name: "watch-steps",
        run: watch_steps::measure,
    },
    Measurement {
        name: "ledger",
        run: ticks::measure,
    },
    Measurement {
        name: "rollback",
        run: rollback::measure,
    },
    Measurement {
        name: "resume",
        run: resume::measure,
    },
    Measurement {
        name: "evidence",
        run: evidence::measure,
    },
];

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<(), Problem> {
    let arguments = Arguments::read(std::env::args().skip(1))?;
    if arguments.list {
        MEASUREMENTS
            .iter()
            .for_each(|known| println!("{}", known.name));
        return Ok(());
    }
    if cfg!(debug_assertions) {
        eprintln!("note: this is no release build; its numbers say nothing");
    }
    let effort = Effort {
        runs: if arguments.quick { 1 } else { arguments.runs },
        quick: arguments.quick,
    };
    if effort.quick && arguments.write.is_some() {
        eprintln!("note: a quick run is no measurement; nothing is written");
    }
    let machine = Machine::read();
    let mut sections = Vec::new();
    for measurement in chosen(&arguments.names)? {
        eprintln!("measuring {} …", measurement.name);
        let section = (measurement.run)(effort)
            .map_err(|problem| format!("{}: {problem}", measurement.name))?;
        // Each section at once: a later one that fails takes nothing away.
        if let Some(path) = arguments.write.as_ref().filter(|_| !effort.quick) {
            write(path, measurement.name, &section.markdown(&machine))?;
        }
        if arguments.output == Output::Text {
            println!("{}\n\n{}", measurement.name, section.markdown(&machine));
        }
        sections.push((measurement.name, section));
    }
    if arguments.output == Output::Json {
        println!("{}", table::json(&machine, &sections));
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Measurement>, Problem> {
    if names.is_empty() {
        return Ok(MEASUREMENTS.iter().collect());
    }
    let find = |name: &String| {
        MEASUREMENTS
            .iter()
            .find(|known| known.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = MEASUREMENTS.iter().map(|known| known.name).collect();
                format!(
                    "no measurement is called `{name}`; there are: {}",
                    known.join(", ")
                )
                .into()
            })
    };
    names.iter().map(find).collect()
}

fn write(path: &Path, name: &str, body: &str) -> Result<(), Problem> {
    let before = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => document::OPENING.to_owned(),
        Err(error) => return Err(format!("reading {}: {error}", path.display()).into()),
    };
    fs::write(path, document::with_section(&before, name, body))
        .map_err(|error| format!("writing {}: {error}", path.display()).into())
}
