//! Carrying out intents: one attempt at a time for each receiver, in the order in which they were ordered; every attempt is on record
//! before it is begun, and stands still where the lease is not known to be held.

use crate::boundary::{Boundaries, Boundary};
use crate::clock::Clock;
use crate::keeper::KeeperError;
use actions::{ActionConfig, Generations, Message, Order, Runner};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::watch as signal;
use tokio::task::{Id, JoinError, JoinSet};
use verification::Watch;
use verification::intent::{Intent, IntentId, Outcome, OutcomeKind};
use verification::terms::Reaction;
use verification::time::Timestamp;

/// For a page that says that nothing can be recorded; the keeper ends after it.
const LAST_PAGE: Duration = Duration::from_secs(30);

/// Runners, what waits for them, and the attempts under way. Attempts end with this value.
pub(crate) struct Acting {
    watch: String,
    service: String,
    /// Begins every idempotency key: ledgers number their watches alike, receivers must still tell them apart.
    key: String,
    runners: BTreeMap<String, Arc<Runner>>,
    generations: Generations,
    /// Orders by receiver, the oldest first; the first is under way where `under_way` names it.
    lanes: BTreeMap<Option<String>, VecDeque<Waiting>>,
    under_way: BTreeMap<Id, Intent>,
    tasks: JoinSet<Outcome>,
    held_until: signal::Receiver<Timestamp>,
    clock: Arc<dyn Clock>,
    boundaries: Arc<dyn Boundaries>,
}

/// An order that is not carried out yet.
struct Waiting {
    order: Order,
    /// A crashed keeper may have made an attempt already.
    attempted: bool,
    begun: bool,
}

/// An attempt that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) intent: IntentId,
    /// Whether it may change anything outside and so must be recorded first.
    pub(crate) reaches_out: bool,
}

impl Acting {
    pub(crate) fn new(
        configs: &BTreeMap<String, ActionConfig>,
        watch: String,
        sealed: &verification::seal::Sealed,
        held_until: signal::Receiver<Timestamp>,
        clock: Arc<dyn Clock>,
        boundaries: Arc<dyn Boundaries>,
    ) -> Result<Self, KeeperError> {
        let generations = Generations::default();
        let mut runners = BTreeMap::new();
        for (name, config) in configs {
            let runner = Runner::new(name, config.clone())
                .map_err(|error| KeeperError::Action {
                    name: name.clone(),
                    problem: error.to_string(),
                })?
                .with_generations(generations.clone());
            runners.insert(name.clone(), Arc::new(runner));
        }
        Ok(Self {
            key: format!("{watch}-{}", sealed.at.millis()),
            watch,
            service: sealed.plan.service.clone(),
            runners,
            generations,
            lanes: BTreeMap::new(),
            under_way: BTreeMap::new(),
            tasks: JoinSet::new(),
            held_until,
            clock,
            boundaries,
        })
    }

    /// Tells the runners of an order that was attempted before this keeper began.
    pub(crate) fn saw(&self, intent: &Intent) {
        if let Some(run) = &intent.run {
            self.generations.saw(&self.watch, run, intent.generation);
        }
    }

    /// Takes an order up; `attempted` says that a crashed keeper may have made an attempt already.
    pub(crate) fn add(&mut self, watch: &Watch, intent: &Intent, attempted: bool) {
        let order = self.order(watch, intent);
        self.lanes
            .entry(intent.run.clone())
            .or_default()
            .push_back(Waiting {
                order,
                attempted,
                begun: false,
            });
    }

    /// An order whose turn has come; a rollback before all messages, then the oldest.
    pub(crate) fn due(&self) -> Option<Due> {
        self.lanes
            .values()
            .filter_map(VecDeque::front)
            .filter(|waiting| !waiting.begun)
            .map(|waiting| &waiting.order.intent)
            .min_by_key(|intent| (intent.reaction != Reaction::RollBack, intent.id))
            .map(|intent| Due {
                intent: intent.id,
                reaches_out: self.runner(intent).is_some(),
            })
    }

    /// Begins the attempt at an order that is due; its record is there.
    pub(crate) fn begin(&mut self, intent: IntentId) {
        let fronts = self.lanes.values_mut().filter_map(VecDeque::front_mut);
        let Some(waiting) = fronts
            .filter(|waiting| !waiting.begun)
            .find(|waiting| waiting.order.intent.id == intent)
        else {
            return;
        };
        waiting.begun = true;
        let (order, attempted) = (waiting.order.clone(), waiting.attempted);
        let ordered = order.intent.clone();
        let clock = Arc::clone(&self.clock);
        let begun = self.tasks.spawn(match self.runner(&ordered) {
            None => at_once(undelivered(&ordered, clock.now())),
            Some(runner) => {
                let (held, boundaries) = (self.held_until.clone(), Arc::clone(&self.boundaries));
                Box::pin(async move {
                    let settled = async { runner.settle(&order, attempted, clock.now()).await };
                    let outcome = while_held(held, &*clock, settled).await;
                    boundaries.reach(Boundary::Acted);
                    outcome
                })
            }
        });
        self.under_way.insert(begun.id(), ordered);
    }

    fn runner(&self, intent: &Intent) -> Option<Arc<Runner>> {
        let run = intent.run.as_ref()?;
        self.runners.get(run).map(Arc::clone)
    }

    pub(crate) fn is_under_way(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// The next outcome; pending while nothing is under way.
    pub(crate) async fn next(&mut self) -> Outcome {
        let Some(joined) = self.tasks.join_next_with_id().await else {
            return core::future::pending().await;
        };
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(intent) = self.under_way.remove(&id) else {
            return core::future::pending().await;
        };
        if let Some(lane) = self.lanes.get_mut(&intent.run) {
            lane.pop_front();
        }
        match joined {
            Ok((_, outcome)) => outcome,
            Err(error) => {
                tracing::error!(%error, "an attempt broke off");
                let at = self.clock.now();
                Outcome {
                    intent: intent.id,
                    result: OutcomeKind::Unknown,
                    at,
                    took: at.since(intent.at),
                    detail: "the attempt broke off; this is a bug".to_owned(),
                }
            }
        }
    }

    /// Tells a human what Shakedown will not do because it cannot record it.
    pub(crate) async fn page_unrecorded(&self, watch: &Watch, intents: &[Intent], problem: &str) {
        let terms = watch.plan().action(Reaction::Page);
        let Some((terms, receiver)) =
            terms.and_then(|terms| Some((terms, self.runners.get(&terms.run)?)))
        else {
            tracing::error!("nobody can be paged: the plan names no receiver for it");
            return;
        };
        let now = self.clock.now();
        let roll_back = intents
            .iter()
            .find(|intent| intent.reaction == Reaction::RollBack);
        let what = match roll_back {
            Some(_) => "a rollback is due and NOT done",
            None => "the watch has stopped",
        };
        // As the watch would number it: receivers refuse what is older, and later pages must not be that.
        let last = watch
            .summary()
            .actions
            .last()
            .map_or(0, |action| action.intent.generation);
        let seconds = u32::try_from(now.millis() / 1000).unwrap_or(0);
        let intent = Intent {
            id: roll_back.map_or(IntentId(0), |intent| intent.id),
            generation: last.saturating_add(1).max(seconds),
            reaction: Reaction::Page,
            run: Some(terms.run.clone()),
            target: terms.target.clone(),
            settings: terms.settings.clone(),
            at: now,
            deadline: now + LAST_PAGE,
        };
        let mut order = self.order(watch, &intent);
        order.message.first_line =
            format!("{}: {what}: it cannot be recorded: {problem}", self.service);
        order.idempotency_key = format!("{}-unrecorded", order.idempotency_key);
        let sent = tokio::time::timeout(LAST_PAGE, receiver.run(&order, now)).await;
        match sent {
            Ok(attempted) if attempted.result == OutcomeKind::Done => {}
            Ok(attempted) => {
                tracing::error!(detail = attempted.detail, "the last page was not delivered");
            }
            Err(_) => tracing::error!("the last page was not delivered in {LAST_PAGE:?}"),
        }
    }

    fn order(&self, watch: &Watch, intent: &Intent) -> Order {
        let summary = watch.summary();
        let frame = report::Frame::new(summary.at, jiff::tz::TimeZone::UTC, self.watch.clone());
        let message = report::message(&summary, intent, &frame);
        Order {
            watch: self.watch.clone(),
            service: self.service.clone(),
            intent: intent.clone(),
            message: Message {
                first_line: message.first_line,
                body: message.body,
            },
            idempotency_key: format!("{}-{}", self.key, intent.id.0),
        }
    }
}

type Attempt = core::pin::Pin<Box<dyn Future<Output = Outcome> + Send>>;

fn at_once(outcome: Outcome) -> Attempt {
    Box::pin(core::future::ready(outcome))
}

/// What comes of an order that has no runner. A message that only screens show is delivered; a rollback is never said to be done.
fn undelivered(intent: &Intent, at: Timestamp) -> Outcome {
    let (result, detail) = match &intent.run {
        Some(run) => (
            OutcomeKind::Failed,
            format!("there is no action or receiver `{run}` in the connections: nothing was done"),
        ),
        None if intent.reaction == Reaction::RollBack => (
            OutcomeKind::Failed,
            "the plan names no action for a rollback: nothing was done".to_owned(),
        ),
        None => (
            OutcomeKind::Done,
            format!(
                "the plan names no receiver for {}; shown here only",
                intent.reaction.word()
            ),
        ),
    };
    Outcome {
        intent: intent.id,
        result,
        at,
        took: Duration::ZERO,
        detail,
    }
}

/// Runs a future as far as the lease is known to be held: before every step of it, so that a process that was suspended meanwhile, or cut
/// off from its ledger, does nothing before it has found out whether another keeper has taken over.
async fn while_held<F: Future>(
    mut held_until: signal::Receiver<Timestamp>,
    clock: &dyn Clock,
    work: F,
) -> F::Output {
    let mut work = pin!(work);
    loop {
        while clock.now() >= *held_until.borrow_and_update() {
            if held_until.changed().await.is_err() {
                // The keeper is gone, and this task with it.
                return core::future::pending().await;
            }
        }
        let until = held_until.clone();
        let done = poll_fn(|context| {
            if clock.now() >= *until.borrow() {
                return Poll::Ready(None);
            }
            work.as_mut().poll(context).map(Some)
        })
        .await;
        if let Some(done) = done {
            return done;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp::from_millis(self.0.load(Ordering::SeqCst))
        }
    }

    #[tokio::test]
    async fn work_stands_still_after_the_lease_and_goes_on_with_the_next() {
        let clock = Arc::new(Hand(AtomicI64::new(0)));
        let steps = Arc::new(AtomicU32::new(0));
        let held = signal::Sender::new(Timestamp::from_millis(10_000));
        let (resume, mut resumed) = tokio::sync::mpsc::channel::<()>(8);
        let work = {
            let steps = Arc::clone(&steps);
            async move {
                loop {
                    steps.fetch_add(1, Ordering::SeqCst);
                    if resumed.recv().await.is_none() {
                        return;
                    }
                }
            }
        };
        let guarded = {
            let (clock, held) = (Arc::clone(&clock), held.subscribe());
            tokio::spawn(async move { while_held(held, &*clock, work).await })
        };
        let settle = async || {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        };
        settle().await;
        resume.try_send(()).unwrap();
        settle().await;
        assert_eq!(steps.load(Ordering::SeqCst), 2);
        // As after a suspension: the clock has leapt, the next step is ready to run, the lease is not known to be held.
        clock.0.store(10_000, Ordering::SeqCst);
        resume.try_send(()).unwrap();
        settle().await;
        assert_eq!(steps.load(Ordering::SeqCst), 2);
        held.send_replace(Timestamp::from_millis(20_000));
        settle().await;
        assert_eq!(steps.load(Ordering::SeqCst), 3);
        drop(resume);
        guarded.await.unwrap();
    }
}
