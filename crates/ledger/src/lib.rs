//! The ledger: every watch as a chain of records, each hashed with all before it, in one file that many processes share.
//!
//! A record stands in the ledger before anything follows from it: screens, reports and messages only read it, and an action needs its
//! intent and its attempt on record first. What counted is kept exactly, so that a replay gives the same verdicts byte for byte.
//!
//! - [`Ledger::seal_watch`] begins a chain, [`Ledger::acquire`] gives one keeper the right to go on with it, [`Ledger::append`] writes
//!   all records of a call or none and returns when they are on disk; appends of many watches share commits.
//! - [`Ledger::post_request`] leaves a human act for the keeper, which takes it up with [`Ledger::append_taking`].
//! - [`Ledger::verify`] recomputes a chain; [`Ledger::expire`] lets old observations go and keeps their hashes.
//! - [`Ledger::read`] and [`recorded_steps`] give a replay what it needs; [`Ledger::export`] and [`json`] write it for others.
//! - [`Spill`] takes what must be on record while the ledger cannot be written.
//!
//! The crate asks no clock: times are passed in. It runs in a Tokio runtime.

mod append;
mod bits;
pub mod calendar;
mod chain;
pub mod encoding;
mod error;
mod expiry;
mod export;
mod hexadecimal;
pub mod json;
mod lease;
mod ledger;
mod number;
mod reading;
mod record;
mod replay;
mod request;
mod schema;
mod spill;
mod watch_id;
mod wire;
mod writer;

pub use append::Appended;
pub use bits::DecodeError;
pub use chain::{Broken, Fault, Hash, Verified};
pub use error::LedgerError;
pub use export::ExportError;
pub use lease::{Acquired, Holder, Lease};
pub use ledger::{Ledger, OpenMode};
pub use reading::{Entry, WatchRow};
pub use record::{Record, RecordKind, SealRecord};
pub use replay::{Difference, Expired, RecordedStep, recorded_steps};
pub use request::{Request, RequestId};
pub use spill::Spill;
pub use watch_id::{NotAWatchId, WatchId};
