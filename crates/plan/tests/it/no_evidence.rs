//! Ways in which other tools let a change through without evidence; here each is refused when the plan is read, or never confirms.

use plan::{Code, Problem, parse, run_tests};

const SIGNALS: &str = "{failed: {source: p, kind: proportion, part: 'x{e=\"1\"}', whole: x}}";
const CRITERION: &str =
    "name: a, signal: failed, worse-when: higher, limit: +1pp, sustained-for: 5m, then: ticket";

fn plan(watch: &str, signals: &str, criteria: &str, authority: &str) -> String {
    format!(
        "plan: 1
service: checkout
runbook: https://runbooks.example
watch: {watch}
compare: {{by: version}}
signals: {signals}
criteria: {criteria}
authority: {authority}
"
    )
}

fn errors(text: &str) -> Vec<Code> {
    let parsed = parse(text, "a.watch.yaml");
    assert!(parsed.plan.is_none(), "{text}");
    parsed
        .problems
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.code)
        .collect()
}

const SILENCE: &str = "{cannot-see-for: {10m: ticket}}";

#[test]
fn a_plan_without_conditions_is_refused() {
    assert_eq!(
        errors(&plan("{for: 1h}", SIGNALS, "[]", SILENCE)),
        [Code::NothingJudged]
    );
}

#[test]
fn a_plan_without_metrics_is_refused() {
    let found = errors(&plan(
        "{for: 1h}",
        "{}",
        &format!("[{{{CRITERION}}}]"),
        SILENCE,
    ));
    assert!(found.contains(&Code::NothingJudged), "{found:?}");
}

#[test]
fn a_missing_plan_is_refused() {
    assert_eq!(errors(""), [Code::NoValue]);
    assert_eq!(errors("# nothing but a comment\n"), [Code::NoValue]);
    assert_eq!(errors("---\n...\n"), [Code::NoValue]);
}

#[test]
fn a_plan_with_only_informational_criteria_is_refused() {
    let optional = format!("[{{{CRITERION}, required: false}}]");
    assert_eq!(
        errors(&plan("{for: 1h}", SIGNALS, &optional, SILENCE)),
        [Code::NothingConfirms]
    );
}

#[test]
fn a_watch_too_short_for_a_look_is_refused() {
    let criteria = format!("[{{{CRITERION}}}]");
    for watch in [
        "{for: 0s}",
        "{for: 1h, judge-every: 2h}",
        "{for: 1h, judge-every: 0s}",
    ] {
        let found = errors(&plan(watch, SIGNALS, &criteria, SILENCE));
        assert!(found.contains(&Code::OutOfRange), "{watch}: {found:?}");
    }
}

#[test]
fn an_undecided_end_or_silence_never_confirms() {
    let criteria = format!("[{{{CRITERION}}}]");
    for authority in [
        "{undecided-at-the-end: confirm, cannot-see-for: {10m: page}}",
        "{cannot-see-for: {10m: confirm}}",
        "{review: {decided-by: owner, otherwise: confirm}, cannot-see-for: {10m: page}}",
    ] {
        assert_eq!(
            errors(&plan("{for: 1h}", SIGNALS, &criteria, authority)),
            [Code::BlindConfirm],
            "{authority}"
        );
    }
}

#[test]
fn what_is_not_available_yet_is_refused_and_not_left_out() {
    let signals = "{failed: {source: p, kind: proportion, part: 'x{e=\"1\"}', whole: x}, logs: {source: events, kind: log-patterns}}";
    assert_eq!(
        errors(&plan(
            "{for: 1h}",
            signals,
            &format!("[{{{CRITERION}}}]"),
            SILENCE
        )),
        [Code::NotAvailableYet]
    );
}

#[test]
fn a_watch_without_data_or_without_a_canary_never_confirms() {
    let tests = "tests:
  - {name: nothing at all, samples: {failed: {}}, expect: {decision: confirm}}
  - {name: no canary, samples: {failed: {baseline: 10 of 9000 a minute}}, expect: {decision: confirm}}
  - {name: no baseline, samples: {failed: {canary: 1 of 1000 a minute}}, expect: {decision: confirm}}
  - {name: no traffic, samples: {failed: {canary: 0 of 0 a minute, baseline: 0 of 0 a minute}}, expect: {decision: confirm}}
  - {name: one request a minute, samples: {failed: {canary: 0 of 1 a minute, baseline: 0 of 9 a minute}}, expect: {decision: confirm}}
";
    let text = plan("{for: 1h}", SIGNALS, &format!("[{{{CRITERION}}}]"), SILENCE) + tests;
    let parsed = parse(&text, "a.watch.yaml");
    assert!(
        !parsed.problems.iter().any(Problem::is_error),
        "{:?}",
        parsed.problems
    );
    let results = run_tests(&parsed.plan.unwrap());
    assert_eq!(results.len(), 5);
    for result in results {
        assert!(
            !result.passed && result.decision != Some("confirm"),
            "{}: {}",
            result.name,
            result.message
        );
    }
}
