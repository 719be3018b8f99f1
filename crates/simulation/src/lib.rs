//! The demo shop: a real HTTP service of several pods, a traffic splitter before it, users who walk through it,
//! and faults that can be switched on for one version. Everything runs over real sockets, the pods in processes of
//! their own, and every random choice comes from a seed.
//!
//! | module | what |
//! | --- | --- |
//! | [`shop`] | one pod of one version: routes, metrics page, faults |
//! | [`users`] | an open-loop stream of visitors |
//! | [`splitter`] | a weighted reverse proxy with an admin API |
//! | [`pods`] | pods as child processes that never outlive their parent |
//! | [`stage`] | a play set up: pods, splitter and users together |
//! | [`scenario`] | what the demo plays and how each play must end |

mod ending;
mod exposition;
pub mod faults;
mod http_client;
mod latency;
pub mod pods;
pub mod route;
pub mod scenario;
mod seeded;
pub mod shop;
pub mod splitter;
pub mod stage;
pub mod users;
