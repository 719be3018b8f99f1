//! Being asked to end: Ctrl-C, a request to end, the end of the terminal.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Whether the user, or the system, has asked this process to end.
#[derive(Clone, Debug)]
pub struct Interruption {
    came: watch::Receiver<bool>,
}

impl Interruption {
    /// Listens from now on; without this, each of the three ends the process at once.
    pub fn listen() -> Self {
        let (tell, came) = watch::channel(false);
        tokio::spawn(async move {
            let (Ok(mut interrupt), Ok(mut end), Ok(mut hang_up)) = (
                signal(SignalKind::interrupt()),
                signal(SignalKind::terminate()),
                signal(SignalKind::hangup()),
            ) else {
                // Nothing to listen to: the system's own handling stays, and `wait` never ends.
                std::future::pending::<()>().await;
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = end.recv() => {}
                _ = hang_up.recv() => {}
            }
            let _ = tell.send(true);
            tell.closed().await;
        });
        Self { came }
    }

    /// Whether it came.
    pub fn came(&self) -> bool {
        *self.came.borrow()
    }

    /// Ends when it comes.
    pub async fn wait(&mut self) {
        if self.came.wait_for(|came| *came).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
