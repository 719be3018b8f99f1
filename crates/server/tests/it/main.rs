//! The keeper with everything around it that is real or nearly so: a ledger on disk, processes, sockets.
#![allow(clippy::unwrap_used)]

mod child;
mod fake_prometheus;
mod fast_clock;
mod kill;
mod traffic;
mod watching;
mod world;
