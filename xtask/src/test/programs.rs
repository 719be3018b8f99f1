//! The programs that the tests need beside the toolchain, installed where they are missing.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::packages;
use crate::command::{capture, cargo, run};

/// A program, the Debian package that brings it, and what it is for.
pub struct Program {
    pub name: &'static str,
    pub package: &'static str,
    pub purpose: &'static str,
}

/// All that comes from the system; everything else is built here.
const PROGRAMS: [Program; 2] = [
    Program {
        name: "prometheus",
        package: "prometheus",
        purpose: "a real server to read from",
    },
    Program {
        name: "haproxy",
        package: "haproxy",
        purpose: "a real splitter to act on",
    },
];

/// The version of nextest that the configuration was tried with.
const NEXTEST: &str = "0.9.143";

/// Installs what is missing; does nothing, and needs no network, where everything is there.
///
/// # Errors
/// If something is missing and cannot be installed; the message says what to type.
pub fn provide() -> Result<String> {
    components()?;
    let mut installed = Vec::new();
    let missing: Vec<&Program> = PROGRAMS
        .iter()
        .filter(|program| find(program.name).is_none())
        .collect();
    if !missing.is_empty() {
        packages::install(&missing)?;
        if let Some(still) = missing.iter().find(|program| find(program.name).is_none()) {
            bail!(
                "`{}` is installed, but there is no program `{}`",
                still.package,
                still.name
            );
        }
        installed.extend(missing.iter().map(|program| program.name));
    }
    if capture(cargo().args(["nextest", "--version"])).is_err() {
        nextest()?;
        installed.push("cargo-nextest");
    }
    Ok(match installed.as_slice() {
        [] => "all there".to_owned(),
        names => format!("installed {}", names.join(", ")),
    })
}

/// Returns where a program lies.
fn find(name: &str) -> Option<PathBuf> {
    env::split_paths(&search_path())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Returns the search path, with the folders where Debian puts servers: they are on the path of root alone.
pub fn search_path() -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    for folder in ["/usr/local/sbin", "/usr/sbin"] {
        if !folders.iter().any(|known| known == Path::new(folder)) {
            folders.push(folder.into());
        }
    }
    env::join_paths(folders).unwrap_or(path)
}

/// A toolchain of the minimal profile has neither of these.
fn components() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        capture(cargo().args([tool, "--version"])).with_context(|| {
            format!("`cargo {tool}` is missing: `rustup component add {component}`")
        })?;
    }
    Ok(())
}

fn nextest() -> Result<()> {
    println!("   installing cargo-nextest, once: about three minutes on two cores");
    let mut install = cargo();
    // Not optimised: it builds in half the time, and waiting for tests needs no speed.
    install.args([
        "install",
        "cargo-nextest",
        "--version",
        NEXTEST,
        "--locked",
        "--debug",
    ]);
    install.args(["--no-default-features", "--features", "default-no-update"]);
    run(&mut install).with_context(|| {
        format!("cargo-nextest is missing; with a network: `cargo install cargo-nextest --version {NEXTEST} --locked`")
    })
}
