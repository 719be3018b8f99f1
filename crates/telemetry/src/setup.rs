//! Why a plan cannot be read with the given sources.

use crate::http::AccessError;

/// Why a reader could not be set up. Nothing has been asked of any source yet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The plan names a source that the connections file does not have.
    #[error(
        "signal `{signal}` reads from `{source_name}`, which is not among the sources ({known}): add it to the connections file"
    )]
    UnknownSource {
        /// Signal.
        signal: String,
        /// Name in the plan.
        source_name: String,
        /// Names that there are.
        known: String,
    },
    /// A connection that cannot be set up.
    #[error("source `{source_name}`: {error}")]
    Access {
        /// Name of the source.
        source_name: String,
        /// What is wrong with it.
        error: AccessError,
    },
    /// A scrape source without pages.
    #[error("source `{source_name}` has no targets: give the address of at least one metrics page")]
    NoTargets {
        /// Name of the source.
        source_name: String,
    },
    /// A wrong regular expression.
    #[error("signal `{signal}`: `{selector}` holds a wrong regular expression ({why})")]
    Expression {
        /// Signal.
        signal: String,
        /// Selector.
        selector: String,
        /// What is wrong with it.
        why: String,
    },
    /// A level without `$side`.
    #[error("signal `{signal}`: the query holds no `$side`, so both sides would read the same")]
    NoSide {
        /// Signal.
        signal: String,
    },
    /// A level that is split.
    #[error("signal `{signal}`: a level cannot be split by for-each: write one signal a slice")]
    SplitLevel {
        /// Signal.
        signal: String,
    },
    /// PromQL for a metrics page.
    #[error(
        "signal `{signal}`: metrics pages know no PromQL, so a level there is a plain selector, as in `queue_depth{{queue=\"capture\",$side}}` ({why})"
    )]
    NotPlain {
        /// Signal.
        signal: String,
        /// Where reading the selector ended.
        why: String,
    },
    /// A signal of another kind on the source `probe`, or a probe elsewhere.
    #[error("signal `{signal}`: only probes are read from `probe`")]
    NotAProbe {
        /// Signal.
        signal: String,
    },
    /// Metrics pages have no memory, so increments are only known between readings.
    #[error(
        "source `{source_name}` reads metrics pages, which must be read at least every 4 minutes, but judge-every is {judge_every:?}"
    )]
    LooksTooRare {
        /// Name of the source.
        source_name: String,
        /// The plan's pace.
        judge_every: std::time::Duration,
    },
    /// The newest value of a label is to be found, but no series is read that carries it.
    #[error(
        "the newest `{label}` is told by the series of counters and histograms, and no signal reads one: name the canary's value"
    )]
    NothingShowsSides {
        /// The label.
        label: String,
    },
}
