//! `shakedown shop`: one pod of the demo shop, started by the demo.

use crate::arguments::Shop;
use crate::exit_reason::{Code, Done, Failure, chain};
use simulation::shop::{ShopError, ShopOptions, serve_as_process};
use std::process::ExitCode;

/// Serves until told to end.
pub async fn run(arguments: &Shop) -> Done {
    let options = ShopOptions::from_args(&arguments.arguments)
        .map_err(|error| Failure::new(Code::Usage, chain(&error)))?;
    serve_as_process(options).await.map_err(|error| {
        let code = if matches!(error, ShopError::Listen { .. }) {
            Code::AddressInUse
        } else {
            Code::Bug
        };
        Failure::new(code, chain(&error))
    })?;
    Ok(ExitCode::SUCCESS)
}
