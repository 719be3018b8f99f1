//! Visitors over real sockets: requests begin at random moments, at a given rate on average, whether or not earlier
//! ones have ended (an open loop: a slow shop gets no fewer requests, as with real users).
//!
//! Each visitor walks [`journey::JOURNEY`], which fixes the share of every route, then leaves and another comes. Who
//! sends which step when depends on the seed alone; the order on the wire is up to the machine, and the receipt that a
//! visitor asks for is the one it was given.

pub mod journey;
mod profile;
mod tally;
mod visitor;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng, RngExt};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

pub use profile::Profile;
pub use tally::{Counters, Tally};

use crate::{http_client, seeded};
use visitor::{Session, Visitor};

/// More than any machine that runs a demo can send; a larger figure is a mistake.
const HIGHEST_RATE: f64 = 20_000.0;
/// For a connection to the target; on one machine it takes far less, or fails.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Idle connections are closed well before servers close them, so that no request crosses a close.
const IDLE_LIMIT: Duration = Duration::from_secs(4);

/// Who comes, how many, how long.
#[derive(Debug, Clone, PartialEq)]
pub struct UsersOptions {
    pub target: SocketAddr,
    /// On average; in `0..=20000`, zero excluded.
    pub requests_per_second: f64,
    pub seed: u64,
    /// How many visitors are in the shop at a time; each sends the requests of its journey in order.
    pub visitors: usize,
    /// From the first byte sent to the last received; then the request has failed.
    pub time_limit: Duration,
    /// Requests under way at most. Those that find no place are not sent, and counted so.
    pub most_under_way: usize,
    /// Ends after so many requests.
    pub most_requests: Option<u64>,
    /// Ends after so long.
    pub longest: Option<Duration>,
}

impl UsersOptions {
    /// The visitors of the demo: 200 requests a second by 500 visitors, with 5 s of patience.
    pub fn new(target: SocketAddr, seed: u64) -> UsersOptions {
        UsersOptions {
            target,
            requests_per_second: 200.0,
            seed,
            visitors: 500,
            time_limit: Duration::from_secs(5),
            most_under_way: 1_000,
            most_requests: None,
            longest: None,
        }
    }
}

/// Why no visitor came.
#[derive(Debug, thiserror::Error)]
pub enum UsersError {
    #[error(
        "users cannot send {0} requests a second; choose a rate above 0, at most {HIGHEST_RATE}"
    )]
    Rate(f64),
    #[error(
        "users cannot come without visitors or places for their requests; allow at least one of each"
    )]
    Nobody,
}

/// Sends requests until `shutdown` or a limit, then waits for those under way. `counters` can be read at any time.
pub async fn run(
    options: UsersOptions,
    counters: Arc<Counters>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), UsersError> {
    let rate = options.requests_per_second;
    if !(rate > 0.0 && rate <= HIGHEST_RATE) {
        return Err(UsersError::Rate(rate));
    }
    if options.visitors == 0 || options.most_under_way == 0 {
        return Err(UsersError::Nobody);
    }

    let mut random = seeded::generator(options.seed, "users", 0);
    let mut visitors: Vec<Visitor> = (0..options.visitors)
        .map(|_| Visitor::enter_anywhere(&mut random))
        .collect();
    let session = Arc::new(Session {
        client: http_client::client(CONNECT_LIMIT, IDLE_LIMIT),
        target: options.target,
        time_limit: options.time_limit,
        counters: Arc::clone(&counters),
    });
    let places = Arc::new(Semaphore::new(options.most_under_way));
    let mut under_way = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let start = Instant::now();
    let mut due = Duration::ZERO;
    let mut begun = 0;
    while options.most_requests.is_none_or(|most| begun < most) {
        due += gap(rate, &mut random);
        if options.longest.is_some_and(|longest| due > longest) {
            break;
        }
        tokio::select! {
            // Asked to end, the visitors end, even when every next request is already due.
            biased;
            () = shutdown.as_mut() => break,
            () = sleep_until(start + due) => {}
        }
        begun += 1;
        let chosen = random.random_range(0..visitors.len());
        let step = visitors[chosen].step(&mut random);
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                let session = Arc::clone(&session);
                under_way.spawn(async move {
                    session.send(step).await;
                    drop(place);
                });
            }
            Err(_) => counters.change(|tally| tally.not_sent += 1),
        }
        while under_way.try_join_next().is_some() {}
    }
    while under_way.join_next().await.is_some() {}
    Ok(())
}

/// Time to the next request of a Poisson stream: exponential with the rate.
fn gap(rate: f64, random: &mut impl Rng) -> Duration {
    // From (0, 1], so that the logarithm is finite.
    let draw = 1.0 - random.random::<f64>();
    Duration::from_secs_f64(-draw.ln() / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_exponential() {
        let mut random = seeded::generator(1, "gaps", 0);
        let gaps: Vec<f64> = (0..20_000)
            .map(|_| gap(200.0, &mut random).as_secs_f64())
            .collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let longer = gaps.iter().filter(|gap| **gap > 0.01).count();
        // The mean's standard error is 0.7 % of 5 ms; a gap exceeds two means with e⁻² = 0.1353, ± 0.0024.
        assert!((0.00483..0.00517).contains(&mean), "{mean}");
        assert!((2460..2960).contains(&longer), "{longer}");
    }
}
