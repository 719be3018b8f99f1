//! From an intent to its outcome, through crashes and lost answers.

use crate::attempt::{Attempted, Checked};
use crate::order::Order;
use crate::runner::Runner;
use crate::time_left::{Pauses, TimeLeft};
use tokio::time::Instant;
use verification::intent::{Outcome, OutcomeKind};
use verification::time::Timestamp;

/// Attempts at one order. Each has tried again by itself within its time limit; more would hide from the humans that something is wrong.
const ATTEMPTS: u32 = 3;

impl Runner {
    /// Carries an order through to its outcome; also the way to finish one after a crash.
    ///
    /// `attempted_before` says that an attempt may have happened: the intent is recorded and its outcome is not. Then the effect is read back first:
    /// in effect, it is done; not in effect, the order is carried out; nobody can tell, it is carried out again only if the action is idempotent, and the
    /// outcome is `Unknown` otherwise. The same holds within one call when an answer is lost. So an effect that can be checked does not happen twice,
    /// provided that the check tells the truth once the attempt has ended, and that nobody else settles the same order.
    ///
    /// `Done` has been read back where the action has a check that answers.
    pub async fn settle(&self, order: &Order, attempted_before: bool, now: Timestamp) -> Outcome {
        let started = Instant::now();
        let clock = || now + started.elapsed();
        let attempted = self.carry_through(order, attempted_before, clock).await;
        let took = started.elapsed();
        Outcome {
            intent: order.intent.id,
            result: attempted.result,
            at: now + took,
            took,
            detail: attempted.detail,
        }
    }

    async fn carry_through(
        &self,
        order: &Order,
        attempted_before: bool,
        clock: impl Fn() -> Timestamp,
    ) -> Attempted {
        // What is known of an attempt whose effect is open.
        let mut open =
            attempted_before.then(|| "an attempt was begun and its end is not recorded".to_owned());
        let mut pauses = Pauses::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                let left = order.intent.deadline.since(clock());
                pauses.pause_within(TimeLeft::new(left)).await;
            }
            if let Some(what) = &open {
                match self.effect_of_earlier(order, &clock).await {
                    Checked::InEffect => {
                        return Attempted::done(format!("already in effect, read back ({what})"));
                    }
                    Checked::NotInEffect => open = None,
                    Checked::CannotCheck { .. } if self.idempotent() => {}
                    Checked::CannotCheck { why } => {
                        return Attempted::unknown(format!(
                            "{what}; not repeated, as the action is not marked idempotent and its effect cannot be read back: {why}"
                        ));
                    }
                }
            }
            let attempted = self.run(order, clock()).await;
            match (attempted.result, open.take()) {
                (OutcomeKind::Done, _) => return self.read_back(order, attempted, &clock).await,
                (OutcomeKind::Failed, None) => return attempted,
                (OutcomeKind::Failed, Some(what)) => {
                    return Attempted::unknown(format!("{}; {what}", attempted.detail));
                }
                (OutcomeKind::Unknown, _) => open = Some(attempted.detail),
            }
        }
        let what = open.unwrap_or_default();
        match self.effect_of_earlier(order, &clock).await {
            Checked::InEffect => Attempted::done(format!("in effect, read back ({what})")),
            Checked::NotInEffect => Attempted::failed(format!(
                "not in effect after {ATTEMPTS} attempts, read back ({what})"
            )),
            Checked::CannotCheck { why } => Attempted::unknown(format!("{what}; {why}")),
        }
    }

    /// Reads back the effect of an attempt once it has ended. One that outlived its keeper is waited for until the deadline, and as long as the
    /// time limit it was started with: a look while it runs would tell too little.
    async fn effect_of_earlier(&self, order: &Order, clock: impl Fn() -> Timestamp) -> Checked {
        let patience = order.intent.deadline.since(clock()).max(self.time_limit());
        if !self.wait_for_earlier(order, patience).await {
            return Checked::cannot("an earlier attempt is still running");
        }
        self.check(order, clock()).await
    }

    /// Reads back what an attempt says it has done. Where the effect takes a moment to show, it is looked for until the action's time limit or the deadline.
    async fn read_back(
        &self,
        order: &Order,
        attempted: Attempted,
        clock: impl Fn() -> Timestamp,
    ) -> Attempted {
        if !self.has_check() {
            return attempted;
        }
        let left = order.intent.deadline.since(clock());
        let time = TimeLeft::new(self.time_limit().min(left));
        let mut pauses = Pauses::new();
        loop {
            match self.check(order, clock()).await {
                Checked::InEffect => {
                    return Attempted::done(format!("{}; read back", attempted.detail));
                }
                Checked::CannotCheck { why } => {
                    return Attempted::done(format!("{}; not read back: {why}", attempted.detail));
                }
                Checked::NotInEffect => {
                    if !pauses.pause_within(time).await {
                        return Attempted::failed(format!(
                            "{}; but reading back says it is not in effect",
                            attempted.detail
                        ));
                    }
                }
            }
        }
    }
}
