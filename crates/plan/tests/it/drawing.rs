//! How problems are drawn, and what machines get of them.

use plan::{Style, counted, parse, render, sarif};

const TEXT: &str = "plan: 1\nservice: käse # ü\nwatch: {for: 24h, judge-evry: 30s}\n";

#[test]
fn ascii_and_plain_where_the_terminal_asks_for_it() {
    let parsed = parse(&TEXT.replace('ä', "a").replace('ü', "u"), "a.watch.yaml");
    let text = TEXT.replace('ä', "a").replace('ü', "u");
    let ascii = render(
        &parsed.problems,
        &text,
        "a.watch.yaml",
        Style {
            unicode: false,
            colour: false,
            width: 80,
        },
    );
    assert!(ascii.is_ascii(), "{ascii}");
    assert!(!ascii.contains('\u{1b}'), "{ascii}");
    assert!(
        ascii.contains("unknown key `judge-evry`, did you mean `judge-every`?"),
        "{ascii}"
    );
    let colour = render(
        &parsed.problems,
        &text,
        "a.watch.yaml",
        Style {
            unicode: true,
            colour: true,
            width: 80,
        },
    );
    assert!(colour.contains("\u{1b}["), "{colour}");
    assert!(colour.starts_with("\u{1b}"), "{colour}");
}

#[test]
fn lines_keep_to_the_width_and_names_stay_whole() {
    let parsed = parse(TEXT, "a.watch.yaml");
    let narrow = render(
        &parsed.problems,
        TEXT,
        "a.watch.yaml",
        Style {
            unicode: true,
            colour: false,
            width: 60,
        },
    );
    for line in narrow.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
    assert!(narrow.contains("`judge-every`?"), "{narrow}");
}

#[test]
fn columns_count_characters() {
    let text = "plan: 1\nservice: käse\nchange: [ü, {x: y}]\n";
    let parsed = parse(text, "a.watch.yaml");
    let problem = parsed
        .problems
        .iter()
        .find(|problem| problem.line == 3)
        .unwrap();
    assert!(
        render(&parsed.problems, text, "a.watch.yaml", Style::default())
            .contains(&format!("a.watch.yaml:3:{}]", problem.column))
    );
}

#[test]
fn the_last_line_counts() {
    let parsed = parse(TEXT, "a.watch.yaml");
    let errors = parsed
        .problems
        .iter()
        .filter(|problem| problem.is_error())
        .count();
    assert!(counted(&parsed.problems, "a.watch.yaml").starts_with(&format!("{errors} problem")));
    assert_eq!(counted(&[], "a.watch.yaml"), "No problems in a.watch.yaml.");
}

#[test]
fn sarif_names_every_problem_with_its_place() {
    let parsed = parse(TEXT, "folder\\a.watch.yaml");
    let log: serde_json::Value =
        serde_json::from_str(&sarif(&parsed.problems, "folder\\a.watch.yaml")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), parsed.problems.len());
    for (result, problem) in results.iter().zip(&parsed.problems) {
        assert_eq!(result["ruleId"], problem.full_code());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "folder/a.watch.yaml");
        assert_eq!(place["region"]["startLine"], problem.line);
        assert_eq!(place["region"]["startColumn"], problem.column);
        assert!(
            log["runs"][0]["tool"]["driver"]["rules"]
                .as_array()
                .unwrap()
                .iter()
                .any(|rule| rule["id"] == problem.full_code())
        );
    }
}
