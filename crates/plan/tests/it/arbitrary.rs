//! Any text: nothing panics, and every problem points into the text.

use crate::files::{in_crate, in_repository, read, with_ending};
use plan::{Problem, Style, connections, parse, render, resolve, sarif};
use proptest::prelude::*;
use std::sync::LazyLock;

static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "sample-plans/valid",
        "sample-plans/invalid",
        "sample-connections/valid",
        "sample-connections/invalid",
    ]
    .map(in_crate)
    .into_iter()
    .chain([in_repository("examples")])
    .flat_map(|folder| with_ending(&folder, ".yaml"))
    .map(|path| read(&path))
    .collect()
});

/// Pieces that break YAML, units, selectors and spans in ways that single characters seldom do.
const PIECES: [&str; 30] = [
    "\t",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "#",
    "&a ",
    "*a",
    "!t ",
    "|\n",
    ">\n",
    "---\n",
    "\r\n",
    "\n",
    "ü",
    "𝛼",
    "\u{feff}",
    "\0",
    "%",
    "pp",
    "+",
    "9999999999999999999",
    "$side",
    "null",
    "~",
    "\\",
];

fn check(text: &str) {
    let parsed = parse(text, "a.watch.yaml");
    let found = connections(text, "shakedown.yaml");
    assert_eq!(
        parsed.plan.is_none(),
        parsed.problems.iter().any(Problem::is_error)
    );
    assert_eq!(
        found.connections.is_none(),
        found.problems.iter().any(Problem::is_error)
    );
    let mut problems = parsed.problems.clone();
    if let Some(connections) = &found.connections {
        problems.extend(resolve(&parsed, connections));
    }
    for reference in &parsed.references {
        assert!(
            text.get(reference.span.start..reference.span.end).is_some(),
            "{reference:?}"
        );
    }
    // Counting lines anew for each problem is slow in a long text; a few are enough there.
    let looked_at = if text.len() > 10_000 { 5 } else { usize::MAX };
    for problem in problems.iter().chain(&found.problems).take(looked_at) {
        let inside = text.get(problem.span.start..problem.span.end);
        assert!(inside.is_some(), "{problem:?} points out of the text");
        let before = &text[..problem.span.start];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        assert_eq!(
            (problem.line as usize, problem.column as usize),
            (line, column),
            "{problem:?}"
        );
        assert!(!problem.message.is_empty());
    }
    for style in [
        Style::default(),
        Style {
            unicode: false,
            colour: true,
            width: 0,
        },
    ] {
        let shown = render(&problems, text, "a.watch.yaml", style);
        assert!(shown.contains("a.watch.yaml"));
    }
    serde_json::from_str::<serde_json::Value>(&sarif(&problems, "a.watch.yaml")).unwrap();
}

/// Changes to a sample: where (as a share of its length), how much is cut out, and what is put in.
fn mutated(sample: &str, changes: &[(f64, usize, String)]) -> String {
    let mut characters: Vec<char> = sample.chars().collect();
    for (at, cut, put) in changes {
        let at = ((characters.len() as f64 * at) as usize).min(characters.len());
        let end = (at + cut).min(characters.len());
        characters.splice(at..end, put.chars());
    }
    characters.into_iter().collect()
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        ".{0,6}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in "(?s).{0,300}") {
        check(&text);
    }

    #[test]
    fn no_pieces_make_it_panic(pieces in proptest::collection::vec(prop_oneof![piece(), "[a-z-]{1,12}(: ?)?\n? {0,4}"], 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn no_changed_sample_makes_it_panic(
        which in any::<proptest::sample::Index>(),
        changes in proptest::collection::vec((0.0..1.0_f64, 0_usize..40, piece()), 1..5),
    ) {
        let sample: &String = which.get(SAMPLES.as_slice());
        check(&mutated(sample, &changes));
    }
}

#[test]
fn deep_and_long_texts_are_refused_in_time() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(50_000),
        "- ".repeat(100_000),
        "a: *a\n".repeat(3_000),
        "x".repeat(2 << 20),
        "plan: 1\n".repeat(3_000),
        (0..3_000)
            .map(|number| format!("key-{number}: 1\n"))
            .collect(),
        format!(
            "plan: 1\nsignals:\n{}",
            (0..3_000)
                .map(|number| format!("  s{number}: {{kind: probe}}\n"))
                .collect::<String>()
        ),
    ] {
        check(&text);
        assert!(parse(&text, "a.watch.yaml").problems.len() <= 301);
    }
}
