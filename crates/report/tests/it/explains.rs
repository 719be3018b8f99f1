//! Every kind of row explained.

use crate::screens::frame;
use crate::{plans, watches};
use report::{Reference, UnknownReference, explain};
use verification::summary::Summary;

fn rows(summary: &Summary<'_>) -> String {
    let frame = frame(summary);
    summary
        .rows
        .iter()
        .map(|row| {
            format!(
                "═══\n{}",
                explain(summary, &Reference::Name(&row.name), &frame).unwrap()
            )
        })
        .collect()
}

#[test]
fn rows_of_a_failing_watch() {
    let plan = plans::checkout();
    insta::assert_snapshot!(rows(&watches::countdown(&plan)));
}

#[test]
fn rows_of_a_mixed_watch() {
    let plan = plans::checkout();
    insta::assert_snapshot!(rows(&watches::baseline_too(&plan)));
}

#[test]
fn a_watch() {
    let plan = plans::checkout();
    let summary = watches::held(&plan);
    insta::assert_snapshot!(explain(&summary, &Reference::Watch, &frame(&summary)).unwrap());
}

#[test]
fn names_may_be_short_but_not_ambiguous() {
    let plan = plans::checkout();
    let summary = watches::countdown(&plan);
    let frame = frame(&summary);
    assert!(
        explain(&summary, &Reference::Name("BACKLOG"), &frame)
            .unwrap()
            .starts_with("backlog stays small: no data")
    );
    let several = explain(&summary, &Reference::Name("payments"), &frame).unwrap_err();
    assert!(
        matches!(&several, UnknownReference::Several { names, .. } if names.len() == 2),
        "{several}"
    );
    let none = explain(&summary, &Reference::Name("cpu"), &frame).unwrap_err();
    assert!(
        none.to_string()
            .starts_with("no criterion is called \"cpu\"; there are: payments keep working, "),
        "{none}"
    );
}
