//! The command line: every command with its words. Help begins with examples.

use crate::completing;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use core::time::Duration;
use std::path::PathBuf;

/// Watches a deployment in production and tells whether the new version works for its users.
#[derive(Debug, Parser)]
#[command(name = "shakedown", version, max_term_width = 100, after_help = EXAMPLES, arg_required_else_help = false)]
pub struct Cli {
    /// Connections file: sources, actions and receivers, the ledger's place
    #[arg(long, global = true, env = "SHAKEDOWN_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Ledger file
    #[arg(long, global = true, env = "SHAKEDOWN_LEDGER", value_name = "FILE")]
    pub ledger: Option<PathBuf>,
    /// Colour on the decision and verdict words
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,
    /// What to do; alone: `verdict`
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  shakedown demo                                 see a bad deployment caught and rolled back, in 90 seconds
  shakedown watch --service checkout --prometheus http://prometheus:9090 --by version \\
      --roll-back 'kubectl rollout undo deployment/checkout'
  shakedown init --prometheus http://prometheus:9090 --service checkout
  shakedown validate checkout.watch.yaml
  shakedown seal checkout.watch.yaml && shakedown watch checkout.watch.yaml
  shakedown explain 'payments keep working'

Exit codes: 0 confirmed, 10 still watching, 11 review asked, 12 cannot see, 20 roll back decided, 21 rolled back and
recovered, 22 not recovered, 23 held, 30 ticket, 31 paged, 40 plan invalid, 41 plan differs from the sealed one,
50 server unreachable, 51 source refused, 52 ledger or disk, 53 address in use, 54 permission, 60 chain broken or replay
differs, 2 usage, 1 a bug.";

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play a deployment on this machine: a real shop, a fault, the verdict, the rollback, the proof
    Demo(Demo),
    /// Write a first plan and shakedown.yaml from what a Prometheus server or a /metrics page offers
    Init(Init),
    /// Find every problem of a plan, check that its selectors return data, run its tests, say what it can detect
    Validate(Validate),
    /// Fix the criteria before the deploy
    Seal(Seal),
    /// Watch a deployment until it is decided; Ctrl-C detaches and leaves the keeper at work
    Watch(Watch),
    /// The one screen: what, how bad, what next
    Verdict(Verdict),
    /// All watches, worst first
    List(List),
    /// Why: numbers, method, plan line, records
    Explain(Explain),
    /// The whole watch as text, JSON, Markdown or JUnit
    Report(Report),
    /// Compute a watch again from its records and compare byte for byte
    Replay(Which),
    /// Look at the records behind every verdict
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Stop automatic reactions of a watch
    Hold(Act),
    /// Roll back now
    RollBack(RollBack),
    /// Let the new version stay
    Confirm(Act),
    /// Lift a hold
    Release(Act),
    /// Record what users found later
    Outcome(Outcome),
    /// Check sources, clocks, sides, actions, ledger and disk; each finding with a fix
    Doctor(Doctor),
    /// Print the completion script of a shell
    Completions(Completions),
    /// Print the manual page
    Man,
    /// Print a JSON Schema
    Schema(Schema),
    /// Keep a watch (started by `watch`)
    #[command(hide = true)]
    Keep(Keep),
    /// Serve one pod of the demo shop (started by `demo`)
    #[command(hide = true, disable_help_flag = true)]
    Shop(Shop),
}

/// Output forms of the demo and of screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Output forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// For tickets and pull requests
    Markdown,
    /// For CI
    Junit,
}

/// Output forms of a validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ValidateOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// For code review: points into the file
    Sarif,
}

/// Output forms of a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SealOutput {
    /// For people
    Text,
    /// For programs
    Json,
    /// For the deploy ticket
    Markdown,
}

/// `demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Which play
    #[arg(long, default_value = "errors", value_name = "NAME", add = ArgValueCandidates::new(completing::scenarios))]
    pub scenario: String,
    /// List the plays
    #[arg(long)]
    pub list: bool,
    /// Form of the output; JSON ends with one object on the last line
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Seed of everything random
    #[arg(long, default_value_t = 7, value_name = "NUMBER")]
    pub seed: u64,
    /// Keep the ledger of the play in this folder
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
}

/// Where `init` and the one-line watch read from.
#[derive(Clone, Debug, Args)]
pub struct From {
    /// Prometheus-compatible server
    #[arg(long, value_name = "URL", conflicts_with = "metrics")]
    pub prometheus: Option<String>,
    /// A /metrics page; give it once a pod, as `canary=URL` and `baseline=URL`
    #[arg(long, value_name = "[SIDE=]URL")]
    pub metrics: Vec<String>,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    #[command(flatten)]
    pub from: From,
    /// Service to write the plan for
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Label that tells the versions apart; found by itself where it can be
    #[arg(long, value_name = "LABEL")]
    pub by: Option<String>,
    /// Folder to write into
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    pub into: PathBuf,
    /// Write over files that are there
    #[arg(long)]
    pub force: bool,
}

/// `validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Plan file
    pub plan: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = ValidateOutput::Text)]
    pub output: ValidateOutput,
    /// Check the text alone, ask no source
    #[arg(long)]
    pub offline: bool,
    /// Count warnings as problems
    #[arg(long)]
    pub deny_warnings: bool,
}

/// `seal`
#[derive(Debug, Args)]
pub struct Seal {
    /// Plan file
    pub plan: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = SealOutput::Text)]
    pub output: SealOutput,
    /// Time before now over which the baseline's levels are measured
    #[arg(long, default_value = "1h", value_parser = duration, value_name = "TIME")]
    pub over: Duration,
}

/// `watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// Plan file; sealed first where it is not sealed yet
    #[arg(required_unless_present_any = ["service", "resume"], conflicts_with_all = ["service", "resume"])]
    pub plan: Option<PathBuf>,
    /// Watch without a plan file: the service, with the HTTP preset
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    #[command(flatten)]
    pub from: From,
    /// Label that tells the versions apart; the newest value is the canary
    #[arg(long, value_name = "LABEL", requires = "service")]
    pub by: Option<String>,
    /// Command that rolls back; without one a failing watch pages
    #[arg(long, value_name = "COMMAND", requires = "service")]
    pub roll_back: Option<String>,
    /// Command that gets pages, tickets and reviews
    #[arg(long, value_name = "COMMAND", requires = "service")]
    pub page: Option<String>,
    /// Length of the watch without a plan file
    #[arg(long = "for", default_value = "1h", value_parser = duration, value_name = "TIME", requires = "service")]
    pub length: Duration,
    /// Take up a watch again
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(completing::watches))]
    pub resume: Option<String>,
    /// Keep the watch in this process, as in CI
    #[arg(long)]
    pub foreground: bool,
    /// Print the plan and the exact calls of its actions, start nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Stop following after this time, leaving the keeper at work
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub timeout: Option<Duration>,
    /// Show criteria that are within too
    #[arg(long)]
    pub all: bool,
}

/// `keep`
#[derive(Debug, Args)]
pub struct Keep {
    /// Watch
    pub id: String,
}

/// `shop`
#[derive(Debug, Args)]
pub struct Shop {
    /// Arguments of the shop
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<String>,
}

/// A watch by id.
#[derive(Debug, Args)]
pub struct Which {
    /// Watch, as W7; the newest where none is given
    #[arg(add = ArgValueCandidates::new(completing::watches))]
    pub id: Option<String>,
}

/// `verdict`
#[derive(Debug, Args)]
pub struct Verdict {
    #[command(flatten)]
    pub which: Which,
    /// Show criteria that are within too
    #[arg(long)]
    pub all: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `list`
#[derive(Debug, Args)]
pub struct List {
    /// Form of the output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Name of a criterion, number of a record, or a watch
    #[arg(add = ArgValueCandidates::new(completing::references))]
    pub reference: String,
    /// Watch; the newest where none is given
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(completing::watches))]
    pub watch: Option<String>,
}

/// `report`
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    pub which: Which,
    /// Form of the output
    #[arg(long, value_enum, default_value_t = ReportOutput::Text)]
    pub output: ReportOutput,
}

/// `ledger`
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Records of a watch, one line each
    Show {
        #[command(flatten)]
        which: Which,
        /// First record
        #[arg(long, default_value_t = 0, value_name = "RECORD")]
        from: u64,
    },
    /// Check the hash chain
    Verify {
        #[command(flatten)]
        which: Which,
    },
    /// Records of a watch as JSON lines
    Export {
        #[command(flatten)]
        which: Which,
    },
}

/// A human act.
#[derive(Debug, Args)]
pub struct Act {
    /// Watch, as W7
    #[arg(add = ArgValueCandidates::new(completing::watches))]
    pub id: String,
    /// Why; asked for on a terminal
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Name that is recorded
    #[arg(long = "as", env = "SHAKEDOWN_NAME", value_name = "NAME")]
    pub name: Option<String>,
    /// Do not ask back
    #[arg(long)]
    pub yes: bool,
}

/// `roll-back`
#[derive(Debug, Args)]
pub struct RollBack {
    #[command(flatten)]
    pub act: Act,
    /// Print the exact calls, do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What users found later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Found {
    /// The deployment was good
    Good,
    /// The deployment was bad
    Bad,
}

/// `outcome`
#[derive(Debug, Args)]
pub struct Outcome {
    /// Watch, as W7
    #[arg(add = ArgValueCandidates::new(completing::watches))]
    pub id: String,
    /// What users found
    pub found: Found,
    /// How it is known
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Name that is recorded
    #[arg(long = "as", env = "SHAKEDOWN_NAME", value_name = "NAME")]
    pub name: Option<String>,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// Plan whose sources, sides and actions are checked too
    pub plan: Option<PathBuf>,
}

/// `completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Shell: bash, elvish, fish, powershell or zsh
    pub shell: String,
}

/// `schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Of what
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The plan
    Plan,
    /// The connections file
    Connections,
    /// The JSON report
    Report,
}

/// A time as plans write it: `90s`, `5m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is not a time such as 90s, 5m or 1h30m"))?;
    Duration::try_from(span).map_err(|_| "a time cannot be negative".to_owned())
}
