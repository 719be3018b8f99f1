//! Free ports for a program that cannot be handed a socket.

use std::net::{SocketAddr, TcpListener};

/// Loopback addresses that were free a moment ago. Another program may take one: who uses them starts again then.
pub fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners: [TcpListener; N] =
        core::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    core::array::from_fn(|place| listeners[place].local_addr().unwrap())
}
