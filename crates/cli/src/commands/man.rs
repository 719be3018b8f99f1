//! `shakedown man`.

use crate::answer::answer;
use crate::arguments::Cli;
use crate::exit_reason::{Code, Done, Failure};
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::process::ExitCode;

/// Prints the manual: the page of the program, then one for every command.
pub fn run() -> Done {
    let mut program = Cli::command();
    program.build();
    let mut page = Vec::new();
    render(&program, &mut page)
        .map_err(|error| Failure::new(Code::Bug, format!("cannot make the manual: {error}")))?;
    answer!("{}", String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}

fn render(command: &Command, page: &mut Vec<u8>) -> std::io::Result<()> {
    Man::new(command.clone()).render(page)?;
    for below in command.get_subcommands() {
        if !below.is_hide_set() && below.get_name() != "help" {
            render(below, page)?;
        }
    }
    Ok(())
}
