//! Taking a watch up: from its seal, or from wherever the keeper before has left it.

use crate::acting::Acting;
use crate::boundary::Boundary;
use crate::keeper::{Keeper, KeeperError};
use crate::looking::Looking;
use crate::recording::Recording;
use crate::replay::Replayed;
use crate::running::Running;
use ledger::{Record, Request};
use std::sync::Arc;
use telemetry::Reader;
use verification::Watch;
use verification::event::HumanAct;
use verification::intent::Intent;
use verification::time::Timestamp;

impl<'keeper> Running<'keeper> {
    /// Rebuilds the state from the records and takes up what was left open. The start is recorded once everything else stands.
    pub(crate) async fn resume(
        keeper: &'keeper Keeper,
        recording: &'keeper mut Recording,
    ) -> Result<Self, KeeperError> {
        let now = keeper.clock.now();
        let spilled = recording.take_over_spill(now).await?;
        let entries = keeper.ledger.read(keeper.watch, 0).await?;
        let mut replayed = Replayed::begin(&keeper.watch.to_string(), &entries)?;
        for record in &spilled {
            replayed.take_record(replayed.last_seq, record);
        }
        replayed.finish();
        for request in taken_up(&recording.requests().await?, &replayed.acts) {
            recording.was_taken(request.id);
        }

        let started = replayed.started.unwrap_or(now);
        let begun = replayed.watch.take();
        let first = begun.is_none();
        let watch = begun.unwrap_or_else(|| Watch::begin(Arc::clone(&replayed.sealed), now));
        let consumed = watch.consumed_through().unwrap_or(started);
        let mut reader = Reader::new(watch.plan(), &keeper.sources, Some(consumed))?;
        if !first {
            reader.resume_versions(&watch.summary().versions);
        }
        let mut acting = Acting::new(
            &keeper.actions,
            keeper.watch.to_string(),
            &replayed.sealed,
            recording.held_until(),
            Arc::clone(&keeper.clock),
            Arc::clone(&keeper.boundaries),
        )?;
        for intent in &replayed.ordered {
            if replayed.attempted.contains(&intent.id) {
                acting.saw(intent);
            }
        }
        for intent in watch.open_intents() {
            acting.add(&watch, intent, replayed.attempted.contains(&intent.id));
        }

        let mut records = vec![Record::Engine {
            version: keeper.engine.clone(),
            keeper: keeper.holder.clone(),
        }];
        if first {
            records.push(Record::Started { at: now });
        }
        if !replayed.differences.is_empty() {
            let text = format!(
                "{} goes on although its replay differs from the record in {} places",
                keeper.engine,
                replayed.differences.len()
            );
            tracing::warn!("{text}");
            records.push(Record::Note { text });
        }
        if let Err(error) = recording.record(&records, None, now).await {
            // Who starts a watch reads the error; of one under way nobody may be near.
            if let (KeeperError::Unwritable { ledger, .. }, false) = (&error, first) {
                let open: Vec<Intent> = watch.open_intents().cloned().collect();
                acting
                    .page_unrecorded(&watch, &open, &ledger.to_string())
                    .await;
            }
            return Err(error);
        }
        keeper.boundaries.reach(Boundary::Resumed);
        Ok(Self::new(
            keeper,
            recording,
            watch,
            Looking::start(reader),
            acting,
        ))
    }
}

/// Requests that wait although their very act is on record after they were left: an earlier keeper took them up while it could not
/// tell the ledger so.
fn taken_up<'requests>(
    waiting: &'requests [Request],
    acts: &[(Timestamp, HumanAct)],
) -> Vec<&'requests Request> {
    let mut free: Vec<&(Timestamp, HumanAct)> = acts.iter().collect();
    waiting
        .iter()
        .filter(|request| {
            let found = free
                .iter()
                .position(|(at, act)| *at >= request.at && *act == request.act);
            found.map(|at| free.remove(at)).is_some()
        })
        .collect()
}
