//! A pod as the whole of a process: announces itself on standard output and knows when to end.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{ShopError, ShopOptions, run};
use crate::ending;

/// How long requests under way may take after the end was asked for.
const GRACE: Duration = Duration::from_secs(2);

/// The one line that a pod prints, as JSON: `{"listening":"127.0.0.1:40123"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    pub listening: SocketAddr,
}

/// Serves until SIGINT, SIGTERM or, where the options say so, the end of standard input. Prints [`Ready`].
///
/// Standard input is the leash of a child: the kernel closes the pipe however the parent dies.
pub async fn serve_as_process(options: ShopOptions) -> Result<(), ShopError> {
    let (end, ended) = watch::channel(false);
    if options.ends_with_stdin {
        let end = end.clone();
        // A thread of its own, not one of the runtime: the runtime would wait for the blocked read.
        std::thread::spawn(move || {
            // An unreadable leash is a broken one.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            end.send_replace(true);
        });
    }
    let end_by_signal = end.clone();
    let mut terminate = signal(SignalKind::terminate()).map_err(ShopError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ShopError::Signals)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        end_by_signal.send_replace(true);
    });

    let mut announced = Ok(());
    let announce = |listening| {
        announced = print(Ready { listening });
        if announced.is_err() {
            end.send_replace(true);
        }
    };
    let serving = run(options, announce, ending::asked(ended.clone()));
    let out_of_patience = async {
        ending::asked(ended).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving => served?,
        () = out_of_patience => {}
    }
    announced.map_err(ShopError::Announce)
}

fn print(ready: Ready) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, &ready)?;
    writeln!(output)?;
    output.flush()
}
