//! Whole views of constructed watches.

#![allow(clippy::unwrap_used)]

mod plans;
mod screens;
mod watches;
