use super::*;
use crate::fixture::Fixture;

const ROOT: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n";
const MANIFEST: &str = "[package]\nname = \"report\"\nedition = \"2024\"\n";

/// The findings of a workspace with one room, `report`, and the given files.
fn findings(files: &[(&str, &str)]) -> String {
    let mut all = vec![("Cargo.toml", ROOT), ("crates/report/Cargo.toml", MANIFEST)];
    all.retain(|(path, _)| !files.iter().any(|(other, _)| other == path));
    all.extend_from_slice(files);
    let tree = Fixture::new(&all);
    let workspace = Workspace::read(tree.path()).unwrap();
    match check(&workspace) {
        Ok(_) => String::new(),
        Err(error) => format!("{error:#}"),
    }
}

fn in_library(source: &str) -> String {
    findings(&[("crates/report/src/lib.rs", source)])
}

#[test]
fn an_orderly_room_has_no_findings() {
    assert_eq!(
        in_library("//! A room.\npub fn state() -> &'static str { \"within\" }\n"),
        ""
    );
}

#[test]
fn length_is_a_note_first_and_then_a_finding() {
    assert_eq!(in_library(&"//\n".repeat(layout_limit())), "");
    let error = in_library(&"//\n".repeat(layout_limit() + 1));
    assert!(error.contains("lib.rs: 701 lines, at most 700"), "{error}");
}

fn layout_limit() -> usize {
    700
}

#[test]
fn empty_names_are_findings_for_files_and_folders() {
    let error = findings(&[
        ("crates/report/src/lib.rs", "mod utils; mod common;"),
        ("crates/report/src/utils.rs", ""),
        ("crates/report/src/common/mod.rs", ""),
    ]);
    assert!(
        error.contains("src/utils.rs: `utils` does not say"),
        "{error}"
    );
    assert!(
        error.contains("src/common/mod.rs: `common` does not say"),
        "{error}"
    );
}

#[test]
fn files_that_are_never_compiled_are_findings() {
    let error = findings(&[
        ("crates/report/src/lib.rs", ""),
        ("crates/report/src/lost.rs", ""),
    ]);
    assert!(
        error.contains("src/lost.rs: no module declares this file"),
        "{error}"
    );
}

#[test]
fn tests_that_are_switched_off_are_findings() {
    for source in [
        "#[cfg(test)] mod tests { #[test] #[ignore] fn f() {} }",
        "#[cfg(test)] mod tests { #[test] #[ignore = \"later\"] fn f() {} }",
        "#[cfg_attr(windows, ignore)] fn f() {}",
        "/// ```ignore\n/// f();\n/// ```\nfn f() {}",
    ] {
        let error = in_library(source);
        assert!(
            error.contains("lib.rs:1: this test is switched off"),
            "{source}: {error}"
        );
    }
    assert_eq!(in_library("#[allow(unused)] fn ignore() {}"), "");
}

#[test]
fn one_test_program_a_room() {
    let error = findings(&[
        ("crates/report/src/lib.rs", ""),
        ("crates/report/tests/one.rs", ""),
        ("crates/report/tests/it/main.rs", ""),
    ]);
    assert!(
        error.contains("crates/report/tests: 2 test programs"),
        "{error}"
    );
}

#[test]
fn words_that_promise_too_much_are_findings_in_texts_alone() {
    let error = in_library(
        "/// Is passed a score.\npub fn f(passed: bool) -> &'static str { \"the canary is Healthy\" }",
    );
    assert!(error.contains("lib.rs:2: a text says `healthy`"), "{error}");
    assert!(
        !error.contains("score") && !error.contains("`passed`"),
        "{error}"
    );
    assert_eq!(
        in_library("pub const PATH: &str = \"/healthz and score-card\";"),
        ""
    );
}

#[test]
fn folders_of_one_machine_are_findings() {
    let home = ["/ho", "me/somebody/x"].concat();
    let error = findings(&[
        ("crates/report/src/lib.rs", ""),
        ("docs/guide.md", &format!("one\nsee {home}\n")),
    ]);
    assert!(error.contains("docs/guide.md:2: names"), "{error}");
    let elsewhere = ["https://example.org/ho", "me/page"].concat();
    assert_eq!(
        findings(&[
            ("crates/report/src/lib.rs", ""),
            ("docs/guide.md", &elsewhere)
        ]),
        ""
    );
}

#[test]
fn unused_and_misplaced_dependencies_are_findings() {
    let error = findings(&[
        (
            "crates/report/Cargo.toml",
            &format!(
                "{MANIFEST}[dependencies]\nplan = {{ path = \"../plan\" }}\nledger = {{ path = \"../ledger\" }}\n"
            ),
        ),
        (
            "crates/report/src/lib.rs",
            "#[cfg(test)] mod tests { use ledger::X; }",
        ),
        (
            "crates/plan/Cargo.toml",
            "[package]\nname = \"plan\"\nedition = \"2024\"\n",
        ),
        ("crates/plan/src/lib.rs", ""),
        (
            "crates/ledger/Cargo.toml",
            "[package]\nname = \"ledger\"\nedition = \"2024\"\n",
        ),
        ("crates/ledger/src/lib.rs", ""),
        (
            "Cargo.toml",
            &format!(
                "{ROOT}\n[workspace.dependencies]\n# why\nplan = {{ path = \"crates/plan\" }}\nserde = \"1\"\n\n[profile.dev]\ndebug = 1\n"
            ),
        ),
    ]);
    assert!(
        error.contains("report → plan: is declared and never named"),
        "{error}"
    );
    assert!(
        error.contains("report → ledger: is named by tests alone"),
        "{error}"
    );
    assert!(
        error.contains("Cargo.toml: no room uses `serde`"),
        "{error}"
    );
    assert!(
        !error.contains("`plan`") && !error.contains("debug"),
        "{error}"
    );
}

#[test]
fn documents_name_files_that_exist() {
    let document = "[a](guide.md#part) [b](lost.md) [c](https://example.org/x) `crates/report/src/lib.rs`\n\
                    `crates/report/src/gone.rs` `crates/ROOM/*.rs` `docs/<name>.md` ```";
    let error = findings(&[
        ("crates/report/src/lib.rs", ""),
        ("docs/guide.md", document),
    ]);
    assert!(error.starts_with("2 findings"), "{error}");
    assert!(
        error.contains("docs/guide.md:1: names `lost.md`"),
        "{error}"
    );
    assert!(
        error.contains("docs/guide.md:2: names `crates/report/src/gone.rs`"),
        "{error}"
    );
}
