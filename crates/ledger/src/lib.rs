//! The ledger.

mod bits;
pub mod calendar;
pub mod encoding;
mod number;
pub mod record;
mod watch_id;
mod wire;

pub use bits::DecodeError;
pub use record::{Record, RecordKind, SealRecord};
pub use watch_id::{NotAWatchId, WatchId};
