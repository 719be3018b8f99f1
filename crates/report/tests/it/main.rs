//! Whole views of constructed watches.

#![allow(clippy::unwrap_used)]

mod any;
mod documents;
mod endings;
mod explains;
mod lines;
mod plans;
mod real;
mod rollbacks;
mod rows;
mod schema;
mod screens;
mod watches;
mod words;
