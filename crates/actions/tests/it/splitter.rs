//! The traffic splitter.

use crate::address_in_use::Nobody;
use crate::orders::{NOW, roll_back};
use crate::relay::Relay;
use crate::splitter_service::SplitterService;
use actions::{ActionConfig, Address, Checked, Runner, Secret, SplitterConfig};
use axum::http::StatusCode;
use core::time::Duration;
use std::net::SocketAddr;
use verification::intent::OutcomeKind;

fn config(address: SocketAddr, group: &str, time_limit: Duration) -> SplitterConfig {
    SplitterConfig {
        admin: Address::open(&format!("http://{address}")).unwrap(),
        token: None,
        group: group.to_owned(),
        weight: 0,
        time_limit,
    }
}

fn runner(address: SocketAddr, group: &str, time_limit: Duration) -> Runner {
    let config = config(address, group, time_limit);
    Runner::new("splitter", ActionConfig::Splitter(config)).unwrap()
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn the_weight_is_set_and_read_back_and_the_undo_knows_the_weight_before() {
    let service = SplitterService::start().await;
    let runner = runner(service.address, "{target}", LONG);
    let order = roll_back();
    runner.probe().await.unwrap();
    assert_eq!(runner.check(&order, NOW).await, Checked::NotInEffect);
    assert_eq!(
        runner.dry_run(&order),
        [
            format!("GET http://{}/weights", service.address),
            format!(
                r#"PUT http://{}/weights/canary {{"weight":0,"generation":AS-JUST-READ}}"#,
                service.address
            )
        ]
    );
    assert_eq!(service.writes(), 0, "nothing so far has written");

    let outcome = runner.settle(&order, false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert_eq!(
        outcome.detail,
        "weight of `canary` set to 0 (was 10); read back"
    );
    assert_eq!(service.weight("canary"), 0);
    assert_eq!(service.weight("baseline"), 90);
    assert_eq!(runner.check(&order, NOW).await, Checked::InEffect);
    assert_eq!(
        runner.undo(&order).unwrap(),
        format!(
            r#"PUT http://{}/weights/canary {{"weight":10}}"#,
            service.address
        )
    );
}

#[tokio::test]
async fn a_change_by_somebody_else_in_between_is_noticed() {
    let service = SplitterService::start().await;
    service.state.lock().unwrap().changes_between = 1;
    let outcome = runner(service.address, "canary", LONG)
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert!(outcome.detail.contains("2 tries"), "{}", outcome.detail);

    let service = SplitterService::start().await;
    service.state.lock().unwrap().changes_between = usize::MAX;
    let outcome = runner(service.address, "canary", SHORT)
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.detail.contains("stale"), "{}", outcome.detail);
    assert_eq!(service.weight("canary"), 10);
}

#[tokio::test]
async fn the_token_is_sent_and_never_shown() {
    let service = SplitterService::start().await;
    service.state.lock().unwrap().token = Some("t0ken".to_owned());
    let without = runner(service.address, "canary", LONG);
    let outcome = without.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.detail.contains("401"), "{}", outcome.detail);
    assert!(without.probe().await.is_err());

    let with = Runner::new(
        "splitter",
        ActionConfig::Splitter(SplitterConfig {
            token: Some(Secret::new("t0ken")),
            ..config(service.address, "canary", LONG)
        }),
    )
    .unwrap();
    with.probe().await.unwrap();
    let outcome = with.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert!(!format!("{with:?}{outcome:?}{:?}", with.dry_run(&roll_back())).contains("t0ken"));
}

#[tokio::test]
async fn an_order_that_a_newer_one_has_overtaken_is_not_even_sent() {
    let service = SplitterService::start().await;
    let runner = runner(service.address, "canary", LONG);
    let (mut old, mut new) = (roll_back(), roll_back());
    old.intent.generation = 1;
    new.intent.generation = 5;
    assert_eq!(runner.run(&new, NOW).await.result, OutcomeKind::Done);
    let attempted = runner.run(&old, NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Failed);
    assert_eq!(
        attempted.detail,
        "refused as stale: generation 1 was ordered, and this action has already seen generation 5"
    );
    assert_eq!(service.writes(), 1);
}

#[tokio::test]
async fn a_wrong_group_is_refused_with_those_there_are() {
    let service = SplitterService::start().await;
    let runner = runner(service.address, "canray", LONG);
    let attempted = runner.run(&roll_back(), NOW).await;
    assert_eq!(attempted.result, OutcomeKind::Failed);
    for text in [
        attempted.detail,
        runner.probe().await.unwrap_err().to_string(),
    ] {
        assert!(
            text.contains("no group `canray`; it has baseline, canary"),
            "{text}"
        );
    }
    assert_eq!(service.writes(), 0);
}

#[tokio::test]
async fn trouble_that_passes_is_waited_out() {
    let service = SplitterService::start().await;
    service.state.lock().unwrap().trouble = [
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ]
    .into();
    let outcome = runner(service.address, "canary", LONG)
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert!(outcome.detail.contains("3 tries"), "{}", outcome.detail);
}

#[tokio::test]
async fn a_lost_answer_is_cleared_up_by_reading_back() {
    let service = SplitterService::start().await;
    let relay = Relay::losing(usize::MAX, "PUT", service.address).await;
    let outcome = runner(relay.address, "canary", SHORT)
        .settle(&roll_back(), false, NOW)
        .await;
    assert_eq!(outcome.result, OutcomeKind::Done, "{}", outcome.detail);
    assert!(
        outcome.detail.contains("already in effect"),
        "{}",
        outcome.detail
    );
    assert_eq!(service.weight("canary"), 0);
}

#[tokio::test]
async fn nobody_there_is_failed_and_says_so() {
    let nobody = Nobody::new();
    let runner = runner(nobody.address, "canary", SHORT);
    let outcome = runner.settle(&roll_back(), false, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(
        outcome.detail.starts_with(&format!(
            "cannot reach http://{}/: Connection refused",
            nobody.address
        )),
        "{}",
        outcome.detail
    );
    let problem = runner.probe().await.unwrap_err().to_string();
    assert!(problem.contains("Connection refused"), "{problem}");
}

#[tokio::test]
async fn an_attempt_of_before_is_not_repeated_when_it_took_effect() {
    let service = SplitterService::start().await;
    let runner = runner(service.address, "canary", LONG);
    assert_eq!(
        runner.run(&roll_back(), NOW).await.result,
        OutcomeKind::Done
    );
    let outcome = runner.settle(&roll_back(), true, NOW).await;
    assert_eq!(outcome.result, OutcomeKind::Done);
    assert_eq!(service.writes(), 1);
    // A repetition reads what the first attempt wrote; the undo is still about what was before.
    runner.run(&roll_back(), NOW).await;
    assert!(
        runner
            .undo(&roll_back())
            .unwrap()
            .ends_with(r#"{"weight":10}"#)
    );
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent_but_the_effect_is_still_read_back() {
    let service = SplitterService::start().await;
    let runner = runner(service.address, "canary", LONG);
    let order = roll_back();
    let late = order.intent.deadline;
    let outcome = runner.settle(&order, true, late).await;
    assert_eq!(outcome.result, OutcomeKind::Failed);
    assert!(outcome.detail.contains("deadline"), "{}", outcome.detail);
    assert_eq!(service.writes(), 0);
    service
        .state
        .lock()
        .unwrap()
        .weights
        .insert("canary".to_owned(), 0);
    assert_eq!(
        runner.settle(&order, true, late).await.result,
        OutcomeKind::Done
    );
}
