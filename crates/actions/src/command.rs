//! A command of this machine: no shell unless asked for, an environment by allow-list, a process group that ends with the attempt.

mod environment;
mod mark;
mod output_tail;
mod process_group;
mod program;
mod quoting;

use crate::attempt::{Checked, Tried};
use crate::config::{CommandConfig, CommandLine, Variable};
use crate::order::Order;
use crate::placeholder;
use crate::problem::{ConfigProblem, ProbeProblem};
use crate::secret::{CONCEALED, Secret, conceal};
use crate::time_left::{Pauses, TimeLeft};
use core::time::Duration;
use mark::Marking;
use output_tail::OutputTail;
use process_group::Ended;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

const SHELL: &str = "/bin/sh";

#[derive(Debug)]
pub(crate) struct CommandAction {
    action: String,
    config: CommandConfig,
}

/// A finished run.
struct Run {
    ended: Ended,
    /// The command line and the end of its output, fit for a detail.
    shown: String,
    output: String,
}

impl CommandAction {
    pub(crate) fn new(action: &str, config: CommandConfig) -> Result<Self, ConfigProblem> {
        let wrong = |what: &str| ConfigProblem::Setting {
            action: action.to_owned(),
            what: what.to_owned(),
        };
        for line in [Some(&config.run), config.check.as_ref()]
            .into_iter()
            .flatten()
        {
            match line {
                CommandLine::Argv(words) => match words.first() {
                    None => return Err(wrong("the command is empty")),
                    Some(program) if program.is_empty() || placeholder::has_any(program) => {
                        return Err(wrong("the program has to be a fixed name or path"));
                    }
                    Some(_) => {}
                },
                CommandLine::Shell(line) if line.trim().is_empty() => {
                    return Err(wrong("the command is empty"));
                }
                CommandLine::Shell(line) if placeholder::has_any(line) => {
                    return Err(wrong(
                        "a shell line takes no placeholder: its text would be read as shell; write \"$SHAKEDOWN_TARGET\" (or _SERVICE, _WATCH, _IDEMPOTENCY_KEY)",
                    ));
                }
                CommandLine::Shell(_) => {}
            }
        }
        for variable in &config.environment {
            let (Variable::PassOn(name) | Variable::Set(name, _)) = variable;
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(wrong(&format!("{name:?} is no name of a variable")));
            }
            if name.starts_with("SHAKEDOWN_") {
                return Err(wrong(&format!(
                    "the variable {name} is set by Shakedown itself: choose another name"
                )));
            }
        }
        Ok(Self {
            action: action.to_owned(),
            config,
        })
    }

    pub(crate) const fn config(&self) -> &CommandConfig {
        &self.config
    }

    pub(crate) async fn attempt(&self, order: &Order, time: TimeLeft) -> Tried {
        let key = &order.idempotency_key;
        let marks = self.config.marks.as_deref();
        let stdin = match marks.map(|marks| (marks, mark::mark(marks, key))) {
            None => Stdio::null(),
            Some((_, Ok(Marking::Marked(file)))) => Stdio::from(file),
            Some((_, Ok(Marking::Running))) => {
                return Tried::unclear("an earlier attempt is still running");
            }
            Some((marks, Err(error))) => {
                return Tried::refused(format!(
                    "cannot mark the attempt in {}, so nothing was started: {error}",
                    marks.display()
                ));
            }
        };
        let run = match self.run(&self.config.run, order, stdin, time.left()).await {
            Ok(run) => run,
            Err(refusal) => return Tried::refused(refusal),
        };
        if let Some(marks) = marks {
            mark::remove(marks, key);
        }
        let Run {
            ended,
            shown,
            output,
        } = run;
        match ended {
            Ended::By(status) if status.success() => Tried::done(with_output(
                &format!("`{shown}` ended with exit code 0"),
                &output,
            )),
            Ended::By(status) => match status.code() {
                Some(code) => Tried::refused(with_output(
                    &format!("`{shown}` ended with exit code {code}"),
                    &output,
                )),
                None => Tried::unclear(with_output(
                    &format!("`{shown}` was ended by {}", signal_name(status.signal())),
                    &output,
                )),
            },
            Ended::TimeLimit => Tried::unclear(with_output(
                &format!("`{shown}` ran into its time limit and was ended"),
                &output,
            )),
            Ended::NotStarted(error) => Tried::refused(self.not_started(&self.config.run, &error)),
        }
    }

    pub(crate) async fn check(&self, order: &Order) -> Checked {
        let Some(line) = &self.config.check else {
            return Checked::cannot("the action has no `check`");
        };
        let run = match self
            .run(line, order, Stdio::null(), self.config.time_limit)
            .await
        {
            Ok(run) => run,
            Err(why) => return Checked::cannot(why),
        };
        let Run {
            ended,
            shown,
            output,
        } = run;
        match ended {
            Ended::By(status) => match (status.code(), status.signal()) {
                (Some(0), _) => Checked::InEffect,
                (Some(1), _) => Checked::NotInEffect,
                (Some(code), _) => Checked::cannot(with_output(
                    &format!("the check `{shown}` ended with exit code {code}"),
                    &output,
                )),
                (None, signal) => Checked::cannot(with_output(
                    &format!("the check `{shown}` was ended by {}", signal_name(signal)),
                    &output,
                )),
            },
            Ended::TimeLimit => Checked::cannot(with_output(
                &format!("the check `{shown}` ran into its time limit"),
                &output,
            )),
            Ended::NotStarted(error) => {
                Checked::cannot(format!("the check: {}", self.not_started(line, &error)))
            }
        }
    }

    /// Waits for an attempt that outlived the keeper which started it; false where it is still running when the time is over.
    pub(crate) async fn wait_for_earlier(&self, order: &Order, time: TimeLeft) -> bool {
        let Some(marks) = self.config.marks.as_deref() else {
            return true;
        };
        let mut pauses = Pauses::new();
        loop {
            match mark::is_running(marks, &order.idempotency_key) {
                Ok(false) => return true,
                Ok(true) => {}
                Err(error) => {
                    tracing::warn!(%error, directory = %marks.display(), "cannot read the mark of an earlier attempt");
                    return true;
                }
            }
            if !pauses.pause_within(time).await {
                return false;
            }
        }
    }

    pub(crate) fn dry_run(&self, order: &Order) -> Vec<String> {
        let line = match self.filled(&self.config.run, order) {
            Ok(line) => line,
            Err(refusal) => return vec![format!("nothing: {refusal}")],
        };
        let mut lines: Vec<String> = environment::of_order(order)
            .into_iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    quoting::quoted(&crate::one_line::one_line(&value))
                )
            })
            .collect();
        lines.extend(
            self.config
                .environment
                .iter()
                .map(|variable| match variable {
                    Variable::PassOn(name) => format!("{name}=\"${name}\""),
                    Variable::Set(name, _) => format!("{name}={CONCEALED}"),
                }),
        );
        lines.push(conceal(&quoting::shown(&line), self.secrets()));
        lines
    }

    /// Looks whether programs and directory are there; starts nothing.
    pub(crate) fn probe(&self) -> Result<(), ProbeProblem> {
        for line in [Some(&self.config.run), self.config.check.as_ref()]
            .into_iter()
            .flatten()
        {
            program::find(match line {
                CommandLine::Argv(words) => words.first().map_or("", String::as_str),
                CommandLine::Shell(_) => SHELL,
            })?;
        }
        match &self.config.marks {
            Some(marks) => program::writable_directory(marks),
            None => Ok(()),
        }
    }

    async fn run(
        &self,
        line: &CommandLine,
        order: &Order,
        stdin: Stdio,
        time_limit: Duration,
    ) -> Result<Run, String> {
        let filled = self.filled(line, order)?;
        let mut command = match &filled {
            CommandLine::Argv(words) => {
                let mut command =
                    tokio::process::Command::new(words.first().map_or("", String::as_str));
                command.args(words.iter().skip(1));
                command
            }
            CommandLine::Shell(line) => {
                let mut command = tokio::process::Command::new(SHELL);
                command.args(["-c", line]);
                command
            }
        };
        command
            .env_clear()
            .envs(environment::whole(&self.config, order));
        let mut tail = OutputTail::new(self.secrets());
        let ended = process_group::run(command, stdin, time_limit, &mut tail).await;
        Ok(Run {
            ended,
            shown: conceal(&quoting::shown(&filled), self.secrets()),
            output: tail.text(self.secrets()),
        })
    }

    fn filled(&self, line: &CommandLine, order: &Order) -> Result<CommandLine, String> {
        match line {
            CommandLine::Shell(line) => Ok(CommandLine::Shell(line.clone())),
            CommandLine::Argv(words) => words
                .iter()
                .map(|word| placeholder::fill(&self.action, word, order))
                .collect::<Result<_, _>>()
                .map(CommandLine::Argv)
                .map_err(|problem| problem.to_string()),
        }
    }

    fn not_started(&self, line: &CommandLine, error: &std::io::Error) -> String {
        let program = match line {
            CommandLine::Argv(words) => words.first().map_or("", String::as_str),
            CommandLine::Shell(_) => SHELL,
        };
        match (error.kind(), program::find(program)) {
            // It is there and executable, so what is missing is what its first line names.
            (std::io::ErrorKind::NotFound, Ok(())) if Path::new(program).exists() => format!(
                "`{program}` was not started: the interpreter that its first line names is missing"
            ),
            (_, Err(problem)) => problem.to_string(),
            (_, Ok(())) => format!("`{program}` was not started: {error}"),
        }
    }

    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.config
            .environment
            .iter()
            .filter_map(|variable| match variable {
                Variable::Set(_, value) => Some(value),
                Variable::PassOn(_) => None,
            })
    }
}

fn with_output(what: &str, output: &str) -> String {
    if output.is_empty() {
        what.to_owned()
    } else {
        format!("{what}: {output}")
    }
}

fn signal_name(signal: Option<i32>) -> String {
    signal.map_or_else(
        || "a signal".to_owned(),
        |number| format!("signal {number}"),
    )
}
