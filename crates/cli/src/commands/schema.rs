//! `shakedown schema`.

use crate::answer::answer_line;
use crate::arguments::{Schema, SchemaOf};
use crate::exit_reason::Done;
use std::process::ExitCode;

/// Prints a JSON Schema.
pub fn run(arguments: &Schema) -> Done {
    let schema = match arguments.of {
        SchemaOf::Plan => plan::schema_plan(),
        SchemaOf::Connections => plan::schema_connections(),
        SchemaOf::Report => crate::showing::json(&report::json_schema())?,
    };
    answer_line!("{}", schema.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
