//! What can be wrong with an action before it is ever run.

use std::path::PathBuf;

/// Why an action cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ConfigProblem {
    /// A setting that cannot be.
    #[error("action `{action}`: {what}")]
    Setting {
        /// Name of the action.
        action: String,
        /// What is wrong and what to write instead.
        what: String,
    },
    /// No trust store on this machine, or one that cannot be read.
    #[error(
        "action `{action}`: cannot load the certificates that `https` needs: install the system's CA certificates, or set SSL_CERT_FILE"
    )]
    TrustStore {
        /// Name of the action.
        action: String,
        /// What the TLS library says.
        #[source]
        source: rustls::Error,
    },
    /// The HTTP client refuses its settings.
    #[error("action `{action}`: cannot set up an HTTP client")]
    Client {
        /// Name of the action.
        action: String,
        /// What the HTTP library says.
        #[source]
        source: reqwest::Error,
    },
}

/// Why an action would fail now.
#[derive(Debug, thiserror::Error)]
pub enum ProbeProblem {
    /// Nothing answers.
    #[error("cannot reach {place}: {why}")]
    Unreachable {
        /// Address.
        place: String,
        /// What happened.
        why: String,
    },
    /// Something answers, but not as it should.
    #[error("{place} answers, but {what}")]
    Answer {
        /// Address.
        place: String,
        /// What is wrong and what to do.
        what: String,
    },
    /// The program of a command is missing.
    #[error("no program `{program}` in PATH: install it, or write its full path")]
    NoProgram {
        /// As written.
        program: String,
    },
    /// The program of a command cannot be started.
    #[error("`{}` is not executable: check its permissions", path.display())]
    NotExecutable {
        /// What was found.
        path: PathBuf,
    },
    /// The directory of running attempts cannot be written.
    #[error("cannot write the directory {}: {why}", path.display())]
    Marks {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        why: String,
    },
}
