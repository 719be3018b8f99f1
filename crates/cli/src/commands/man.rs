//! `shakedown man`.

use crate::arguments::Cli;
use crate::exit_reason::{Code, Done, Failure};
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints the manual page.
pub fn run() -> Done {
    clap_mangen::Man::new(Cli::command())
        .render(&mut std::io::stdout())
        .map_err(|error| {
            Failure::new(Code::Bug, format!("cannot print the manual page: {error}"))
        })?;
    Ok(ExitCode::SUCCESS)
}
