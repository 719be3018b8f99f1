//! How the parts of a process learn that it is to end.

use tokio::sync::watch;

/// Waits until the value is true. A sender that is gone can ask for nothing else, so that is an end too.
pub(crate) async fn asked(mut end: watch::Receiver<bool>) {
    let _ = end.wait_for(|end| *end).await;
}
