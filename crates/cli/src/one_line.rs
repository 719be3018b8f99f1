//! A watch without a plan file: the HTTP preset, from a few options.

use crate::arguments::Watch;
use crate::context::Context;
use crate::exit_reason::Failure;
use crate::plan_file::PlanFile;
use ledger::WatchId;
use std::path::Path;

/// The plan that the options imply, with its connections.
pub fn plan_of(
    _context: &Context,
    _service: &str,
    _arguments: &Watch,
) -> Result<PlanFile, Failure> {
    Err(Failure::new(
        crate::exit_reason::Code::Usage,
        "being written",
    ))
}

/// Keeps the connections beside the ledger, so that a keeper can be started again without the options.
pub fn keep_connections(_file: &PlanFile, _ledger: &Path, _watch: WatchId) -> Result<(), Failure> {
    Ok(())
}
