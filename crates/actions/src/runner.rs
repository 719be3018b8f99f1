//! A named action, ready to run.

use crate::attempt::{Again, Attempted, Checked, Tried};
use crate::command::CommandAction;
use crate::config::ActionConfig;
use crate::generations::Generations;
use crate::haproxy::Haproxy;
use crate::order::Order;
use crate::problem::{ConfigProblem, ProbeProblem};
use crate::splitter::Splitter;
use crate::time_left::{Pauses, TimeLeft};
use crate::webhook::Webhook;
use core::time::Duration;
use verification::intent::OutcomeKind;
use verification::time::Timestamp;

/// Longest time limit of an action. What takes longer belongs into a receiver that answers at once and a check that is asked later.
pub const LONGEST_TIME_LIMIT: Duration = Duration::from_secs(60 * 60);

/// Runs the orders of one named action or receiver.
#[derive(Debug)]
pub struct Runner {
    name: String,
    kind: Kind,
    generations: Generations,
}

#[derive(Debug)]
enum Kind {
    Splitter(Splitter),
    Haproxy(Haproxy),
    Command(CommandAction),
    Webhook(Box<Webhook>),
}

impl Runner {
    /// Builds the runner of the action called `name` in the connections file. Reaches nothing; see [`Runner::probe`].
    ///
    /// # Errors
    /// A setting that cannot be, or an `https` address on a machine without trust store.
    pub fn new(name: &str, config: ActionConfig) -> Result<Self, ConfigProblem> {
        let kind = match config {
            ActionConfig::Splitter(config) => Kind::Splitter(Splitter::new(name, config)?),
            ActionConfig::Haproxy(config) => Kind::Haproxy(Haproxy::new(name, config)?),
            ActionConfig::Command(config) => Kind::Command(CommandAction::new(name, config)?),
            ActionConfig::Webhook(config) => Kind::Webhook(Box::new(Webhook::new(name, config)?)),
        };
        let runner = Self {
            name: name.to_owned(),
            kind,
            generations: Generations::default(),
        };
        let limit = runner.time_limit();
        if limit.is_zero() || limit > LONGEST_TIME_LIMIT {
            return Err(ConfigProblem::Setting {
                action: name.to_owned(),
                what: format!(
                    "a time limit of {limit:?} is not possible: write more than 0 and at most {LONGEST_TIME_LIMIT:?}"
                ),
            });
        }
        Ok(runner)
    }

    /// Shares what other runners, or the ledger, know of generations.
    #[must_use]
    pub fn with_generations(mut self, generations: Generations) -> Self {
        self.generations = generations;
        self
    }

    /// Name in the connections file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether carrying out an order twice is the same as once.
    #[must_use]
    pub const fn idempotent(&self) -> bool {
        match &self.kind {
            // They set a value.
            Kind::Splitter(_) | Kind::Haproxy(_) => true,
            Kind::Command(command) => command.config().idempotent,
            Kind::Webhook(webhook) => webhook.config().idempotent,
        }
    }

    /// Whether [`Runner::check`] can tell anything.
    #[must_use]
    pub const fn has_check(&self) -> bool {
        match &self.kind {
            Kind::Splitter(_) | Kind::Haproxy(_) => true,
            Kind::Command(command) => command.config().check.is_some(),
            Kind::Webhook(webhook) => webhook.config().check_url.is_some(),
        }
    }

    pub(crate) const fn time_limit(&self) -> Duration {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.config().time_limit,
            Kind::Haproxy(haproxy) => haproxy.config().time_limit,
            Kind::Command(command) => command.config().time_limit,
            Kind::Webhook(webhook) => webhook.config().time_limit,
        }
    }

    /// Carries out an order: one attempt, within the action's time limit and the intent's deadline.
    ///
    /// Within an attempt it tries again where nothing reached the target, and where the answer is missing or a server error and the action is
    /// idempotent. `Failed` means that nothing was changed. An order with a smaller generation than one seen before for the same watch is refused.
    /// Dropping the future ends the attempt, and a command with it.
    pub async fn run(&self, order: &Order, now: Timestamp) -> Attempted {
        if let Err(stale) =
            self.generations
                .admit(&order.watch, &self.name, order.intent.generation)
        {
            return Attempted::failed(format!("refused as {stale}"));
        }
        let left = order.intent.deadline.since(now);
        if left.is_zero() {
            return Attempted::failed("not started: the deadline has passed");
        }
        let time = TimeLeft::new(self.time_limit().min(left));
        let mut pauses = Pauses::new();
        let mut tries = 1_u32;
        let mut may_have_happened = false;
        loop {
            let tried = self.try_once(order, now + time.elapsed(), time).await;
            may_have_happened |= tried.attempted.result == OutcomeKind::Unknown;
            let worth_it = match tried.again {
                Again::Never => false,
                Again::NothingSent => true,
                Again::IfIdempotent => self.idempotent(),
            };
            if !worth_it || !pauses.pause_within(time).await {
                return concluded(tried.attempted, tries, may_have_happened);
            }
            tries += 1;
        }
    }

    async fn try_once(&self, order: &Order, now: Timestamp, time: TimeLeft) -> Tried {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.attempt(order, time).await,
            Kind::Haproxy(haproxy) => haproxy.attempt(order, time).await,
            Kind::Command(command) => command.attempt(order, time).await,
            Kind::Webhook(webhook) => webhook.attempt(order, now, time).await,
        }
    }

    /// Reads the effect of an order back; changes nothing. Takes at most the action's time limit.
    ///
    /// The answer is about the world, not about this order: where somebody else has brought about the same, it is in effect too.
    pub async fn check(&self, order: &Order, now: Timestamp) -> Checked {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.check(order).await,
            Kind::Haproxy(haproxy) => haproxy.check(order).await,
            Kind::Command(command) => command.check(order).await,
            Kind::Webhook(webhook) => webhook.check(order, now).await,
        }
    }

    /// Waits for an attempt that outlived a killed keeper; false where it is still running after `span`.
    pub(crate) async fn wait_for_earlier(&self, order: &Order, span: Duration) -> bool {
        match &self.kind {
            Kind::Command(command) => command.wait_for_earlier(order, TimeLeft::new(span)).await,
            Kind::Splitter(_) | Kind::Haproxy(_) | Kind::Webhook(_) => true,
        }
    }

    /// Returns the exact calls that an order would make, without making them and without secrets.
    #[must_use]
    pub fn dry_run(&self, order: &Order) -> Vec<String> {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.dry_run(order),
            Kind::Haproxy(haproxy) => haproxy.dry_run(order),
            Kind::Command(command) => command.dry_run(order),
            Kind::Webhook(webhook) => webhook.dry_run(order),
        }
    }

    /// Returns what takes the order back, to be printed afterwards; `None` where only its owner knows.
    #[must_use]
    pub fn undo(&self, order: &Order) -> Option<String> {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.undo(order),
            Kind::Haproxy(haproxy) => haproxy.undo(order),
            Kind::Command(_) | Kind::Webhook(_) => None,
        }
    }

    /// Finds out, reading only, whether an order could work: is the target reachable, known, permitted?
    ///
    /// # Errors
    /// What is in the way, with what to do.
    pub async fn probe(&self) -> Result<(), ProbeProblem> {
        match &self.kind {
            Kind::Splitter(splitter) => splitter.probe().await,
            Kind::Haproxy(haproxy) => haproxy.probe().await,
            Kind::Command(command) => command.probe(),
            Kind::Webhook(webhook) => webhook.probe().await,
        }
    }
}

fn concluded(mut last: Attempted, tries: u32, may_have_happened: bool) -> Attempted {
    if tries > 1 {
        last.detail = format!("{} ({tries} tries)", last.detail);
    }
    if may_have_happened && last.result == OutcomeKind::Failed {
        last.result = OutcomeKind::Unknown;
        last.detail = format!("{}; an earlier try may have taken effect", last.detail);
    }
    last
}
