//! The examples of the repository parse, and resolve against the connections file beside them, without a word.

use crate::files::{in_repository, read, with_ending};
use plan::{Style, connections, parse, render, resolve};

#[test]
fn examples_parse_and_resolve_without_problems() {
    let plans = with_ending(&in_repository("examples"), ".watch.yaml");
    assert!(plans.len() >= 3, "only {} examples", plans.len());
    for path in plans {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = read(&path);
        let parsed = parse(&text, &name);
        assert!(
            parsed.problems.is_empty(),
            "{}",
            render(&parsed.problems, &text, &name, Style::default())
        );
        let beside = path.with_file_name(name.replace(".watch.yaml", ".shakedown.yaml"));
        let connections_text = read(&beside);
        let found = connections(&connections_text, "shakedown.yaml");
        assert!(
            found.problems.is_empty(),
            "{}",
            render(
                &found.problems,
                &connections_text,
                "shakedown.yaml",
                Style::default()
            )
        );
        let missing = resolve(&parsed, &found.connections.unwrap());
        assert!(
            missing.is_empty(),
            "{}",
            render(&missing, &text, &name, Style::default())
        );
    }
}
