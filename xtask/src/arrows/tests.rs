use super::*;
use crate::fixture::Fixture;

/// A workspace of rooms with their dependencies as manifest lines and one source file each.
fn workspace(rooms: &[(&str, &str, &str)]) -> (Fixture, Workspace) {
    let mut files = vec![(
        "Cargo.toml".to_owned(),
        "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n".to_owned(),
    )];
    for (name, dependencies, source) in rooms {
        let manifest =
            format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{dependencies}\n");
        files.push((format!("crates/{name}/Cargo.toml"), manifest));
        files.push((format!("crates/{name}/src/lib.rs"), (*source).to_owned()));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, content)| (path.as_str(), content.as_str()))
        .collect();
    let tree = Fixture::new(&files);
    let workspace = Workspace::read(tree.path()).unwrap();
    (tree, workspace)
}

fn uses(rooms: &[&str]) -> String {
    let lines: Vec<String> = rooms
        .iter()
        .map(|room| format!("{room} = {{ path = \"../{room}\" }}"))
        .collect();
    format!("[dependencies]\n{}", lines.join("\n"))
}

fn complaint(rooms: &[(&str, &str, &str)]) -> String {
    let (_tree, workspace) = workspace(rooms);
    check(&workspace).unwrap_err().to_string()
}

#[test]
fn this_workspace_keeps_its_arrows() {
    let root = crate::command::workspace_root().unwrap();
    let workspace = Workspace::read(&root).unwrap();
    if let Err(error) = check(&workspace) {
        panic!("{error}");
    }
}

#[test]
fn drawn_arrows_pass() {
    let (_tree, workspace) = workspace(&[
        ("statistics", "", "pub fn f() -> u8 { 1 }"),
        ("verification", &uses(&["statistics"]), ""),
        ("telemetry", &uses(&["verification", "statistics"]), ""),
    ]);
    assert_eq!(
        check(&workspace).unwrap(),
        "3 rooms and 3 arrows keep to the drawing"
    );
}

#[test]
fn an_arrow_that_points_back_is_named_with_what_is_allowed() {
    let error = complaint(&[("plan", "", ""), ("report", &uses(&["plan"]), "")]);
    assert!(
        error.contains("report → plan: this arrow is not drawn"),
        "{error}"
    );
    assert!(
        error.contains("the product of report may use verification, statistics"),
        "{error}"
    );
}

#[test]
fn tests_have_arrows_of_their_own() {
    let dev = "[dev-dependencies]\nplan = { path = \"../plan\" }";
    let (_tree, allowed) = workspace(&[("plan", "", ""), ("report", dev, "")]);
    assert!(check(&allowed).is_ok());
    let error = complaint(&[("plan", "", ""), ("ledger", dev, "")]);
    assert!(error.contains("the tests of ledger may use"), "{error}");
}

#[test]
fn an_unknown_room_is_a_finding() {
    let error = complaint(&[("attic", "", "")]);
    assert!(error.contains("attic: the room has no arrows"), "{error}");
}

#[test]
fn reading_and_acting_do_not_meet_by_a_detour() {
    let error = complaint(&[
        ("actions", "", ""),
        ("verification", &uses(&["actions"]), ""),
        ("telemetry", &uses(&["verification"]), ""),
    ]);
    assert!(
        error.contains("telemetry → verification → actions"),
        "{error}"
    );
}

#[test]
fn the_heart_has_no_wire_form_clock_or_chance() {
    let error = complaint(&[(
        "statistics",
        "",
        "use std::{collections::HashMap, time::{Duration, Instant}};
         pub fn f(x: f64) -> f64 { let _ = Instant::now(); println!(\"x\"); x.ln() }
         pub async fn g() {}
         pub fn h() { let _ = std::fs::read(\"x\"); let _ = f64::exp(1.0); }",
    )]);
    for name in [
        "lib.rs:1: `std::collections::HashMap`",
        "lib.rs:1: `std::time::Instant`",
        "lib.rs:2: `println`",
        "lib.rs:2: `ln`",
        "lib.rs:3: `async`",
        "lib.rs:4: `std::fs::read`",
        "lib.rs:4: `f64::exp`",
    ] {
        assert!(error.contains(name), "{name} is missing in:\n{error}");
    }
}

#[test]
fn tests_and_comments_of_the_heart_may_name_everything() {
    let (_tree, workspace) = workspace(&[(
        "statistics",
        "",
        "/// Never `std::fs::read`.\npub fn f() -> &'static str { \"println!\" }
         #[cfg(test)] mod tests { fn g() { std::fs::read(\"x\"); println!(); } }",
    )]);
    assert!(check(&workspace).is_ok());
}

#[test]
fn rooms_of_text_may_sort_as_they_like_but_touch_nothing() {
    let (_tree, allowed) =
        workspace(&[("plan", "", "use std::{collections::HashMap, io::Write};")]);
    assert!(check(&allowed).is_ok());
    let error = complaint(&[("plan", "", "use std::{fs::read};")]);
    assert!(
        error.contains("`std::fs::read` does not belong into plan"),
        "{error}"
    );
}

#[test]
fn only_rooms_with_a_clock_ask_for_the_time() {
    let source =
        "pub fn f() { let _ = std::time::SystemTime::now(); let _ = std::time::Instant::now(); }";
    let error = complaint(&[("actions", "", source)]);
    assert!(
        error.contains("`std::time::SystemTime::now` does not belong into actions"),
        "{error}"
    );
    assert!(
        !error.contains("Instant"),
        "measuring a duration is allowed: {error}"
    );
    let (_tree, workspace) = workspace(&[("server", "", source)]);
    assert!(check(&workspace).is_ok());
}

#[test]
fn heavy_packages_stay_in_their_rooms() {
    let dependency = "[dependencies]\naxum-extra = \"1\"\nserde = \"1\"";
    let error = complaint(&[("statistics", dependency, "")]);
    assert!(
        error.contains("statistics → axum-extra: axum belongs to server, simulation alone"),
        "{error}"
    );
    assert!(
        error.contains("statistics → serde: the heart uses libm, thiserror and nothing else"),
        "{error}"
    );
}
