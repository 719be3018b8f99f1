//! What every command starts from: the ledger's place, the terminal, the clock.

use crate::arguments::Cli;
use crate::exit_reason::{Code, Failure};
use crate::terminal::Terminal;
use crate::trouble::of_ledger;
use ledger::{Ledger, OpenMode, WatchId, WatchRow};
use server::{Clock, SystemClock};
use std::path::{Path, PathBuf};
use verification::time::Timestamp;

/// Version that is recorded with every chain.
pub const ENGINE: &str = concat!("shakedown ", env!("CARGO_PKG_VERSION"));
/// Name of the connections file where none is named.
const CONNECTIONS: &str = "shakedown.yaml";

/// What every command starts from.
#[derive(Clone, Debug)]
pub struct Context {
    /// Connections file, if there is one.
    pub config: Option<PathBuf>,
    ledger: Option<PathBuf>,
    /// The terminal.
    pub terminal: Terminal,
}

impl Context {
    /// Reads the arguments and the environment.
    pub fn of(cli: &Cli) -> Self {
        let config = cli
            .config
            .clone()
            .or_else(|| Some(PathBuf::from(CONNECTIONS)).filter(|path| path.is_file()));
        Self {
            config,
            ledger: cli.ledger.clone(),
            terminal: Terminal::find(cli.color),
        }
    }

    /// The same with the `shakedown.yaml` beside a plan, where none is named and none is in this folder.
    #[must_use]
    pub fn for_plan(&self, plan: &Path) -> Self {
        let mut context = self.clone();
        if context.config.is_none() {
            let folder = plan.parent().unwrap_or_else(|| Path::new(""));
            context.config = Some(folder.join(CONNECTIONS)).filter(|path| path.is_file());
        }
        context
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// The ledger's file: named by option or connections file, else in the user's state folder.
    pub fn ledger_path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.ledger {
            return Ok(path.clone());
        }
        if let Some(config) = &self.config
            && let Some(path) = crate::connections::load(self, config)?.connections.ledger
        {
            // A relative place is meant from the file that names it.
            let path = PathBuf::from(path);
            let folder = config.parent().unwrap_or_else(|| Path::new(""));
            return Ok(if path.is_absolute() {
                path
            } else {
                folder.join(path)
            });
        }
        state_folder()
            .map(|folder| folder.join("ledger.sqlite"))
            .ok_or_else(|| {
                Failure::new(Code::Usage, "there is no home folder to keep the ledger in")
                    .hint("name a file with --ledger or SHAKEDOWN_LEDGER")
            })
    }

    /// The ledger to write, made where there is none.
    pub async fn ledger(&self) -> Result<Ledger, Failure> {
        let path = self.ledger_path()?;
        Ledger::open(&path, OpenMode::ReadWrite { most_bytes: None })
            .await
            .map_err(|error| of_ledger(&error))
    }

    /// The ledger to read.
    pub async fn ledger_to_read(&self) -> Result<Ledger, Failure> {
        let path = self.ledger_path()?;
        Ledger::open(&path, OpenMode::ReadOnly)
            .await
            .map_err(|error| of_ledger(&error))
    }
}

/// `$XDG_STATE_HOME/shakedown`, else `~/.local/state/shakedown`.
pub fn state_folder() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let base = named.or_else(|| {
        std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"))
    })?;
    Some(base.join("shakedown"))
}

/// A watch by id; the newest where none is given.
pub async fn find_watch(ledger: &Ledger, id: Option<&str>) -> Result<WatchRow, Failure> {
    match id {
        Some(text) => {
            let id: WatchId = text.parse().map_err(|_| {
                Failure::new(
                    Code::Usage,
                    format!("`{text}` is not the id of a watch, such as W7"),
                )
                .hint("`shakedown list` shows all watches")
            })?;
            ledger.watch(id).await.map_err(|error| of_ledger(&error))
        }
        None => ledger
            .latest(None)
            .await
            .map_err(|error| of_ledger(&error))?
            .ok_or_else(|| {
                Failure::new(
                    Code::Usage,
                    format!("there is no watch in {} yet", ledger.path().display()),
                )
                .hint("`shakedown demo` shows one; `shakedown watch PLAN` starts one")
            }),
    }
}
