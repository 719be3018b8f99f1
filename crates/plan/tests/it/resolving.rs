//! A plan's names against a connections file.

use plan::{Code, connections, parse, resolve};

const CONNECTIONS: &str = "
connections: 1
sources:
  prometheus: {kind: prometheus, url: 'http://127.0.0.1:9090'}
actions:
  haproxy/checkout: {kind: haproxy, address: 'unix:/x', backend: a, servers: b}
receivers:
  pager: {kind: command, argv: [notify]}
";

fn plan(source: &str, run: &str, page: &str) -> String {
    format!(
        "plan: 1
service: checkout
runbook: https://runbooks.example
watch: {{for: 1h}}
compare: {{by: version}}
signals:
  failed: {{source: {source}, kind: proportion, part: 'x{{e=\"1\"}}', whole: x}}
criteria:
  - {{name: a, signal: failed, worse-when: higher, limit: +1pp, sustained-for: 5m, then: [roll-back, page]}}
authority: {{roll-back: {{decided-by: shakedown}}, cannot-see-for: {{10m: page}}}}
actions:
  roll-back: {{run: {run}, recovered-when: a}}
  page: {page}
"
    )
}

fn problems(text: &str) -> Vec<(Code, u32, String, String)> {
    let parsed = parse(text, "a.watch.yaml");
    assert!(parsed.plan.is_some(), "{:?}", parsed.problems);
    let connections = connections(CONNECTIONS, "shakedown.yaml")
        .connections
        .unwrap();
    resolve(&parsed, &connections)
        .into_iter()
        .map(|problem| {
            (
                problem.code,
                problem.line,
                problem.message,
                problem.help.unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn names_that_exist_are_no_problem() {
    assert_eq!(
        problems(&plan("prometheus", "haproxy/checkout", "{send: pager}")),
        []
    );
    assert_eq!(
        problems(&plan(
            "prometheus",
            "haproxy/checkout",
            "{send: haproxy/checkout}"
        )),
        []
    );
}

#[test]
fn names_that_do_not_exist_are_all_found_with_a_suggestion() {
    let found = problems(&plan(
        "promtheus",
        "haproxy/basket",
        "{send: nobody-we-know}",
    ));
    assert_eq!(
        found
            .iter()
            .map(|(code, line, ..)| (*code, *line))
            .collect::<Vec<_>>(),
        [
            (Code::UnknownConnection, 7),
            (Code::UnknownConnection, 12),
            (Code::UnknownConnection, 13),
        ]
    );
    assert_eq!(found[0].3, "did you mean `prometheus`?");
    assert_eq!(found[1].3, "did you mean `haproxy/checkout`?");
    assert!(
        found[2].3.contains("it names: pager, haproxy/checkout"),
        "{}",
        found[2].3
    );
}

#[test]
fn a_receiver_is_no_action() {
    let found = problems(&plan("prometheus", "pager", "{run: pager}"));
    assert_eq!(
        found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(),
        [Code::WrongConnection, Code::WrongConnection]
    );
}
