//! `shakedown completions`.

use crate::arguments::{Cli, Completions};
use crate::exit_reason::Done;
use clap::CommandFactory;
use std::process::ExitCode;

/// Prints a shell's completion script.
pub fn run(arguments: &Completions) -> Done {
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "shakedown",
        &mut std::io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}
