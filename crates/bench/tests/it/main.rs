//! The measurements, tried.
#![allow(clippy::unwrap_used)]

mod quick;
