use std::process::Command;

use serde_json::Value;

fn bench(arguments: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{err}");
    (out, err)
}

#[test]
fn every_measurement_runs_and_says_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let document = folder.path().join("benchmarks.md");
    let (out, progress) = bench(&[
        "--quick",
        "--output",
        "json",
        "--write",
        document.to_str().unwrap(),
    ]);
    assert_eq!(out.lines().count(), 1, "{out}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let sections = answer["sections"].as_array().unwrap();
    let names: Vec<&str> = sections
        .iter()
        .map(|section| section["name"].as_str().unwrap())
        .collect();
    let (listed, _) = bench(&["--list"]);
    assert_eq!(names, listed.lines().collect::<Vec<_>>());
    for (name, section) in names.iter().zip(sections) {
        assert!(
            progress.contains(&format!("measuring {name}")),
            "{progress}"
        );
        assert!(!section["about"].as_str().unwrap().is_empty(), "{name}");
        assert!(!section["limits"].as_str().unwrap().is_empty(), "{name}");
        let rows = section["rows"].as_array().unwrap();
        assert!(!rows.is_empty(), "{name}");
        for row in rows {
            let number = |key: &str| row[key].as_f64().unwrap();
            assert!(number("runs") >= 1.0, "{row}");
            assert!(number("lowest") >= 0.0, "{row}");
            assert!(number("lowest") <= number("median"), "{row}");
            assert!(number("median") <= number("highest"), "{row}");
        }
    }
    assert!(!document.exists(), "a quick run writes no table");
}

#[test]
fn a_name_that_there_is_not_is_an_error() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .arg("speed")
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        err.contains("no measurement is called `speed`; there are: watch-memory"),
        "{err}"
    );
}
