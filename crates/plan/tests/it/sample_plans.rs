//! Every valid sample parses without a word, every invalid one says exactly what stands beside it.

use crate::files::{expect, in_crate, read, with_ending};
use plan::{Style, parse, render};

#[test]
fn valid_samples_have_no_problems() {
    let samples = with_ending(&in_crate("sample-plans/valid"), ".yaml");
    assert!(samples.len() >= 5, "only {} samples", samples.len());
    for path in samples {
        let text = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = parse(&text, &name);
        let shown = render(&parsed.problems, &text, &name, Style::default());
        assert!(parsed.problems.is_empty(), "{shown}");
        assert!(parsed.plan.is_some(), "{name} gives no plan");
    }
}

#[test]
fn invalid_samples_say_what_is_expected() {
    let samples = with_ending(&in_crate("sample-plans/invalid"), ".yaml");
    assert!(samples.len() >= 15, "only {} samples", samples.len());
    for path in samples {
        let text = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = parse(&text, &name);
        assert!(!parsed.problems.is_empty(), "{name} has no problems");
        assert_eq!(
            parsed.plan.is_none(),
            parsed.problems.iter().any(plan::Problem::is_error),
            "{name}"
        );
        expect(
            &path.with_extension("expected.txt"),
            &render(&parsed.problems, &text, &name, Style::default()),
        );
    }
}
