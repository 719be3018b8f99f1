//! Starts other programs, and says what was started when one fails.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};

/// Returns the cargo that runs us, so that one toolchain does everything, without what it told us about our own crate:
/// build scripts look at these variables too, and would run again whenever they come and go.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let ours = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || name == "CARGO_PRIMARY_PACKAGE"
    };
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(ours) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Returns the folder of the workspace: where cargo runs us from it, that one.
///
/// # Errors
/// If no folder above holds the workspace.
pub fn workspace_root() -> Result<PathBuf> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .context("xtask runs through cargo: use `cargo xtask`")?;
    let root = PathBuf::from(manifest);
    Ok(root
        .parent()
        .context("xtask has no folder above")?
        .to_owned())
}

/// Runs with the terminal as its own.
///
/// # Errors
/// If the program cannot start or ends badly.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("could not start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs silently and returns what it printed to standard output.
///
/// # Errors
/// If the program cannot start or ends badly; the error carries its standard error.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("could not start `{}`", line(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` ended with {}\n{}{}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed no text", line(command)))
}

/// Runs with the terminal as its own, and returns what it printed to standard output as well as how it ended.
///
/// # Errors
/// If the program cannot start.
pub fn run_and_read(command: &mut Command) -> Result<(String, Result<()>)> {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("could not start `{}`", line(command)))?;
    let output = child.stdout.take().context("standard output is piped")?;
    let mut printed = String::new();
    for text in BufReader::new(output).lines() {
        let text = text?;
        println!("{text}");
        printed.push_str(&text);
        printed.push('\n');
    }
    let status = child.wait()?;
    let outcome = if status.success() {
        Ok(())
    } else {
        Err(anyhow!("`{}` ended with {status}", line(command)))
    };
    Ok((printed, outcome))
}

/// Returns the command as one would type it.
pub fn line(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let arguments = command
        .get_args()
        .map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}
