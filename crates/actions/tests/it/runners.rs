//! Command runners of the tests.

use actions::{ActionConfig, CommandConfig, CommandLine, Runner};
use core::time::Duration;

pub const LONG: Duration = Duration::from_secs(60);

pub fn shell(line: &str) -> CommandLine {
    CommandLine::Shell(line.to_owned())
}

pub fn argv(words: &[&str]) -> CommandLine {
    CommandLine::Argv(words.iter().map(|word| (*word).to_owned()).collect())
}

pub fn command(run: CommandLine) -> CommandConfig {
    CommandConfig {
        run,
        check: None,
        time_limit: LONG,
        idempotent: false,
        environment: Vec::new(),
        marks: None,
    }
}

pub fn runner(config: CommandConfig) -> Runner {
    Runner::new("undo", ActionConfig::Command(config)).unwrap()
}
