//! How a command ends: one message that says what, where and what to do, and an exit code of the table.

use core::fmt;
use std::process::ExitCode;

/// Exit codes for trouble outside a watch; those of a watch are in [`verification::exit::Exit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// A bug.
    Bug = 1,
    /// Wrong usage.
    Usage = 2,
    /// The plan or the connections file is invalid.
    PlanInvalid = 40,
    /// The plan differs from the sealed one.
    PlanDiffers = 41,
    /// A server cannot be reached.
    Unreachable = 50,
    /// A source refused.
    Refused = 51,
    /// Ledger or disk.
    Ledger = 52,
    /// An address is in use.
    AddressInUse = 53,
    /// Permission.
    Permission = 54,
    /// The chain is broken or a replay differs.
    ChainBroken = 60,
}

/// How a failure begins where it is printed, and each of its hints.
const HEAD: &str = "error: ";
const HINT: &str = "\n  hint: ";

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// Exit code.
    pub code: Code,
    /// What happened and where.
    pub what: String,
    /// What to do, if there is something.
    pub hints: Vec<String>,
    /// Exit code of a process that failed in our place, where it is more exact than `code`.
    pub exit: Option<u8>,
    /// Whether `what` is a list of problems, each with a head of its own.
    pub listed: bool,
}

/// What commands return: the exit code of a watch, or a failure.
pub type Done = Result<ExitCode, Failure>;

impl Failure {
    /// A failure with its message.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self {
            code,
            what: what.into(),
            hints: Vec::new(),
            exit: None,
            listed: false,
        }
    }

    /// A failure with the problems of a file, as they were drawn.
    pub fn listed(problems: &str) -> Self {
        let mut failure = Self::new(Code::PlanInvalid, problems.trim_end());
        failure.listed = true;
        failure
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The failure that another process of this program wrote last; the inverse of printing one.
    pub fn said(text: &str) -> Option<Self> {
        let at = text.rfind(HEAD)?;
        let mut parts = text[at + HEAD.len()..].trim_end().split(HINT);
        let mut failure = Self::new(Code::Bug, parts.next()?);
        failure.hints = parts.map(str::to_owned).collect();
        Some(failure)
    }

    /// The process's exit code.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit.unwrap_or(self.code as u8))
    }

    /// Trouble with a file that was to be read or written.
    pub fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                Code::Permission
            }
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::Ledger,
            _ => Code::Usage,
        };
        let words = error.to_string();
        // The number of the error says nothing that its words do not.
        let why = words.split(" (os error").next().unwrap_or(&words);
        Self::new(
            code,
            format!("cannot {doing} {}: {}", path.display(), why.to_lowercase()),
        )
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.listed {
            writeln!(out, "{}", self.what)?;
        } else {
            write!(out, "{HEAD}{}", self.what)?;
        }
        for hint in &self.hints {
            write!(out, "{HINT}{hint}")?;
        }
        Ok(())
    }
}

/// The whole chain of an error in one line: what happened, and why.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
