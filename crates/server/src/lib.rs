//! The keeper: owns the clock and does fetch, step, record, act, in this order. Readers of a ledger replay it with [`replay`].

mod acting;
pub mod boundary;
pub mod clock;
pub mod connections;
pub mod holder;
pub mod keeper;
mod looking;
mod recording;
pub mod replay;
mod resuming;
mod running;
pub mod sealing;
pub mod spill_place;

pub use boundary::{Boundaries, Boundary, NoBoundaries};
pub use clock::{Clock, SystemClock};
pub use keeper::{Keeper, KeeperError, Kept};
pub use replay::{ReplayError, Replayed};
