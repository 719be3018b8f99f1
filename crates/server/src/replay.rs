//! From records to a watch: what every reader of a ledger does, the keeper after a crash included.

use ledger::encoding::encode_event;
use ledger::{Entry, Record, SealRecord};
use std::collections::BTreeSet;
use std::sync::Arc;
use thiserror::Error;
use verification::Watch;
use verification::event::{Event, HumanAct, Input};
use verification::intent::{Intent, IntentId};
use verification::seal::Sealed;
use verification::time::Timestamp;

/// A watch as far as its records go.
#[derive(Debug)]
pub struct Replayed {
    /// The seal as it is in the ledger.
    pub seal: SealRecord,
    /// The seal in terms.
    pub sealed: Arc<Sealed>,
    /// The watch; `None` until it was started.
    pub watch: Option<Watch>,
    /// When the watch started, if it has.
    pub started: Option<Timestamp>,
    /// Intents that were ordered, oldest first.
    pub ordered: Vec<Intent>,
    /// Intents on which a runner may have acted.
    pub attempted: BTreeSet<IntentId>,
    /// Human acts that were taken up, each with the time at which it was.
    pub acts: Vec<(Timestamp, HumanAct)>,
    /// Number of the last record.
    pub last_seq: u64,
    /// Time of the last record.
    pub last_at: Timestamp,
    /// What users found later, oldest first: good or bad, who, why.
    pub labels: Vec<(bool, String, String)>,
    /// Events recomputed and not yet met in the records.
    awaited: std::collections::VecDeque<Event>,
    /// Where recomputed and recorded events differ.
    pub differences: Vec<Difference>,
}

/// A recorded event that the replay does not give, or gives otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Record.
    pub seq: u64,
    /// What is recorded.
    pub recorded: Option<Event>,
    /// What the replay gives.
    pub replayed: Option<Event>,
}

/// Why records do not make a watch.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The first record is missing.
    #[error(
        "the chain of {watch} does not begin with a seal; `shakedown ledger verify {watch}` says where it is broken"
    )]
    NoSeal {
        /// Watch.
        watch: String,
    },
    /// The sealed plan is not readable by this version.
    #[error(
        "the plan sealed in {watch} ({file}) is not readable by this version: {problem}; use the version that sealed it ({engine})"
    )]
    Plan {
        /// Watch.
        watch: String,
        /// File name as sealed.
        file: String,
        /// First problem.
        problem: String,
        /// Version that sealed it.
        engine: String,
    },
}

impl Replayed {
    /// Begins from the first entries, which must hold the seal.
    ///
    /// # Errors
    /// Where there is no seal, or its plan cannot be read.
    pub fn begin(watch: &str, entries: &[Entry]) -> Result<Self, ReplayError> {
        let Some(Entry {
            seq,
            at,
            record: Some(Record::Sealed(seal)),
            ..
        }) = entries.first()
        else {
            return Err(ReplayError::NoSeal {
                watch: watch.to_owned(),
            });
        };
        let sealed = Arc::new(sealed_of(watch, seal)?);
        let mut replayed = Self {
            seal: seal.clone(),
            sealed,
            watch: None,
            started: None,
            ordered: Vec::new(),
            attempted: BTreeSet::new(),
            acts: Vec::new(),
            last_seq: *seq,
            last_at: *at,
            labels: Vec::new(),
            awaited: std::collections::VecDeque::new(),
            differences: Vec::new(),
        };
        for entry in &entries[1..] {
            replayed.take(entry);
        }
        Ok(replayed)
    }

    /// Takes one further entry.
    pub fn take(&mut self, entry: &Entry) {
        self.last_seq = entry.seq;
        self.last_at = entry.at;
        if let Some(record) = &entry.record {
            self.take_record(entry.seq, record);
        }
    }

    /// Takes one further record, which stands in entry `seq` or will stand there.
    pub(crate) fn take_record(&mut self, seq: u64, record: &Record) {
        match record {
            Record::Started { at } => {
                self.started = Some(*at);
                self.watch = Some(Watch::begin(Arc::clone(&self.sealed), *at));
            }
            Record::Input { now, input } => {
                if let Input::Human(act) = input {
                    self.acts.push((*now, act.clone()));
                }
                self.input(seq, *now, input);
            }
            Record::Event(event) => {
                if let Event::Intent(intent) = event {
                    self.ordered.push(intent.clone());
                }
                self.compare(seq, event);
            }
            Record::Attempt { intent, .. } => {
                self.attempted.insert(*intent);
            }
            Record::Label { good, name, reason } => {
                self.labels.push((*good, name.clone(), reason.clone()))
            }
            Record::Sealed(_)
            | Record::Engine { .. }
            | Record::Checkpoint { .. }
            | Record::Note { .. } => {}
        }
    }

    fn input(&mut self, seq: u64, now: Timestamp, input: &Input) {
        self.miss_awaited(seq);
        if let Some(watch) = &mut self.watch {
            self.awaited.extend(watch.step(now, input));
        }
    }

    fn compare(&mut self, seq: u64, recorded: &Event) {
        let replayed = self.awaited.pop_front();
        let same = replayed
            .as_ref()
            .is_some_and(|event| encode_event(event) == encode_event(recorded));
        if !same {
            self.differences.push(Difference {
                seq,
                recorded: Some(recorded.clone()),
                replayed,
            });
        }
    }

    fn miss_awaited(&mut self, seq: u64) {
        for replayed in self.awaited.drain(..) {
            self.differences.push(Difference {
                seq,
                recorded: None,
                replayed: Some(replayed),
            });
        }
    }

    /// Ends the comparison: events that the replay gives and the records lack are differences too.
    pub fn finish(&mut self) {
        self.miss_awaited(self.last_seq);
    }
}

/// The seal in terms, from its record.
///
/// # Errors
/// Where the plan's text is not valid for this version.
pub fn sealed_of(watch: &str, seal: &SealRecord) -> Result<Sealed, ReplayError> {
    let parsed = plan::parse(&seal.plan_text, &seal.plan_file);
    let Some(plan) = parsed.plan else {
        let problem = parsed.problems.first().map_or_else(
            || "no plan in it".to_owned(),
            |problem| problem.message.clone(),
        );
        return Err(ReplayError::Plan {
            watch: watch.to_owned(),
            file: seal.plan_file.clone(),
            problem,
            engine: seal.engine.clone(),
        });
    };
    Ok(Sealed {
        plan,
        hash: seal.hash.clone(),
        at: seal.at,
        late: seal.late,
        levels: seal.levels.clone(),
    })
}
