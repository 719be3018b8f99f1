//! Whole views of constructed watches.

#![allow(clippy::unwrap_used)]

mod any;
mod documents;
mod explains;
mod lines;
mod plans;
mod schema;
mod screens;
mod watches;
mod words;
