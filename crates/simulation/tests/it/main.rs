#![allow(clippy::unwrap_used)]

mod pods;
mod shop;
mod splitter;
mod splitter_http;
mod stage;
mod users;
