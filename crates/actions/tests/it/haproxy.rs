//! A real HAProxy: the traffic really moves.

use crate::address_in_use::Nobody;
use crate::haproxy_process::HaproxyProcess;
use crate::orders::{NOW, roll_back};
use crate::relay::Relay;
use actions::{
    ActionConfig, Checked, ConfigProblem, HaproxyAddress, HaproxyConfig, Runner, ServerState,
};
use core::time::Duration;
use std::net::SocketAddr;
use verification::intent::OutcomeKind;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn config(address: HaproxyAddress) -> HaproxyConfig {
    HaproxyConfig {
        address,
        backend: "shop".to_owned(),
        servers: vec!["v2".to_owned()],
        weight: 0,
        state: None,
        time_limit: LONG,
    }
}

fn runner(config: HaproxyConfig) -> Runner {
    Runner::new("haproxy/shop", ActionConfig::Haproxy(config)).unwrap()
}

fn tcp(address: SocketAddr) -> HaproxyAddress {
    HaproxyAddress::Tcp(address.ip().to_string(), address.port())
}

#[tokio::test]
async fn weight_zero_takes_the_traffic_away_over_unix_and_tcp() {
    for over_tcp in [false, true] {
        let haproxy = HaproxyProcess::start().await;
        let address = if over_tcp {
            tcp(haproxy.admin_tcp)
        } else {
            HaproxyAddress::Unix(haproxy.admin_socket())
        };
        let runner = runner(config(address.clone()));
        let order = roll_back();
        runner.probe().await.unwrap();
        let before = haproxy.traffic(20).await;
        assert!(before["v1"] > 0 && before["v2"] > 0, "{before:?}");
        assert_eq!(runner.check(&order, NOW).await, Checked::NotInEffect);

        let outcome = runner.settle(&order, false, NOW).await;
        assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
        assert_eq!(
            outcome.detail,
            "weight 0 set for shop/v2 (was 40); read back"
        );
        assert_eq!(runner.check(&order, NOW).await, Checked::InEffect);
        assert_eq!(haproxy.traffic(20).await, [("v1".to_owned(), 20)].into());
        assert_eq!(
            runner.undo(&order).unwrap(),
            format!("HAProxy at {address}: set server shop/v2 weight 40")
        );
    }
}

#[tokio::test]
async fn a_dry_run_prints_the_commands_and_sends_none() {
    let haproxy = HaproxyProcess::start().await;
    let runner = runner(HaproxyConfig {
        servers: vec!["v1".to_owned(), "v2".to_owned()],
        state: Some(ServerState::Drain),
        ..config(HaproxyAddress::Unix("/run/haproxy/admin.sock".into()))
    });
    assert_eq!(
        runner.dry_run(&roll_back()),
        [
            "HAProxy at /run/haproxy/admin.sock: set server shop/v1 weight 0",
            "HAProxy at /run/haproxy/admin.sock: set server shop/v1 state drain",
            "HAProxy at /run/haproxy/admin.sock: set server shop/v2 weight 0",
            "HAProxy at /run/haproxy/admin.sock: set server shop/v2 state drain",
        ]
    );
    assert_eq!(
        runner.undo(&roll_back()).unwrap(),
        "HAProxy at /run/haproxy/admin.sock: set server shop/v1 weight 100%; set server shop/v1 state ready; \
         set server shop/v2 weight 100%; set server shop/v2 state ready"
    );
    let traffic = haproxy.traffic(20).await;
    assert!(traffic["v1"] > 0 && traffic["v2"] > 0, "{traffic:?}");
}

#[tokio::test]
async fn states_are_set_and_read_back() {
    for state in [ServerState::Drain, ServerState::Maint] {
        let haproxy = HaproxyProcess::start().await;
        let runner = runner(HaproxyConfig {
            state: Some(state),
            ..config(HaproxyAddress::Unix(haproxy.admin_socket()))
        });
        let outcome = runner.settle(&roll_back(), false, NOW).await;
        assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
        assert!(
            outcome.detail.ends_with("read back"),
            "{state:?}: {}",
            outcome.detail
        );
        assert_eq!(haproxy.traffic(10).await, [("v1".to_owned(), 10)].into());
    }
}

#[tokio::test]
async fn several_servers_are_all_or_none_where_a_name_is_wrong() {
    let haproxy = HaproxyProcess::start().await;
    let address = HaproxyAddress::Unix(haproxy.admin_socket());
    let wrong = runner(HaproxyConfig {
        servers: vec!["v1".to_owned(), "v9".to_owned()],
        ..config(address.clone())
    });
    let attempted = wrong.run(&roll_back(), NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Failed);
    for text in [
        attempted.detail,
        wrong.probe().await.unwrap_err().to_string(),
    ] {
        assert!(
            text.contains("backend `shop` has no server v9; it has v1, v2"),
            "{text}"
        );
    }
    let traffic = haproxy.traffic(20).await;
    assert!(
        traffic["v1"] > 0,
        "the right name was not written either: {traffic:?}"
    );

    let both = runner(HaproxyConfig {
        servers: vec!["v1".to_owned(), "v2".to_owned()],
        weight: 7,
        ..config(address)
    });
    let outcome = both.settle(&roll_back(), false, NOW).await;
    assert_eq!(
        outcome.detail,
        "weight 7 set for shop/v1 (was 60), shop/v2 (was 40); read back"
    );
}

#[tokio::test]
async fn a_wrong_backend_is_named() {
    let haproxy = HaproxyProcess::start().await;
    let runner = runner(HaproxyConfig {
        backend: "shopp".to_owned(),
        ..config(HaproxyAddress::Unix(haproxy.admin_socket()))
    });
    let attempted = runner.run(&roll_back(), NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Failed);
    for text in [
        attempted.detail,
        runner.probe().await.unwrap_err().to_string(),
    ] {
        assert!(text.contains("it has no backend `shopp`"), "{text}");
    }
}

#[tokio::test]
async fn a_socket_without_permission_says_what_to_write() {
    let haproxy = HaproxyProcess::start().await;
    let runner = runner(config(HaproxyAddress::Unix(haproxy.user_socket())));
    let problem = runner.probe().await.unwrap_err().to_string();
    assert!(problem.contains("its level is user"), "{problem}");
    assert!(problem.contains("`level admin`"), "{problem}");
    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(
        outcome
            .detail
            .contains("permission denied: write `level admin`"),
        "{}",
        outcome.detail
    );
    assert!(haproxy.traffic(20).await["v2"] > 0);
}

#[tokio::test]
async fn a_static_algorithm_takes_weight_zero_and_explains_what_else_it_does_not_take() {
    let haproxy = HaproxyProcess::start().await;
    let fixed = |weight| {
        runner(HaproxyConfig {
            backend: "fixed".to_owned(),
            weight,
            ..config(HaproxyAddress::Unix(haproxy.admin_socket()))
        })
    };
    let attempted = fixed(5).run(&roll_back(), NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Failed);
    assert!(
        attempted.detail.contains("`balance roundrobin`"),
        "{}",
        attempted.detail
    );
    let outcome = fixed(0).settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
}

#[tokio::test]
async fn a_missing_socket_and_a_dead_haproxy_are_told_apart() {
    let mut haproxy = HaproxyProcess::start().await;
    let at = |address| {
        runner(HaproxyConfig {
            time_limit: SHORT,
            ..config(address)
        })
    };
    let missing = at(HaproxyAddress::Unix(
        haproxy.admin_socket().with_file_name("none.sock"),
    ));
    let socket = at(HaproxyAddress::Unix(haproxy.admin_socket()));
    let nobody = Nobody::new();
    let over_tcp = at(tcp(nobody.address));
    haproxy.kill();
    for (runner, says) in [
        (missing, "no such socket"),
        (socket, "HAProxy has ended"),
        (over_tcp, "Connection refused"),
    ] {
        let outcome = runner.settle(&roll_back(), false, NOW).await;
        assert_eq!(outcome.result, OutcomeKind::Failed, "{}", outcome.detail);
        assert!(outcome.detail.contains(says), "{}", outcome.detail);
        let problem = runner.probe().await.unwrap_err().to_string();
        assert!(problem.contains(says), "{problem}");
        assert!(matches!(
            runner.check(&roll_back(), NOW).await,
            Checked::CannotCheck { .. }
        ));
    }
}

#[tokio::test]
async fn a_lost_answer_is_cleared_up_by_reading_back() {
    let haproxy = HaproxyProcess::start().await;
    let relay = Relay::losing(usize::MAX, "set server", haproxy.admin_tcp).await;
    let runner = runner(HaproxyConfig {
        time_limit: SHORT,
        ..config(tcp(relay.address))
    });
    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert!(
        outcome.detail.contains("already in effect"),
        "{}",
        outcome.detail
    );
    assert_eq!(haproxy.traffic(10).await, [("v1".to_owned(), 10)].into());
}

#[test]
fn names_that_could_begin_another_command_are_refused() {
    let nowhere = || HaproxyAddress::Unix("/nowhere".into());
    let refused = |config| {
        let problem = Runner::new("haproxy/shop", ActionConfig::Haproxy(config)).unwrap_err();
        assert!(matches!(problem, ConfigProblem::Setting { .. }));
        problem.to_string()
    };
    for name in [
        "v2; shutdown sessions server shop/v1",
        "v2\nset server",
        "",
        "v 2",
    ] {
        let text = refused(HaproxyConfig {
            servers: vec![name.to_owned()],
            ..config(nowhere())
        });
        assert!(text.starts_with("action `haproxy/shop`: "), "{text}");
        refused(HaproxyConfig {
            backend: name.to_owned(),
            ..config(nowhere())
        });
    }
    refused(HaproxyConfig {
        servers: Vec::new(),
        ..config(nowhere())
    });
    refused(HaproxyConfig {
        weight: 257,
        ..config(nowhere())
    });
    refused(HaproxyConfig {
        time_limit: Duration::ZERO,
        ..config(nowhere())
    });
}

#[tokio::test]
async fn a_target_cannot_smuggle_a_command_in() {
    let haproxy = HaproxyProcess::start().await;
    let runner = runner(HaproxyConfig {
        servers: vec!["{target}".to_owned()],
        ..config(HaproxyAddress::Unix(haproxy.admin_socket()))
    });
    let mut order = roll_back();
    order.intent.target = Some("v1; set server shop/v2 weight 0".to_owned());
    assert_eq!(runner.run(&order, NOW).await.result, OutcomeKind::Failed);
    assert!(runner.dry_run(&order)[0].starts_with("nothing: "));
    assert!(haproxy.traffic(20).await["v2"] > 0);
    order.intent.target = None;
    let attempted = runner.run(&order, NOW).await;
    assert!(
        attempted.detail.contains("needs `target:`"),
        "{}",
        attempted.detail
    );
    order.intent.target = Some("v2".to_owned());
    assert_eq!(
        runner.settle(&order, false, NOW).await.result,
        OutcomeKind::Done
    );
    assert_eq!(haproxy.traffic(10).await, [("v1".to_owned(), 10)].into());
}
