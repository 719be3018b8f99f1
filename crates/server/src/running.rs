//! The running state of a keeper, and its loop.

use crate::acting::Acting;
use crate::boundary::Boundary;
use crate::keeper::{Keeper, KeeperError, Kept};
use crate::looking::Looking;
use crate::recording::Recording;
use core::time::Duration;
use ledger::{Record, RequestId};
use tokio::sync::watch as signal;
use verification::Watch;
use verification::event::{Event, Input};
use verification::intent::Intent;
use verification::time::Timestamp;

/// How often human acts are looked for, and the longest a deadline may be overslept.
const PULSE: Duration = Duration::from_millis(200);
/// How much longer than the time between looks nothing may have been stepped: a look that hangs must not stop time, or silence would go unnoticed.
const OVERDUE: Duration = Duration::from_secs(10);
/// How long attempts under way may take to end once the keeper is asked to stop; what has not ended then is finished by the next keeper.
const WIND_DOWN: Duration = Duration::from_secs(5);

/// A keeper at work.
pub(crate) struct Running<'keeper> {
    pub(crate) keeper: &'keeper Keeper,
    pub(crate) recording: &'keeper mut Recording,
    pub(crate) watch: Watch,
    pub(crate) looking: Looking,
    pub(crate) acting: Acting,
    next_look: Timestamp,
    /// When the watch was last moved forward.
    stepped: Timestamp,
    /// The last deadline at which time alone was put in.
    passed: Option<Timestamp>,
    stopping: bool,
}

impl<'keeper> Running<'keeper> {
    pub(crate) fn new(
        keeper: &'keeper Keeper,
        recording: &'keeper mut Recording,
        watch: Watch,
        looking: Looking,
        acting: Acting,
    ) -> Self {
        let now = keeper.clock.now();
        Self {
            keeper,
            recording,
            watch,
            looking,
            acting,
            next_look: now,
            stepped: now,
            passed: None,
            stopping: false,
        }
    }

    pub(crate) async fn run(
        &mut self,
        stop: &mut signal::Receiver<bool>,
    ) -> Result<Kept, KeeperError> {
        loop {
            let now = self.keeper.clock.now();
            self.recording.hold(now).await?;
            self.recording.mend(now).await?;
            self.take_requests().await?;
            self.begin_due().await?;
            self.let_time_pass().await?;
            // Whoever follows learns of the end from the ledger: until that can be written, the keeper stays.
            if self.watch.is_over() && self.recording.is_whole() {
                self.keeper.boundaries.reach(Boundary::Over);
                return Ok(Kept::Over(self.watch.exit()));
            }
            self.ask_for_a_look();
            let nap = self.nap();
            tokio::select! {
                biased;
                outcome = self.acting.next() => {
                    self.apply(Input::Outcome(outcome), None).await?;
                    self.keeper.boundaries.reach(Boundary::OutcomeRecorded);
                }
                changed = stop.changed() => {
                    if changed.is_err() || *stop.borrow() {
                        self.wind_down().await?;
                        return Ok(Kept::Stopped(self.watch.exit()));
                    }
                }
                tick = self.looking.next() => {
                    let Some(tick) = tick else { return Err(KeeperError::ReaderEnded) };
                    self.keeper.boundaries.reach(Boundary::Fetched);
                    self.apply(Input::Tick(tick), None).await?;
                }
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Asks for a look where one is due and can still change anything; missed beats are not made up for, the next look takes their interval in.
    fn ask_for_a_look(&mut self) {
        let now = self.keeper.clock.now();
        let every = self.watch.plan().judge_every;
        // Where the clock was set back, the beat begins anew.
        self.next_look = self.next_look.min(now + every);
        if now >= self.next_look && self.watch.needs_looks() {
            self.looking.ask(now, self.watch.slices());
            let next = self.next_look + every;
            self.next_look = if next > now { next } else { now + every };
        }
    }

    fn nap(&self) -> Duration {
        let clock = &self.keeper.clock;
        let now = clock.now();
        let mut until = now + PULSE;
        if !self.looking.is_under_way() && self.watch.needs_looks() {
            until = until.min(self.next_look);
        }
        if let Some(deadline) = self.deadline() {
            until = until.min(deadline);
        }
        clock.sleeps(until.since(now))
    }

    /// The next moment at which time alone may change something, and has not been put in yet.
    fn deadline(&self) -> Option<Timestamp> {
        self.watch
            .next_deadline()
            .filter(|deadline| self.passed != Some(*deadline))
    }

    async fn let_time_pass(&mut self) -> Result<(), KeeperError> {
        let now = self.keeper.clock.now();
        self.stepped = self.stepped.min(now);
        let due = self.deadline().filter(|deadline| now >= *deadline);
        let overdue = self.watch.needs_looks()
            && now.since(self.stepped) >= self.watch.plan().judge_every + OVERDUE;
        if due.is_none() && !overdue {
            return Ok(());
        }
        self.passed = due.or(self.passed);
        self.apply(Input::Clock, None).await
    }

    async fn take_requests(&mut self) -> Result<(), KeeperError> {
        for request in self.recording.requests().await? {
            self.apply(Input::Human(request.act), Some(request.id))
                .await?;
        }
        Ok(())
    }

    /// Steps, records, and only then acts.
    async fn apply(&mut self, input: Input, request: Option<RequestId>) -> Result<(), KeeperError> {
        let now = self.keeper.clock.now();
        let events = self.watch.step(now, &input);
        self.stepped = now;
        self.keeper.boundaries.reach(Boundary::Stepped);
        let intents: Vec<Intent> = events
            .iter()
            .filter_map(|event| match event {
                Event::Intent(intent) => Some(intent.clone()),
                _ => None,
            })
            .collect();
        let mut records = vec![Record::Input { now, input }];
        records.extend(events.into_iter().map(Record::Event));
        self.record(&records, request, now, &intents).await?;
        self.keeper.boundaries.reach(Boundary::Recorded);
        for intent in intents {
            self.keeper.boundaries.reach(Boundary::Ordered);
            self.acting.add(&self.watch, &intent, false);
        }
        self.begin_due().await
    }

    /// Begins every attempt whose turn has come, each once it is on record. An attempt that cannot be recorded is not begun.
    async fn begin_due(&mut self) -> Result<(), KeeperError> {
        while !self.stopping
            && let Some(due) = self.acting.due()
        {
            if due.reaches_out {
                let at = self.keeper.clock.now();
                let record = Record::Attempt {
                    intent: due.intent,
                    at,
                };
                let wanted: Vec<Intent> = self
                    .watch
                    .open_intents()
                    .filter(|intent| intent.id == due.intent)
                    .cloned()
                    .collect();
                self.record(&[record], None, at, &wanted).await?;
                self.recording.still_held().await?;
                self.keeper.boundaries.reach(Boundary::AttemptRecorded);
            }
            self.acting.begin(due.intent);
        }
        Ok(())
    }

    /// Records; where that is impossible, a human is told what will not be done.
    async fn record(
        &mut self,
        records: &[Record],
        request: Option<RequestId>,
        now: Timestamp,
        wanted: &[Intent],
    ) -> Result<(), KeeperError> {
        let recorded = self.recording.record(records, request, now).await;
        if let Err(KeeperError::Unwritable { ledger, .. }) = &recorded {
            self.acting
                .page_unrecorded(&self.watch, wanted, &ledger.to_string())
                .await;
        }
        recorded
    }

    /// Lets attempts under way end and records what came of them; begins nothing more.
    async fn wind_down(&mut self) -> Result<(), KeeperError> {
        self.stopping = true;
        let end = tokio::time::Instant::now() + WIND_DOWN;
        while self.acting.is_under_way() {
            self.recording.hold(self.keeper.clock.now()).await?;
            tokio::select! {
                biased;
                outcome = self.acting.next() => self.apply(Input::Outcome(outcome), None).await?,
                () = tokio::time::sleep_until(end) => return Ok(()),
                () = tokio::time::sleep(PULSE) => {}
            }
        }
        Ok(())
    }
}
