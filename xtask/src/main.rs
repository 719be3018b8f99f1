//! The developer's tool; `cargo xtask` alone says what it can do.

mod arrows;
mod command;
mod files;
mod finding;
#[cfg(test)]
mod fixture;
mod generate;
mod measure;
mod module_tree;
mod rust_paths;
mod rust_tokens;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use workspace::Workspace;

const HELP: &str = "\
cargo xtask COMMAND

  test [STEP …]    everything that must hold, or the named steps; installs what the tests need
  arrows           one-way arrows between the rooms, purity of the inner ones
  tidy             file sizes and names, dependencies, words, switched-off tests
  schema           write docs/schema anew
  docs             write the plan reference and the manual anew
  bench [NAME …]   measure in release and write docs/benchmarks.md; `bench --list` names what there is";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.is_empty() || arguments[0] == "help" || arguments[0] == "--help" {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments.remove(0);
    let takes_arguments = matches!(name.as_str(), "test" | "bench");
    if !takes_arguments && !arguments.is_empty() {
        bail!(
            "`{name}` takes no arguments, but there is `{}`",
            arguments.join(" ")
        );
    }
    let workspace = Workspace::read(&command::workspace_root()?)?;
    match name.as_str() {
        // What failed is told already, above the count.
        "test" if !test::test(&workspace, &arguments)? => return Ok(ExitCode::FAILURE),
        "test" => {}
        "arrows" => println!("{}", arrows::check(&workspace)?),
        "tidy" => println!("{}", tidy::check(&workspace)?),
        "schema" => generate::generate(&workspace, generate::What::Schema)?,
        "docs" => generate::generate(&workspace, generate::What::Docs)?,
        "bench" => measure::measure(&workspace, &arguments)?,
        _ => bail!("no command is called `{name}`\n\n{HELP}"),
    }
    Ok(ExitCode::SUCCESS)
}
