//! Plans that the views are tested with.

use core::time::Duration;
use verification::terms::{
    ActionTerms, Authority, CannotSee, Compare, Criterion, DecidedBy, Decider, Limit, MatchOp,
    Matcher, Measure, Objection, Otherwise, Plan, Reaction, ReviewTerms, Rule, Selector, SideRule,
    Signal, SignalKind, Worse,
};

pub const MINUTE: Duration = Duration::from_secs(60);

pub fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

pub fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}

pub fn selector(metric: &str, matchers: &[(&str, &str)]) -> Selector {
    Selector {
        metric: metric.to_owned(),
        matchers: matchers
            .iter()
            .map(|(label, value)| Matcher {
                label: (*label).to_owned(),
                op: MatchOp::Equal,
                value: (*value).to_owned(),
            })
            .collect(),
    }
}

fn signal(name: &str, line: u32, kind: SignalKind) -> Signal {
    Signal {
        name: name.to_owned(),
        source: "prometheus".to_owned(),
        kind,
        for_each: Vec::new(),
        plan_line: line,
    }
}

#[allow(clippy::too_many_arguments)]
pub fn criterion(
    name: &str,
    signal: u16,
    measure: Measure,
    rule: Rule,
    sustained: Duration,
    then: &[Reaction],
    line: u32,
) -> Criterion {
    Criterion {
        name: name.to_owned(),
        signal,
        measure,
        rule,
        sustained_for: sustained,
        then: then.to_vec(),
        required: true,
        plan_line: line,
    }
}

pub fn higher(limit: Limit) -> Rule {
    Rule::AgainstBaseline {
        worse: Worse::Higher,
        limit,
    }
}

pub fn lower(limit: Limit) -> Rule {
    Rule::AgainstBaseline {
        worse: Worse::Lower,
        limit,
    }
}

/// The checkout service of the reference, with every kind of criterion.
pub fn checkout() -> Plan {
    let failed = SignalKind::Proportion {
        part: selector("payments_total", &[("result", "error")]),
        whole: selector("payments_total", &[]),
    };
    let latency = SignalKind::Histogram {
        of: selector("http_request_seconds", &[("route", "/pay")]),
    };
    let orders = SignalKind::Count {
        of: selector("orders_completed_total", &[]),
        per: Some(selector("http_requests_total", &[])),
    };
    let queue = SignalKind::Level {
        query: "sum(queue_depth{queue=\"capture\",$side})".to_owned(),
    };
    Plan {
        service: "checkout".to_owned(),
        change: Some("card vault client v3".to_owned()),
        owner: Some("payments-team".to_owned()),
        runbook: Some("https://runbooks.example/checkout/rollback".to_owned()),
        watch_for: minutes(24 * 60),
        judge_every: seconds(30),
        warm_up: minutes(2),
        lateness: seconds(15),
        compare: Compare {
            sides: SideRule::Matchers {
                canary: vec![Matcher {
                    label: "track".to_owned(),
                    op: MatchOp::Equal,
                    value: "canary".to_owned(),
                }],
                baseline: vec![Matcher {
                    label: "track".to_owned(),
                    op: MatchOp::Equal,
                    value: "stable".to_owned(),
                }],
            },
            pod_label: String::new(),
            false_alarms: 0.01,
            false_confirms: 0.05,
            noise: None,
            canary_share: Some(0.1),
        },
        signals: vec![
            signal("failed-payments", 21, failed),
            signal("pay-latency", 23, latency),
            signal("orders", 24, orders),
            signal("capture-queue", 25, queue),
        ],
        criteria: vec![
            criterion(
                "payments keep working",
                0,
                Measure::Rate,
                higher(Limit::Points(0.005)),
                minutes(5),
                &[Reaction::RollBack],
                31,
            ),
            criterion(
                "payments have not collapsed",
                0,
                Measure::Rate,
                Rule::NeverAbove(0.05),
                MINUTE,
                &[Reaction::RollBack, Reaction::Page],
                37,
            ),
            criterion(
                "p99 of POST /pay",
                1,
                Measure::Quantile(0.99),
                higher(Limit::Amount(0.04)),
                minutes(15),
                &[Reaction::Ticket],
                42,
            ),
            criterion(
                "p99 of POST /pay has not doubled",
                1,
                Measure::Quantile(0.99),
                higher(Limit::Relative(1.0)),
                minutes(5),
                &[Reaction::RollBack],
                49,
            ),
            criterion(
                "customers still finish orders",
                2,
                Measure::Rate,
                lower(Limit::Relative(0.25)),
                minutes(30),
                &[Reaction::Review],
                56,
            ),
            criterion(
                "backlog stays small",
                3,
                Measure::Level,
                higher(Limit::Amount(50.0)),
                minutes(10),
                &[Reaction::Ticket],
                62,
            ),
        ],
        authority: Authority {
            roll_back: Decider {
                decided_by: DecidedBy::Shakedown,
                objection: Some(Objection {
                    roles: vec!["on-call".to_owned(), "release-captain".to_owned()],
                    within: minutes(2),
                }),
            },
            confirm: DecidedBy::Shakedown,
            review: Some(ReviewTerms {
                decided_by: "release-captain".to_owned(),
                within: minutes(60),
                otherwise: Reaction::Page,
            }),
            undecided_at_the_end: Reaction::Review,
            cannot_see: vec![CannotSee {
                after: minutes(10),
                then: Reaction::Page,
            }],
            plan_line: 75,
        },
        actions: vec![
            action(Reaction::RollBack, "haproxy/checkout"),
            action(Reaction::Page, "pagerduty/payments-primary"),
            action(Reaction::Ticket, "github/acme-checkout"),
        ],
        tests: Vec::new(),
    }
}

fn action(reaction: Reaction, run: &str) -> ActionTerms {
    ActionTerms {
        reaction,
        run: run.to_owned(),
        target: None,
        recovered_when: None,
        within: minutes(10),
        otherwise: Otherwise::Page,
        drilled_within: None,
        settings: Vec::new(),
    }
}
