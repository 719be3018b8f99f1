//! Weights, generations, backends that are dead, come and go.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::stage::{
    Asking, RunningSplitter, dead_address, serve_echo, splitter_options, start_splitter,
};

async fn three_and_one() -> RunningSplitter {
    start_splitter(splitter_options(&[
        ("a", "baseline", serve_echo("a").await),
        ("b", "baseline", serve_echo("b").await),
        ("c", "baseline", serve_echo("c").await),
        ("d", "canary", serve_echo("d").await),
    ]))
    .await
}

/// Who answered how many of `requests`; answers that are not 200 by their status.
async fn answered(asking: &Asking, address: SocketAddr, requests: usize) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for _ in 0..requests {
        let answer = asking.get(address, "/").await;
        let who = match answer.status {
            StatusCode::OK => answer.json()["server"].as_str().unwrap().to_owned(),
            other => other.as_str().to_owned(),
        };
        *counts.entry(who).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn weights_hold_and_a_change_holds_at_once() {
    let splitter = three_and_one().await;
    let asking = Asking::new();
    let visitors = splitter.address.listen;
    let admin = splitter.address.admin;

    let state = asking.get(admin, "/weights").await.json();
    assert_eq!(
        state,
        json!({ "baseline": 90, "canary": 10, "generation": 1 })
    );
    let counts = answered(&asking, visitors, 2000).await;
    // Binomial with 2,000 trials at 0.1: a standard deviation of 13.4, five of them allowed.
    assert!((133..=267).contains(&counts["d"]), "{counts:?}");
    assert!(counts["a"].abs_diff(counts["b"]) <= 1, "{counts:?}");
    assert!(counts["a"].abs_diff(counts["c"]) <= 1, "{counts:?}");
    let samples = asking.scrape(admin).await;
    let canary = [("group", "canary"), ("code", "200")];
    assert_eq!(
        samples.sum("splitter_requests_total", &canary),
        Some(f64::from(counts["d"]))
    );
    assert_eq!(samples.sum("splitter_requests_total", &[]), Some(2000.0));

    let away = json!({ "weight": 0, "generation": 1 });
    let state = asking
        .with_json("PUT", admin, "/weights/canary", away)
        .await;
    assert_eq!(
        state.json(),
        json!({ "baseline": 90, "canary": 0, "generation": 2 })
    );
    let counts = answered(&asking, visitors, 300).await;
    assert!(!counts.contains_key("d"), "{counts:?}");

    let only = json!({ "weight": 0 });
    asking
        .with_json("PUT", admin, "/weights/baseline", only)
        .await;
    let counts = answered(&asking, visitors, 3).await;
    assert_eq!(counts, BTreeMap::from([("503".to_owned(), 3)]));
    splitter.stop().await;
}

#[tokio::test]
async fn a_stale_generation_and_wrong_changes_are_refused() {
    let splitter = three_and_one().await;
    let asking = Asking::new();
    let admin = splitter.address.admin;
    let put = async |path: &str, json: Value| asking.with_json("PUT", admin, path, json).await;

    assert_eq!(
        put("/weights/canary", json!({ "weight": 50, "generation": 1 }))
            .await
            .status,
        StatusCode::OK
    );
    let stale = put("/weights/canary", json!({ "weight": 0, "generation": 1 })).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert_eq!(
        stale.json()["error"],
        "generation 1 is not the current one, 2; read the state again"
    );
    for (path, change, status) in [
        (
            "/weights/blue",
            json!({ "weight": 1 }),
            StatusCode::NOT_FOUND,
        ),
        (
            "/weights/canary",
            json!({ "weight": 2_000_000 }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/weights/canary",
            json!({ "wait": 1 }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
        (
            "/backends/e",
            json!({ "group": "blue", "address": "127.0.0.1:9" }),
            StatusCode::NOT_FOUND,
        ),
        (
            "/backends/e",
            json!({ "group": "canary", "address": "nowhere" }),
            StatusCode::UNPROCESSABLE_ENTITY,
        ),
    ] {
        let refused = put(path, change.clone()).await;
        assert_eq!(refused.status, status, "{path} {change}");
    }
    let state = asking.get(admin, "/weights").await.json();
    assert_eq!(
        state,
        json!({ "baseline": 90, "canary": 50, "generation": 2 })
    );
    splitter.stop().await;
}

#[tokio::test]
async fn a_dead_backend_costs_its_own_share_only() {
    let (dead, _holder) = dead_address();
    let splitter = start_splitter(splitter_options(&[
        ("a", "baseline", serve_echo("a").await),
        ("d", "canary", dead),
    ]))
    .await;
    let asking = Asking::new();
    let counts = answered(&asking, splitter.address.listen, 500).await;
    assert_eq!(counts["a"] + counts["502"], 500, "{counts:?}");
    // Binomial with 500 trials at 0.1: a standard deviation of 6.7, five of them allowed.
    assert!((17..=83).contains(&counts["502"]), "{counts:?}");
    let samples = asking.scrape(splitter.address.admin).await;
    for (labels, who) in [
        ([("group", "canary"), ("code", "502")], "502"),
        ([("group", "baseline"), ("code", "200")], "a"),
    ] {
        assert_eq!(
            samples.sum("splitter_requests_total", &labels),
            Some(f64::from(counts[who]))
        );
    }
    splitter.stop().await;
}

#[tokio::test]
async fn backends_come_and_go() {
    let splitter = start_splitter(splitter_options(&[(
        "a",
        "baseline",
        serve_echo("a").await,
    )]))
    .await;
    let asking = Asking::new();
    let admin = splitter.address.admin;
    let visitors = splitter.address.listen;
    asking
        .with_json("PUT", admin, "/weights/baseline", json!({ "weight": 0 }))
        .await;
    // The canary group has weight and no backend: its visitors are told so, nobody else serves them.
    assert_eq!(answered(&asking, visitors, 3).await["503"], 3);

    let new = json!({ "group": "canary", "address": serve_echo("d").await });
    let state = asking.with_json("PUT", admin, "/backends/d", new).await;
    assert_eq!(state.json()["generation"], 3);
    assert_eq!(state.json()["backends"][1]["name"], "d");
    assert_eq!(answered(&asking, visitors, 3).await["d"], 3);

    let request = Request::delete(format!("http://{admin}/backends/d"));
    let state = asking.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(state.json()["backends"].as_array().unwrap().len(), 1);
    assert_eq!(answered(&asking, visitors, 3).await["503"], 3);
    splitter.stop().await;
}

#[tokio::test]
async fn the_admin_api_is_closed_to_strangers() {
    let mut options = splitter_options(&[]);
    options.admin_token = Some("sesame".to_owned());
    let splitter = start_splitter(options).await;
    let asking = Asking::new();
    let admin = splitter.address.admin;
    let with_token = async |token: &str| {
        let request = Request::get(format!("http://{admin}/weights"))
            .header("authorization", format!("Bearer {token}"));
        asking
            .send(request.body(Body::empty()).unwrap())
            .await
            .status
    };
    let without = asking.get(admin, "/weights").await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
    assert_eq!(with_token("sesamE").await, StatusCode::UNAUTHORIZED);
    assert_eq!(with_token("sesame").await, StatusCode::OK);
    assert_eq!(asking.get(admin, "/healthz").await.status, StatusCode::OK);
    splitter.stop().await;

    let mut options = splitter_options(&[]);
    options.admin_listen = "0.0.0.0:0".parse().unwrap();
    let error = simulation::splitter::run(options, |_| {}, std::future::pending())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("admin token"), "{error}");
}
