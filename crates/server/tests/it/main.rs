//! The keeper with everything around it that is real or nearly so: a ledger on disk, processes, sockets.
#![allow(clippy::unwrap_used)]

mod child;
mod clock_changes;
mod deadlines;
mod effects;
mod fake_prometheus;
mod fast_clock;
mod kill;
mod leases;
mod ledger_full;
mod no_evidence;
mod traffic;
mod watching;
mod world;
