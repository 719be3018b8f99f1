//! The tests that plans carry, played through the real judge.

use crate::files::{in_repository, read, with_ending};
use plan::{TestResult, parse, run_tests};

fn results(text: &str) -> Vec<TestResult> {
    let parsed = parse(text, "a.watch.yaml");
    run_tests(
        &parsed
            .plan
            .unwrap_or_else(|| panic!("{:?}", parsed.problems)),
    )
}

#[test]
fn the_tests_of_the_examples_pass() {
    let mut played = 0;
    for path in with_ending(&in_repository("examples"), ".watch.yaml") {
        for result in results(&read(&path)) {
            assert!(
                result.passed,
                "{}: {}: {}",
                path.display(),
                result.name,
                result.message
            );
            played += 1;
        }
    }
    assert!(played >= 5, "only {played} tests in the examples");
}

fn plan_with(tests: &str) -> String {
    format!(
        "plan: 1
service: checkout
watch: {{for: 2h, warm-up: 1m}}
compare: {{canary: 'track=\"canary\"', baseline: 'track=\"stable\"'}}
signals:
  failed: {{source: p, kind: proportion, part: 'x{{e=\"1\"}}', whole: x}}
criteria:
  - {{name: requests keep working, signal: failed, worse-when: higher, limit: +1pp, sustained-for: 5m, then: roll-back}}
actions: {{roll-back: {{run: a}}}}
tests:
{tests}
"
    )
}

#[test]
fn a_test_that_expects_the_wrong_thing_does_not_pass_and_says_why() {
    let bad = "{failed: {canary: 28 of 1000 a minute, baseline: 90 of 9000 a minute}}";
    let good = "{failed: {canary: 10 of 1000 a minute, baseline: 90 of 9000 a minute}}";
    let found = results(&plan_with(&format!(
        "  - {{name: right, samples: {bad}, expect: {{decision: roll-back, failing: [requests keep working], within: 2h}}}}
  - {{name: wrong decision, samples: {bad}, expect: {{decision: confirm}}}}
  - {{name: nothing failing, samples: {bad}, expect: {{decision: roll-back, failing: []}}}}
  - {{name: too soon, samples: {bad}, expect: {{decision: roll-back, within: 30s}}}}
  - {{name: never, samples: {good}, expect: {{decision: roll-back}}}}
  - {{name: quiet, samples: {good}, expect: {{decision: confirm, failing: []}}}}
  - {{name: silence, samples: {{failed: {{canary: no data, baseline: 1 of 9000 a minute}}}}, expect: {{decision: confirm}}}}
"
    )));
    let passed: Vec<(&str, bool)> = found
        .iter()
        .map(|result| (result.name.as_str(), result.passed))
        .collect();
    assert_eq!(
        passed,
        [
            ("right", true),
            ("wrong decision", false),
            ("nothing failing", false),
            ("too soon", false),
            ("never", false),
            ("quiet", true),
            ("silence", false),
        ],
        "{found:#?}"
    );
    assert!(
        found[1].message.contains("confirm was expected"),
        "{}",
        found[1].message
    );
    assert!(
        found[2].message.contains("nothing should be failing"),
        "{}",
        found[2].message
    );
    assert!(
        found[3].message.contains("no roll-back within 30s"),
        "{}",
        found[3].message
    );
    assert!(
        found[4].message.contains("without a roll-back"),
        "{}",
        found[4].message
    );
    assert_eq!(found[6].decision, Some("page"), "{}", found[6].message);
}
