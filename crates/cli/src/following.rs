//! Following a watch: read its records as they come, show what they make.

use crate::exit_reason::{Code, Failure};
use crate::trouble::of_ledger;
use ledger::{Ledger, Record, WatchId, WatchRow};
use report::Frame;
use server::Replayed;
use server::holder::is_dead;
use verification::event::{Event, HumanAct, Input, Refusal};
use verification::intent::Outcome;
use verification::summary::Summary;
use verification::time::Timestamp;

/// Entries read at a time.
const PAGE: u32 = 512;

/// A reader of one chain.
pub struct Following {
    ledger: Ledger,
    /// The watch.
    pub id: WatchId,
    /// The watch as far as read.
    pub replayed: Replayed,
}

impl Following {
    /// Reads all that is there.
    pub async fn open(ledger: &Ledger, id: WatchId) -> Result<Self, Failure> {
        let entries = ledger
            .read(id, 0)
            .await
            .map_err(|error| of_ledger(&error))?;
        let replayed = Replayed::begin(&id.to_string(), &entries)
            .map_err(|error| Failure::new(Code::ChainBroken, error.to_string()))?;
        Ok(Self {
            ledger: ledger.clone(),
            id,
            replayed,
        })
    }

    /// Reads what has come since; returns what is new.
    pub async fn read_on(&mut self) -> Result<Vec<News>, Failure> {
        let mut news = Vec::new();
        loop {
            let next = self.replayed.last_seq + 1;
            let entries = self
                .ledger
                .read_some(self.id, next, PAGE)
                .await
                .map_err(|error| of_ledger(&error))?;
            for entry in &entries {
                news.extend(entry.record.as_ref().and_then(News::of));
                self.replayed.take(entry);
            }
            if entries.is_empty() {
                return Ok(news);
            }
        }
    }

    /// Whether nobody keeps the watch although it goes on.
    pub async fn is_abandoned(&self, now: Timestamp) -> Result<bool, Failure> {
        let row = self
            .ledger
            .watch(self.id)
            .await
            .map_err(|error| of_ledger(&error))?;
        Ok(!is_kept(&row, now))
    }
}

/// What a record tells whoever follows.
pub enum News {
    /// Something that the watch concluded.
    Event(Box<Event>),
    /// Something that a human did.
    Act(HumanAct),
    /// What came of an order.
    Outcome(Outcome),
}

impl News {
    fn of(record: &Record) -> Option<Self> {
        match record {
            Record::Event(event) => Some(Self::Event(Box::new(event.clone()))),
            Record::Input {
                input: Input::Human(act),
                ..
            } => Some(Self::Act(act.clone())),
            Record::Input {
                input: Input::Outcome(outcome),
                ..
            } => Some(Self::Outcome(outcome.clone())),
            _ => None,
        }
    }

    /// In one line, where it is worth one.
    pub fn line(&self, summary: &Summary<'_>, frame: &Frame) -> Option<String> {
        match self {
            Self::Event(event) => report::change_line(summary, event, frame),
            Self::Act(act) => Some(report::act_line(summary, act, frame)),
            Self::Outcome(outcome) => Some(report::outcome_line(summary, outcome, frame)),
        }
    }

    /// Why an act was refused, where this says so.
    pub fn refusal(&self) -> Option<Refusal> {
        let Self::Event(event) = self else {
            return None;
        };
        match **event {
            Event::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }
}

/// Whether somebody keeps a watch now.
pub fn is_kept(row: &WatchRow, now: Timestamp) -> bool {
    row.keeper
        .as_ref()
        .is_some_and(|keeper| keeper.until >= now && !is_dead(&keeper.name))
}
