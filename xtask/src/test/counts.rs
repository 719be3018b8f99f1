//! How many tests passed and failed, read from what the runners report.

use std::fmt;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Reads the JUnit report that nextest writes.
///
/// # Errors
/// If the file is missing or its first element has no counts.
pub fn of_report(path: &Path) -> Result<Counts> {
    let report = std::fs::read_to_string(path)
        .with_context(|| format!("reading the report of the tests, {}", path.display()))?;
    of_junit(&report).with_context(|| format!("{} has no counts", path.display()))
}

fn of_junit(report: &str) -> Option<Counts> {
    let start = report.find("<testsuites")?;
    let element = report[start..].split('>').next()?;
    let number = |name: &str| -> Option<u64> {
        let value = element.split(&format!(" {name}=\"")).nth(1)?;
        value.split('"').next()?.parse().ok()
    };
    let failed = number("failures")? + number("errors")?;
    Some(Counts {
        passed: number("tests")?.checked_sub(failed)?,
        failed,
    })
}

/// Adds up the lines `test result: ok. 3 passed; 0 failed; …`.
pub fn of_documentation(printed: &str) -> Counts {
    let mut counts = Counts::default();
    for line in printed
        .lines()
        .filter_map(|line| line.strip_prefix("test result: "))
    {
        let number = |what: &str| {
            let before = line.split(what).next().unwrap_or_default().trim_end();
            before
                .rsplit(' ')
                .next()
                .and_then(|word| word.parse().ok())
                .unwrap_or(0)
        };
        counts += Counts {
            passed: number("passed;"),
            failed: number("failed;"),
        };
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_nextest_is_read() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="nextest-run" tests="44" failures="3" errors="1" uuid="x" time="1.2">
                <testsuite name="report" tests="7" disabled="0" errors="0" failures="0">"#;
        let expected = Counts {
            passed: 40,
            failed: 4,
        };
        assert_eq!(of_junit(report), Some(expected));
        assert_eq!(of_junit("<testsuites name=\"x\">"), None);
    }

    #[test]
    fn documentation_results_are_added_up() {
        let printed = "running 2 tests\ntest a ... ok\n\n\
            test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s\n";
        let expected = Counts {
            passed: 14,
            failed: 1,
        };
        assert_eq!(of_documentation(printed), expected);
        assert_eq!(expected.to_string(), "14 passed, 1 failed");
    }
}
