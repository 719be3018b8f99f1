//! Plans and connections for the tests.

/// A short watch of the shop on a server named `prometheus`, with a rollback that leaves a file.
pub const PLAN: &str = r#"plan: 1
service: shop
change: version 2 of the shop
runbook: https://runbooks.example/shop
demonstration: true
watch: {for: 60s, judge-every: 1s, warm-up: 3s, lateness: 2s}
compare:
  canary: 'version="2"'
  baseline: 'version="1"'
  noise: {dispersion: 1, pods: 0.05}
signals:
  failed-requests: {source: prometheus, kind: proportion, part: 'http_requests_total{code=~"5.."}', whole: http_requests_total}
criteria:
  - {name: requests keep working, signal: failed-requests, worse-when: higher, limit: +2pp, sustained-for: 5s, then: roll-back}
  - {name: the shop has not collapsed, signal: failed-requests, never-above: 50%, sustained-for: 5s, then: roll-back}
authority:
  roll-back: {decided-by: shakedown}
  confirm: {decided-by: shakedown}
  undecided-at-the-end: review
  cannot-see-for: {10s: page}
actions:
  roll-back: {run: splitter/shop, recovered-when: the criteria that failed, within: 30s, otherwise: page}
  page: {send: pager}
"#;

/// Connections to a server and a splitter, with a receiver of pages that writes a file.
pub fn connections(prometheus: &str, splitter: &str) -> String {
    format!(
        "connections: 1\n\
         sources:\n  prometheus: {{kind: prometheus, url: '{prometheus}', timeout: 2s}}\n\
         actions:\n  splitter/shop: {{kind: splitter, url: '{splitter}', group: canary, weight: 0}}\n\
         receivers:\n  pager: {{kind: command, argv: [touch, paged]}}\n"
    )
}
