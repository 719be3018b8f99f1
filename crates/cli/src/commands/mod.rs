//! One file a command.

pub mod act;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod keep;
pub mod ledger;
pub mod list;
pub mod man;
pub mod outcome;
pub mod replay;
pub mod report;
pub mod schema;
pub mod seal;
pub mod shop;
pub mod validate;
pub mod verdict;
pub mod watch;
