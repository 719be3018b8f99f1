//! The built program, as a user runs it.

#![allow(clippy::unwrap_used)]

mod demo;
mod environment;
mod humans;
mod keepers;
mod lab;
mod metrics_page;
mod plans;
mod processes;
mod reference;
mod screen;
mod streams;
mod trouble;
mod whole_watch;
