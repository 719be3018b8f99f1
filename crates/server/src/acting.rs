//! Carrying out intents: an attempt is recorded, production is changed, the outcome comes back as an input.

use crate::boundary::{Boundaries, Boundary};
use crate::keeper::{Keeper, KeeperError};
use actions::{ActionConfig, Message, Order, Runner};
use core::time::Duration;
use ledger::{Lease, Ledger, Record, WatchId};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use verification::Watch;
use verification::intent::{Intent, Outcome, OutcomeKind};
use verification::terms::Reaction;

/// Runners and the attempts under way.
pub(crate) struct Acting {
    watch: String,
    service: String,
    runners: BTreeMap<String, Arc<Runner>>,
    done: mpsc::UnboundedReceiver<Outcome>,
    tell: mpsc::UnboundedSender<Outcome>,
    boundaries: Arc<dyn Boundaries>,
}

impl Acting {
    pub(crate) fn new(
        configs: &BTreeMap<String, ActionConfig>,
        watch: WatchId,
        service: &str,
        boundaries: Arc<dyn Boundaries>,
    ) -> Result<Self, KeeperError> {
        let mut runners = BTreeMap::new();
        for (name, config) in configs {
            let runner =
                Runner::new(name, config.clone()).map_err(|error| KeeperError::Action {
                    name: name.clone(),
                    problem: error.to_string(),
                })?;
            runners.insert(name.clone(), Arc::new(runner));
        }
        let (tell, done) = mpsc::unbounded_channel();
        Ok(Self {
            watch: watch.to_string(),
            service: service.to_owned(),
            runners,
            done,
            tell,
            boundaries,
        })
    }

    /// Starts an attempt; `attempted` says that a crashed keeper may have made one already.
    pub(crate) fn begin(
        &mut self,
        watch: &Watch,
        intent: &Intent,
        attempted: bool,
        keeper: &Keeper,
        lease: &Lease,
    ) {
        let order = self.order(watch, intent);
        let runner = intent
            .run
            .as_ref()
            .and_then(|run| self.runners.get(run))
            .map(Arc::clone);
        let (tell, clock, boundaries) = (
            self.tell.clone(),
            Arc::clone(&keeper.clock),
            Arc::clone(&self.boundaries),
        );
        let (ledger, lease): (Ledger, Lease) = (keeper.ledger.clone(), lease.clone());
        let intent = intent.clone();
        tokio::spawn(async move {
            let begun = clock.now();
            let outcome = match runner {
                None => Outcome {
                    intent: intent.id,
                    result: OutcomeKind::Done,
                    at: begun,
                    took: Duration::ZERO,
                    detail: undelivered(&intent),
                },
                Some(runner) => {
                    let record = Record::Attempt {
                        intent: intent.id,
                        at: begun,
                    };
                    // The intent itself is durable by now; an attempt that cannot be recorded is only less precise after a crash.
                    if let Err(error) = ledger.append(&lease, &[record], begun).await {
                        tracing::warn!(%error, "the attempt could not be recorded");
                    }
                    boundaries.reach(Boundary::AttemptRecorded);
                    let outcome = runner.settle(&order, attempted, clock.now()).await;
                    boundaries.reach(Boundary::Acted);
                    outcome
                }
            };
            let _ = tell.send(outcome);
        });
    }

    /// The next outcome; pending while nothing is under way.
    pub(crate) async fn next(&mut self) -> Outcome {
        match self.done.recv().await {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }

    /// Tells a human what Shakedown will not do because it cannot record it.
    pub(crate) async fn page_unrecorded(&self, watch: &Watch, intents: &[Intent], problem: &str) {
        let Some(wanted) = intents
            .iter()
            .find(|intent| intent.reaction == Reaction::RollBack)
        else {
            return;
        };
        let Some(receiver) = watch
            .plan()
            .action(Reaction::Page)
            .and_then(|terms| self.runners.get(&terms.run))
        else {
            return;
        };
        let mut order = self.order(watch, wanted);
        order.intent.reaction = Reaction::Page;
        order.message.first_line = format!(
            "{}: a rollback is due and NOT done: it cannot be recorded ({problem})",
            self.service
        );
        order.idempotency_key = format!("{}-unrecorded", order.idempotency_key);
        let limit = Duration::from_secs(30);
        if tokio::time::timeout(limit, receiver.run(&order, wanted.at))
            .await
            .is_err()
        {
            tracing::error!(
                "the page about the unrecorded rollback was not delivered in {limit:?}"
            );
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
            idempotency_key: format!("{}-{}", self.watch, intent.id.0),
        }
    }
}

fn undelivered(intent: &Intent) -> String {
    match &intent.run {
        Some(run) => format!("no receiver `{run}` in the connections; shown here only"),
        None => format!(
            "the plan names no receiver for {}; shown here only",
            intent.reaction.word()
        ),
    }
}
