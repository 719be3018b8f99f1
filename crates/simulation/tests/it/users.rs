use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use simulation::route::Route;
use simulation::users::{self, Counters, Tally, UsersOptions, journey};
use tokio::net::TcpListener;

use crate::stage::{
    Asking, Samples, dead_address, free_port, shop_options, splitter_options, start_shop,
    start_splitter, until,
};

fn bounded(target: SocketAddr, requests: u64) -> UsersOptions {
    UsersOptions {
        requests_per_second: 1000.0,
        visitors: 200,
        most_requests: Some(requests),
        // Patience, not a measure: nothing here takes long.
        time_limit: Duration::from_secs(60),
        ..UsersOptions::new(target, 7)
    }
}

async fn tally_of(options: UsersOptions) -> Tally {
    let counters = Arc::new(Counters::default());
    users::run(options, Arc::clone(&counters), pending())
        .await
        .unwrap();
    counters.tally()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_shop_counts_is_what_its_visitors_saw() {
    let mut pods = Vec::new();
    for (version, pod) in [("1", "a"), ("1", "b"), ("1", "c"), ("2", "d")] {
        let mut options = shop_options(version, pod);
        if version == "2" {
            options.faults = "errors:route=/checkout,probability=0.5;swallow:probability=0.3"
                .parse()
                .unwrap();
        }
        pods.push((version, pod, start_shop(options).await));
    }
    let backends: Vec<_> = pods
        .iter()
        .map(|(version, pod, shop)| {
            let group = if *version == "1" {
                "baseline"
            } else {
                "canary"
            };
            (*pod, group, shop.address)
        })
        .collect();
    let mut options = splitter_options(&backends);
    options.weights.insert("canary".to_owned(), 90);
    let splitter = start_splitter(options).await;

    let tally = tally_of(bounded(splitter.address.listen, 3000)).await;
    // A busy machine may find no place for some of them: those were never sent, and are counted so.
    assert_eq!(tally.sent + tally.not_sent, 3000, "{tally:?}");
    assert!(tally.sent > 500, "{tally:?}");
    assert_eq!(tally.answered_total(), tally.sent, "{tally:?}");
    assert_eq!(tally.class(4), 0, "{tally:?}");

    let asking = Asking::new();
    let mut pages: Vec<Samples> = Vec::new();
    for (_, _, shop) in &pods {
        pages.push(asking.scrape(shop.address).await);
    }
    let total = |name: &str, labels: &[(&str, &str)]| -> u64 {
        let sums = pages.iter().filter_map(|page| page.sum(name, labels));
        sums.sum::<f64>() as u64
    };
    for ((route, code), count) in &tally.answered {
        let code = code.to_string();
        let labels = [("http_route", route.template()), ("code", code.as_str())];
        assert_eq!(total("http_requests_total", &labels), *count, "{labels:?}");
        let labels = [
            ("http_route", route.template()),
            ("http_response_status_code", code.as_str()),
        ];
        let name = "http_server_request_duration_seconds_count";
        assert_eq!(total(name, &labels), *count, "{labels:?}");
    }
    assert_eq!(total("http_requests_total", &[]), tally.sent);
    let checkouts =
        |code| tally.answered_where(|route, found| route == Route::Checkout && found == code);
    assert_eq!(total("payments_total", &[("result", "ok")]), checkouts(201));
    assert_eq!(
        total("payments_total", &[("result", "error")]),
        checkouts(500)
    );
    let orders = total("orders_completed_total", &[]);
    assert!(orders < checkouts(201), "some orders were swallowed");
    for (page, (version, ..)) in pages.iter().zip(&pods) {
        let of_version = page.sum("http_requests_total", &[("version", version)]);
        assert_eq!(of_version, page.sum("http_requests_total", &[]));
        if *version == "1" {
            let ok = page.sum("payments_total", &[("result", "ok")]);
            assert_eq!(page.sum("orders_completed_total", &[]), ok);
        }
    }
    let splitting = asking.scrape(splitter.address.admin).await;
    assert_eq!(
        splitting.sum("splitter_requests_total", &[]),
        Some(tally.sent as f64)
    );
    let to_canary = splitting.sum("splitter_requests_total", &[("group", "canary")]);
    assert_eq!(to_canary, pages[3].sum("http_requests_total", &[]));

    // Three standard errors of a binomial share would be 0.024 at most; journeys are steadier than that.
    for route in [
        Route::Home,
        Route::Catalogue,
        Route::Item,
        Route::Cart,
        Route::Checkout,
    ] {
        let share = tally.answered_where(|found, _| found == route) as f64 / tally.sent as f64;
        assert!(
            (share - journey::share(route)).abs() < 0.03,
            "{route}: {share}"
        );
    }
    splitter.stop().await;
    for (_, _, shop) in pods {
        shop.stop().await;
    }
}

#[tokio::test]
async fn requests_without_an_answer_are_counted_by_what_became_of_them() {
    let (dead, _holder) = dead_address();
    let tally = tally_of(bounded(dead, 50)).await;
    assert_eq!((tally.sent, tally.broken), (50, 50), "{tally:?}");
    assert_eq!(tally.failed(), 50);

    // Takes connections in the kernel's queue, and never answers.
    let silent = TcpListener::bind(free_port()).await.unwrap();
    let mut options = bounded(silent.local_addr().unwrap(), 50);
    options.time_limit = Duration::from_millis(20);
    let tally = tally_of(options.clone()).await;
    assert_eq!((tally.sent, tally.timed_out), (50, 50), "{tally:?}");

    options.time_limit = Duration::from_secs(3600);
    options.most_under_way = 10;
    options.most_requests = None;
    let counters = Arc::new(Counters::default());
    let come = tokio::spawn(users::run(options, Arc::clone(&counters), pending()));
    until("requests find no place", async || {
        counters.tally().not_sent >= 20
    })
    .await;
    assert_eq!(counters.tally().sent, 10);
    come.abort();
}

#[tokio::test]
async fn visitors_stop_when_asked_and_wrong_figures_are_refused() {
    let shop = start_shop(shop_options("1", "a")).await;
    let counters = Arc::new(Counters::default());
    let mut options = UsersOptions::new(shop.address, 7);
    options.requests_per_second = 500.0;
    let enough = async {
        until("fifty have come", async || counters.tally().sent >= 50).await;
    };
    users::run(options.clone(), Arc::clone(&counters), enough)
        .await
        .unwrap();
    let tally = counters.tally();
    assert_eq!(tally.answered_total(), tally.sent, "{tally:?}");
    shop.stop().await;

    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
        options.requests_per_second = rate;
        let refused = users::run(options.clone(), Arc::clone(&counters), pending()).await;
        assert!(refused.is_err(), "{rate}");
    }
}
