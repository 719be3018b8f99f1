//! Plans and connections: YAML text in, terms and problems out.
//!
//! The crate is pure: it touches no file, asks no clock and opens no connection. All problems of a text are found at once, each with
//! its place, what is wrong, and what to do.

mod decode;
mod lints;
mod place;
mod problem;
mod reader;
mod render;
mod sarif;
mod selector;
mod suggestion;
mod table;
mod tree;
mod units;
mod values;

pub use decode::{Parsed, Reference, ReferenceTo, parse};
pub use place::Span;
pub use problem::{Code, Problem, Severity, Subject};
pub use render::{Style, counted, render};
pub use sarif::sarif;
