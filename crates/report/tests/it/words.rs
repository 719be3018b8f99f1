//! Words that are never shown.

use std::path::Path;

/// Never: they promise what was not shown, or mean nothing. `explain` may use statistical terms, defined where they stand.
const NEVER: [&str; 6] = ["ok", "healthy", "passed", "score", "anomaly", "significant"];

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric())
        .map(str::to_lowercase)
}

#[test]
fn no_snapshot_holds_a_forbidden_word() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        read += 1;
        for word in words(&text) {
            let told_in_explain =
                name.contains("explains") && ["significant", "passed"].contains(&word.as_str());
            assert!(
                told_in_explain || !NEVER.contains(&word.as_str()),
                "{name}: {word}"
            );
        }
    }
    assert!(read >= 15, "only {read} snapshots were looked at");
}
