//! Whole views of constructed watches.

#![allow(clippy::unwrap_used)]

mod explains;
mod lines;
mod plans;
mod screens;
mod watches;
