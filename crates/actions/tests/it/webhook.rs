//! Webhooks: signed, known by their key, and careful with lost answers.

use crate::address_in_use::Nobody;
use crate::orders::{NOW, roll_back};
use crate::relay::Relay;
use crate::webhook_receiver::{SECRET, WINDOW, WebhookReceiver};
use actions::{
    ActionConfig, Address, Checked, Runner, Secret, SignatureProblem, WebhookConfig,
    verify_signature,
};
use axum::http::StatusCode;
use core::time::Duration;
use serde_json::json;
use std::net::SocketAddr;
use verification::intent::OutcomeKind;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

fn config(address: SocketAddr) -> WebhookConfig {
    WebhookConfig {
        url: Address::open(&format!("http://{address}/hook")).unwrap(),
        secret: Some(Secret::new(SECRET)),
        headers: Vec::new(),
        time_limit: LONG,
        idempotent: false,
        check_url: None,
    }
}

fn with_check(address: SocketAddr) -> WebhookConfig {
    WebhookConfig {
        check_url: Some(
            Address::open(&format!("http://{address}/done/{{idempotency_key}}")).unwrap(),
        ),
        ..config(address)
    }
}

fn runner(config: WebhookConfig) -> Runner {
    Runner::new("page", ActionConfig::Webhook(config)).unwrap()
}

#[tokio::test]
async fn a_receiver_gets_a_signed_request_with_everything_it_needs() {
    let receiver = WebhookReceiver::start(NOW).await;
    let runner = runner(WebhookConfig {
        headers: vec![("Authorization".to_owned(), Secret::new("Bearer t0ken"))],
        ..config(receiver.address)
    });
    runner.probe().await.unwrap();
    assert!(receiver.requests().is_empty(), "a probe is no order");

    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert_eq!(receiver.acted(), 1);
    let request = &receiver.requests()[0];
    let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "schema_version": 1,
            "watch": "W7",
            "service": "checkout",
            "intent": 3,
            "generation": 2,
            "reaction": "roll-back",
            "target": "canary",
            "settings": {"channel": "#payments"},
            "first_line": "checkout 4.18.0: rolling back",
            "body": "1.9 more failed payments per 100",
            "idempotency_key": "W7/3",
            "at": "2023-11-14T22:13:20.123Z",
        })
    );
    for (name, value) in [
        ("idempotency-key", "W7/3"),
        ("x-shakedown-generation", "2"),
        ("x-shakedown-timestamp", "1700000000"),
        ("content-type", "application/json"),
        ("authorization", "Bearer t0ken"),
    ] {
        assert_eq!(request.headers[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_captured_request_is_worth_nothing_later_or_changed() {
    let receiver = WebhookReceiver::start(NOW).await;
    runner(config(receiver.address))
        .settle(&roll_back(), false, NOW)
        .await;
    let captured = &receiver.requests()[0];
    let text = |name: &str| captured.headers[name].to_str().unwrap();
    let verify = |body: &[u8], now| {
        verify_signature(
            &Secret::new(SECRET),
            text(actions::TIMESTAMP_HEADER),
            body,
            text(actions::SIGNATURE_HEADER),
            now,
            WINDOW,
        )
    };
    assert_eq!(verify(&captured.body, NOW), Ok(()));
    assert_eq!(
        verify(&captured.body, NOW + WINDOW + Duration::from_secs(1)),
        Err(SignatureProblem::OutsideWindow)
    );
    assert_eq!(verify(b"{}", NOW), Err(SignatureProblem::Mismatch));
}

#[tokio::test]
async fn a_receiver_with_another_clock_or_key_refuses_and_its_words_are_passed_on() {
    let receiver = WebhookReceiver::start(NOW + Duration::from_secs(3600)).await;
    let outcome = runner(config(receiver.address))
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.detail.contains("401"), "{}", outcome.detail);
    assert!(
        outcome.detail.contains("outside the window"),
        "{}",
        outcome.detail
    );

    receiver.state.lock().unwrap().now = NOW;
    let outcome = runner(WebhookConfig {
        secret: Some(Secret::new("another key")),
        ..config(receiver.address)
    })
    .settle(&roll_back(), false, NOW)
    .await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(
        outcome.detail.contains("does not match"),
        "{}",
        outcome.detail
    );
    assert_eq!(receiver.acted(), 0);
    assert_eq!(receiver.requests().len(), 2, "a refusal is not tried again");
}

#[tokio::test]
async fn a_server_error_is_tried_again_only_where_that_is_right() {
    for idempotent in [true, false] {
        let receiver = WebhookReceiver::start(NOW).await;
        receiver.state.lock().unwrap().trouble = [StatusCode::INTERNAL_SERVER_ERROR].into();
        let outcome = runner(WebhookConfig {
            idempotent,
            ..config(receiver.address)
        })
        .settle(&roll_back(), false, NOW)
        .await;
        if idempotent {
            assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
            assert_eq!(receiver.requests().len(), 2);
            let bodies: Vec<_> = receiver
                .requests()
                .into_iter()
                .map(|request| request.body)
                .collect();
            assert_eq!(bodies[0], bodies[1]);
        } else {
            assert_eq!(outcome.result, OutcomeKind::Unknown, "{}", outcome.detail);
            assert!(outcome.detail.contains("500"), "{}", outcome.detail);
            assert_eq!(receiver.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn stale_is_stale_whatever_the_receiver_calls_it() {
    for status in [StatusCode::CONFLICT, StatusCode::PRECONDITION_FAILED] {
        let receiver = WebhookReceiver::start(NOW).await;
        receiver.state.lock().unwrap().trouble = [status].into();
        let outcome = runner(WebhookConfig {
            idempotent: true,
            ..config(receiver.address)
        })
        .settle(&roll_back(), false, NOW)
        .await;
        assert_eq!(outcome.result, OutcomeKind::Failed);
        assert!(
            outcome.detail.starts_with("refused as stale"),
            "{}",
            outcome.detail
        );
        assert_eq!(receiver.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_busy_receiver_is_tried_again_even_without_keys() {
    let receiver = WebhookReceiver::start(NOW).await;
    receiver.state.lock().unwrap().trouble = [StatusCode::TOO_MANY_REQUESTS].into();
    let outcome = runner(config(receiver.address))
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert_eq!(receiver.acted(), 1);
}

#[tokio::test]
async fn a_lost_answer_without_check_or_keys_is_unknown_and_sent_once() {
    let receiver = WebhookReceiver::start(NOW).await;
    let relay = Relay::losing(1, "POST", receiver.address).await;
    let outcome = runner(config(relay.address))
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Unknown, "{}", outcome.detail);
    assert!(
        outcome.detail.contains("its answer is lost"),
        "{}",
        outcome.detail
    );
    assert_eq!(relay.passed(), 1);
    assert_eq!(receiver.acted(), 1);
}

#[tokio::test]
async fn a_lost_answer_with_a_check_is_cleared_up_and_acted_on_once() {
    let receiver = WebhookReceiver::start(NOW).await;
    receiver.state.lock().unwrap().knows_keys = false;
    let relay = Relay::losing(1, "POST", receiver.address).await;
    let outcome = runner(with_check(relay.address))
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert_eq!(receiver.acted(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_repeated_to_a_receiver_that_knows_keys() {
    let receiver = WebhookReceiver::start(NOW).await;
    let relay = Relay::losing(1, "POST", receiver.address).await;
    let outcome = runner(WebhookConfig {
        idempotent: true,
        ..config(relay.address)
    })
    .settle(&roll_back(), false, NOW)
    .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert_eq!(relay.passed(), 2);
    assert_eq!(receiver.acted(), 1);
}

#[tokio::test]
async fn the_check_is_signed_too_and_says_yes_no_or_nothing() {
    let receiver = WebhookReceiver::start(NOW).await;
    let runner = runner(with_check(receiver.address));
    let order = roll_back();
    assert_eq!(runner.check(&order, NOW).await, Checked::NotInEffect);
    assert_eq!(
        runner.settle(&order, true, NOW).await.result,
        OutcomeKind::Done
    );
    assert_eq!(runner.check(&order, NOW).await, Checked::InEffect);
    receiver.state.lock().unwrap().check_status = Some(StatusCode::BAD_GATEWAY);
    assert!(matches!(
        runner.check(&order, NOW).await,
        Checked::CannotCheck { .. }
    ));
    assert_eq!(receiver.acted(), 1);
}

#[tokio::test]
async fn nobody_there_is_failed_however_the_action_is_marked() {
    for idempotent in [true, false] {
        let nobody = Nobody::new();
        let runner = runner(WebhookConfig {
            idempotent,
            time_limit: SHORT,
            ..config(nobody.address)
        });
        let outcome = runner.settle(&roll_back(), false, NOW).await;
        assert_eq!(outcome.result, OutcomeKind::Failed, "{}", outcome.detail);
        assert!(
            outcome.detail.contains("Connection refused"),
            "{}",
            outcome.detail
        );
        assert!(runner.probe().await.is_err());
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let receiver = WebhookReceiver::start(NOW).await;
    receiver.state.lock().unwrap().trouble = [StatusCode::TEMPORARY_REDIRECT].into();
    let outcome = runner(config(receiver.address))
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(
        outcome.detail.contains("redirects are not followed"),
        "{}",
        outcome.detail
    );
}

#[test]
fn a_dry_run_shows_the_request_and_no_secret() {
    let runner = runner(WebhookConfig {
        url: Address::secret("http://hooks.example/services/T1/B2/abcdef").unwrap(),
        headers: vec![("Authorization".to_owned(), Secret::new("Bearer t0ken"))],
        ..config(([127, 0, 0, 1], 1).into())
    });
    let lines = runner.dry_run(&roll_back());
    assert_eq!(lines[0], "POST /… HTTP/1.1");
    assert_eq!(lines[1], "host: hooks.example");
    assert!(lines.contains(&"authorization: …".to_owned()), "{lines:?}");
    assert!(
        lines.contains(&"idempotency-key: W7/3".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines
            .last()
            .unwrap()
            .contains("\"first_line\":\"checkout 4.18.0: rolling back\"")
    );
    let everything = format!("{lines:?} {runner:?}");
    for secret in ["abcdef", "t0ken", SECRET] {
        assert!(!everything.contains(secret), "{secret} in {everything}");
    }
}

#[test]
fn headers_that_cannot_be_are_refused_without_showing_them() {
    for (name, value) in [
        ("X-Token", "two\nlines"),
        ("not a name", "x"),
        ("Idempotency-Key", "x"),
        ("Host", "elsewhere"),
    ] {
        let problem = Runner::new(
            "page",
            ActionConfig::Webhook(WebhookConfig {
                headers: vec![(name.to_owned(), Secret::new(value))],
                ..config(([127, 0, 0, 1], 1).into())
            }),
        )
        .unwrap_err()
        .to_string();
        assert!(problem.starts_with("action `page`: "), "{problem}");
        assert!(!problem.contains("two"), "{problem}");
    }
}
