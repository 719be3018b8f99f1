//! Sample connections files, valid and invalid, each invalid one with what is said about it.

use crate::files::{expect, in_crate, read, with_ending};
use plan::{Style, connections, render};

#[test]
fn valid_samples_have_no_problems() {
    for path in with_ending(&in_crate("sample-connections/valid"), ".yaml") {
        let text = read(&path);
        let parsed = connections(&text, "shakedown.yaml");
        let shown = render(&parsed.problems, &text, "shakedown.yaml", Style::default());
        assert!(parsed.problems.is_empty(), "{shown}");
        assert!(parsed.connections.is_some());
    }
}

#[test]
fn invalid_samples_say_what_is_expected_and_show_no_secret() {
    let samples = with_ending(&in_crate("sample-connections/invalid"), ".yaml");
    assert!(samples.len() >= 3);
    for path in samples {
        let text = read(&path);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let parsed = connections(&text, &name);
        assert!(parsed.connections.is_none(), "{name}");
        let shown = render(&parsed.problems, &text, &name, Style::default());
        for secret in ["hunter2", "s3cr3t"] {
            assert!(!shown.contains(secret), "{name} shows a secret:\n{shown}");
            assert!(
                !plan::sarif(&parsed.problems, &name).contains(secret),
                "{name} has a secret in SARIF"
            );
        }
        expect(&path.with_extension("expected.txt"), &shown);
    }
}
