//! Ports that are free, and ports that stay so.

use std::net::{SocketAddr, TcpListener};
use tokio::net::TcpSocket;

/// An address where nobody listens and that nobody else can take.
pub struct Nobody {
    pub address: SocketAddr,
    _held: TcpSocket,
}

impl Nobody {
    pub fn new() -> Self {
        let held = TcpSocket::new_v4().unwrap();
        held.bind(([127, 0, 0, 1], 0).into()).unwrap();
        Self {
            address: held.local_addr().unwrap(),
            _held: held,
        }
    }
}

/// Loopback addresses that were free a moment ago. Another program may take one: who uses them starts again then.
pub fn free_addresses<const N: usize>() -> [SocketAddr; N] {
    let listeners: [TcpListener; N] =
        core::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").unwrap());
    core::array::from_fn(|place| listeners[place].local_addr().unwrap())
}
