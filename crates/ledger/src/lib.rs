//! The ledger.

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
