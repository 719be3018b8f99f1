//! Actions against real targets: HAProxy, processes, HTTP servers on loopback.
#![allow(clippy::unwrap_used)]

mod address_in_use;
mod command;
mod command_ends;
mod gone_process;
mod haproxy;
mod haproxy_process;
mod orders;
mod outliving;
mod relay;
mod runners;
mod settle;
mod splitter;
mod splitter_service;
mod tls;
mod webhook;
mod webhook_receiver;
