//! JUnit XML: a criterion is a test case, and only *within* is a success.

use crate::clock::{Clock, rfc3339};
use crate::frame::Frame;
use crate::headline::{self, Headline};
use crate::how_bad;
use crate::row_view;
use crate::sentence::sentence;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use verification::summary::{Row, Summary};
use verification::verdict::VerdictKind;

/// The report could not be written as XML.
#[derive(Debug, thiserror::Error)]
#[error("the JUnit report could not be written: {0}")]
pub struct JunitError(#[from] quick_junit::SerializeError);

/// A watch as JUnit XML: failing is a failure; undecided, no data and not comparable are errors.
///
/// # Errors
/// [`JunitError`] where the XML writer refuses; control characters in names are dropped before.
pub fn report_junit(summary: &Summary<'_>, frame: &Frame) -> Result<String, JunitError> {
    let headline = Headline::of(summary, frame);
    let mut report = Report::new(format!("shakedown {}", frame.watch_id));
    let mut suite = TestSuite::new(headline::deployment(summary));
    for (name, value) in [
        ("state", summary.state.word().to_owned()),
        ("decision", headline.decision()),
        ("exit_code", summary.exit.code().to_string()),
        ("at", rfc3339(summary.at)),
    ] {
        suite.add_property(Property::new(name, value));
    }
    suite.set_system_out(format!(
        "{} {}\n{}\n{}",
        headline.decision(),
        headline.subject,
        headline.how_bad,
        headline.what_next
    ));
    for row in &summary.rows {
        suite.add_test_case(case(summary, row, frame));
    }
    if summary.rows.is_empty() {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_message("No criterion has a verdict.")
            .set_type("no data");
        suite.add_test_case(TestCase::new("criteria", status));
    }
    report.add_test_suite(suite);
    Ok(report.to_string()?)
}

fn case(summary: &Summary<'_>, row: &Row, frame: &Frame) -> TestCase {
    let kind = row.verdict.kind;
    let clock = Clock::of(summary, frame);
    let because = row_view::because(summary, &row.verdict, frame.glyphs, &clock);
    let terms = summary
        .plan
        .criteria
        .get(usize::from(row.verdict.row.criterion));
    let sentence = terms.map_or_else(String::new, |criterion| {
        sentence(criterion, summary.plan, frame.glyphs)
    });
    let status = match kind {
        VerdictKind::Within => TestCaseStatus::success(),
        VerdictKind::Failing => non_success(
            NonSuccessKind::Failure,
            kind,
            &how_bad::damage(summary, row, frame.glyphs),
            &sentence,
        ),
        VerdictKind::Undecided | VerdictKind::NoData | VerdictKind::NotComparable => non_success(
            NonSuccessKind::Error,
            kind,
            &format!("{}: {because}", kind.word()),
            &sentence,
        ),
    };
    let mut case = TestCase::new(row.name.as_str(), status);
    case.set_classname(summary.plan.service.as_str());
    case
}

fn non_success(
    outcome: NonSuccessKind,
    kind: VerdictKind,
    message: &str,
    description: &str,
) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(outcome);
    status
        .set_message(message)
        .set_type(kind.word())
        .set_description(description);
    status
}
