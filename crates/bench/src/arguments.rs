//! What the command line asks for.

use std::path::PathBuf;

use crate::Problem;

#[derive(Debug, PartialEq, Eq)]
pub struct Arguments {
    /// Measurements to run; none means all.
    pub names: Vec<String>,
    /// How often each number is taken; the table shows the median.
    pub runs: usize,
    pub output: Output,
    /// The document whose sections are replaced.
    pub write: Option<PathBuf>,
    pub list: bool,
    /// Everything once and small, to see that it runs; nothing is written.
    pub quick: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
}

/// An odd number has a run in its middle; five show a disturbed one.
const RUNS: usize = 5;

impl Arguments {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// If an option is unknown or has no usable value.
    pub fn read(words: impl Iterator<Item = String>) -> Result<Self, Problem> {
        let mut arguments = Self {
            names: Vec::new(),
            runs: RUNS,
            output: Output::Text,
            write: None,
            list: false,
            quick: false,
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("`{word}` needs a value"));
            match word.as_str() {
                "--list" => arguments.list = true,
                "--quick" => arguments.quick = true,
                "--write" => arguments.write = Some(value()?.into()),
                "--runs" => arguments.runs = runs(&value()?)?,
                "--output" => arguments.output = output(&value()?)?,
                option if option.starts_with('-') => {
                    return Err(format!(
                        "no option is called `{option}`; there are: --list, --quick, --runs N, --output text|json, --write FILE"
                    )
                    .into());
                }
                _ => arguments.names.push(word),
            }
        }
        Ok(arguments)
    }
}

fn runs(value: &str) -> Result<usize, Problem> {
    match value.parse() {
        Ok(runs) if runs > 0 => Ok(runs),
        _ => Err(format!("`--runs` takes a whole number from 1, not `{value}`").into()),
    }
}

fn output(value: &str) -> Result<Output, Problem> {
    match value {
        "text" => Ok(Output::Text),
        "json" => Ok(Output::Json),
        _ => Err(format!("`--output` takes text or json, not `{value}`").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        Arguments::read(line.split_whitespace().map(str::to_owned))
            .map_err(|problem| problem.to_string())
    }

    #[test]
    fn names_and_options_may_mix() {
        let arguments =
            read("evidence --runs 3 --quick --output json --write x.md resume").unwrap();
        let expected = Arguments {
            names: vec!["evidence".into(), "resume".into()],
            runs: 3,
            output: Output::Json,
            write: Some("x.md".into()),
            list: false,
            quick: true,
        };
        assert_eq!(arguments, expected);
    }

    #[test]
    fn wrong_arguments_say_what_is_right() {
        for (line, part) in [
            ("--runs 0", "whole number from 1"),
            ("--runs", "`--runs` needs a value"),
            ("--output xml", "text or json"),
            ("--fast", "there are: --list"),
        ] {
            let problem = read(line).unwrap_err();
            assert!(problem.contains(part), "{problem}");
        }
    }
}
