//! `shakedown completions`.

use crate::answer::answer;
use crate::arguments::Completions;
use crate::exit_reason::{Code, Done, Failure};
use clap_complete::env::Shells;
use std::process::ExitCode;

/// The variable by which a shell asks for completions; the one that `CompleteEnv` looks at.
const VARIABLE: &str = "COMPLETE";
/// Name under which the shell finds this program.
const PROGRAM: &str = "shakedown";

/// Prints the script with which a shell asks this program for completions: it knows watches and criteria too.
pub fn run(arguments: &Completions) -> Done {
    let name = arguments.shell.to_string();
    let shells = Shells::builtins();
    let shell = shells.completer(&name).ok_or_else(|| {
        let known: Vec<&str> = shells.names().collect();
        Failure::new(Code::Usage, format!("no completions are known for {name}"))
            .hint(format!("choose one of: {}", known.join(", ")))
    })?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
        .map_err(|error| Failure::new(Code::Bug, format!("cannot write the script: {error}")))?;
    answer!("{}", String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
