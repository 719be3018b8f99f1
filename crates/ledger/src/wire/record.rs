//! Records themselves.

use super::Wire;
use super::measured::{put_levels, take_levels};
use super::tick::{put_from, take_from};
use crate::bits::{BitReader, BitWriter, DecodeError};
use crate::record::{Record, SealRecord};
use verification::event::{Event, Input};
use verification::intent::IntentId;
use verification::observation::Tick;
use verification::time::Timestamp;

const TICK: u64 = 0;
const EVENT: u64 = 1;
const INPUT: u64 = 2;
const SEALED: u64 = 3;
const STARTED: u64 = 4;
const ATTEMPT: u64 = 5;
const ENGINE: u64 = 6;
const CHECKPOINT: u64 = 7;
const LABEL: u64 = 8;
const NOTE: u64 = 9;

impl Wire for Record {
    fn put(&self, out: &mut BitWriter) {
        match self {
            // Nearly all records are ticks, and a tick is taken up right after its end.
            Self::Input {
                now,
                input: Input::Tick(tick),
            } => {
                out.number(TICK);
                tick.put(out);
                put_from(out, tick.through, *now);
            }
            Self::Input { now, input } => {
                out.number(INPUT);
                now.put(out);
                input.put(out);
            }
            Self::Event(event) => {
                out.number(EVENT);
                event.put(out);
            }
            Self::Sealed(seal) => {
                out.number(SEALED);
                seal.put(out);
            }
            Self::Started { at } => {
                out.number(STARTED);
                at.put(out);
            }
            Self::Attempt { intent, at } => {
                out.number(ATTEMPT);
                intent.put(out);
                at.put(out);
            }
            Self::Engine { version, keeper } => {
                out.number(ENGINE);
                version.put(out);
                keeper.put(out);
            }
            Self::Checkpoint { state } => {
                out.number(CHECKPOINT);
                out.blob(state);
            }
            Self::Label { good, name, reason } => {
                out.number(LABEL);
                good.put(out);
                name.put(out);
                reason.put(out);
            }
            Self::Note { text } => {
                out.number(NOTE);
                text.put(out);
            }
        }
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok(match from.number()? {
            TICK => {
                let tick = Tick::take(from)?;
                Self::Input {
                    now: take_from(from, tick.through)?,
                    input: Input::Tick(tick),
                }
            }
            INPUT => Self::Input {
                now: Timestamp::take(from)?,
                input: Input::take(from)?,
            },
            EVENT => Self::Event(Event::take(from)?),
            SEALED => Self::Sealed(SealRecord::take(from)?),
            STARTED => Self::Started {
                at: Timestamp::take(from)?,
            },
            ATTEMPT => Self::Attempt {
                intent: IntentId::take(from)?,
                at: Timestamp::take(from)?,
            },
            ENGINE => Self::Engine {
                version: String::take(from)?,
                keeper: String::take(from)?,
            },
            CHECKPOINT => Self::Checkpoint {
                state: from.blob()?.to_vec(),
            },
            LABEL => Self::Label {
                good: bool::take(from)?,
                name: String::take(from)?,
                reason: String::take(from)?,
            },
            NOTE => Self::Note {
                text: String::take(from)?,
            },
            tag => {
                return Err(DecodeError::Unknown {
                    what: "Record",
                    tag,
                });
            }
        })
    }
}

impl Wire for SealRecord {
    fn put(&self, out: &mut BitWriter) {
        let Self {
            service,
            plan_text,
            plan_file,
            connections,
            hash,
            at,
            late,
            levels,
            engine,
        } = self;
        service.put(out);
        plan_text.put(out);
        plan_file.put(out);
        connections.put(out);
        hash.put(out);
        at.put(out);
        late.put(out);
        put_levels(out, levels);
        engine.put(out);
    }

    fn take(from: &mut BitReader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            service: String::take(from)?,
            plan_text: String::take(from)?,
            plan_file: String::take(from)?,
            connections: String::take(from)?,
            hash: String::take(from)?,
            at: Timestamp::take(from)?,
            late: bool::take(from)?,
            levels: take_levels(from)?,
            engine: String::take(from)?,
        })
    }
}
