//! One pod of the demo shop as a program: prints `{"listening":"ADDRESS"}`, then serves until it is told to end.

use std::process::ExitCode;

use simulation::shop::{ShopOptions, serve_as_process};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match ShopOptions::from_args(&arguments) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("shop: {error}");
            return ExitCode::from(2);
        }
    };
    match serve_as_process(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shop: {error}");
            ExitCode::FAILURE
        }
    }
}
