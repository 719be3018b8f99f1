//! A chain as a replay needs it: inputs in order, and for each the events that were recorded after it.

use crate::reading::Entry;
use crate::record::Record;
use crate::watch_id::WatchId;
use verification::event::{Event, Input};
use verification::time::Timestamp;

/// One step as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep<'entries> {
    /// Entry of the input.
    pub seq: u64,
    /// The `now` that was passed with the input.
    pub now: Timestamp,
    /// What went in.
    pub input: &'entries Input,
    /// What came out: entry and event.
    pub events: Vec<(u64, &'entries Event)>,
    /// Version of the program that took the step, where the chain names one before it.
    pub engine: Option<&'entries str>,
}

/// A step that cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the observations of entry {seq} have expired: a replay can begin at a checkpoint after it"
)]
pub struct Expired {
    /// Entry of the tick.
    pub seq: u64,
}

/// Yields the steps that entries of one chain hold. The entries must begin at the seal or right after a checkpoint; events before
/// the first input belong to steps that are not among them and are passed over.
pub fn recorded_steps(
    entries: &[Entry],
) -> impl Iterator<Item = Result<RecordedStep<'_>, Expired>> {
    let mut rest = entries.iter().peekable();
    let mut engine = None;
    core::iter::from_fn(move || {
        loop {
            let entry = rest.next()?;
            let (now, input) = match &entry.record {
                Some(Record::Input { now, input }) => (*now, input),
                Some(Record::Engine { version, .. }) => {
                    engine = Some(version.as_str());
                    continue;
                }
                Some(_) => continue,
                // Only ticks expire.
                None => return Some(Err(Expired { seq: entry.seq })),
            };
            let mut step = RecordedStep {
                seq: entry.seq,
                now,
                input,
                events: Vec::new(),
                engine,
            };
            while let Some(next) =
                rest.next_if(|next| !matches!(next.record, None | Some(Record::Input { .. })))
            {
                match &next.record {
                    Some(Record::Event(event)) => step.events.push((next.seq, event)),
                    Some(Record::Engine { version, .. }) => engine = Some(version.as_str()),
                    _ => {}
                }
            }
            return Some(Ok(step));
        }
    })
}

/// Where a replay and the record part.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The watch.
    pub watch: WatchId,
    /// Entry of the input.
    pub seq: u64,
    /// Which of its events, from 0.
    pub at: usize,
    /// What was recorded, if there was such an event.
    pub recorded: Option<Event>,
    /// What the replay made, if it made such an event.
    pub replayed: Option<Event>,
}

impl RecordedStep<'_> {
    /// Compares the events of a replayed step with the recorded ones, byte for byte; `None` where they are the same.
    #[must_use]
    pub fn compare(&self, watch: WatchId, replayed: &[Event]) -> Option<Difference> {
        let most = self.events.len().max(replayed.len());
        (0..most).find_map(|at| {
            let recorded = self.events.get(at).map(|(_, event)| *event);
            let made = replayed.get(at);
            let bytes = |event: Option<&Event>| event.map(crate::encoding::encode_event);
            (bytes(recorded) != bytes(made)).then(|| Difference {
                watch,
                seq: self.seq,
                at,
                recorded: recorded.cloned(),
                replayed: made.cloned(),
            })
        })
    }
}
