//! The command line of Shakedown.

mod answer;
mod arguments;
mod commands;
mod completing;
mod connections;
mod context;
mod exit_reason;
mod follow;
mod following;
mod interruption;
mod keeping;
mod keys;
mod offering;
mod one_line;
mod person;
mod plan_file;
mod prompt;
mod showing;
mod terminal;
mod trouble;
mod view;

use answer::progress;
use arguments::{Cli, Command};
use clap::{CommandFactory, Parser};
use commands as c;
use context::Context;
use exit_reason::{Code, Done, Failure};
use std::io::IsTerminal;
use std::process::ExitCode;
use verification::event::HumanActKind;

fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SHAKEDOWN_LOG")
                .unwrap_or_else(|_| "warn,sqlx=error".into()),
        )
        .init();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return end(Err(Failure::new(
                Code::Bug,
                format!("cannot start: {error}"),
            )));
        }
    };
    end(runtime.block_on(run(cli)))
}

fn end(done: Done) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(failure) => {
            if !failure.what.is_empty() {
                progress!("{failure}");
            }
            failure.exit_code()
        }
    }
}

async fn run(cli: Cli) -> Done {
    let context = Context::of(&cli);
    let command = match cli.command {
        Some(command) => command,
        None => Command::Verdict(arguments::Verdict {
            which: arguments::Which { id: None },
            all: false,
            output: arguments::Output::Text,
        }),
    };
    match &command {
        Command::Demo(arguments) => c::demo::run(&context, arguments).await,
        Command::Init(arguments) => c::init::run(&context, arguments).await,
        Command::Validate(arguments) => c::validate::run(&context, arguments).await,
        Command::Seal(arguments) => c::seal::run(&context, arguments).await,
        Command::Watch(arguments) => c::watch::run(&context, arguments).await,
        Command::Verdict(arguments) => c::verdict::run(&context, arguments).await,
        Command::List(arguments) => c::list::run(&context, arguments).await,
        Command::Explain(arguments) => c::explain::run(&context, arguments).await,
        Command::Report(arguments) => c::report::run(&context, arguments).await,
        Command::Replay(arguments) => c::replay::run(&context, arguments).await,
        Command::Ledger(command) => c::ledger::run(&context, command).await,
        Command::Hold(arguments) => c::act::run(&context, HumanActKind::Hold, arguments).await,
        Command::RollBack(arguments) if arguments.dry_run => {
            c::act::dry_run(&context, arguments).await
        }
        Command::RollBack(arguments) => {
            c::act::run(&context, HumanActKind::RollBack, &arguments.act).await
        }
        Command::Confirm(arguments) => {
            c::act::run(&context, HumanActKind::Confirm, arguments).await
        }
        Command::Release(arguments) => {
            c::act::run(&context, HumanActKind::Release, arguments).await
        }
        Command::Outcome(arguments) => c::outcome::run(&context, arguments).await,
        Command::Doctor(arguments) => c::doctor::run(&context, arguments).await,
        Command::Completions(arguments) => c::completions::run(arguments),
        Command::Man => c::man::run(),
        Command::Schema(arguments) => c::schema::run(arguments),
        Command::Keep(arguments) => c::keep::run(&context, arguments).await,
        Command::Shop(arguments) => c::shop::run(arguments).await,
    }
}
